// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "sdp/negotiation.hpp"
#include "test_data.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rivero::sdp {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

LocalCapabilities plain() {
    auto capabilities = named(rtp_defaults());
    capabilities.address = "203.0.113.5";
    capabilities.audio.port = 20000;
    capabilities.audio.rtcp_port = 20001;
    capabilities.video.port = 20002;
    capabilities.video.rtcp_port = 20003;
    return capabilities;
}

LocalCapabilities with_sdes() {
    auto capabilities = plain();
    capabilities.security = Security::sdes;
    capabilities.offer_protocol = "RTP/SAVPF";
    capabilities.crypto = Crypto{1, "AES_CM_128_HMAC_SHA1_80", "inline:ourKey", ""};
    return capabilities;
}

TEST(PlainRtp, AnswersASipPhone) {
    const auto [answer, session] = answered(parsed(stored("sip_offer")), plain());
    ASSERT_EQ(session.transports.size(), 2u);
    EXPECT_EQ(summary(session.sections[0]), "PCMU:0 PCMA:8");
    EXPECT_EQ(session.transports[0].remote_address, "198.51.100.7");
    EXPECT_EQ(session.transports[0].remote_port, 49170);
    EXPECT_EQ(session.transports[0].remote_rtcp_port, 49171);
    EXPECT_FALSE(session.transports[0].learn_remote_address);

    const auto& video = session.sections[1];
    EXPECT_EQ(summary(video), "H264:99");
    EXPECT_TRUE(video.receive && !video.send);
    EXPECT_EQ(video.remote_bandwidth, Bitrate{256000});
    EXPECT_EQ(video.codecs[0].feedback, Feedback{});  // RTP/AVP has none
    EXPECT_FALSE(video.rtcp_mux);
    EXPECT_EQ(session.transports[1].remote_address, "198.51.100.8");
    EXPECT_EQ(session.transports[1].remote_rtcp_port, 51400);
    EXPECT_TRUE(session.transports[1].learn_remote_address);

    const std::string text = print(answer);
    EXPECT_THAT(text, HasSubstr("c=IN IP4 203.0.113.5\r\nt=0 0\r\nm=audio 20000 RTP/AVP 0 8\r\n"
                                "a=rtcp:20001 IN IP4 203.0.113.5\r\n"));
    EXPECT_THAT(text, HasSubstr("a=ptime:20\r\n"));
    EXPECT_THAT(text, HasSubstr("a=direction:passive\r\n"));
    for (auto word : {"ice", "fingerprint", "setup", "BUNDLE", "rtcp-mux"})
        EXPECT_THAT(text, Not(HasSubstr(word)));
}

TEST(PlainRtp, DoesNotKnowWhereToSendWithoutAnAddress) {
    auto offer = parsed(stored("sip_offer"));
    offer.connection->address = "0.0.0.0";
    EXPECT_THAT(answered(offer, plain()).session.transports[0].remote_address, IsEmpty());
}

TEST(PlainRtp, OffersAndReadsTheAnswer) {
    const auto offer = make_offer(plain());
    EXPECT_EQ(offer.media[0].protocol, "RTP/AVPF");
    EXPECT_EQ(offer.media[1].port, 20002);
    EXPECT_EQ(offer.media[1].rtcp->port, 20003);
    EXPECT_THAT(offer.groups, IsEmpty());
    EXPECT_FALSE(offer.media[0].rtcp_mux);

    auto peer = plain();
    peer.address = "198.51.100.9";
    peer.video.port = 30000;
    const auto answer = parsed(print(answered(parsed(print(offer)), peer).answer));
    const auto session = apply_answer(offer, answer, plain());
    ASSERT_TRUE(session) << session.error().message;
    EXPECT_EQ(session->transports.at(1).remote_address, "198.51.100.9");
    EXPECT_EQ(session->transports[1].remote_port, 30000);
    EXPECT_TRUE(session->sections[1].codecs[0].feedback.pli);
}

TEST(Sdes, TakesTheLineWithOurSuiteAndItsTag) {
    auto offer = parsed(stored("sip_offer"));
    for (auto& section : offer.media) {
        section.protocol = "RTP/SAVPF";
        section.cryptos = {{1, "AES_256_CM_HMAC_SHA1_80", "inline:first", ""},
                           {7, "AES_CM_128_HMAC_SHA1_80", "inline:second", ""}};
    }
    const auto [answer, session] = answered(offer, with_sdes());
    EXPECT_EQ(session.transports[0].remote_crypto->key_params, "inline:second");
    EXPECT_THAT(answer.media[0].cryptos,
                ElementsAre(Crypto{7, "AES_CM_128_HMAC_SHA1_80", "inline:ourKey", ""}));

    offer.media[1].cryptos.pop_back();
    const auto failed = answer_offer(offer, with_sdes());
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().message, "m=video: there is no a=crypto with our suite");
}

TEST(Sdes, WantsTheAnswerToKeepSuiteAndTag) {
    const auto offer = make_offer(with_sdes());
    EXPECT_EQ(offer.media[0].cryptos.size(), 1u);
    auto answer = answered(offer, with_sdes()).answer;
    EXPECT_TRUE(apply_answer(offer, answer, with_sdes()));
    answer.media[0].cryptos[0].tag = 2;
    EXPECT_FALSE(apply_answer(offer, answer, with_sdes()));
}

TEST(Sdes, RefusesPlainMedia) {
    EXPECT_EQ(answered(parsed(stored("sip_offer")), with_sdes()).session.sections[0].reason,
              "the protocol 'RTP/AVP' is not spoken here");
}

}  // namespace
}  // namespace rivero::sdp
