// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "sdp/negotiation.hpp"
#include "test_data.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace rivero::sdp {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// What another endpoint like us says to an offer.
SessionDescription peer_answer(const SessionDescription& offer) {
    auto peer = webrtc();
    peer.ice_ufrag = "peerUfrag";
    peer.cname = "peer";
    peer.video.ssrc = Ssrc{900};
    peer.video.rtx_ssrc = Ssrc{901};
    peer.data_channels = true;
    return parsed(print(answered(parsed(print(offer)), peer).answer));
}

TEST(Offer, HasTheSectionsThatClientsKnow) {
    auto capabilities = webrtc();
    capabilities.data_channels = true;
    const auto offer = make_offer(capabilities);
    ASSERT_EQ(offer.media.size(), 3u);
    EXPECT_THAT(offer.groups, ElementsAre(Group{"BUNDLE", {"audio0", "video0", "application0"}}));
    EXPECT_EQ(offer.media[0].mid, "audio0");
    EXPECT_EQ(offer.media[1].mid, "video0");
    EXPECT_EQ(offer.media[2].mid, "application0");
    EXPECT_EQ(offer.media[0].protocol, "RTP/SAVPF");
    EXPECT_EQ(offer.media[2].protocol, "UDP/DTLS/SCTP");
    for (auto& section : offer.media) {
        EXPECT_EQ(section.setup, Setup::actpass);
        EXPECT_EQ(section.ice_ufrag, "ourUfrag");
        EXPECT_EQ(section.port, 9);
    }
    EXPECT_THAT(offer.media[0].formats, ElementsAre("96", "0", "8", "9"));
    EXPECT_EQ(offer.media[0].rtpmap(PayloadType{96})->encoding, "opus");
    EXPECT_EQ(offer.media[0].rtpmap(PayloadType{96})->channels, 2);
    EXPECT_EQ(parsed(print(offer)), offer);
}

TEST(Offer, UsesNoPayloadTypeTwice) {
    const auto offer = make_offer(webrtc());
    std::set<std::string> types;
    std::size_t count = 0;
    for (auto& section : offer.media) {
        types.insert(section.formats.begin(), section.formats.end());
        count += section.formats.size();
    }
    EXPECT_EQ(types.size(), count);
}

TEST(Offer, StaysWithinTheDynamicPayloadTypesHoweverManyCodecs) {
    auto capabilities = webrtc();
    for (auto& codec : capabilities.video.codecs) codec.offer = true;
    for (int i = 0; i < 100; ++i)
        capabilities.video.codecs.push_back(capabilities.video.codecs.front());
    const auto offer = make_offer(capabilities);
    for (PayloadType type : offer.media[1].payload_types())
        EXPECT_TRUE((type.value >= 96 && type.value <= 127) ||
                    (type.value >= 35 && type.value <= 63))
            << int{type.value};
}

TEST(Offer, LeavesOutWhatIsNotWanted) {
    EXPECT_EQ(make_offer(webrtc(), {.audio = false}).media.at(0).mid, "video0");
    EXPECT_EQ(make_offer(webrtc(), {.audio = false}).media.size(), 1u);
    EXPECT_EQ(make_offer(webrtc(), {.video = false}).groups.at(0).mids.size(), 1u);
}

TEST(Offer, SaysDirectionAndBandwidth) {
    auto capabilities = webrtc();
    capabilities.video.direction = Direction::recvonly;
    capabilities.video.bandwidth = Bitrate::kbps(800);
    const auto offer = make_offer(capabilities);
    EXPECT_EQ(offer.media[1].direction, Direction::recvonly);
    EXPECT_THAT(offer.media[1].bandwidths, ElementsAre(Bandwidth{"AS", 800}));
    EXPECT_THAT(offer.media[1].ssrcs, IsEmpty());
    EXPECT_THAT(offer.media[0].bandwidths, IsEmpty());
}

TEST(ApplyAnswer, AgreesWithThePeer) {
    auto capabilities = webrtc();
    capabilities.data_channels = true;
    const auto offer = make_offer(capabilities);
    const auto session = apply_answer(offer, peer_answer(offer), capabilities);
    ASSERT_TRUE(session) << session.error().message;
    ASSERT_EQ(session->sections.size(), 3u);
    const auto& video = session->sections[1];
    EXPECT_TRUE(video.accepted && video.send && video.receive && video.rtcp_mux);
    EXPECT_EQ(summary(video), "VP8:97/98 VP9:99/100 H264:101/102 AV1:103/104");
    EXPECT_TRUE(video.codecs[0].feedback.nack && video.codecs[0].feedback.transport_cc);
    EXPECT_EQ(video.local_ssrc, Ssrc{200});
    EXPECT_EQ(video.local_rtx_ssrc, Ssrc{201});
    EXPECT_THAT(video.remote_sources, ElementsAre(RemoteSource{Ssrc{900}, Ssrc{901}, "peer"}));
    EXPECT_EQ(video.send_id(HeaderExtension::abs_send_time), 3);
    EXPECT_EQ(session->sections[2].remote_sctp_port, 5000);
    ASSERT_EQ(session->transports.size(), 1u);
    EXPECT_THAT(session->transports[0].sections, ElementsAre(0, 1, 2));
    EXPECT_EQ(session->transports[0].remote_ufrag, "peerUfrag");
    EXPECT_EQ(session->transports[0].setup, Setup::active);  // the peer is passive
}

TEST(ApplyAnswer, ReadsWhatChromiumAnswered) {
    auto capabilities = webrtc();
    capabilities.data_channels = true;
    const auto session =
        apply_answer(make_offer(capabilities), parsed(stored("chromium_answer")), capabilities);
    ASSERT_TRUE(session) << session.error().message;
    EXPECT_EQ(summary(session->sections[0]), "opus:96 PCMU:0 PCMA:8 G722:9");
    EXPECT_EQ(summary(session->sections[1]), "VP8:97/98 VP9:99/100 H264:101/102 AV1:103/104");
    EXPECT_TRUE(session->sections[1].send && session->sections[1].receive);
    EXPECT_EQ(session->sections[1].receive_id(HeaderExtension::transport_cc), 2);
    ASSERT_EQ(session->sections[1].remote_sources.size(), 1u);
    EXPECT_TRUE(session->sections[1].remote_sources[0].rtx);
    EXPECT_TRUE(session->sections[2].accepted);
    ASSERT_EQ(session->transports.size(), 1u);
    EXPECT_EQ(session->transports[0].setup, Setup::passive);
}

TEST(ApplyAnswer, TakesARejectedSection) {
    const auto offer = make_offer(webrtc());
    auto answer = peer_answer(offer);
    answer.media[1].port = 0;
    answer.groups[0].mids = {"audio0"};
    const auto session = apply_answer(offer, answer, webrtc());
    ASSERT_TRUE(session) << session.error().message;
    EXPECT_FALSE(session->sections[1].accepted);
    EXPECT_EQ(session->sections[1].reason, "the peer rejected it");
    EXPECT_THAT(session->transports.at(0).sections, ElementsAre(0));
}

TEST(ApplyAnswer, LimitsTheDirection) {
    auto capabilities = webrtc();
    capabilities.video.direction = Direction::sendonly;
    const auto offer = make_offer(capabilities);
    auto answer = peer_answer(offer);
    answer.media[1].direction = Direction::sendrecv;  // more than was offered
    const auto session = apply_answer(offer, answer, capabilities);
    ASSERT_TRUE(session);
    EXPECT_TRUE(session->sections[1].send);
    EXPECT_FALSE(session->sections[1].receive);
}

TEST(ApplyAnswer, IgnoresFormatsThatWereNotOffered) {
    const auto offer = make_offer(webrtc());
    auto answer = peer_answer(offer);
    answer.media[0].formats = {"8", "111"};
    answer.media[0].rtpmaps = {{PayloadType{111}, "opus", 48000, 2}};
    const auto session = apply_answer(offer, answer, webrtc());
    ASSERT_TRUE(session);
    EXPECT_EQ(summary(session->sections[0]), "PCMA:8");
}

using Spoil = void (*)(SessionDescription& answer);
struct BadAnswer {
    const char* name;
    Spoil spoil;
    const char* error;
};
class BadAnswerTest : public testing::TestWithParam<BadAnswer> {};

TEST_P(BadAnswerTest, NamesTheSection) {
    const auto offer = make_offer(webrtc());
    auto answer = peer_answer(offer);
    GetParam().spoil(answer);
    const auto session = apply_answer(offer, answer, webrtc());
    ASSERT_FALSE(session);
    EXPECT_EQ(session.error().message, GetParam().error);
}

INSTANTIATE_TEST_SUITE_P(
    Rfc3264, BadAnswerTest,
    testing::Values(
        BadAnswer{"TooFewSections", [](auto& answer) { answer.media.pop_back(); },
                  "the answer has 1 media sections, the offer 2"},
        BadAnswer{"OtherKind", [](auto& answer) { answer.media[0].kind = "video"; },
                  "m=video (mid 'audio0'): the offer has m=audio in this place"},
        BadAnswer{"OtherMid", [](auto& answer) { answer.media[0].mid = "x"; },
                  "m=audio (mid 'x'): the offer has the mid 'audio0' in this place"},
        BadAnswer{"NoMux", [](auto& answer) { answer.media[1].rtcp_mux = false; },
                  "m=video (mid 'video0'): a=rtcp-mux is missing, which WebRTC needs (RFC 8834 "
                  "section 4.5)"},
        BadAnswer{"NoFormat", [](auto& answer) { answer.media[1].formats = {"111"}; },
                  "m=video (mid 'video0'): none of the formats was offered"},
        BadAnswer{"NoRole", [](auto& answer) { answer.media[0].setup = Setup::actpass; },
                  "m=audio (mid 'audio0'): a=setup:actpass leaves no DTLS role for us"}),
    [](auto& row) { return row.param.name; });

}  // namespace
}  // namespace rivero::sdp
