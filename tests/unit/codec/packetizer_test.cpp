// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/packetizer.hpp"

#include "codec/inspect.hpp"
#include "samples.hpp"

#include <gtest/gtest.h>

namespace rivero::codec {
namespace {

ByteVector with_body(std::string_view head, std::size_t size, std::uint8_t filler = 0x55) {
    ByteVector bytes = hex(head);
    bytes.resize(size, filler);
    return bytes;
}

std::vector<ByteVector> payloads(const std::vector<SamplePacket>& packets) {
    std::vector<ByteVector> all;
    for (auto& packet : packets) all.push_back(packet.payload);
    return all;
}

TEST(Vp8Packetizer, NumbersPicturesWith15Bits) {
    auto vp8 = make_packetizer(Codec::vp8, 0x7fff);
    EXPECT_EQ(payloads(packetize(*vp8, hex("00aabb"), 1200)),
              std::vector<ByteVector>{hex("90 80 ffff 00aabb")});
    auto packets = packetize(*vp8, with_body("01", 100), 64);
    ASSERT_EQ(packets.size(), 2u);
    EXPECT_EQ(Bytes{packets[0].payload}.size(), 54u);
    EXPECT_EQ(ByteVector(packets[0].payload.begin(), packets[0].payload.begin() + 4),
              hex("90 80 8000"));
    EXPECT_EQ(ByteVector(packets[1].payload.begin(), packets[1].payload.begin() + 4),
              hex("80 80 8000"));
    EXPECT_FALSE(packets[0].marker);
    EXPECT_TRUE(packets[1].marker);
}

TEST(Vp9Packetizer, KeyFramesCarryTheStructure) {
    auto vp9 = make_packetizer(Codec::vp9, 1);
    auto frames = load_frames("vp9");
    auto packets = packetize(*vp9, frames[0], 1200);
    ASSERT_EQ(packets.size(), 1u);
    EXPECT_EQ(ByteVector(packets[0].payload.begin(), packets[0].payload.begin() + 11),
              hex("8e 8001 18 0040 0030 01 04 01"));
    EXPECT_TRUE(packets[0].starts_keyframe);
    packets = packetize(*vp9, frames[1], 1200);
    EXPECT_EQ(ByteVector(packets[0].payload.begin(), packets[0].payload.begin() + 3),
              hex("cc 8002"));
    EXPECT_FALSE(packets[0].starts_keyframe);
}

TEST(H264Packetizer, ParameterSetsTravelTogether) {
    auto h264 = make_packetizer(Codec::h264);
    auto packets =
        packetize(*h264, hex("00000001 09f0 00000001 6742e01f 000001 68ce 000001 65 8899"), 1200);
    EXPECT_EQ(payloads(packets),
              (std::vector<ByteVector>{hex("78 0004 6742e01f 0002 68ce"), hex("65 8899")}));
    EXPECT_TRUE(packets[0].starts_keyframe);
    EXPECT_FALSE(packets[1].starts_keyframe);
    EXPECT_FALSE(packets[0].marker);
    EXPECT_TRUE(packets[1].marker);
}

TEST(H264Packetizer, ParameterSetsThatDoNotFitTogetherTravelAlone) {
    auto h264 = make_packetizer(Codec::h264);
    ByteVector unit = with_body("00000001 67", 4 + 40);
    ByteVector pps = with_body("00000001 68", 4 + 40);
    unit.insert(unit.end(), pps.begin(), pps.end());
    auto packets = packetize(*h264, unit, 64);
    ASSERT_EQ(packets.size(), 2u);
    EXPECT_EQ(packets[0].payload.size(), 40u);
    EXPECT_EQ(packets[1].payload[0], 0x68);
}

TEST(H264Packetizer, LargeUnitsTravelInEqualFragments) {
    auto h264 = make_packetizer(Codec::h264);
    auto packets = packetize(*h264, with_body("00000001 65", 4 + 1 + 130), 64);
    ASSERT_EQ(packets.size(), 3u);
    EXPECT_EQ(packets[0].payload, with_body("7c85", 2 + 44));
    EXPECT_EQ(packets[1].payload, with_body("7c05", 2 + 43));
    EXPECT_EQ(packets[2].payload, with_body("7c45", 2 + 43));
    EXPECT_TRUE(packets[0].starts_keyframe);
    EXPECT_FALSE(packets[1].marker);
    EXPECT_TRUE(packets[2].marker);
}

TEST(H265Packetizer, AggregatesAndFragments) {
    auto h265 = make_packetizer(Codec::h265);
    ByteVector unit = hex("00000001 460150 00000001 40010c 000001 420101 000001");
    ByteVector idr = with_body("2601", 2 + 100);
    unit.insert(unit.end(), idr.begin(), idr.end());
    auto packets = packetize(*h265, unit, 64);
    ASSERT_EQ(packets.size(), 3u);
    EXPECT_EQ(packets[0].payload, hex("6001 0003 40010c 0003 420101"));
    EXPECT_EQ(packets[1].payload, with_body("6201 93", 3 + 50));
    EXPECT_EQ(packets[2].payload, with_body("6201 53", 3 + 50));
    EXPECT_TRUE(packets[0].starts_keyframe);
    EXPECT_FALSE(packets[1].starts_keyframe);
}

TEST(Av1Packetizer, RemovesSizesAndDelimiters) {
    auto av1 = make_packetizer(Codec::av1);
    auto packets = packetize(*av1, hex("1200 0a02aabb 3203 10ccdd"), 1200);
    EXPECT_EQ(payloads(packets), std::vector<ByteVector>{hex("28 03 08aabb 30 10ccdd")});
    EXPECT_TRUE(packets[0].starts_keyframe);
    EXPECT_TRUE(packets[0].marker);
    packets = packetize(*av1, hex("3203 30ccdd"), 1200);
    EXPECT_EQ(payloads(packets), std::vector<ByteVector>{hex("10 30 30ccdd")});
    EXPECT_FALSE(packets[0].starts_keyframe);
}

TEST(Av1Packetizer, SaysThatAnObuIsCut) {
    auto av1 = make_packetizer(Codec::av1);
    auto packets = packetize(*av1, with_body("3264 30", 2 + 100), 64);
    ASSERT_EQ(packets.size(), 2u);
    EXPECT_EQ(packets[0].payload[0], 0x50);
    EXPECT_EQ(packets[1].payload[0], 0x90);
}

TEST(Av1Packetizer, LayersDoNotShareAPacket) {
    auto av1 = make_packetizer(Codec::av1);
    auto packets = packetize(*av1, hex("360002 3010aa 360802 30bb"), 1200);
    EXPECT_TRUE(packets.empty()) << "the second size field is wrong";
    packets = packetize(*av1, hex("36000210aa 36080230bb"), 1200);
    EXPECT_EQ(payloads(packets),
              (std::vector<ByteVector>{hex("10 3400 10aa"), hex("10 3408 30bb")}));
}

TEST(AudioPacketizer, CutsLongWaveformsAndNothingElse) {
    for (Codec codec : {Codec::pcmu, Codec::pcma, Codec::g722}) {
        auto packets = packetize(*make_packetizer(codec), ByteVector(400, 0x7f), 1200);
        ASSERT_EQ(packets.size(), 3u);
        EXPECT_EQ(packets[0].payload.size(), 160u);
        EXPECT_EQ(packets[1].timestamp, RtpTimestamp{160});
        EXPECT_EQ(packets[2].timestamp, RtpTimestamp{320});
        EXPECT_EQ(packets[2].payload.size(), 80u);
        EXPECT_FALSE(packets[2].marker);
        EXPECT_EQ(packetize(*make_packetizer(codec), ByteVector(160, 0x7f), 100).size(), 2u);
    }
    auto opus = make_packetizer(Codec::opus);
    EXPECT_EQ(packetize(*opus, ByteVector(400, 0x78), 1200).size(), 1u);
    EXPECT_TRUE(packetize(*opus, ByteVector(1201, 0x78), 1200).empty());
    EXPECT_EQ(make_packetizer(Codec::aac), nullptr);
}

TEST(Packetizer, RefusesWhatIsNoFrame) {
    for (Codec codec :
         {Codec::vp8, Codec::vp9, Codec::h264, Codec::h265, Codec::av1, Codec::opus, Codec::pcmu}) {
        SCOPED_TRACE(encoding_name(codec));
        EXPECT_TRUE(packetize(*make_packetizer(codec), {}, 1200).empty());
    }
    EXPECT_TRUE(packetize(*make_packetizer(Codec::vp9), hex("00"), 1200).empty());
    EXPECT_TRUE(packetize(*make_packetizer(Codec::h264), hex("65880102"), 1200).empty());
    EXPECT_TRUE(packetize(*make_packetizer(Codec::av1), hex("3209aa"), 1200).empty());
}

}  // namespace
}  // namespace rivero::codec
