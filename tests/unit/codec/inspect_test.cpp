// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/inspect.hpp"

#include "samples.hpp"

#include <gtest/gtest.h>

#include <set>

namespace rivero::codec {
namespace {

/// What a row expects, in letters: f starts_frame, k starts_keyframe, p parameter_sets,
/// d discardable, s layer_sync, e ends_frame; "-" for not valid.
std::string flags(const PayloadInfo& info) {
    if (!info.valid) return "-";
    std::string text;
    if (info.starts_frame) text += 'f';
    if (info.starts_keyframe) text += 'k';
    if (info.parameter_sets) text += 'p';
    if (info.discardable) text += 'd';
    if (info.layer_sync) text += 's';
    if (info.ends_frame) text += 'e';
    return text;
}

struct Case {
    std::string name;
    Codec codec;
    std::string payload;
    std::string flags;
};
class InspectTest : public testing::TestWithParam<Case> {};

TEST_P(InspectTest, SaysWhatStartsHere) {
    EXPECT_EQ(flags(inspect(GetParam().codec, hex(GetParam().payload))), GetParam().flags);
}

auto case_name = [](auto& row) { return row.param.name; };

INSTANTIATE_TEST_SUITE_P(Vp8, InspectTest,
                         testing::Values(Case{"Empty", Codec::vp8, "", "-"},
                                         Case{"DescriptorOnly", Codec::vp8, "90 80 8001", "-"},
                                         Case{"Cut", Codec::vp8, "90 80 80", "-"},
                                         Case{"KeyFrame", Codec::vp8, "10 00", "fk"},
                                         Case{"DeltaFrame", Codec::vp8, "10 01", "f"},
                                         Case{"SecondPartition", Codec::vp8, "11 00", ""},
                                         Case{"Continuation", Codec::vp8, "00 00", ""},
                                         Case{"NotReferred", Codec::vp8, "30 01", "fd"},
                                         Case{"AllFields", Codec::vp8, "90 f0 8001 07 65 01",
                                              "fs"}),
                         case_name);

INSTANTIATE_TEST_SUITE_P(
    Vp9, InspectTest,
    testing::Values(Case{"Empty", Codec::vp9, "", "-"}, Case{"Cut", Codec::vp9, "8c 80", "-"},
                    Case{"KeyFrame", Codec::vp9, "8c 8001 82", "fke"},
                    Case{"DeltaFrame", Codec::vp9, "c8 8001 86", "f"},
                    Case{"Continuation", Codec::vp9, "c0 8001 86", ""},
                    Case{"LayersNotFlexible", Codec::vp9, "a8 01 10 07 82", "fks"},
                    Case{"UpperLayerOfKeyPicture", Codec::vp9, "a8 01 03 07 82", ""},
                    Case{"UpperLayerAlone", Codec::vp9, "e8 01 02 07 86", "f"},
                    Case{"FlexibleFourReferences", Codec::vp9, "d8 01 03050704 86", "-"},
                    Case{"FlexibleThreeReferences", Codec::vp9, "d8 01 030504 86", "f"},
                    Case{"Structure", Codec::vp9, "8a 8001 18 0040 0030 01 04 01 82", "fk"},
                    Case{"StructureCut", Codec::vp9, "8a 8001 18 0040 0030 02 04 01 82", "-"},
                    Case{"StructureManyPictures", Codec::vp9, "8a 8001 08 ff 04 01 82", "-"}),
    case_name);

INSTANTIATE_TEST_SUITE_P(
    H264, InspectTest,
    testing::Values(Case{"Empty", Codec::h264, "", "-"},
                    Case{"Sps", Codec::h264, "67 42e01f", "fkp"},
                    Case{"Pps", Codec::h264, "68 ce", "f"}, Case{"Idr", Codec::h264, "65 88", "fk"},
                    Case{"SecondSliceOfIdr", Codec::h264, "65 40", ""},
                    Case{"Slice", Codec::h264, "41 9a", "f"},
                    Case{"SecondSlice", Codec::h264, "41 40", ""},
                    Case{"SliceNotReferred", Codec::h264, "01 9a", "fd"},
                    Case{"Sei", Codec::h264, "06 05", "f"},
                    Case{"StapSpsPps", Codec::h264, "78 0004 6742e01f 0002 68ce", "fkp"},
                    Case{"StapTooShort", Codec::h264, "78 0004 6742", "-"},
                    Case{"StapHeaderOnly", Codec::h264, "78", "-"},
                    Case{"FuStartOfIdr", Codec::h264, "7c 85 88", "fk"},
                    Case{"FuStartOfSecondSlice", Codec::h264, "7c 85 40", ""},
                    Case{"FuMiddleOfIdr", Codec::h264, "7c 05 88", ""},
                    Case{"FuEndOfNotReferred", Codec::h264, "1c 41 88", "d"},
                    Case{"FuHeaderOnly", Codec::h264, "7c 85", "-"},
                    Case{"Interleaved", Codec::h264, "79 0000 00", "-"}),
    case_name);

INSTANTIATE_TEST_SUITE_P(H265, InspectTest,
                         testing::Values(Case{"Empty", Codec::h265, "", "-"},
                                         Case{"HeaderOnly", Codec::h265, "4001", "-"},
                                         Case{"Vps", Codec::h265, "4001 0c", "fkp"},
                                         Case{"Sps", Codec::h265, "4201 01", "fkp"},
                                         Case{"Pps", Codec::h265, "4401 c1", "f"},
                                         Case{"Idr", Codec::h265, "2601 af", "fk"},
                                         Case{"Cra", Codec::h265, "2a01 af", "fk"},
                                         Case{"SecondSliceOfIdr", Codec::h265, "2601 2f", ""},
                                         Case{"Slice", Codec::h265, "0201 d0", "f"},
                                         Case{"Aggregation", Codec::h265,
                                              "6001 0003 40010c 0003 420101", "fkp"},
                                         Case{"AggregationCut", Codec::h265, "6001 0003 4001", "-"},
                                         Case{"FragmentStart", Codec::h265, "6201 93 af", "fk"},
                                         Case{"FragmentMiddle", Codec::h265, "6201 13 af", ""},
                                         Case{"FragmentHeaderOnly", Codec::h265, "6201 93", "-"},
                                         Case{"Paci", Codec::h265, "6401 000000", "-"}),
                         case_name);

INSTANTIATE_TEST_SUITE_P(Av1, InspectTest,
                         testing::Values(Case{"Empty", Codec::av1, "", "-"},
                                         Case{"NewSequence", Codec::av1, "28 02 0800 30 10", "fkp"},
                                         Case{"NewSequenceByBitOnly", Codec::av1, "18 30 10", "fk"},
                                         Case{"SequenceHeaderWithoutBit", Codec::av1,
                                              "20 02 0800 30 10", "fkp"},
                                         Case{"Frame", Codec::av1, "10 30 30", "f"},
                                         Case{"TileGroup", Codec::av1, "10 20 30", ""},
                                         Case{"Continuation", Codec::av1, "90 08 30", ""},
                                         Case{"LengthTooLarge", Codec::av1, "00 09 30", "-"}),
                         case_name);

INSTANTIATE_TEST_SUITE_P(Audio, InspectTest,
                         testing::Values(Case{"Opus", Codec::opus, "78", "fk"},
                                         Case{"OpusEmpty", Codec::opus, "", "-"},
                                         Case{"Pcmu", Codec::pcmu, "ff", "fk"},
                                         Case{"Aac", Codec::aac, "0010", "fk"}),
                         case_name);

TEST(Inspect, ReadsTheIdsOfVp8) {
    PayloadInfo info = inspect(Codec::vp8, hex("90 f0 8123 07 a5 01"));
    EXPECT_EQ(info.picture_id, 0x123);
    EXPECT_TRUE(info.long_picture_id);
    EXPECT_EQ(info.tl0_pic_idx, 7);
    EXPECT_EQ(info.temporal_id, 2);
    EXPECT_TRUE(info.layer_sync);
    EXPECT_EQ(info.key_idx, 5);
    info = inspect(Codec::vp8, hex("90 80 23 01"));
    EXPECT_EQ(info.picture_id, 0x23);
    EXPECT_FALSE(info.long_picture_id);
    EXPECT_EQ(info.temporal_id, std::nullopt);
}

TEST(Inspect, ReadsTheIdsOfVp9) {
    PayloadInfo info = inspect(Codec::vp9, hex("a8 8123 54 07 82"));
    EXPECT_TRUE(info.valid);
    EXPECT_EQ(info.picture_id, 0x123);
    EXPECT_TRUE(info.long_picture_id);
    EXPECT_EQ(info.temporal_id, 2);
    EXPECT_TRUE(info.layer_sync);
    EXPECT_EQ(info.spatial_id, 2);
    info = inspect(Codec::vp9, hex("e8 23 55 07 86"));
    EXPECT_TRUE(info.valid);
    EXPECT_EQ(info.picture_id, 0x23);
    EXPECT_EQ(info.temporal_id, 2);
    EXPECT_EQ(info.spatial_id, 2);
    EXPECT_EQ(info.tl0_pic_idx, 7);
}

TEST(Inspect, ReadsTheIdsOfH265AndAv1) {
    EXPECT_EQ(inspect(Codec::h265, hex("0203 d0")).temporal_id, 2);
    PayloadInfo info = inspect(Codec::av1, hex("10 34 48 10"));
    EXPECT_EQ(info.temporal_id, 2);
    EXPECT_EQ(info.spatial_id, 1);
}

class InspectRtpTest : public testing::TestWithParam<std::pair<Codec, std::string>> {};

// Twelve frames, a key frame every six.
TEST_P(InspectRtpTest, FindsEachKeyFrameOfGStreamerOnceAndItsSize) {
    auto [codec, name] = GetParam();
    Inspector inspector{codec};
    std::set<std::uint32_t> pictures;
    int frames = 0;
    int keyframes = 0;
    for (auto& packet : load_rtp(name)) {
        PayloadInfo info = inspector.inspect(packet.timestamp, packet.payload);
        ASSERT_TRUE(info.valid);
        EXPECT_EQ(info.starts_frame, pictures.insert(packet.timestamp.value).second);
        frames += info.starts_frame;
        keyframes += info.starts_keyframe;
        EXPECT_TRUE(info.starts_frame || !info.starts_keyframe);
        if (info.starts_keyframe) {
            EXPECT_EQ(info.width, 64);
            EXPECT_EQ(info.height, 48);
        }
    }
    EXPECT_EQ(frames, 12);
    EXPECT_EQ(keyframes, 2);
}

INSTANTIATE_TEST_SUITE_P(GStreamer, InspectRtpTest,
                         testing::Values(std::pair{Codec::vp8, "vp8"}, std::pair{Codec::vp9, "vp9"},
                                         std::pair{Codec::h264, "h264"},
                                         std::pair{Codec::h265, "h265"}),
                         [](auto& row) { return row.param.second; });

TEST(Inspector, StartsTheKeyFrameOfChromeOnce) {
    Inspector inspector{Codec::h264};
    RtpTimestamp t{3000};
    EXPECT_EQ(flags(inspector.inspect(t, hex("78 0004 6742e01f 0002 68ce"))), "fkp");
    EXPECT_EQ(flags(inspector.inspect(t, hex("7c 85 88"))), "");
    EXPECT_EQ(flags(inspector.inspect(t, hex("7c 45 88"))), "");
    EXPECT_EQ(flags(inspector.inspect(RtpTimestamp{6000}, hex("41 9a"))), "f");
    EXPECT_EQ(flags(inspector.inspect(RtpTimestamp{9000}, hex("65 88"))), "fk");
}

TEST(Inspector, PrefersParameterSetsThatComeLate) {
    Inspector inspector{Codec::h264};
    RtpTimestamp t{3000};
    EXPECT_EQ(flags(inspector.inspect(t, hex("7c 85 88"))), "fk");
    EXPECT_EQ(flags(inspector.inspect(t, hex("78 0004 6742e01f 0002 68ce"))), "kp");
    EXPECT_EQ(flags(inspector.inspect(t, hex("78 0004 6742e01f 0002 68ce"))), "p");
}

}  // namespace
}  // namespace rivero::codec
