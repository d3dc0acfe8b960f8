// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/depacketizer.hpp"

#include "samples.hpp"

#include <gtest/gtest.h>

namespace rivero::codec {
namespace {

class GStreamerTest : public testing::TestWithParam<std::pair<Codec, std::string>> {};

TEST_P(GStreamerTest, FramesComeOutAsTheEncoderMadeThem) {
    auto [codec, name] = GetParam();
    Reassembly reassembly{codec};
    for (auto& packet : load_rtp(name)) reassembly.push(packet);
    auto originals = load_frames(name);
    ASSERT_EQ(reassembly.frames().size(), originals.size());
    for (std::size_t i = 0; i < originals.size(); ++i) {
        EXPECT_EQ(normal_frame(codec, reassembly.frames()[i].data),
                  normal_frame(codec, originals[i]))
            << i;
        EXPECT_EQ(reassembly.frames()[i].keyframe, i % 6 == 0) << i;
        EXPECT_FALSE(reassembly.frames()[i].discontinuity) << i;
    }
    EXPECT_EQ(reassembly.counters().dropped_frames, 0u);
}

TEST_P(GStreamerTest, MarkersAreNotNeeded) {
    auto [codec, name] = GetParam();
    Reassembly reassembly{codec};
    for (auto packet : load_rtp(name)) {
        packet.marker = false;
        reassembly.push(packet);
    }
    auto originals = load_frames(name);
    ASSERT_EQ(reassembly.frames().size(), originals.size() - 1) << "the last one has no end";
    for (std::size_t i = 0; i + 1 < originals.size(); ++i)
        EXPECT_EQ(normal_frame(codec, reassembly.frames()[i].data),
                  normal_frame(codec, originals[i]))
            << i;
}

TEST_P(GStreamerTest, EachLostPacketCostsItsFrameOnly) {
    auto [codec, name] = GetParam();
    auto packets = load_rtp(name);
    auto originals = load_frames(name);
    // Not the first: whether a stream has parameter sets, its first key frame tells.
    for (std::size_t hole = 1; hole < packets.size(); ++hole) {
        SCOPED_TRACE(hole);
        Reassembly reassembly{codec};
        for (std::size_t i = 0; i < packets.size(); ++i)
            i == hole ? reassembly.lost() : reassembly.push(packets[i]);
        // The last packet of the stream leaves its frame without an end.
        auto& frames = reassembly.frames();
        ASSERT_EQ(frames.size(), originals.size() - 1);
        std::size_t original = 0;
        for (auto& frame : frames) {
            bool behind_hole = false;
            while (normal_frame(codec, originals[original]) != normal_frame(codec, frame.data)) {
                ASSERT_LT(++original, originals.size());
                behind_hole = true;
            }
            EXPECT_EQ(frame.discontinuity, behind_hole);
            ++original;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(GStreamer, GStreamerTest,
                         testing::Values(std::pair{Codec::vp8, "vp8"}, std::pair{Codec::vp9, "vp9"},
                                         std::pair{Codec::h264, "h264"},
                                         std::pair{Codec::h265, "h265"}),
                         [](auto& row) { return row.param.second; });

TEST(Depacketizer, WaitsForTheBeginningOfAFrame) {
    Reassembly vp8{Codec::vp8};
    vp8.push(hex("00 aabb"), 0, true);
    vp8.push(hex("10 01bb"), 3000, true);
    ASSERT_EQ(vp8.frames().size(), 1u);
    EXPECT_EQ(vp8.frames()[0].data, hex("01bb"));
    EXPECT_TRUE(vp8.frames()[0].discontinuity);
    EXPECT_EQ(vp8.counters().dropped_frames, 1u);
}

TEST(Depacketizer, WholeFramesThatAreLostMakeADiscontinuity) {
    Reassembly vp8{Codec::vp8};
    vp8.push(hex("10 01aa"), 0, true);
    vp8.lost();
    vp8.push(hex("10 01bb"), 6000, true);
    ASSERT_EQ(vp8.frames().size(), 2u);
    EXPECT_FALSE(vp8.frames()[0].discontinuity);
    EXPECT_TRUE(vp8.frames()[1].discontinuity);
    EXPECT_EQ(vp8.counters().dropped_frames, 0u);
}

TEST(Depacketizer, PaddingIsNoFrame) {
    Reassembly vp8{Codec::vp8};
    vp8.push({}, 0, false);
    vp8.push(hex("10 01aa"), 3000, false);
    vp8.push({}, 3000, false);
    vp8.push(hex("00 bb"), 3000, true);
    ASSERT_EQ(vp8.frames().size(), 1u);
    EXPECT_EQ(vp8.frames()[0].data, hex("01aabb"));
}

TEST(Depacketizer, FramesThatAreTooLargeAreDropped) {
    Reassembly vp8{Codec::vp8};
    ByteVector part(1501, 0);
    part[0] = 0x10;
    for (std::size_t size = 0; size <= Depacketizer::kMaxFrameSize; size += 1500) {
        vp8.push(part, 0, false);
        part[0] = 0;
    }
    vp8.push(part, 0, true);
    EXPECT_TRUE(vp8.frames().empty());
    EXPECT_EQ(vp8.counters().dropped_frames, 1u);
}

TEST(Depacketizer, KeepsTheNewestFramesWhenNobodyAsks) {
    rtp::PacketPool pool;
    auto opus = make_depacketizer(Codec::opus);
    for (std::uint32_t i = 0; i < Depacketizer::kMaxQueue + 3; ++i) {
        auto packet = pool.make();
        packet->timestamp = RtpTimestamp{i};
        packet->storage()[0] = 0x78;
        packet->set_payload(0, 1);
        opus->push(*packet);
    }
    auto frame = opus->pop();
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->timestamp, RtpTimestamp{3});
    EXPECT_TRUE(frame->discontinuity);
    EXPECT_FALSE(opus->pop()->discontinuity);
    EXPECT_EQ(opus->counters().dropped_frames, 3u);
}

TEST(Depacketizer, AudioIsOneFramePerPacket) {
    for (Codec codec : {Codec::opus, Codec::pcmu, Codec::pcma, Codec::g722}) {
        Reassembly audio{codec};
        audio.push(hex("7811"), 960, true);
        audio.push(hex("7822"), 1920, false);
        audio.lost();
        audio.push(hex("7833"), 3840, false);
        ASSERT_EQ(audio.frames().size(), 3u);
        EXPECT_EQ(audio.frames()[1].data, hex("7822"));
        EXPECT_EQ(audio.frames()[1].timestamp, RtpTimestamp{1920});
        EXPECT_TRUE(audio.frames()[1].keyframe);
        EXPECT_FALSE(audio.frames()[1].discontinuity);
        EXPECT_TRUE(audio.frames()[2].discontinuity);
    }
    EXPECT_EQ(make_depacketizer(Codec::aac), nullptr);
}

TEST(Vp9Depacketizer, MakesASuperframeOfSpatialLayers) {
    Reassembly vp9{Codec::vp9};
    // L: TID 0, SID 0 and 1, the upper one with D; TL0PICIDX 0; picture id 5.
    vp9.push(hex("a8 05 00 00 82aa"), 0, false);
    vp9.push(hex("a4 05 00 00 bb"), 0, false);
    vp9.push(hex("ac 05 03 00 86cc"), 0, true);
    ASSERT_EQ(vp9.frames().size(), 1u);
    EXPECT_EQ(vp9.frames()[0].data, hex("82aabb 86cc c1 03 02 c1"));
    EXPECT_TRUE(vp9.frames()[0].keyframe);
}

TEST(Vp9Depacketizer, APictureWithoutAPieceOfALayerIsDropped) {
    Reassembly vp9{Codec::vp9};
    vp9.push(hex("a8 05 00 00 82aa"), 0, false);
    vp9.lost();
    vp9.push(hex("ac 05 03 00 86cc"), 0, true);
    vp9.push(hex("ec 06 00 00 86dd"), 3000, false);
    vp9.push(hex("ec 06 03 00 86ee"), 3000, true);
    ASSERT_EQ(vp9.frames().size(), 1u);
    EXPECT_EQ(vp9.frames()[0].data, hex("86dd 86ee c1 02 02 c1"));
    EXPECT_TRUE(vp9.frames()[0].discontinuity);
    EXPECT_FALSE(vp9.frames()[0].keyframe);
}

TEST(H264Depacketizer, ReadsTheKeyFrameOfChrome) {
    Reassembly h264{Codec::h264};
    h264.push(hex("78 0004 6742e01f 0002 68ce"), 0, false);
    h264.push(hex("7c 85 8801"), 0, false);
    h264.push(hex("7c 05 0203"), 0, false);
    h264.push(hex("7c 45 04"), 0, true);
    ASSERT_EQ(h264.frames().size(), 1u);
    EXPECT_EQ(h264.frames()[0].data, hex("00000001 6742e01f 00000001 68ce 00000001 65 8801020304"));
    EXPECT_TRUE(h264.frames()[0].keyframe);
}

TEST(H264Depacketizer, MarkerOrTimestampOfParameterSetsDoNotEndTheFrame) {
    Reassembly h264{Codec::h264};
    h264.push(hex("67 42e01f"), 0, true);
    h264.push(hex("68 ce"), 1000, true);
    h264.push(hex("65 88"), 3000, true);
    ASSERT_EQ(h264.frames().size(), 1u);
    EXPECT_EQ(h264.frames()[0].data, hex("00000001 6742e01f 00000001 68ce 00000001 6588"));
    EXPECT_EQ(h264.frames()[0].timestamp, RtpTimestamp{3000});
}

TEST(H264Depacketizer, AnIdrWhoseParameterSetsAreLostIsDropped) {
    Reassembly h264{Codec::h264};
    h264.push(hex("67 42e01f"), 0, false);
    h264.push(hex("65 88"), 0, true);
    h264.lost();
    h264.push(hex("65 88"), 3000, true);
    h264.push(hex("65 99"), 6000, true);
    ASSERT_EQ(h264.frames().size(), 2u) << "without a gap before it there were no parameter sets";
    EXPECT_EQ(h264.frames()[1].timestamp, RtpTimestamp{6000});
    EXPECT_TRUE(h264.frames()[1].discontinuity);
}

TEST(H264Depacketizer, FragmentsMustFollowEachOther) {
    struct Row {
        std::string name;
        std::vector<std::string> payloads;
    };
    for (auto& [name, payloads] :
         {Row{"NoEnd", {"7c 85 88"}}, Row{"NoStart", {"61 88", "7c 45 88"}},
          Row{"TwoStarts", {"7c 85 88", "7c 85 88", "7c 45 88"}},
          Row{"UnitBetween", {"7c 85 88", "06 88", "7c 45 88"}}}) {
        SCOPED_TRACE(name);
        Reassembly h264{Codec::h264};
        for (std::size_t i = 0; i < payloads.size(); ++i)
            h264.push(hex(payloads[i]), 0, i + 1 == payloads.size());
        EXPECT_TRUE(h264.frames().empty());
        EXPECT_EQ(h264.counters().dropped_frames, 1u);
    }
}

TEST(Av1Depacketizer, AddsSizeFieldsAndDropsDelimiters) {
    Reassembly av1{Codec::av1};
    // A temporal delimiter, a sequence header that has a size field already, and a cut frame.
    av1.push(hex("78 01 10 04 0a02aabb 30 10cc"), 0, false);
    av1.push(hex("90 ddee"), 0, true);
    ASSERT_EQ(av1.frames().size(), 1u);
    EXPECT_EQ(av1.frames()[0].data, hex("0a02aabb 3204 10ccddee"));
    EXPECT_TRUE(av1.frames()[0].keyframe);
}

TEST(Av1Depacketizer, ACutObuMustGoOn) {
    struct Row {
        std::string name;
        std::vector<std::string> payloads;
    };
    for (auto& [name, payloads] :
         {Row{"NoEnd", {"50 30 10cc"}}, Row{"NoBeginning", {"10 30 10", "90 dd"}},
          Row{"AnotherInstead", {"50 30 10cc", "10 20 10"}},
          Row{"SizeFieldTooSmall", {"10 32 01 aabb"}}}) {
        SCOPED_TRACE(name);
        Reassembly av1{Codec::av1};
        for (std::size_t i = 0; i < payloads.size(); ++i)
            av1.push(hex(payloads[i]), 0, i + 1 == payloads.size());
        EXPECT_TRUE(av1.frames().empty());
        EXPECT_EQ(av1.counters().dropped_frames, 1u);
    }
}

}  // namespace
}  // namespace rivero::codec
