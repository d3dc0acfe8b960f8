// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/rtp/extensions.hpp"

#include "../hex.hpp"

#include <gtest/gtest.h>

namespace rivero::rtp {
namespace {

constexpr HeaderFields kFields{SeqNum{1}, RtpTimestamp{2}, Ssrc{3}, PayloadType{96}, false};

ExtensionMap browser_map() {
    ExtensionMap map;
    map.add(ExtensionKind::mid, 4);
    map.add(ExtensionKind::rtp_stream_id, 10);
    map.add(ExtensionKind::repaired_rtp_stream_id, 11);
    map.add(ExtensionKind::abs_send_time, 2);
    map.add(ExtensionKind::transport_wide_cc, 3);
    map.add(ExtensionKind::audio_level, 1);
    map.add(ExtensionKind::video_orientation, 13);
    map.add(ExtensionKind::dependency_descriptor, 12);
    return map;
}

TEST(ExtensionMap, KnowsEachKindByItsUri) {
    for (std::size_t i = 0; i < kExtensionKinds; ++i) {
        const auto kind = static_cast<ExtensionKind>(i);
        EXPECT_EQ(extension_from_uri(uri(kind)), kind);
    }
    EXPECT_EQ(extension_from_uri("urn:ietf:params:rtp-hdrext:unheard-of"), std::nullopt);
    EXPECT_EQ(extension_from_uri("urn:3gpp:video-orientation"), ExtensionKind::video_orientation);
}

TEST(ExtensionMap, RefusesIdsThatCannotBeOrAreTaken) {
    ExtensionMap map;
    EXPECT_FALSE(map.add(ExtensionKind::mid, 0));
    EXPECT_FALSE(map.add(ExtensionKind::mid, 15));
    EXPECT_TRUE(map.add(ExtensionKind::mid, 1));
    EXPECT_FALSE(map.add(ExtensionKind::audio_level, 1));
    EXPECT_FALSE(map.add(ExtensionKind::mid, 2));
    EXPECT_FALSE(map.two_byte_allowed);
    EXPECT_TRUE(map.add(ExtensionKind::audio_level, 16));
    EXPECT_TRUE(map.two_byte_allowed);
    EXPECT_EQ(map.kind(1), ExtensionKind::mid);
    EXPECT_EQ(map.kind(0), std::nullopt);
    EXPECT_EQ(map.id(ExtensionKind::abs_send_time), std::nullopt);
}

TEST(ReadExtensions, ReadsWhatTheMapNames) {
    // mid "a0", abs-send-time, transport seq 0x0102, level 20 with voice, rid "hi", orientation 1
    const auto packet =
        hex("90 60 0001 00000000 11223344 bede 0006"
            "41 6130  22 123456  31 0102  10 94  a1 6869  d0 01  70 ff 0000 000000");
    const auto view = parse_header(packet);
    ASSERT_TRUE(view);
    const Extensions found = read_extensions(*view, browser_map());
    EXPECT_EQ(found.mid, "a0");
    EXPECT_EQ(found.rid, "hi");
    EXPECT_EQ(found.repaired_rid, "");
    EXPECT_EQ(found.abs_send_time, 0x123456u);
    EXPECT_EQ(found.transport_seq_num, SeqNum{0x0102});
    EXPECT_EQ(found.audio_level, (AudioLevel{20, true}));
    ASSERT_EQ(found.passed_count, 1u);
    EXPECT_EQ(found.passed[0].kind, ExtensionKind::video_orientation);
    EXPECT_EQ(to_vector(found.passed[0].data), hex("01"));
}

TEST(ReadExtensions, TreatsElementsOfAWrongSizeAsAbsent) {
    const auto packet = hex("90 60 0001 00000000 11223344 bede 0002 21 1234 30 01 000000");
    const auto view = parse_header(packet);
    ASSERT_TRUE(view);
    const Extensions found = read_extensions(*view, browser_map());
    EXPECT_EQ(found.abs_send_time, std::nullopt);
    EXPECT_EQ(found.transport_seq_num, std::nullopt);
}

TEST(WriteExtensions, WritesForEachReceiverWhatItNegotiated) {
    PacketPool pool;
    const PacketPtr packet = pool.make();
    packet->storage()[0] = 0x03;
    packet->add_passed(ExtensionKind::video_orientation, 0, 1);
    OutgoingExtensions extensions;
    extensions.mid = "v1";
    extensions.transport_seq_num = SeqNum{0xabcd};
    extensions.abs_send_time = 0x123456;
    extensions.audio_level = AudioLevel{5, true};
    extensions.passed_from = packet.get();

    std::array<std::uint8_t, 100> buffer{};
    auto size = write_header(buffer, kFields, browser_map(), extensions);
    EXPECT_EQ(to_vector(Bytes{buffer}.subspan(12, size - 12)),
              hex("bede 0004 41 7631 22 123456 31 abcd 10 85 d0 03 0000"));

    ExtensionMap little;
    little.add(ExtensionKind::transport_wide_cc, 5);
    size = write_header(buffer, kFields, little, extensions);
    EXPECT_EQ(to_vector(Bytes{buffer}.subspan(12, size - 12)), hex("bede 0001 51 abcd 00"));

    size = write_header(buffer, kFields, ExtensionMap{}, extensions);
    EXPECT_EQ(size, 12u);
}

TEST(WriteExtensions, LeavesOutALongElementWhereTheTwoByteFormIsNotAllowed) {
    PacketPool pool;
    const PacketPtr packet = pool.make();
    std::fill_n(packet->storage().begin(), 30, std::uint8_t{0x55});
    packet->add_passed(ExtensionKind::dependency_descriptor, 0, 30);
    OutgoingExtensions extensions;
    extensions.mid = "v1";
    extensions.passed_from = packet.get();

    std::array<std::uint8_t, 100> buffer{};
    ExtensionMap map = browser_map();
    EXPECT_EQ(write_header(buffer, kFields, map, extensions), 12u + 4 + 4);
    map.two_byte_allowed = true;
    const auto size = write_header(buffer, kFields, map, extensions);
    const auto view = parse_header(Bytes{buffer}.first(size));
    ASSERT_TRUE(view);
    const Extensions found = read_extensions(*view, map);
    EXPECT_EQ(found.mid, "v1");
    ASSERT_EQ(found.passed_count, 1u);
    EXPECT_EQ(found.passed[0].data.size(), 30u);
}

TEST(AbsSendTime, Is18BitsOfFractionAndWrapsAfter64Seconds) {
    EXPECT_EQ(to_abs_send_time(Time{1s}), 1u << 18);
    EXPECT_EQ(to_abs_send_time(Time{500ms}), 1u << 17);
    EXPECT_EQ(to_abs_send_time(Time{65s}), 1u << 18);
    EXPECT_EQ(to_abs_send_time(Time{63s + 999'999'999ns}), 0xffffffu);
}

}  // namespace
}  // namespace rivero::rtp
