// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/rtcp/build.hpp"

#include "../hex.hpp"
#include "rivero/rtcp/parse.hpp"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>

namespace rivero::rtcp {
namespace {

using namespace std::chrono_literals;
using std::chrono::microseconds;

constexpr Ssrc kUs{0x11111111};
constexpr Ssrc kThem{0x22222222};

ByteVector written(const Message& message) {
    ByteVector buffer(4096);
    buffer.resize(write(buffer, message));
    return buffer;
}

struct Case {
    const char* name;
    Message message;
    const char* bytes;
};
void PrintTo(const Case& c, std::ostream* out) {
    *out << c.name;
}
class BuildTest : public testing::TestWithParam<Case> {};

TEST_P(BuildTest, WritesTheBytes) {
    EXPECT_EQ(written(GetParam().message), hex(GetParam().bytes));
}

TEST_P(BuildTest, WritesNothingThatDoesNotFit) {
    const std::size_t size = hex(GetParam().bytes).size();
    ByteVector buffer(size);
    EXPECT_EQ(write(buffer, GetParam().message), size);
    for (std::size_t less = 0; less < size; ++less) {
        ByteVector small(less);
        EXPECT_EQ(write(small, GetParam().message), 0u) << less;
    }
}

INSTANTIATE_TEST_SUITE_P(
    Formats, BuildTest,
    testing::Values(
        Case{"SenderReport",
             SenderReport{kUs,
                          NtpTime{0xe4a1b2c380000000},
                          RtpTimestamp{123456},
                          100,
                          80000,
                          {{kThem, 0x40, -2, 0x0001ffff, 0x11, 0xb2c38000, 0x10000}}},
             "81 c8 000c 11111111 e4a1b2c3 80000000 0001e240 00000064 00013880"
             "22222222 40 fffffe 0001ffff 00000011 b2c38000 00010000"},
        Case{"ReceiverReportWhoseLossIsAtTheLimit",
             ReceiverReport{kUs, {{kThem, 0, 0x1000000, 0, 0, 0, 0}}},
             "81 c9 0007 11111111 22222222 00 7fffff 00000000 00000000 00000000 00000000"},
        Case{"Cname", SourceDescription{{{kUs, "abcde"}}},
             "81 ca 0003 11111111 01 05 61 62 63 64 65 00"},
        Case{"CnameThatEndsAtAWordStillHasItsZero", SourceDescription{{{kUs, "abcdef"}}},
             "81 ca 0004 11111111 01 06 61 62 63 64 65 66 00000000"},
        Case{"Bye", Bye{{kUs, kThem}, ""}, "82 cb 0002 11111111 22222222"},
        Case{"ByeWithReason", Bye{{kUs}, "leave"}, "81 cb 0003 11111111 05 6c 65 61 76 65 00 00"},
        Case{"NackThatWraps",
             GenericNack{kUs, kThem, {SeqNum{65530}, SeqNum{65535}, SeqNum{10}, SeqNum{11}}},
             "81 cd 0004 11111111 22222222 fffa 8010 000b 0000"},
        Case{"PictureLoss", PictureLoss{kUs, kThem}, "81 ce 0002 11111111 22222222"},
        Case{"FullIntraRequest", FullIntraRequest{kUs, {{kThem, 7}}},
             "84 ce 0004 11111111 00000000 22222222 07000000"},
        Case{"Remb", Remb{kUs, Bitrate{2'000'000}, {kThem}},
             "8f ce 0005 11111111 00000000 52454d42 01 0fd090 22222222"},
        Case{"RembOfNothing", Remb{kUs, Bitrate{0}, {}},
             "8f ce 0004 11111111 00000000 52454d42 00 000000"},
        Case{"FeedbackAsARun",
             TransportFeedback{kUs,
                               kThem,
                               SeqNum{0xfffe},
                               3,
                               16,
                               9,
                               {{SeqNum{0xfffe}, 4ms}, {SeqNum{0xffff}, 4ms}, {SeqNum{0}, 5ms}}},
             "8f cd 0006 11111111 22222222 fffe 0003 000010 09 2003 10 00 04 00 00 00"},
        Case{"FeedbackWithOneBitVector",
             TransportFeedback{
                 kUs, kThem, SeqNum{1}, 3, -2, 9, {{SeqNum{1}, 0ms}, {SeqNum{3}, 1ms}}},
             "8f cd 0005 11111111 22222222 0001 0003 fffffe 09 a800 00 04"},
        Case{"FeedbackWithTwoBitVector",
             TransportFeedback{kUs,
                               kThem,
                               SeqNum{1},
                               4,
                               0,
                               9,
                               {{SeqNum{1}, 250us}, {SeqNum{2}, -250us}, {SeqNum{4}, 7999750us}}},
             "8f cd 0006 11111111 22222222 0001 0004 000000 09 d880 01 fffe 7d00 00"}),
    [](const auto& tested) { return tested.param.name; });

TEST(TransportFeedback, RefusesWhatTheFormatCannotSay) {
    ByteVector buffer(1500);
    TransportFeedback feedback{kUs, kThem, SeqNum{1}, 2, 0, 0, {{SeqNum{1}, 8192ms}}};
    EXPECT_EQ(write(buffer, feedback), 0u) << "a delta above 8.19175 s";
    feedback.received = {{SeqNum{3}, 0ms}};
    EXPECT_EQ(write(buffer, feedback), 0u) << "outside of base and count";
    feedback.received = {{SeqNum{2}, 0ms}, {SeqNum{1}, 0ms}};
    EXPECT_EQ(write(buffer, feedback), 0u) << "not in order";
}

// Any mixture of runs, gaps and delta sizes must come back as it was.
TEST(TransportFeedback, RoundTripsWithRandomPatterns) {
    std::mt19937 random{4711};
    auto below = [&](unsigned n) { return static_cast<unsigned>(random() % n); };
    for (int round = 0; round < 300; ++round) {
        TransportFeedback feedback;
        feedback.sender = kUs;
        feedback.media = kThem;
        feedback.base = SeqNum{static_cast<std::uint16_t>(random())};
        feedback.reference_time = static_cast<std::int32_t>(random()) >> 8;
        feedback.feedback_count = static_cast<std::uint8_t>(round);
        unsigned place = 0;
        microseconds offset{0};
        for (unsigned n = 1 + below(60); n > 0; --n) {
            const unsigned kind = below(4);
            if (kind == 0) place += below(10'000 / (1 + below(1000)));
            for (unsigned run = 1 + below(kind == 1 ? 40 : 3); run > 0 && place < 65'000; --run) {
                offset += 250us * (kind == 2 ? static_cast<int>(below(60'000)) - 30'000
                                             : static_cast<int>(below(256)));
                feedback.received.push_back(
                    {SeqNum{static_cast<std::uint16_t>(feedback.base.value + place)}, offset});
                ++place;
            }
        }
        feedback.count = static_cast<std::uint16_t>(std::min(place + below(20), 65'535U));
        if (feedback.count == 0) continue;
        ByteVector buffer(16'384);
        buffer.resize(write(buffer, feedback));
        ASSERT_FALSE(buffer.empty());
        const auto compound = parse_compound(buffer);
        ASSERT_TRUE(compound);
        ASSERT_EQ(compound->malformed, 0) << round;
        ASSERT_EQ(compound->messages.at(0), Message{feedback}) << round;
    }
}

TEST(CompoundBuilder, LeavesOutWhatDoesNotFitAndGoesOn) {
    std::array<std::uint8_t, 24> buffer{};
    CompoundBuilder builder{buffer};
    EXPECT_TRUE(builder.add(ReceiverReport{kUs, {}}));
    EXPECT_FALSE(builder.add(SourceDescription{{{kUs, "much too long a name"}}}));
    EXPECT_TRUE(builder.add(PictureLoss{kUs, kThem}));
    EXPECT_EQ(to_vector(builder.datagram()),
              hex("80 c9 0001 11111111 81 ce 0002 11111111 22222222"));
}

TEST(CompoundBuilder, RefusesMoreItemsThanTheCountFieldHolds) {
    ByteVector buffer(4096);
    EXPECT_GT(write(buffer, ReceiverReport{kUs, std::vector<ReportBlock>(31)}), 0u);
    EXPECT_EQ(write(buffer, ReceiverReport{kUs, std::vector<ReportBlock>(32)}), 0u);
}

}  // namespace
}  // namespace rivero::rtcp
