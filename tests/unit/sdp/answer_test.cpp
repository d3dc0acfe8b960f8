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

std::string error_of(const SessionDescription& offer, const LocalCapabilities& capabilities) {
    const auto result = answer_offer(offer, capabilities);
    return result ? "no error" : result.error().message;
}

TEST(Answer, AcceptsWhatChromiumOffers) {
    const auto offer = parsed(stored("chromium_sendrecv_offer"));
    const auto [answer, session] = answered(offer, webrtc());
    ASSERT_EQ(session.sections.size(), 2u);
    ASSERT_EQ(session.transports.size(), 1u);

    const auto& audio = session.sections[0];
    EXPECT_TRUE(audio.accepted);
    EXPECT_EQ(audio.kind, MediaType::audio);
    EXPECT_EQ(audio.mid, "0");
    EXPECT_TRUE(audio.send && audio.receive);
    EXPECT_EQ(summary(audio), "opus:111 G722:9 PCMU:0 PCMA:8");
    EXPECT_EQ(audio.codecs[0].channels, 2);
    EXPECT_EQ(audio.codecs[0].parameters.text(), "minptime=10;useinbandfec=1");
    EXPECT_EQ(audio.codecs[0].feedback, (Feedback{.transport_cc = true}));
    EXPECT_EQ(audio.send_id(HeaderExtension::audio_level), 1);
    EXPECT_EQ(audio.receive_id(HeaderExtension::mid), 4);
    EXPECT_EQ(audio.local_ssrc, Ssrc{100});
    EXPECT_EQ(audio.local_rtx_ssrc, std::nullopt);
    EXPECT_TRUE(audio.rtcp_mux && audio.rtcp_rsize && audio.extmap_allow_mixed);
    EXPECT_EQ(audio.remote_sources.size(), 1u);

    const auto& video = session.sections[1];
    EXPECT_EQ(summary(video),
              "VP8:96/97 H264:102/103 H264:104/107 H264:108/109 H264:114/115 H264:116/117 "
              "H264:39/40 AV1:45/46 VP9:98/99");
    EXPECT_EQ(
        video.codecs[0].feedback,
        (Feedback{.nack = true, .pli = true, .fir = true, .remb = true, .transport_cc = true}));
    EXPECT_EQ(video.local_rtx_ssrc, Ssrc{201});
    ASSERT_EQ(video.remote_sources.size(), 1u);
    EXPECT_TRUE(video.remote_sources[0].rtx);
    EXPECT_THAT(video.remote_sources[0].cname, Not(IsEmpty()));
    EXPECT_EQ(video.remote_stream, offer.media[1].msids[0].stream);

    const auto& transport = session.transports[0];
    EXPECT_THAT(transport.sections, ElementsAre(0, 1));
    EXPECT_EQ(transport.remote_ufrag, offer.media[0].ice_ufrag);
    EXPECT_EQ(transport.remote_fingerprints, offer.media[0].fingerprints);
    EXPECT_EQ(transport.remote_candidates, offer.media[0].candidates);
    EXPECT_EQ(transport.setup, Setup::passive);
    EXPECT_FALSE(transport.ice_restarted);
    EXPECT_TRUE(session.remote_trickles);
    EXPECT_EQ(parsed(print(answer)), answer);
}

TEST(Answer, TakesRedundancyWhereThePeerListsIt) {
    const auto offer = parsed(stored("chromium_sendrecv_offer"));
    const auto [answer, session] = answered(offer, webrtc());
    EXPECT_EQ(session.sections[0].codecs[0].red, PayloadType{63});
    // In the offer's order: a browser sends what comes first.
    EXPECT_THAT(answer.media[0].formats, ElementsAre("111", "63", "9", "0", "8"));
    EXPECT_EQ(*answer.media[0].rtpmap(PayloadType{63}), (RtpMap{PayloadType{63}, "red", 48000, 2}));
    EXPECT_EQ(answer.media[0].fmtp(PayloadType{63}).text(), "111/111");

    auto preferred = offer;
    preferred.media[0].formats = {"63", "111"};
    EXPECT_THAT(answered(preferred, webrtc()).answer.media[0].formats, ElementsAre("63", "111"));
    EXPECT_EQ(answered(preferred, webrtc()).session.sections[0].codecs[0].red, PayloadType{63});
}

class OpusParameters : public testing::TestWithParam<const char*> {};

TEST_P(OpusParameters, AreAgreedToAsThePeerStatedThem) {
    auto offer = parsed(stored("chromium_sendrecv_offer"));
    for (auto& fmtp : offer.media[0].fmtps)
        if (fmtp.payload_type == PayloadType{111})
            fmtp.parameters = FormatParameters::parse(GetParam());
    const auto [answer, session] = answered(offer, webrtc());
    EXPECT_EQ(answer.media[0].fmtp(PayloadType{111}).text(), GetParam());
    EXPECT_EQ(session.sections[0].codecs[0].parameters.text(), GetParam());
}

// RFC 7587 section 6.1: what a receiver can make use of. That is who is behind us, not us.
INSTANTIATE_TEST_SUITE_P(Rfc7587, OpusParameters,
                         testing::Values("minptime=10;useinbandfec=1", "useinbandfec=0",
                                         "useinbandfec=1;usedtx=1", "usedtx=0", "minptime=10",
                                         "stereo=1;sprop-stereo=1;maxaveragebitrate=128000;cbr=1"));

TEST(Answer, SaysInTextWhatABrowserWants) {
    const auto text = print(answered(parsed(stored("minimal_offer")), webrtc()).answer);
    EXPECT_EQ(text,
              "v=0\r\n"
              "o=- 4711 1 IN IP4 0.0.0.0\r\n"
              "s=Rivero\r\n"
              "t=0 0\r\n"
              "a=group:BUNDLE 0 1\r\n"
              "a=msid-semantic: WMS\r\n"
              "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"
              "c=IN IP4 0.0.0.0\r\n"
              "a=rtcp:9 IN IP4 0.0.0.0\r\n"
              "a=ice-ufrag:ourUfrag\r\n"
              "a=ice-pwd:ourPasswordOf24Character\r\n"
              "a=ice-options:trickle\r\n"
              "a=fingerprint:sha-256 "
              "AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:"
              "AB:AB:AB:AB\r\n"
              "a=setup:passive\r\n"
              "a=mid:0\r\n"
              "a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
              "a=extmap:3 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time\r\n"
              "a=recvonly\r\n"
              "a=rtcp-mux\r\n"
              "a=rtpmap:111 opus/48000/2\r\n"
              "a=fmtp:111 minptime=10;useinbandfec=1\r\n"
              "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n"
              "c=IN IP4 0.0.0.0\r\n"
              "a=rtcp:9 IN IP4 0.0.0.0\r\n"
              "a=ice-ufrag:ourUfrag\r\n"
              "a=ice-pwd:ourPasswordOf24Character\r\n"
              "a=ice-options:trickle\r\n"
              "a=fingerprint:sha-256 "
              "AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:"
              "AB:AB:AB:AB\r\n"
              "a=setup:passive\r\n"
              "a=mid:1\r\n"
              "a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
              "a=extmap:3 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time\r\n"
              "a=recvonly\r\n"
              "a=rtcp-mux\r\n"
              "a=rtcp-rsize\r\n"
              "a=rtpmap:96 VP8/90000\r\n"
              "a=rtcp-fb:96 goog-remb\r\n"
              "a=rtcp-fb:96 ccm fir\r\n"
              "a=rtcp-fb:96 nack\r\n"
              "a=rtcp-fb:96 nack pli\r\n");
}

TEST(Answer, AnnouncesItsStreamsWhenItSends) {
    const auto answer = answered(parsed(stored("chromium_recvonly_offer")), webrtc()).answer;
    const auto& video = answer.media[1];
    EXPECT_EQ(video.direction, Direction::sendonly);
    EXPECT_THAT(video.msids, ElementsAre(Msid{"rivero", "video0"}));
    EXPECT_THAT(video.ssrc_groups, ElementsAre(SsrcGroup{"FID", {Ssrc{200}, Ssrc{201}}}));
    EXPECT_THAT(video.ssrcs, ElementsAre(SsrcAttribute{Ssrc{200}, "cname", "us"},
                                         SsrcAttribute{Ssrc{200}, "msid", "rivero video0"},
                                         SsrcAttribute{Ssrc{201}, "cname", "us"},
                                         SsrcAttribute{Ssrc{201}, "msid", "rivero video0"}));
    EXPECT_THAT(answer.media[0].ssrc_groups, IsEmpty());
    EXPECT_EQ(answer.msid_semantic, (MsidSemantic{"WMS", {"rivero"}}));
}

TEST(Answer, ReadsFirefoxWithItsFingerprintAboveTheSections) {
    const auto offer = parsed(stored("firefox_offer"));
    const auto [answer, session] = answered(offer, webrtc());
    EXPECT_EQ(summary(session.sections[0]), "opus:109 G722:9 PCMU:0 PCMA:8");
    EXPECT_EQ(summary(session.sections[1]), "VP8:120/124 VP9:121/125 H264:126/127 H264:97/98");
    EXPECT_EQ(session.transports.at(0).remote_fingerprints, offer.fingerprints);
    EXPECT_EQ(session.sections[0].codecs[0].parameters.find("stereo"), "1");
    EXPECT_EQ(answer.media[0].fmtp(PayloadType{109}).text(),
              "maxplaybackrate=48000;stereo=1;useinbandfec=1");
    EXPECT_EQ(session.sections[1].remote_sources,
              (std::vector<RemoteSource>{
                  {Ssrc{2049523173}, Ssrc{3148517301}, "{5e9a2f34-3d2c-4b79-a5a5-6d5e2a2ad0f2}"}}));
}

TEST(Answer, ReadsSafariAndPutsH265WhereItWasOffered) {
    const auto session = answered(parsed(stored("safari_offer")), webrtc()).session;
    EXPECT_EQ(summary(session.sections[1]),
              "H264:96/97 H264:98/99 H265:100/101 VP8:102/125 VP9:104/124 AV1:106/107");
}

TEST(Answer, ReadsPlanBWithNamedMidsAndSimGroup) {
    const auto [answer, session] = answered(parsed(stored("plan_b_simulcast_offer")), webrtc());
    EXPECT_EQ(answer.media[1].mid, "video");
    const auto& video = session.sections[1];
    EXPECT_EQ(summary(video), "VP8:96/97 VP9:98/99 H264:100/101");
    ASSERT_EQ(video.remote_sources.size(), 3u);
    EXPECT_EQ(video.remote_sources[2], (RemoteSource{Ssrc{2003}, Ssrc{2013}, "Q7bNQkXvS0a3vJbM"}));
    EXPECT_EQ(video.remote_stream, "7Jx2mEo0");
    EXPECT_EQ(video.remote_track, "v0");
    EXPECT_EQ(video.remote_bandwidth, Bitrate::kbps(1500));
    EXPECT_EQ(video.codecs[2].feedback, Feedback{});
}

TEST(Answer, DeclinesSimulcastUnlessAskedTo) {
    const auto offer = parsed(stored("chromium_simulcast_offer"));
    const auto declined = answered(offer, webrtc());
    EXPECT_FALSE(declined.session.sections[1].simulcast);
    EXPECT_EQ(declined.session.sections[1].remote_rids.size(), 3u);
    EXPECT_THAT(print(declined.answer), Not(HasSubstr("a=simulcast")));
    EXPECT_THAT(print(declined.answer), Not(HasSubstr("a=rid")));

    auto capabilities = webrtc();
    capabilities.simulcast = true;
    const auto taken = answered(offer, capabilities);
    EXPECT_TRUE(taken.session.sections[1].simulcast);
    EXPECT_THAT(
        print(taken.answer),
        HasSubstr("a=rid:q recv\r\na=rid:h recv\r\na=rid:f recv\r\na=simulcast:recv q;h;f"));
}

TEST(Answer, TakesDataChannelsWhenItHasThem) {
    const auto offer = parsed(stored("chromium_simulcast_offer"));
    const auto without = answered(offer, webrtc());
    EXPECT_FALSE(without.session.sections[2].accepted);
    EXPECT_EQ(without.session.sections[2].reason, "there are no data channels here");
    EXPECT_EQ(without.answer.media[2].port, 0);
    EXPECT_EQ(without.answer.media[2].mid, "2");
    EXPECT_EQ(without.answer.media[2].direction, Direction::inactive);
    EXPECT_THAT(without.answer.groups.at(0).mids, ElementsAre("0", "1"));

    auto capabilities = webrtc();
    capabilities.data_channels = true;
    const auto with = answered(offer, capabilities);
    EXPECT_EQ(with.session.section(MediaType::data)->remote_sctp_port, 5000);
    EXPECT_EQ(with.session.section(MediaType::data)->remote_max_message_size, 262144u);
    EXPECT_EQ(with.answer.media[2].port, 9);
    EXPECT_EQ(with.answer.media[2].sctp_port, 5000);
    EXPECT_EQ(with.answer.media[2].direction, std::nullopt);
    EXPECT_THAT(with.answer.groups.at(0).mids, ElementsAre("0", "1", "2"));
}

TEST(Answer, RejectsASecondSectionOfAKindAndUnknownOnes) {
    auto offer = parsed(stored("minimal_offer"));
    offer.media.push_back(offer.media[1]);
    offer.media.back().mid = "2";
    offer.media.push_back(offer.media[1]);
    offer.media.back().mid = "3";
    offer.media.back().kind = "text";
    offer.groups[0].mids = {"0", "1", "2", "3"};
    const auto [answer, session] = answered(offer, webrtc());
    EXPECT_EQ(session.sections[2].reason, "there is one of this kind already");
    EXPECT_EQ(session.sections[3].reason, "there is no media of this kind");
    EXPECT_EQ(answer.media[2].port, 0);
    EXPECT_EQ(answer.media[2].formats, offer.media[2].formats);
    EXPECT_THAT(answer.groups[0].mids, ElementsAre("0", "1"));
}

struct Rejection {
    const char* name;
    const char* media;  ///< the m-line and its formats
    const char* reason;
};
class RejectedSection : public testing::TestWithParam<Rejection> {};

TEST_P(RejectedSection, HasPortZeroAndAReason) {
    const auto [answer, session] = answered(parsed(offer_with(GetParam().media)), webrtc());
    EXPECT_EQ(session.sections[0].reason, GetParam().reason);
    EXPECT_EQ(answer.media[0].port, 0);
    EXPECT_THAT(answer.groups, IsEmpty());
    EXPECT_THAT(session.transports, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(
    Rfc3264, RejectedSection,
    testing::Values(
        Rejection{"NoCommonCodec", "m=video 9 RTP/SAVPF 96\na=rtpmap:96 theora/90000\n",
                  "there is no common codec"},
        Rejection{"DynamicTypeWithoutRtpmap", "m=video 9 RTP/SAVPF 96\n",
                  "there is no common codec"},
        Rejection{"NothingButExtras",
                  "m=audio 9 RTP/SAVPF 13 101 96\na=rtpmap:101 telephone-event/8000\n"
                  "a=rtpmap:96 red/48000/2\n",
                  "there is no common codec"},
        Rejection{"OnlyVp9Profile2",
                  "m=video 9 RTP/SAVPF 96\na=rtpmap:96 VP9/90000\na=fmtp:96 profile-id=2\n",
                  "there is no common codec"},
        Rejection{"PortZero", "m=audio 0 RTP/SAVPF 0\n", "the peer does not use it"},
        Rejection{"PlainRtp", "m=audio 9 RTP/AVP 0\n", "the protocol 'RTP/AVP' is not spoken here"},
        Rejection{"OtherProtocol", "m=audio 9 udp 0\n", "the protocol 'udp' is not spoken here"}),
    [](auto& row) { return row.param.name; });

class Protocol : public testing::TestWithParam<const char*> {};

TEST_P(Protocol, IsEchoed) {
    const auto offer = parsed(offer_with("m=audio 9 " + std::string{GetParam()} + " 0\n"));
    const auto answer = answered(offer, webrtc()).answer;
    EXPECT_EQ(answer.media[0].protocol, GetParam());
    EXPECT_EQ(answer.media[0].port, 9);
}
INSTANTIATE_TEST_SUITE_P(Rfc9429, Protocol,
                         testing::Values("UDP/TLS/RTP/SAVPF", "UDP/TLS/RTP/SAVP", "RTP/SAVPF",
                                         "RTP/SAVP", "TCP/DTLS/RTP/SAVPF"));

struct Directions {
    Direction offered, ours, answered;
};
class DirectionTest : public testing::TestWithParam<Directions> {};

TEST_P(DirectionTest, IsMirroredAndLimited) {
    auto capabilities = webrtc();
    capabilities.audio.direction = GetParam().ours;
    auto offer = parsed(offer_with("m=audio 9 RTP/SAVPF 0\n"));
    offer.media[0].direction = GetParam().offered;
    const auto [answer, session] = answered(offer, capabilities);
    EXPECT_EQ(answer.media[0].direction, GetParam().answered);
    EXPECT_EQ(session.sections[0].send, sends(GetParam().answered));
    EXPECT_EQ(session.sections[0].receive, receives(GetParam().answered));
    EXPECT_EQ(answer.media[0].ssrcs.empty(), !session.sections[0].send);
}
INSTANTIATE_TEST_SUITE_P(
    Rfc3264, DirectionTest,
    testing::Values(Directions{Direction::sendrecv, Direction::sendrecv, Direction::sendrecv},
                    Directions{Direction::sendonly, Direction::sendrecv, Direction::recvonly},
                    Directions{Direction::recvonly, Direction::sendrecv, Direction::sendonly},
                    Directions{Direction::inactive, Direction::sendrecv, Direction::inactive},
                    Directions{Direction::sendrecv, Direction::recvonly, Direction::recvonly},
                    Directions{Direction::sendrecv, Direction::sendonly, Direction::sendonly},
                    Directions{Direction::sendonly, Direction::sendonly, Direction::inactive}));

TEST(Answer, TakesTheDirectionAboveTheSections) {
    auto offer = parsed(offer_with("m=audio 9 RTP/SAVPF 0\n"));
    offer.direction = Direction::recvonly;
    EXPECT_EQ(answered(offer, webrtc()).answer.media[0].direction, Direction::sendonly);
}

struct Roles {
    std::optional<Setup> offered;
    Setup ours;
};
class SetupTest : public testing::TestWithParam<Roles> {};

TEST_P(SetupTest, LeavesTheChoiceOfSrtpProfileToUsWhenItCan) {
    auto offer = parsed(offer_with("m=audio 9 RTP/SAVPF 0\n"));
    offer.media[0].setup = GetParam().offered;
    const auto [answer, session] = answered(offer, webrtc());
    EXPECT_EQ(session.transports[0].setup, GetParam().ours);
    EXPECT_EQ(answer.media[0].setup, GetParam().ours);
}
INSTANTIATE_TEST_SUITE_P(Rfc8842, SetupTest,
                         testing::Values(Roles{Setup::actpass, Setup::passive},
                                         Roles{Setup::active, Setup::passive},
                                         Roles{Setup::passive, Setup::active},
                                         Roles{std::nullopt, Setup::passive}));

TEST(Answer, NamesTheSectionThatLacksSomething) {
    const auto good = parsed(offer_with("m=audio 9 RTP/SAVPF 0\n"));
    auto offer = good;
    offer.media[0].ice_pwd.reset();
    EXPECT_EQ(error_of(offer, webrtc()), "m=audio (mid '0'): a=ice-ufrag or a=ice-pwd is missing");
    offer = good;
    offer.media[0].ice_ufrag = std::string(257, 'x');
    EXPECT_EQ(error_of(offer, webrtc()),
              "m=audio (mid '0'): ICE credentials have 1 to 256 characters");
    offer = good;
    offer.media[0].fingerprints.clear();
    EXPECT_EQ(error_of(offer, webrtc()),
              "m=audio (mid '0'): a=fingerprint is missing, which DTLS needs");
    offer = good;
    offer.media[0].setup = Setup::holdconn;
    EXPECT_EQ(error_of(offer, webrtc()),
              "m=audio (mid '0'): a=setup:holdconn leaves no DTLS role for us");
    offer = good;
    offer.media[0].rtcp_mux = false;
    EXPECT_EQ(
        error_of(offer, webrtc()),
        "m=audio (mid '0'): a=rtcp-mux is missing, which WebRTC needs (RFC 8834 section 4.5)");
    offer = good;
    offer.media.push_back(offer.media[0]);
    EXPECT_EQ(error_of(offer, webrtc()), "two sections have the mid '0'");
    offer.media.clear();
    EXPECT_EQ(error_of(offer, webrtc()), "the offer has no media sections");
}

TEST(Answer, GivesEachSectionATransportWithoutBundle) {
    auto offer = parsed(stored("minimal_offer"));
    offer.groups.clear();
    offer.media[1].ice_ufrag = "other";
    const auto [answer, session] = answered(offer, webrtc());
    ASSERT_EQ(session.transports.size(), 2u);
    EXPECT_EQ(session.sections[1].transport, 1u);
    EXPECT_EQ(session.transports[1].remote_ufrag, "other");
    EXPECT_THAT(session.transports[1].sections, ElementsAre(1));
    EXPECT_TRUE(session.transports[0].end_of_candidates);
    EXPECT_THAT(answer.groups, IsEmpty());
}

TEST(Answer, KeepsSeveralBundlesApart) {
    auto offer = parsed(stored("minimal_offer"));
    offer.groups = {{"BUNDLE", {"0"}}, {"BUNDLE", {"1", "0"}}, {"LS", {"0", "1"}}};
    const auto [answer, session] = answered(offer, webrtc());
    EXPECT_EQ(session.transports.size(), 2u);
    EXPECT_THAT(answer.groups, ElementsAre(Group{"BUNDLE", {"0"}}, Group{"BUNDLE", {"1"}}));
}

TEST(Answer, ReadsBundleOnlySectionsThatHaveNoTransportOfTheirOwn) {
    auto offer = parsed(stored("minimal_offer"));
    MediaSection& video = offer.media[1];
    video.bundle_only = true;
    video.port = 0;
    video.ice_ufrag.reset();
    video.ice_pwd.reset();
    video.fingerprints.clear();
    const auto [answer, session] = answered(offer, webrtc());
    EXPECT_TRUE(session.sections[1].accepted);
    EXPECT_EQ(session.transports.size(), 1u);
    EXPECT_EQ(answer.media[1].port, 9);

    offer.groups.clear();
    EXPECT_EQ(answered(offer, webrtc()).session.sections[1].reason,
              "it is bundle-only, but not bundled");
}

TEST(Answer, FindsTheTransportOfABundleInARejectedSection) {
    auto offer = parsed(stored("minimal_offer"));
    offer.media[0].kind = "text";  // tags the bundle, and is rejected
    offer.media[1].bundle_only = true;
    offer.media[1].ice_ufrag.reset();
    const auto session = answered(offer, webrtc()).session;
    EXPECT_THAT(session.transports.at(0).sections, ElementsAre(1));
    EXPECT_EQ(session.transports[0].remote_ufrag, offer.media[0].ice_ufrag);
}

TEST(Answer, HeaderExtensionsKeepTheOfferersIdsAndTurnDirections) {
    const auto offer = parsed(offer_with(
        "m=audio 9 RTP/SAVPF 0\na=extmap:5/sendonly urn:ietf:params:rtp-hdrext:ssrc-audio-level\n"
        "a=extmap:7 urn:ietf:params:rtp-hdrext:sdes:mid\na=extmap:8 urn:unknown\n"
        "a=extmap:9 urn:ietf:params:rtp-hdrext:sdes:mid\n"
        "a=extmap:20 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time\n"));
    const auto [answer, session] = answered(offer, webrtc());
    EXPECT_THAT(answer.media[0].extmaps,
                ElementsAre(ExtMap{5, Direction::recvonly,
                                   "urn:ietf:params:rtp-hdrext:ssrc-audio-level", ""},
                            ExtMap{7, std::nullopt, "urn:ietf:params:rtp-hdrext:sdes:mid", ""}));
    EXPECT_EQ(session.sections[0].receive_id(HeaderExtension::audio_level), 5);
    EXPECT_EQ(session.sections[0].send_id(HeaderExtension::audio_level), 0);

    auto mixed = offer;
    mixed.extmap_allow_mixed = true;
    const auto longer = answered(mixed, webrtc());
    EXPECT_EQ(longer.session.sections[0].send_id(HeaderExtension::abs_send_time), 20);
    EXPECT_TRUE(longer.answer.extmap_allow_mixed);
}

TEST(Answer, MirrorsParametersButNotThePeersOwnHeaders) {
    const auto offer = parsed(offer_with(
        "m=video 9 RTP/SAVPF 99\na=rtpmap:99 h264/90000\na=fmtp:99 "
        "profile-level-id=42801F;packetization-mode=1;sprop-parameter-sets=Z0KA,aM4=\n"));
    const auto [answer, session] = answered(offer, webrtc());
    EXPECT_EQ(answer.media[0].fmtp(PayloadType{99}).text(),
              "profile-level-id=42801F;packetization-mode=1");
    EXPECT_EQ(session.sections[0].codecs[0].parameters.find("sprop-parameter-sets"), "Z0KA,aM4=");
}

TEST(Answer, RtxNeedsAnAcceptedCodecAndOurConsent) {
    const std::string media =
        "m=video 9 RTP/SAVPF 97 96 99 98\na=rtpmap:96 VP8/90000\na=rtpmap:97 rtx/90000\n"
        "a=fmtp:97 apt=96;rtx-time=200\na=rtpmap:98 theora/90000\na=rtpmap:99 rtx/90000\n"
        "a=fmtp:99 apt=98\n";
    const auto [answer, session] = answered(parsed(offer_with(media)), webrtc());
    EXPECT_EQ(summary(session.sections[0]), "VP8:96/97");
    EXPECT_THAT(answer.media[0].formats, ElementsAre("97", "96"));
    EXPECT_EQ(answer.media[0].fmtp(PayloadType{97}).text(), "apt=96;rtx-time=200");

    auto capabilities = webrtc();
    for (auto& codec : capabilities.video.codecs) codec.rtx = false;
    const auto without = answered(parsed(offer_with(media)), capabilities);
    EXPECT_EQ(summary(without.session.sections[0]), "VP8:96");
    EXPECT_EQ(without.session.sections[0].local_rtx_ssrc, std::nullopt);
}

TEST(Answer, SaysAFormatOnceWhenItWasOfferedTwice) {
    const auto answer =
        answered(parsed(offer_with("m=audio 9 RTP/SAVPF 0 8 0\n")), webrtc()).answer;
    EXPECT_THAT(answer.media[0].formats, ElementsAre("0", "8"));
}

TEST(ReOffer, KeepsTheSectionAndNoticesAnIceRestart) {
    auto offer = parsed(stored("minimal_offer"));
    offer.media[0].setup = offer.media[1].setup = Setup::passive;
    const auto first = answered(offer, webrtc()).session;
    EXPECT_EQ(first.transports[0].setup, Setup::active);

    // The same again, other direction, roles open: nothing restarts and the DTLS role stays.
    auto changed = offer;
    changed.media[0].setup = changed.media[1].setup = Setup::actpass;
    changed.media[1].direction = Direction::recvonly;
    const auto second = answered(changed, webrtc(), &first).session;
    EXPECT_FALSE(second.ice_restarted);
    EXPECT_EQ(second.transports[0].setup, Setup::active);
    EXPECT_TRUE(second.sections[1].send);
    EXPECT_EQ(second.sections[1].local_ssrc, first.sections[1].local_ssrc);

    changed.media[0].ice_ufrag = changed.media[1].ice_ufrag = "new1";
    EXPECT_TRUE(answered(changed, webrtc(), &second).session.ice_restarted);

    changed.media.pop_back();
    const auto fewer = answer_offer(changed, webrtc(), &second);
    ASSERT_FALSE(fewer);
    EXPECT_EQ(fewer.error().message, "the new offer has 1 media sections, the session 2");
}

TEST(ReOffer, PrefersTheSectionThatWasUsedBefore) {
    auto offer = parsed(stored("minimal_offer"));
    offer.media[0].kind = "video";  // unusable now: there is only opus in it
    const auto first = answered(offer, webrtc()).session;
    EXPECT_EQ(first.section(MediaType::video)->index, 1u);

    auto changed = offer;
    changed.media[0] = changed.media[1];
    changed.media[0].mid = "0";
    EXPECT_EQ(answered(changed, webrtc(), &first).session.section(MediaType::video)->index, 1u);
    changed.media[1].port = 0;
    EXPECT_EQ(answered(changed, webrtc(), &first).session.section(MediaType::video)->index, 0u);
}

}  // namespace
}  // namespace rivero::sdp
