// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "sdp/negotiation.hpp"
#include "test_data.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

namespace rivero::sdp {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

LocalCapabilities peer() {
    auto peer = webrtc();
    peer.ice_ufrag = "peerUfrag";
    peer.ice_pwd = "peerPasswordOf24Characte";
    peer.fingerprints = {{"sha-256", ByteVector(32, 0xcd)}};
    return peer;
}

/// An offer in mids and sections as browsers write them.
std::string offer_of(std::initializer_list<std::string> sections, const std::string& bundle,
                     const std::string& ufrag = "abcd", const std::string& fingerprint = "01:02") {
    std::string text = "v=0\no=- 1 1 IN IP4 127.0.0.1\ns=-\nt=0 0\na=group:BUNDLE " + bundle + "\n";
    int mid = 0;
    for (const auto& section : sections) {
        text += section + "a=mid:" + std::to_string(mid++) + "\na=rtcp-mux\na=ice-ufrag:" + ufrag +
                "\na=ice-pwd:abcdefghijklmnopqrstuv\n" + "a=fingerprint:sha-256 " + fingerprint +
                "\na=setup:actpass\n";
    }
    return text;
}
const std::string kAudio = "m=audio 9 UDP/TLS/RTP/SAVPF 111\na=rtpmap:111 opus/48000/2\n";
const std::string kVideo =
    "m=video 9 UDP/TLS/RTP/SAVPF 96 98\na=rtpmap:96 VP8/90000\na=rtpmap:98 VP9/90000\na=fmtp:98 "
    "profile-id=0\n";
const std::string kNoAudio = "m=audio 0 UDP/TLS/RTP/SAVPF 111\na=rtpmap:111 opus/48000/2\n";
const std::string kNoVideo = "m=video 0 UDP/TLS/RTP/SAVPF 96\na=rtpmap:96 VP8/90000\n";

Negotiated next(const Negotiated& before, const std::string& offer) {
    return answered(parsed(offer), webrtc(), &before.session);
}

TEST(FurtherOffer, KeepsTransportsAndRoles) {
    const auto first = answered(parsed(offer_of({kAudio}, "0")), webrtc());
    const auto second = next(first, offer_of({kAudio, kVideo}, "0 1"));
    ASSERT_EQ(second.session.transports.size(), 1U);
    EXPECT_EQ(second.session.transports[0].id, first.session.transports[0].id);
    EXPECT_EQ(second.session.transports[0].setup, first.session.transports[0].setup);
    EXPECT_FALSE(second.session.ice_restarted);
    EXPECT_TRUE(second.session.sections[1].accepted);
    // An offer that fixes the role of before is as good, one that turns it round is not.
    auto same = offer_of({kAudio}, "0"), other = same;
    same.replace(same.find("actpass"), 7, "active");
    EXPECT_EQ(next(first, same).session.transports[0].setup, Setup::passive);
    other.replace(other.find("actpass"), 7, "passive");
    const auto refused = answer_offer(parsed(other), webrtc(), &first.session);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("DTLS role"));
}

TEST(FurtherOffer, SaysWhichTransportsThePeerRestarted) {
    const auto first = answered(parsed(offer_of({kAudio, kVideo}, "0 1")), webrtc());
    const auto second = next(first, offer_of({kAudio, kVideo}, "0 1", "efgh"));
    EXPECT_TRUE(second.session.ice_restarted);
    EXPECT_TRUE(second.session.transports[0].ice_restarted);
    EXPECT_EQ(second.session.transports[0].id, 0U);
    EXPECT_FALSE(next(second, offer_of({kAudio, kVideo}, "0 1", "efgh")).session.ice_restarted);
}

TEST(FurtherOffer, OfAnotherCertificateIsAnotherTransport) {
    const auto first = answered(parsed(offer_of({kAudio}, "0")), webrtc());
    const auto second = next(first, offer_of({kAudio}, "0", "efgh", "03:04"));
    EXPECT_EQ(second.session.transports[0].id, 1U);
    EXPECT_FALSE(second.session.transports[0].ice_restarted);
    EXPECT_EQ(next(second, offer_of({kAudio}, "0", "ijkl", "05:06")).session.transports[0].id, 2U);
}

TEST(FurtherOffer, LeavesABundleWithoutItsFirstSectionInItsTransport) {
    const auto first = answered(parsed(offer_of({kAudio, kVideo}, "0 1")), webrtc());
    const auto second = next(first, offer_of({kNoAudio, kVideo}, "1"));
    ASSERT_EQ(second.session.transports.size(), 1U);
    EXPECT_EQ(second.session.transports[0].id, 0U);
    EXPECT_TRUE(second.session.transports[0].tag_rejected);
    EXPECT_EQ(second.answer.media[0].port, 0);
    EXPECT_THAT(second.answer.groups, ElementsAre(Group{"BUNDLE", {"1"}}));
    const auto third = next(second, offer_of({kAudio, kVideo}, "1 0"));
    EXPECT_FALSE(third.session.transports[0].tag_rejected);
    EXPECT_EQ(third.session.transports[0].id, 0U);
}

TEST(FurtherOffer, KeepsSectionsApartThatAreNotBundled) {
    const auto first = answered(parsed(offer_of({kAudio, kVideo}, "0")), webrtc());
    ASSERT_EQ(first.session.transports.size(), 2U);
    // The first goes; the second must not take its transport.
    const auto second = next(first, offer_of({kNoAudio, kVideo}, "0"));
    ASSERT_EQ(second.session.transports.size(), 1U);
    EXPECT_EQ(second.session.transports[0].id, first.session.transports[1].id);
    // Back again: a new one, since the old one has ended.
    const auto third = next(second, offer_of({kAudio, kVideo}, "0"));
    EXPECT_EQ(third.session.transports[third.session.sections[0].transport].id, 2U);
    // Bundled later: the one of the first section carries both.
    const auto fourth = next(third, offer_of({kAudio, kVideo}, "0 1"));
    ASSERT_EQ(fourth.session.transports.size(), 1U);
    EXPECT_EQ(fourth.session.transports[0].id, 2U);
}

TEST(FurtherOffer, KeepsTheVideoThatIsThereWhenAnotherIsAdded) {
    const auto first = answered(parsed(offer_of({kAudio, kVideo}, "0 1")), webrtc());
    const auto second = next(first, offer_of({kAudio, kVideo, kVideo}, "0 1 2"));
    EXPECT_TRUE(second.session.sections[1].accepted);
    EXPECT_FALSE(second.session.sections[2].accepted);
    // The old one goes, then the other one gets its turn.
    const auto third = next(second, offer_of({kAudio, kNoVideo, kVideo}, "0 2"));
    EXPECT_FALSE(third.session.sections[1].accepted);
    EXPECT_TRUE(third.session.sections[2].accepted);
    EXPECT_FALSE(answer_offer(parsed(offer_of({kAudio}, "0")), webrtc(), &third.session));
}

/// What our further offer looks like, and what the peer makes of it.
struct Reoffered {
    SessionDescription offer;
    NegotiatedSession session;
};
Reoffered reoffered(const SessionDescription& local, const NegotiatedSession& session,
                    const OfferOptions& options = {}, LocalCapabilities ours = webrtc()) {
    const auto offer = make_reoffer(ours, options, local, session);
    const auto text = print(offer);
    EXPECT_EQ(print(parsed(text)), text);
    auto other = peer();
    other.fingerprints = session.transports[0].remote_fingerprints;
    auto answer = answered(parsed(text), other);
    for (auto& section : answer.answer.media)
        if (section.setup)
            section.setup =
                session.transports[0].setup == Setup::passive ? Setup::active : Setup::passive;
    auto applied = apply_answer(offer, parsed(print(answer.answer)), ours, &session);
    if (!applied) throw std::runtime_error{applied.error().message};
    return {offer, *applied};
}

TEST(OurFurtherOffer, RepeatsWhatTheBrowserOffered) {
    for (const char* name : {"chromium_sendrecv_offer", "firefox_offer", "safari_offer"}) {
        SCOPED_TRACE(name);
        const auto offer = parsed(stored(name));
        const auto first = answered(offer, webrtc());
        const auto second = make_reoffer(webrtc(), {}, first.answer, first.session);
        ASSERT_EQ(second.media.size(), first.answer.media.size());
        EXPECT_EQ(second.extmap_allow_mixed, first.answer.extmap_allow_mixed);
        for (std::size_t i = 0; i < second.media.size(); ++i) {
            const auto& before = first.answer.media[i];
            const auto& now = second.media[i];
            EXPECT_EQ(now.mid, before.mid);
            EXPECT_EQ(now.formats, before.formats);
            EXPECT_EQ(now.rtpmaps, before.rtpmaps);
            EXPECT_EQ(now.port, before.port);
            EXPECT_EQ(now.protocol, before.protocol);
            if (now.port == 0) continue;
            EXPECT_EQ(now.setup, Setup::actpass);
            EXPECT_EQ(now.ice_ufrag, before.ice_ufrag);
            if (now.kind == "application") continue;
            EXPECT_EQ(now.direction, Direction::sendrecv);
            EXPECT_EQ(now.extmaps.size(), before.extmaps.size());
        }
        EXPECT_EQ(second.groups, first.answer.groups);
    }
}

TEST(OurFurtherOffer, AddsWhatWasNotThereWithNumbersThatAreFree) {
    // The browser's numbers are others than ours would be.
    const auto offer = parsed(offer_of(
        {kAudio +
         "a=extmap:1 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\n"
         "a=extmap:9 urn:ietf:params:rtp-hdrext:sdes:mid\n"},
        "0"));
    const auto first = answered(offer, webrtc());
    const auto [second, session] = reoffered(first.answer, first.session);
    ASSERT_EQ(second.media.size(), 2U);
    EXPECT_EQ(second.media[1].mid, "video0");
    EXPECT_THAT(second.groups, ElementsAre(Group{"BUNDLE", {"0", "video0"}}));
    std::map<std::uint16_t, std::string> ids;
    for (auto& section : second.media)
        for (auto& map : section.extmaps) {
            const auto known = ids.emplace(map.id, map.uri).first;
            EXPECT_EQ(known->second, map.uri) << "id " << map.id << " stands for two";
        }
    std::set<std::string> formats(second.media[0].formats.begin(), second.media[0].formats.end());
    for (auto& format : second.media[1].formats)
        EXPECT_TRUE(formats.insert(format).second) << format;
    ASSERT_EQ(session.transports.size(), 1U);
    EXPECT_EQ(session.transports[0].sections.size(), 2U);
    EXPECT_EQ(session.transports[0].id, 0U);
}

TEST(OurFurtherOffer, RejectsWhatIsNotWantedAndUsesItsPlaceLater) {
    const auto offer = make_offer(webrtc());
    auto answer = answered(parsed(print(offer)), peer());
    auto session = apply_answer(offer, parsed(print(answer.answer)), webrtc());
    ASSERT_TRUE(session);
    const auto without = reoffered(offer, *session, {.video = false});
    EXPECT_EQ(without.offer.media[1].port, 0);
    EXPECT_FALSE(without.session.sections[1].accepted);
    EXPECT_THAT(without.offer.groups, ElementsAre(Group{"BUNDLE", {"audio0"}}));
    const auto again = reoffered(without.offer, without.session);
    ASSERT_EQ(again.offer.media.size(), 2U);
    EXPECT_EQ(again.offer.media[1].mid, "video1");
    EXPECT_TRUE(again.session.sections[1].accepted);
    EXPECT_EQ(again.session.transports.size(), 1U);
}

TEST(OurFurtherOffer, LeavesTheSectionInactiveThatTagsABundle) {
    const auto offer = make_offer(webrtc());
    const auto answer = answered(parsed(print(offer)), peer());
    const auto session = apply_answer(offer, answer.answer, webrtc());
    ASSERT_TRUE(session);
    const auto without = reoffered(offer, *session, {.audio = false});
    EXPECT_NE(without.offer.media[0].port, 0);
    EXPECT_EQ(without.offer.media[0].direction, Direction::inactive);
    EXPECT_FALSE(without.session.sections[0].send || without.session.sections[0].receive);
    const auto again = reoffered(without.offer, without.session);
    EXPECT_EQ(again.offer.media[0].direction, Direction::sendrecv);
    EXPECT_EQ(again.offer.media[0].mid, "audio0");
    // Alone it tags nobody.
    EXPECT_EQ(reoffered(without.offer, without.session, {.audio = false, .video = false})
                  .offer.media[1]
                  .port,
              0);
}

TEST(OurFurtherOffer, AnAnswerToARejectedSectionCannotBringItBack) {
    const auto offer = make_offer(webrtc());
    const auto answer = answered(parsed(print(offer)), peer());
    const auto session = apply_answer(offer, answer.answer, webrtc());
    ASSERT_TRUE(session);
    const auto second = make_reoffer(webrtc(), {.video = false}, offer, *session);
    auto stubborn = answered(parsed(print(make_offer(webrtc()))), peer()).answer;
    const auto applied = apply_answer(second, stubborn, webrtc(), &*session);
    ASSERT_TRUE(applied) << applied.error().message;
    EXPECT_TRUE(applied->sections[0].accepted);
    EXPECT_FALSE(applied->sections[1].accepted);
}

TEST(OurFurtherOffer, AnAnswerMustNotTurnTheRolesRoundOrChangeTheCertificate) {
    const auto offer = make_offer(webrtc());
    const auto answer = answered(parsed(print(offer)), peer());
    const auto session = apply_answer(offer, answer.answer, webrtc());
    ASSERT_TRUE(session);
    const auto second = make_reoffer(webrtc(), {}, offer, *session);
    auto turned = answer.answer;
    for (auto& section : turned.media)
        section.setup = section.setup == Setup::passive ? Setup::active : Setup::passive;
    EXPECT_FALSE(apply_answer(second, turned, webrtc(), &*session));
    auto changed = answer.answer;
    for (auto& section : changed.media) section.fingerprints = {{"sha-256", ByteVector(32, 0x11)}};
    EXPECT_FALSE(apply_answer(second, changed, webrtc(), &*session));
    EXPECT_TRUE(apply_answer(second, answer.answer, webrtc(), &*session));
}

TEST(Answer, SaysTheMostThatWeWantToGet) {
    auto capabilities = webrtc();
    capabilities.video.bandwidth = Bitrate::kbps(700);
    const auto answer = answered(parsed(offer_of({kAudio, kVideo}, "0 1")), capabilities).answer;
    EXPECT_TRUE(answer.media[0].bandwidths.empty());
    EXPECT_THAT(answer.media[1].bandwidths, ElementsAre(Bandwidth{"AS", 700}));
}

}  // namespace
}  // namespace rivero::sdp
