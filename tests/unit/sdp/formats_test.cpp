// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "sdp/formats.hpp"

#include "test_data.hpp"

#include <gtest/gtest.h>

namespace rivero::sdp {
namespace {

struct Variants {
    const char* name;
    Codec codec;
    const char* a;
    const char* b;
    bool same;
};
class VariantTest : public testing::TestWithParam<Variants> {};

TEST_P(VariantTest, ComparesWhatMatters) {
    const auto a = FormatParameters::parse(GetParam().a);
    const auto b = FormatParameters::parse(GetParam().b);
    EXPECT_EQ(same_variant(GetParam().codec, a, b), GetParam().same);
    EXPECT_EQ(same_variant(GetParam().codec, b, a), GetParam().same);
}

INSTANTIATE_TEST_SUITE_P(
    Formats, VariantTest,
    testing::Values(
        Variants{"H264OtherLevel", Codec::h264, "packetization-mode=1;profile-level-id=42e01f",
                 "profile-level-id=42E034;packetization-mode=1", true},
        Variants{"H264ModeDefaultsTo0", Codec::h264, "packetization-mode=0;profile-level-id=42e01f",
                 "profile-level-id=42e01f", true},
        Variants{"H264OtherMode", Codec::h264, "packetization-mode=1;profile-level-id=42e01f",
                 "profile-level-id=42e01f", false},
        Variants{"H264ConstrainedBaselineIsNotBaseline", Codec::h264, "profile-level-id=42e01f",
                 "profile-level-id=42001f", false},
        Variants{"H264ConstrainedBaselineInMainsClothes", Codec::h264, "profile-level-id=42e01f",
                 "profile-level-id=4d801f", true},
        Variants{"H264DefaultIsBaseline", Codec::h264, "profile-level-id=42001f", "", true},
        Variants{"H264MainIsNotHigh", Codec::h264, "profile-level-id=4d001f",
                 "profile-level-id=64001f", false},
        Variants{"H264ConstrainedHighIsNotHigh", Codec::h264, "profile-level-id=640c1f",
                 "profile-level-id=64001f", false},
        Variants{"H264BrokenProfile", Codec::h264, "profile-level-id=42e0", "profile-level-id=42e0",
                 false},
        Variants{"H264UnknownProfile", Codec::h264, "profile-level-id=ff001f",
                 "profile-level-id=ff001f", false},
        Variants{"Vp9ProfileDefaultsTo0", Codec::vp9, "", "profile-id=0", true},
        Variants{"Vp9OtherProfile", Codec::vp9, "profile-id=2", "profile-id=0", false},
        Variants{"Av1OtherLevel", Codec::av1, "level-idx=5;profile=0;tier=0", "level-idx=8", true},
        Variants{"Av1OtherProfile", Codec::av1, "profile=1", "profile=0", false},
        Variants{"H265MainIsDefault", Codec::h265, "level-id=93;tx-mode=SRST", "profile-id=1",
                 true},
        Variants{"H265Main10", Codec::h265, "profile-id=2", "profile-id=1", false},
        Variants{"H265OtherMode", Codec::h265, "tx-mode=MRST", "", false},
        Variants{"OpusNeverMinds", Codec::opus, "stereo=1", "minptime=10", true}),
    [](auto& row) { return row.param.name; });

struct Red {
    const char* name;
    const char* lines;
    std::optional<int> type;  ///< of opus:111 with redundancy
};
class RedTest : public testing::TestWithParam<Red> {};

TEST_P(RedTest, IsTakenWhereItHoldsOneCodecOnly) {
    const auto section =
        parsed("v=0\nm=audio 9 UDP/TLS/RTP/SAVPF 111 63 0\na=rtpmap:111 opus/48000/2\n" +
               std::string{GetParam().lines})
            .media[0];
    for (const bool ours : {true, false}) {
        const auto codecs = common_codecs(section, [&](auto, auto, auto&) {
            return Match{{}, false, ours};
        });
        ASSERT_EQ(codecs.size(), 2u) << "opus and PCMU";
        const auto wanted =
            ours && GetParam().type
                ? std::optional{PayloadType{static_cast<std::uint8_t>(*GetParam().type)}}
                : std::nullopt;
        EXPECT_EQ(codecs[0].red, wanted);
        EXPECT_FALSE(codecs[1].red);
    }
}

INSTANTIATE_TEST_SUITE_P(
    Rfc2198, RedTest,
    testing::Values(Red{"AsChromiumHasIt", "a=rtpmap:63 red/48000/2\na=fmtp:63 111/111\n", 63},
                    Red{"Deeper", "a=rtpmap:63 RED/48000/2\na=fmtp:63 111/111/111\n", 63},
                    Red{"NotOffered", "", {}},
                    Red{"WithoutParameters", "a=rtpmap:63 red/48000/2\n", {}},
                    Red{"Mixed", "a=rtpmap:63 red/48000/2\na=fmtp:63 111/0\n", {}},
                    Red{"OfAnother", "a=rtpmap:63 red/48000/2\na=fmtp:63 112/112\n", {}},
                    Red{"OtherClock", "a=rtpmap:63 red/8000\na=fmtp:63 111/111\n", {}},
                    Red{"Garbage", "a=rtpmap:63 red/48000/2\na=fmtp:63 111/x;y=1\n", {}}),
    [](auto& row) { return row.param.name; });

TEST(Formats, StaticTypesNeedNoRtpmap) {
    const auto offer = parsed("v=0\nm=audio 9 RTP/AVP 0 8 9 13\n");
    const auto& audio = offer.media[0];
    EXPECT_EQ(codec_of(*encoding_of(audio, PayloadType{0})), Codec::pcmu);
    EXPECT_EQ(codec_of(*encoding_of(audio, PayloadType{8})), Codec::pcma);
    EXPECT_EQ(codec_of(*encoding_of(audio, PayloadType{9})), Codec::g722);
    EXPECT_EQ(encoding_of(audio, PayloadType{13}), std::nullopt);
}

TEST(Formats, ClockRateAndChannelsTellCodecsApart) {
    EXPECT_EQ(codec_of({PayloadType{96}, "OPUS", 48000, 2}), Codec::opus);
    EXPECT_EQ(codec_of({PayloadType{96}, "opus", 48000, 1}), std::nullopt);
    EXPECT_EQ(codec_of({PayloadType{96}, "opus", 16000, 2}), std::nullopt);
    EXPECT_EQ(codec_of({PayloadType{96}, "PCMU", 16000, 1}), std::nullopt);
    EXPECT_EQ(codec_of({PayloadType{96}, "G722", 8000, 1}), Codec::g722);
    EXPECT_EQ(codec_of({PayloadType{96}, "ISAC", 16000, 1}), std::nullopt);
}

}  // namespace
}  // namespace rivero::sdp
