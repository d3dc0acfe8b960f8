// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "sdp/session_description.hpp"

#include "test_data.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace rivero::sdp {
namespace {

using testing::ElementsAre;

std::vector<std::string> sorted_lines(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream{text};
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    std::sort(lines.begin(), lines.end());
    return lines;
}

class StoredOffer : public testing::TestWithParam<const char*> {};

TEST_P(StoredOffer, PrintsToTheSameModel) {
    const auto first = parsed(stored(GetParam()));
    EXPECT_EQ(parsed(print(first)), first);
}

INSTANTIATE_TEST_SUITE_P(Browsers, StoredOffer, testing::ValuesIn(kOffers));

TEST(SessionDescription, KeepsEveryLineOfChromium) {
    for (auto name : {"chromium_sendrecv_offer", "chromium_simulcast_offer"}) {
        const std::string text = stored(name);
        EXPECT_EQ(sorted_lines(print(parsed(text))), sorted_lines(text));
    }
}

TEST(SessionDescription, ReadsWhatChromiumSays) {
    const auto offer = parsed(stored("chromium_simulcast_offer"));
    EXPECT_EQ(offer.origin.version, "2");
    EXPECT_TRUE(offer.extmap_allow_mixed);
    ASSERT_EQ(offer.groups.size(), 1u);
    EXPECT_EQ(offer.groups[0].semantics, "BUNDLE");
    EXPECT_THAT(offer.groups[0].mids, ElementsAre("0", "1", "2"));
    ASSERT_EQ(offer.media.size(), 3u);

    const MediaSection& audio = offer.media[0];
    EXPECT_EQ(audio.kind, "audio");
    EXPECT_EQ(audio.port, 9);
    EXPECT_EQ(audio.protocol, "UDP/TLS/RTP/SAVPF");
    EXPECT_EQ(audio.mid, "0");
    EXPECT_EQ(audio.direction, Direction::sendonly);
    EXPECT_EQ(audio.ice_ufrag, "LrpI");
    EXPECT_EQ(audio.setup, Setup::actpass);
    ASSERT_EQ(audio.fingerprints.size(), 1u);
    EXPECT_EQ(audio.fingerprints[0].algorithm, "sha-256");
    EXPECT_EQ(audio.fingerprints[0].value.size(), 32u);
    EXPECT_EQ(audio.fingerprints[0].value[1], 0x98);
    EXPECT_EQ(*audio.rtpmap(PayloadType{111}), (RtpMap{PayloadType{111}, "opus", 48000, 2}));
    EXPECT_EQ(audio.fmtp(PayloadType{111}).find("useinbandfec"), "1");
    EXPECT_EQ(audio.fmtp(PayloadType{63}).text(), "111/111");
    EXPECT_EQ(audio.rtcp->connection, Connection{});
    EXPECT_TRUE(audio.rtcp_mux && audio.rtcp_rsize);
    EXPECT_EQ(audio.ssrcs[0], (SsrcAttribute{Ssrc{2457586679}, "cname", "lz04Tjl2Cu1jMn0e"}));
    EXPECT_THAT(audio.others, ElementsAre(Attribute{"rtcp-xr", "rcvr-rtt=all"}));

    const MediaSection& video = offer.media[1];
    EXPECT_EQ(video.payload_types().size(), 23u);
    EXPECT_EQ(video.rids.size(), 3u);
    ASSERT_TRUE(video.simulcast);
    EXPECT_EQ(video.simulcast->send.size(), 3u);
    EXPECT_EQ(video.simulcast->send[2][0].rid, "f");

    const MediaSection& data = offer.media[2];
    EXPECT_THAT(data.formats, ElementsAre("webrtc-datachannel"));
    EXPECT_EQ(data.sctp_port, 5000);
    EXPECT_EQ(data.max_message_size, 262144u);
}

TEST(SessionDescription, TakesLinesEndedByLfAndBlankOnes) {
    const auto sip = parsed(stored("sip_offer") + "\n\n");
    ASSERT_EQ(sip.media.size(), 2u);
    EXPECT_EQ(sip.connection->address, "198.51.100.7");
    EXPECT_EQ(sip.media[0].ptime, 20u);
    EXPECT_EQ(sip.media[1].bandwidths[0], (Bandwidth{"TIAS", 256000}));
    EXPECT_EQ(sip.media[1].rtcp, (RtcpAddress{51400, std::nullopt}));
    EXPECT_EQ(sip.media[1].feedback[0], (RtcpFeedback{std::nullopt, "nack"}));
}

TEST(SessionDescription, ReadsTheRarerLines) {
    const auto description = parsed(
        "v=0\no=- 1 2 IN IP6 ::1\ns= \ni=info\nu=http://x\ne=a@b\np=+1\nc=IN IP6 ff15::101/3\n"
        "b=CT:9\nt=1 2\nr=7d 1h 0\nt=3 4\nz=1 2\nk=clear:x\na=ice-lite\na=ice-options:ice2 "
        "trickle\n"
        "a=group:LS 1 2\na=tool:x:y\n"
        "m=video 1000/2 RTP/SAVP 96\ni=title\nk=prompt\na=extmap:4/sendonly uri:x long words\n"
        "a=rid:a send pt=96,97;max-width=1280\na=rid:b recv\n"
        "a=simulcast:send a,~b;c recv d\na=crypto:2 AES_256_CM_HMAC_SHA1_80 inline:abc|2^20 X Y\n"
        "a=candidate:1 1 udp 5 192.0.2.1 50000 typ host\na=candidate:strange\n"
        "a=end-of-candidates\na=bundle-only\na=fmtp:webrtc-datachannel x=y\na=maxptime:60\n"
        "a=msid:stream\na=setup:holdconn\na=fmtp:96 a = 1 ; B=2;;c\n");
    EXPECT_TRUE(description.ice_lite);
    EXPECT_EQ(description.times.size(), 4u);
    EXPECT_THAT(description.ice_options, ElementsAre("ice2", "trickle"));
    EXPECT_THAT(description.others, ElementsAre(Attribute{"tool", "x:y"}));
    const MediaSection& video = description.media.at(0);
    EXPECT_EQ(video.port_count, 2);
    EXPECT_EQ(video.extmaps[0], (ExtMap{4, Direction::sendonly, "uri:x", "long words"}));
    EXPECT_THAT(video.rids[0].payload_types, ElementsAre(PayloadType{96}, PayloadType{97}));
    EXPECT_EQ(video.rids[0].restrictions.number("max-width", 0), 1280);
    EXPECT_FALSE(video.rids[1].send);
    EXPECT_TRUE(video.simulcast->send[0][1].paused);
    EXPECT_EQ(video.simulcast->receive[0][0].rid, "d");
    EXPECT_EQ(video.cryptos[0], (Crypto{2, "AES_256_CM_HMAC_SHA1_80", "inline:abc|2^20", "X Y"}));
    EXPECT_EQ(video.candidates.size(), 1u);
    EXPECT_THAT(video.others, ElementsAre(Attribute{"candidate", "strange"},
                                          Attribute{"fmtp", "webrtc-datachannel x=y"}));
    EXPECT_EQ(video.fmtp(PayloadType{96}).text(), "a=1;B=2;c");
    EXPECT_EQ(video.fmtp(PayloadType{96}).number("b", 0), 2);
    EXPECT_EQ(parsed(print(description)), description);
}

struct BadText {
    const char* name;
    std::string text;
    const char* error;
};
class BadTextTest : public testing::TestWithParam<BadText> {};

TEST_P(BadTextTest, NamesTheLine) {
    const auto description = parse(GetParam().text);
    ASSERT_FALSE(description);
    EXPECT_EQ(description.error().message, GetParam().error);
}

std::string in_video(const std::string& line) {
    return "v=0\r\ns=-\r\nm=video 9 RTP/SAVPF 96\r\n" + line + "\r\n";
}

INSTANTIATE_TEST_SUITE_P(
    Rfc8866, BadTextTest,
    testing::Values(
        BadText{"Empty", "", "there is no v= line"},
        BadText{"NoVersion", "s=-\n", "line 1: v= must come first, not 's=-'"},
        BadText{"Version", "v=1\n", "line 1: v=: version '1' is not 0"},
        BadText{"NoSdp", "v=0\nhello\n", "line 2: 'hello' is not of the form <letter>=<value>"},
        BadText{"Letter", "v=0\nx=1\n", "line 2: SDP has no line 'x='"},
        BadText{"Control", "v=0\ns=a\rb\n", "line 2: holds a control character"},
        BadText{"Port", "v=0\nm=video x RTP/AVP 96\n", "line 2: m=video: port 'x' is not a number"},
        BadText{"PortRange", "v=0\nm=video 65536 RTP/AVP 96\n",
                "line 2: m=video: port '65536' is not a number"},
        BadText{"Formats", "v=0\nm=video 9 RTP/AVP\n", "line 2: m=video: there are no formats"},
        BadText{"Protocol", "v=0\nm=video 9\n", "line 2: m=video: the protocol is missing"},
        BadText{"Connection", "v=0\nc=IN IP5 x\n",
                "line 2: c=: address type 'IP5' is not IP4 or IP6"},
        BadText{"Origin", "v=0\no=- 1 1\n", "line 2: o=: network type '' is not IN"},
        BadText{"Bandwidth", "v=0\nb=AS:-1\n", "line 2: b=: bandwidth '-1' is not a number"},
        BadText{"SessionLineInMedia", in_video("t=0 0"),
                "line 4: a line 't=' has no place in a media section"},
        BadText{"RtpMap", in_video("a=rtpmap:128 VP8/90000"),
                "line 4: a=rtpmap: '128' is not a payload type"},
        BadText{"ClockRate", in_video("a=rtpmap:96 VP8/0"),
                "line 4: a=rtpmap: clock rate '0' is not a number"},
        BadText{"TwoMeanings", in_video("a=rtpmap:96 VP8/90000\r\na=rtpmap:96 VP9/90000"),
                "line 5: a=rtpmap: payload type 96 has another meaning already"},
        BadText{"Feedback", in_video("a=rtcp-fb:96"), "line 4: a=rtcp-fb: the message is missing"},
        BadText{"ExtMap", in_video("a=extmap:1/both x"),
                "line 4: a=extmap: 'both' is not a direction"},
        BadText{"Ssrc", in_video("a=ssrc:4294967296 cname:x"),
                "line 4: a=ssrc: SSRC '4294967296' is not a number"},
        BadText{"Fingerprint", in_video("a=fingerprint:sha-256 0:1"),
                "line 4: a=fingerprint: '0' is not a byte in hexadecimal"},
        BadText{"Setup", in_video("a=setup:both"),
                "line 4: a=setup: 'both' is not actpass, active, passive or holdconn"},
        BadText{"Rid", in_video("a=rid:1 sendrecv"),
                "line 4: a=rid: direction 'sendrecv' is not send or recv"},
        BadText{"Simulcast", in_video("a=simulcast:send a;,b"),
                "line 4: a=simulcast: a layer has no rid"},
        BadText{"SctpPort", in_video("a=sctp-port:65536"),
                "line 4: a=sctp-port: '65536' is not a number in range"},
        BadText{"LongValue", in_video("a=setup:" + std::string(50, 'x')),
                "line 4: a=setup: 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...' is not actpass, "
                "active, passive or holdconn"}),
    [](auto& row) { return row.param.name; });

}  // namespace
}  // namespace rivero::sdp
