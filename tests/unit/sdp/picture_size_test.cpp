// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "sdp/picture_size.hpp"

#include "sdp/negotiation.hpp"
#include "test_data.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace rivero::sdp {
namespace {

struct Size {
    const char* name;
    Codec codec;
    const char* lines;     ///< of a section with the formats 96 and 97
    std::uint64_t pixels;  ///< of 96; 0: any
};
class PictureSizeTest : public testing::TestWithParam<Size> {};

TEST_P(PictureSizeTest, IsWhatThePeerAsksFor) {
    const auto description =
        parsed("v=0\nm=video 9 UDP/TLS/RTP/SAVPF 96 97\n" + std::string{GetParam().lines});
    const auto largest =
        PictureSizes{description.media[0]}.largest(PayloadType{96}, GetParam().codec);
    EXPECT_EQ(largest.value_or(Pixels{}).value, GetParam().pixels);
}

INSTANTIATE_TEST_SUITE_P(
    OfFormats, PictureSizeTest,
    testing::Values(
        Size{"NothingSaid", Codec::vp8, "", 0},
        Size{"Vp8AsFirefoxHasIt", Codec::vp8, "a=fmtp:96 max-fs=12288;max-fr=60\n", 12288 * 256},
        Size{"Vp9", Codec::vp9, "a=fmtp:96 profile-id=0; max-fs=920\n", 920 * 256},
        Size{"OfAnotherFormat", Codec::vp8, "a=fmtp:97 max-fs=12288\n", 0},
        Size{"Av1HasNone", Codec::av1, "a=fmtp:96 level-idx=5;max-fs=99\n", 0},
        Size{"Zero", Codec::vp8, "a=fmtp:96 max-fs=0\n", 0},
        Size{"Garbage", Codec::vp8, "a=fmtp:96 max-fs=-1;max-fr=30\n", 0},
        Size{"H264Level", Codec::h264, "a=fmtp:96 profile-level-id=42e00d\n", 396 * 256},
        Size{"H264Level1b", Codec::h264, "a=fmtp:96 profile-level-id=42f00b\n", 99 * 256},
        Size{"H264LevelOfBrowsers", Codec::h264, "a=fmtp:96 profile-level-id=42e01f\n", 0},
        Size{"H264LevelThatIsNone", Codec::h264, "a=fmtp:96 profile-level-id=42e0ff\n", 0},
        Size{"H264WithoutLevel", Codec::h264, "a=fmtp:96 packetization-mode=1\n", 0},
        Size{"H264MaxFsBeyondTheLevel", Codec::h264,
             "a=fmtp:96 profile-level-id=42e01f;max-fs=8160\n", 8160 * 256},
        Size{"H264MaxFsOfALowLevel", Codec::h264, "a=fmtp:96 profile-level-id=42e00d;max-fs=1620\n",
             1620 * 256}),
    [](auto& row) { return row.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Rfc6236, PictureSizeTest,
    testing::Values(
        Size{"OneSize", Codec::vp8, "a=imageattr:96 recv [x=640,y=360]\n", 640 * 360},
        Size{"LargestOfSeveral", Codec::vp8,
             "a=imageattr:96 recv [x=320,y=180,q=0.9] [x=640,y=360,sar=1.1,q=0.5]\n", 640 * 360},
        Size{"Ranges", Codec::vp8,
             "a=imageattr:96 recv [x=[320:16:640],y=[180,360],par=[1.2-1.3]]\n", 640 * 360},
        Size{"WhatItSendsDoesNotCount", Codec::vp8,
             "a=imageattr:96 send [x=176,y=144] recv [x=640,y=360]\n", 640 * 360},
        Size{"InTheOtherOrder", Codec::vp8,
             "a=imageattr:96 recv [x=640,y=360] send [x=176,y=144]\n", 640 * 360},
        Size{"AnySize", Codec::vp8, "a=imageattr:96 send [x=176,y=144] recv *\n", 0},
        Size{"AllFormats", Codec::av1, "a=imageattr:* recv [x=640,y=360]\n", 640 * 360},
        Size{"OfAnother", Codec::vp8, "a=imageattr:97 recv [x=640,y=360]\n", 0},
        Size{"StrictestOfLines", Codec::vp8,
             "a=imageattr:96 recv [x=640,y=360]\na=imageattr:* recv [x=320,y=180]\n", 320 * 180},
        Size{"Garbage", Codec::vp8,
             "a=imageattr:96 recv [x=640] [ ] [x=[,y=] [x=0,y=360] ]][[ x=1,y=1\n"
             "a=imageattr:x recv [x=1,y=1]\na=imageattr\na=imageattr:96\n",
             0}),
    [](auto& row) { return row.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Rfc8851, PictureSizeTest,
    testing::Values(
        Size{"Sides", Codec::vp8, "a=rid:a recv max-width=640;max-height=360\n", 640 * 360},
        Size{"Pixels", Codec::vp8, "a=rid:a recv pt=96;max-fs=230400\n", 230400},
        Size{"StrictestOfOne", Codec::vp8,
             "a=rid:a recv pt=96;max-width=1280;max-height=720;max-fs=230400\n", 230400},
        Size{"OneSideStandsForBoth", Codec::vp8, "a=rid:a recv max-width=640\n", 640 * 640},
        Size{
            "LargestOfSeveral", Codec::vp8,
            "a=rid:a recv max-width=640;max-height=360\na=rid:b recv max-width=320;max-height=180\n"
            "a=simulcast:recv a;b\n",
            640 * 360},
        Size{"OneThatTakesEverything", Codec::vp8,
             "a=rid:a recv max-width=640;max-height=360\na=rid:b recv max-fps=30\n", 0},
        Size{"WhatItSendsDoesNotCount", Codec::vp8, "a=rid:a send max-width=64;max-height=36\n", 0},
        Size{"OfAnother", Codec::vp8, "a=rid:a recv pt=97;max-width=640;max-height=360\n", 0},
        Size{"StrictestOfAll", Codec::vp8,
             "a=fmtp:96 max-fs=3600\na=imageattr:96 recv [x=1024,y=768]\n"
             "a=rid:a recv max-width=640;max-height=360\n",
             640 * 360}),
    [](auto& row) { return row.param.name; });

TEST(PictureSize, BothSidesOfANegotiationTakeItFromThePeer) {
    const std::string lines =
        "m=video 9 UDP/TLS/RTP/SAVPF 96 97\na=rtpmap:96 VP8/90000\na=fmtp:96 max-fs=920\n"
        "a=rtpmap:97 AV1/90000\n";
    const auto offer = parsed(offer_with(lines));
    const auto codecs = answered(offer, webrtc()).session.sections[0].codecs;
    ASSERT_EQ(codecs.size(), 2u);
    EXPECT_EQ(codecs[0].largest, Pixels{920 * 256});
    EXPECT_EQ(codecs[1].largest, std::nullopt);

    const auto ours = make_offer(webrtc(), {.audio = false});
    auto answer = answered(ours, webrtc()).answer;
    answer.media[0].others.push_back({"imageattr", "* recv [x=640,y=360]"});
    const auto session = apply_answer(ours, answer, webrtc());
    ASSERT_TRUE(session) << session.error().message;
    for (const auto& codec : session->sections[0].codecs) EXPECT_EQ(codec.largest, area(640, 360));
}

TEST(PictureSize, BrowsersAskForNoLessThanTheyCanShow) {
    for (const char* name :
         {"chromium_recvonly_offer", "chromium_sendrecv_offer", "firefox_offer", "safari_offer"}) {
        const auto session = answered(parsed(stored(name)), webrtc()).session;
        for (const auto& codec : session.section(MediaType::video)->codecs)
            EXPECT_GE(codec.largest.value_or(area(1920, 1080)), area(1920, 1080)) << name;
    }
}

}  // namespace
}  // namespace rivero::sdp
