// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/rtp/header.hpp"

#include "../hex.hpp"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <utility>
#include <vector>

namespace rivero::rtp {
namespace {

using Elements = std::vector<std::pair<int, ByteVector>>;

Elements elements_of(const HeaderView& view) {
    Elements elements;
    auto reader = view.extensions();
    while (const auto element = reader.next())
        elements.emplace_back(element->id, to_vector(element->data));
    return elements;
}

struct KindCase {
    const char* name;
    const char* bytes;
    PacketKind kind;
};
class ClassifyTest : public testing::TestWithParam<KindCase> {};

TEST_P(ClassifyTest, TellsByTheFirstBytes) {
    EXPECT_EQ(classify(hex(GetParam().bytes)), GetParam().kind);
}

INSTANTIATE_TEST_SUITE_P(Rfc7983, ClassifyTest,
                         testing::Values(KindCase{"Empty", "", PacketKind::unknown},
                                         KindCase{"StunBinding", "0001", PacketKind::stun},
                                         KindCase{"DtlsHandshake", "16fe", PacketKind::dtls},
                                         KindCase{"LastDtls", "3f00", PacketKind::dtls},
                                         KindCase{"TurnChannel", "4000", PacketKind::turn_channel},
                                         KindCase{"Rtp96", "8060", PacketKind::rtp},
                                         KindCase{"Rtp127WithMarker", "80ff", PacketKind::rtp},
                                         KindCase{"Rtp63WithMarker", "80bf", PacketKind::rtp},
                                         KindCase{"SenderReport", "80c8", PacketKind::rtcp},
                                         KindCase{"PayloadFeedback", "81ce", PacketKind::rtcp},
                                         KindCase{"HalfARtpHeader", "80", PacketKind::unknown},
                                         KindCase{"ZrtpRange", "1000", PacketKind::unknown},
                                         KindCase{"Above191", "c000", PacketKind::unknown}),
                         [](const auto& tested) { return tested.param.name; });

TEST(ParseHeader, ReadsAllFields) {
    const auto packet =
        hex("92 e0 1234 0a0b0c0d 11223344 000000aa 000000bb"
            "bede 0001 10 05 00 00 c0ffee");
    const auto view = parse_header(packet);
    ASSERT_TRUE(view);
    EXPECT_TRUE(view->marker);
    EXPECT_EQ(view->payload_type, PayloadType{96});
    EXPECT_EQ(view->seq, SeqNum{0x1234});
    EXPECT_EQ(view->timestamp, RtpTimestamp{0x0a0b0c0d});
    EXPECT_EQ(view->ssrc, Ssrc{0x11223344});
    EXPECT_EQ(view->csrcs.size(), 8u);
    EXPECT_EQ(view->header_size, 28u);
    EXPECT_EQ(to_vector(view->payload), hex("c0ffee"));
    EXPECT_EQ(elements_of(*view), (Elements{{1, hex("05")}}));
}

TEST(ParseHeader, TakesThePaddingOff) {
    const auto packet = hex("a0 60 0001 00000000 11223344 c0ffee 0002");
    const auto view = parse_header(packet);
    ASSERT_TRUE(view);
    EXPECT_EQ(to_vector(view->payload), hex("c0ffee"));
    EXPECT_EQ(view->padding, 2u);
}

TEST(ParseHeader, LeavesNothingOfAPaddingOnlyProbe) {
    const auto packet = hex("a0 60 0001 00000000 11223344 00000004");
    const auto view = parse_header(packet);
    ASSERT_TRUE(view);
    EXPECT_TRUE(view->payload.empty());
}

struct BadCase {
    const char* name;
    const char* bytes;
    ParseError error;
};
class RefusedHeaderTest : public testing::TestWithParam<BadCase> {};

TEST_P(RefusedHeaderTest, IsRefused) {
    const auto bytes = hex(GetParam().bytes);
    const auto view = parse_header(bytes);
    ASSERT_FALSE(view);
    EXPECT_EQ(view.error(), GetParam().error);
}

INSTANTIATE_TEST_SUITE_P(
    Rfc3550, RefusedHeaderTest,
    testing::Values(
        BadCase{"Empty", "", ParseError::too_short},
        BadCase{"ElevenBytes", "80 60 0001 00000000 112233", ParseError::too_short},
        BadCase{"Version1", "40 60 0001 00000000 11223344", ParseError::bad_version},
        BadCase{"CsrcsMissing", "81 60 0001 00000000 11223344 aabb", ParseError::too_short},
        BadCase{"ExtensionHeaderMissing", "90 60 0001 00000000 11223344 be", ParseError::too_short},
        BadCase{"ExtensionBeyondTheEnd", "90 60 0001 00000000 11223344 bede ffff 00000000",
                ParseError::too_short},
        BadCase{"PaddingLongerThanThePayload", "a0 60 0001 00000000 11223344 c0ff04",
                ParseError::bad_length},
        BadCase{"PaddingOfZero", "a0 60 0001 00000000 11223344 c0ff00", ParseError::bad_length},
        BadCase{"PaddingOfNothing", "a0 60 0001 00000000 11223344", ParseError::bad_length}),
    [](const auto& tested) { return tested.param.name; });

struct BlockCase {
    const char* name;
    std::uint16_t profile;
    const char* block;
    Elements elements;
};
class ExtensionReaderTest : public testing::TestWithParam<BlockCase> {};

TEST_P(ExtensionReaderTest, FindsTheElements) {
    HeaderView view;
    const auto block = hex(GetParam().block);
    view.extension_profile = GetParam().profile;
    view.extension_block = block;
    EXPECT_EQ(elements_of(view), GetParam().elements);
}

INSTANTIATE_TEST_SUITE_P(
    Rfc8285, ExtensionReaderTest,
    testing::Values(
        BlockCase{
            "OneByteForm", 0xbede, "10aa 00 21bbcc 00 00", {{1, hex("aa")}, {2, hex("bbcc")}}},
        BlockCase{"Id15EndsTheOneByteForm", 0xbede, "10aa f0bb 20cc 0000", {{1, hex("aa")}}},
        BlockCase{"Id0WithALengthEndsIt", 0xbede, "10aa 03bb 20cc", {{1, hex("aa")}}},
        BlockCase{"ElementBeyondTheBlock", 0xbede, "10aa 2fbb", {{1, hex("aa")}}},
        BlockCase{"TwoByteForm",
                  0x1000,
                  "0101aa 00 0f00 2002bbcc",
                  {{1, hex("aa")}, {15, {}}, {32, hex("bbcc")}}},
        BlockCase{"AppBitsDoNotMatter", 0x100f, "0101aa 00", {{1, hex("aa")}}},
        BlockCase{"TwoByteElementBeyondTheBlock", 0x1000, "0101aa 02ffbb", {{1, hex("aa")}}},
        BlockCase{"LengthByteMissing", 0x1000, "0101aa 02", {{1, hex("aa")}}},
        BlockCase{"OtherProfile", 0xabcd, "10aa0000", {}}),
    [](const auto& tested) { return tested.param.name; });

// Under the sanitizers: nothing is read that is not there, and the walk through extensions ends.
TEST(ParseHeader, SurvivesRandomBytes) {
    std::mt19937 random{7};
    for (int round = 0; round < 20'000; ++round) {
        // On the heap and of the exact size, so that reading past the end is noticed.
        ByteVector packet(random() % 60);
        for (auto& byte : packet) byte = static_cast<std::uint8_t>(random());
        if (packet.size() > 15) {
            packet[0] = static_cast<std::uint8_t>(0x90 | (packet[0] & 0x23));
            packet[15] &= 0x0f;
            packet[14] = 0;
            packet[12] = (round & 1) ? 0xbe : 0x10;
            packet[13] = (round & 1) ? 0xde : 0x00;
        }
        const auto view = parse_header(packet);
        if (!view) continue;
        for (const auto& [id, data] : elements_of(*view)) {
            EXPECT_NE(id, 0);
            EXPECT_LE(data.size(), 255u);
        }
        EXPECT_EQ(view->header_size + view->payload.size() + view->padding, packet.size());
    }
}

constexpr HeaderFields kFields{SeqNum{0x1234}, RtpTimestamp{0x0a0b0c0d}, Ssrc{0x11223344},
                               PayloadType{96}, true};

TEST(WriteHeader, WritesTwelveBytesWithoutExtensions) {
    std::array<std::uint8_t, 12> buffer{};
    EXPECT_EQ(write_header(buffer, kFields), 12u);
    EXPECT_EQ(to_vector(buffer), hex("80 e0 1234 0a0b0c0d 11223344"));
}

TEST(WriteHeader, UsesTheTwoByteFormOnlyWhenItMust) {
    const auto value = hex("aabb");
    const ByteVector longer(17, 0x77);
    std::array<std::uint8_t, 64> buffer{};
    const std::vector<ExtensionElement> small{{1, value}, {14, Bytes{value}.first(1)}};
    auto size = write_header(buffer, kFields, small);
    EXPECT_EQ(to_vector(Bytes{buffer}.first(size)),
              hex("90 e0 1234 0a0b0c0d 11223344 bede 0002 11aabb e0aa 000000"));

    const std::vector<ExtensionElement> high{{1, value}, {16, Bytes{value}.first(1)}};
    size = write_header(buffer, kFields, high);
    EXPECT_EQ(to_vector(Bytes{buffer}.first(size)),
              hex("90 e0 1234 0a0b0c0d 11223344 1000 0002 0102aabb 1001aa 00"));

    const std::vector<ExtensionElement> large{{1, longer}};
    size = write_header(buffer, kFields, large);
    const auto view = parse_header(Bytes{buffer}.first(size));
    ASSERT_TRUE(view);
    EXPECT_EQ(elements_of(*view), (Elements{{1, longer}}));
}

TEST(WriteHeader, WritesNothingThatDoesNotFit) {
    const auto value = hex("aabb");
    const std::vector<ExtensionElement> elements{{1, value}};
    ByteVector buffer(20);
    EXPECT_EQ(write_header(buffer, kFields, elements), 20u);
    buffer.resize(19);
    EXPECT_EQ(write_header(buffer, kFields, elements), 0u);
}

}  // namespace
}  // namespace rivero::rtp
