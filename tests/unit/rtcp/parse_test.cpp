// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/rtcp/parse.hpp"

#include "../hex.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iterator>
#include <random>
#include <string>

namespace rivero::rtcp {
namespace {

using namespace std::chrono_literals;

std::vector<SeqNum> seqs(std::initializer_list<std::uint16_t> numbers) {
    std::vector<SeqNum> result;
    for (const auto number : numbers) result.emplace_back(number);
    return result;
}

struct Case {
    const char* name;
    const char* bytes;
    Message message;
};
std::string case_name(const testing::TestParamInfo<Case>& info) {
    return info.param.name;
}
void PrintTo(const Case& c, std::ostream* out) {
    *out << c.name;
}

class ParseTest : public testing::TestWithParam<Case> {};

TEST_P(ParseTest, ReadsTheMessage) {
    const auto compound = parse_compound(hex(GetParam().bytes));
    ASSERT_TRUE(compound);
    ASSERT_EQ(compound->messages.size(), 1u);
    EXPECT_EQ(compound->messages[0], GetParam().message);
    EXPECT_EQ(compound->malformed, 0);
}

TEST_P(ParseTest, SurvivesEveryTruncationAndEveryFlippedByte) {
    const auto whole = hex(GetParam().bytes);
    for (std::size_t size = 0; size < whole.size(); ++size)
        EXPECT_FALSE(parse_compound(Bytes{whole}.first(size))) << size;
    for (std::size_t i = 0; i < whole.size(); ++i) {
        for (const int flip : {0x01, 0x20, 0x7f, 0x80, 0xff}) {
            auto broken = whole;
            broken[i] = static_cast<std::uint8_t>(broken[i] ^ flip);
            (void)parse_compound(broken);  // what it says does not matter, that it returns does
        }
    }
}

INSTANTIATE_TEST_SUITE_P(
    Rfc3550, ParseTest,
    testing::Values(
        Case{"SenderReportWithABlock",
             "81 c8 000c 11111111 e4a1b2c3 80000000 0001e240 00000064 00013880"
             "22222222 40 fffffe 0001ffff 00000011 b2c38000 00010000",
             SenderReport{Ssrc{0x11111111},
                          NtpTime{0xe4a1b2c380000000},
                          RtpTimestamp{123456},
                          100,
                          80000,
                          {{Ssrc{0x22222222}, 0x40, -2, 0x0001ffff, 0x11, 0xb2c38000, 0x10000}}}},
        Case{"ReceiverReportWithoutBlocks", "80 c9 0001 11111111",
             ReceiverReport{Ssrc{0x11111111}, {}}},
        Case{"ReceiverReportWithProfileExtension", "80 c9 0002 11111111 deadbeef",
             ReceiverReport{Ssrc{0x11111111}, {}}},
        Case{"CnameBehindAnotherItem", "81 ca 0004 11111111 02 01 41 01 05 61 62 63 64 65 00 00",
             SourceDescription{{{Ssrc{0x11111111}, "abcde"}}}},
        Case{"TwoChunksEachPadded", "82 ca 0005 11111111 01 02 61 62 00000000 22222222 01 01 63 00",
             SourceDescription{{{Ssrc{0x11111111}, "ab"}, {Ssrc{0x22222222}, "c"}}}},
        Case{"ByeWithReason", "81 cb 0003 11111111 05 6c 65 61 76 65 00 00",
             Bye{{Ssrc{0x11111111}}, "leave"}},
        Case{"ByeOfNobody", "80 cb 0000", Bye{}}),
    case_name);

INSTANTIATE_TEST_SUITE_P(
    Rfc4585, ParseTest,
    testing::Values(
        Case{"NackOfOne", "81 cd 0003 11111111 22222222 0005 0000",
             GenericNack{Ssrc{0x11111111}, Ssrc{0x22222222}, seqs({5})}},
        Case{"NackWithMask", "81 cd 0003 11111111 22222222 0005 8005",
             GenericNack{Ssrc{0x11111111}, Ssrc{0x22222222}, seqs({5, 6, 8, 21})}},
        Case{"NackWraps", "81 cd 0004 11111111 22222222 ffff 0001 0010 0000",
             GenericNack{Ssrc{0x11111111}, Ssrc{0x22222222}, seqs({65535, 0, 16})}},
        Case{"PictureLoss", "81 ce 0002 11111111 22222222",
             PictureLoss{Ssrc{0x11111111}, Ssrc{0x22222222}}},
        Case{"FullIntraRequest", "84 ce 0006 11111111 00000000 22222222 07000000 33333333 08000000",
             FullIntraRequest{Ssrc{0x11111111}, {{Ssrc{0x22222222}, 7}, {Ssrc{0x33333333}, 8}}}},
        // Num SSRC 1, exponent 3, mantissa 0x3d090 = 250000: 2 Mbit/s.
        Case{"Remb", "8f ce 0005 11111111 00000000 52454d42 01 0fd090 22222222",
             Remb{Ssrc{0x11111111}, Bitrate{2'000'000}, {Ssrc{0x22222222}}}},
        Case{"RembBeyond64Bits", "8f ce 0004 11111111 00000000 52454d42 00 ffffff",
             Remb{Ssrc{0x11111111}, Bitrate{0x7fffffffffffffff}, {}}}),
    case_name);

TransportFeedback feedback(std::uint16_t base, std::uint16_t count, std::int32_t reference,
                           std::vector<TransportFeedback::Received> received) {
    return {Ssrc{0x11111111},   Ssrc{0x22222222}, SeqNum{base}, count, reference, 9,
            std::move(received)};
}

INSTANTIATE_TEST_SUITE_P(
    TransportWideCc, ParseTest,
    testing::Values(
        // Run of three small deltas: 4 ms, 0, 1 ms; one byte of padding behind.
        Case{"RunOfSmallDeltas",
             "8f cd 0006 11111111 22222222 fffe 0003 000010 09 2003 10 00 04 00 00 00",
             feedback(0xfffe, 3, 16,
                      {{SeqNum{0xfffe}, 4ms}, {SeqNum{0xffff}, 4ms}, {SeqNum{0}, 5ms}})},
        // 1-bit vector 0b10100000000000 of which three count: received, lost, received.
        Case{"OneBitVector", "8f cd 0005 11111111 22222222 0001 0003 fffffe 09 a800 00 04",
             feedback(1, 3, -2, {{SeqNum{1}, 0ms}, {SeqNum{3}, 1ms}})},
        // 2-bit vector: small 250 us, large -500 us, lost, large 16 s / 2.
        Case{"TwoBitVector",
             "8f cd 0006 11111111 22222222 0001 0004 000000 09 d880 01 fffe 7d00 00",
             feedback(1, 4, 0, {{SeqNum{1}, 250us}, {SeqNum{2}, -250us}, {SeqNum{4}, 7999750us}})},
        Case{"AllLostInManyRuns",
             "8f cd 0009 11111111 22222222 0000 ffff 000000 09"
             "1fff 1fff 1fff 1fff 1fff 1fff 1fff 1fff 1fff 0000",
             feedback(0, 65535, 0, {})}),
    case_name);

struct BadCase {
    const char* name;
    const char* bytes;
    ParseError error;
};
class RefusedCompoundTest : public testing::TestWithParam<BadCase> {};

TEST_P(RefusedCompoundTest, IsRefusedWhole) {
    const auto compound = parse_compound(hex(GetParam().bytes));
    ASSERT_FALSE(compound);
    EXPECT_EQ(compound.error(), GetParam().error);
}

INSTANTIATE_TEST_SUITE_P(
    Framing, RefusedCompoundTest,
    testing::Values(
        BadCase{"Empty", "", ParseError::too_short},
        BadCase{"HalfAHeader", "80c9", ParseError::too_short},
        BadCase{"LengthBeyondTheEnd", "80 c9 0002 11111111", ParseError::too_short},
        BadCase{"TrailingBytes", "80 c9 0001 11111111 80", ParseError::too_short},
        BadCase{"VersionOfTheSecond", "80 c9 0001 11111111 40 c9 0000", ParseError::bad_version},
        BadCase{"PaddingLongerThanThePacket", "a0 c9 0001 111111ff", ParseError::bad_length},
        BadCase{"PaddingOfZero", "a0 c9 0001 11111100", ParseError::bad_length}),
    [](const auto& tested) { return tested.param.name; });

TEST(ParseCompound, GoesThroughAllPacketsAndCountsWhatItCannotUse) {
    const auto compound = parse_compound(
        hex("80 c9 0001 11111111"                    // RR
            "80 cf 0002 11111111 00000000"           // XR, unknown
            "82 c9 0001 11111111"                    // RR that announces blocks it does not have
            "8f ce 0003 11111111 00000000 41424344"  // application feedback that is not REMB
            "a1 ce 0003 11111111 22222222 00000004"  // PLI, padded
            ));
    ASSERT_TRUE(compound);
    EXPECT_THAT(compound->messages,
                testing::ElementsAre(Message{ReceiverReport{Ssrc{0x11111111}, {}}},
                                     Message{PictureLoss{Ssrc{0x11111111}, Ssrc{0x22222222}}}));
    EXPECT_EQ(compound->unknown, 2);
    EXPECT_EQ(compound->malformed, 1);
}

// Well framed packets of every known type, filled with chance: under the sanitizers.
TEST(ParseCompound, SurvivesRandomBodies) {
    std::mt19937 random{7};
    const std::uint8_t types[] = {200, 201, 202, 203, 205, 206};
    for (int round = 0; round < 20'000; ++round) {
        ByteVector packet(4 + 4 * (random() % 12));
        for (auto& byte : packet) byte = static_cast<std::uint8_t>(random());
        packet[0] = static_cast<std::uint8_t>(0x80 | (packet[0] & 0x1f));
        packet[1] = types[random() % std::size(types)];
        if (packet[1] > 203) packet[0] = (round & 1) ? 0x8f : 0x81;
        packet[2] = 0;
        packet[3] = static_cast<std::uint8_t>(packet.size() / 4 - 1);
        const auto compound = parse_compound(packet);
        ASSERT_TRUE(compound);
        EXPECT_EQ(
            static_cast<int>(compound->messages.size()) + compound->unknown + compound->malformed,
            1);
    }
}

class MalformedBodyTest : public testing::TestWithParam<const char*> {};

TEST_P(MalformedBodyTest, IsSkipped) {
    const auto compound = parse_compound(hex(GetParam()));
    ASSERT_TRUE(compound);
    EXPECT_TRUE(compound->messages.empty());
    EXPECT_EQ(compound->malformed, 1);
}

INSTANTIATE_TEST_SUITE_P(
    Bodies, MalformedBodyTest,
    testing::Values("80 c8 0001 11111111",              // SR without sender info
                    "81 c9 0001 11111111",              // RR without its block
                    "81 ca 0002 11111111 01 09 61 62",  // SDES item beyond the end
                    "81 ca 0002 11111111 01 02 61 62",  // SDES without an end of the items
                    "82 cb 0001 11111111",              // BYE with one source of two
                    "81 cd 0002 11111111 22222222",     // NACK of nothing
                    "84 ce 0002 11111111 00000000",     // FIR of nothing
                    "8f ce 0004 11111111 00000000 52454d42 02 000000",  // REMB without its SSRCs
                    // Transport feedback: chunks missing; a run of length 0; deltas missing (a bomb
                    // of 65535 packets); reserved status 3.
                    "8f cd 0004 11111111 22222222 0000 0001 000000 00",
                    "8f cd 0005 11111111 22222222 0000 0001 000000 00 2000 0000",
                    "8f cd 0005 11111111 22222222 0000 ffff 000000 00 3fff 3fff",
                    "8f cd 0005 11111111 22222222 0000 0001 000000 00 6001 0000"));

}  // namespace
}  // namespace rivero::rtcp
