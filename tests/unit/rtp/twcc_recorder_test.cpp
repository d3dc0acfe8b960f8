// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/rtp/twcc_recorder.hpp"

#include "rivero/rtcp/build.hpp"
#include "rivero/rtcp/parse.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <utility>

namespace rivero::rtp {
namespace {

using rtcp::TransportFeedback;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr Time t0{64'000s};  // a multiple of 64 ms: reference time 1,000,000
constexpr Ssrc kUs{1};
constexpr Ssrc kMedia{2};

TransportFeedback::Received received(std::uint16_t seq, std::chrono::microseconds offset) {
    return {SeqNum{seq}, offset};
}

TEST(TwccRecorder, TellsAtTheIntervalWhatCameAndWhen) {
    TwccRecorder recorder{kUs, 100ms};
    EXPECT_EQ(recorder.next_deadline(), std::nullopt);
    recorder.on_packet(t0 + 10ms, SeqNum{65'535}, kMedia);
    recorder.on_packet(t0 + 12ms, SeqNum{1}, kMedia);
    EXPECT_EQ(recorder.next_deadline(), t0 + 110ms);
    EXPECT_THAT(recorder.poll(t0 + 109ms), IsEmpty());
    const auto feedback = recorder.poll(t0 + 110ms);
    ASSERT_EQ(feedback.size(), 1u);
    EXPECT_EQ(feedback[0], (TransportFeedback{kUs,
                                              kMedia,
                                              SeqNum{65'535},
                                              3,
                                              1'000'000,
                                              0,
                                              {received(65'535, 10ms), received(1, 12ms)}}));
    EXPECT_EQ(recorder.next_deadline(), std::nullopt);
    EXPECT_THAT(recorder.poll(t0 + 300ms), IsEmpty());
}

TEST(TwccRecorder, ALossBetweenTwoFeedbacksIsToldByTheSecond) {
    TwccRecorder recorder{kUs, 100ms};
    recorder.on_packet(t0, SeqNum{1}, kMedia);
    (void)recorder.poll(t0 + 100ms);
    recorder.on_packet(t0 + 128ms, SeqNum{4}, kMedia);
    const auto feedback = recorder.poll(t0 + 228ms);
    ASSERT_EQ(feedback.size(), 1u);
    EXPECT_EQ(feedback[0].base, SeqNum{2});
    EXPECT_EQ(feedback[0].count, 3);
    EXPECT_EQ(feedback[0].feedback_count, 1);
    EXPECT_EQ(feedback[0].reference_time, 1'000'002);
    EXPECT_THAT(feedback[0].received, ElementsAre(received(4, 0ms)));
}

TEST(TwccRecorder, ReorderedPacketsHaveNegativeDeltas) {
    TwccRecorder recorder{kUs, 100ms};
    recorder.on_packet(t0 + 20ms, SeqNum{2}, kMedia);
    recorder.on_packet(t0 + 30ms, SeqNum{1}, kMedia);
    recorder.on_packet(t0 + 40ms, SeqNum{1}, kMedia);  // a duplicate tells nothing
    const auto feedback = recorder.poll(t0 + 120ms);
    ASSERT_EQ(feedback.size(), 1u);
    EXPECT_THAT(feedback[0].received, ElementsAre(received(1, 30ms), received(2, 20ms)));
}

TEST(TwccRecorder, TellsAgainFromALatePacketOn) {
    TwccRecorder recorder{kUs, 100ms};
    recorder.on_packet(t0, SeqNum{1}, kMedia);
    recorder.on_packet(t0 + 1ms, SeqNum{3}, kMedia);
    recorder.on_packet(t0 + 2ms, SeqNum{4}, kMedia);
    (void)recorder.poll(t0 + 100ms);
    recorder.on_packet(t0 + 101ms, SeqNum{2}, kMedia);
    const auto feedback = recorder.poll(t0 + 201ms);
    ASSERT_EQ(feedback.size(), 1u);
    EXPECT_EQ(feedback[0].base, SeqNum{2});
    EXPECT_THAT(feedback[0].received,
                ElementsAre(received(2, 37ms), received(3, -63ms), received(4, -62ms)));
}

TEST(TwccRecorder, IgnoresWhatIsLaterThanItRemembers) {
    TwccRecorder recorder{kUs, 100ms};
    recorder.on_packet(t0, SeqNum{1}, kMedia);
    recorder.on_packet(t0, SeqNum{3}, kMedia);
    (void)recorder.poll(t0 + 100ms);
    recorder.on_packet(t0 + 1s, SeqNum{4}, kMedia);
    (void)recorder.poll(t0 + 1100ms);
    recorder.on_packet(t0 + 1200ms, SeqNum{2}, kMedia);
    EXPECT_EQ(recorder.next_deadline(), std::nullopt);
}

TEST(TwccRecorder, BeginsANewFeedbackWhereADeltaIsTooLong) {
    TwccRecorder recorder{kUs, 20s};
    recorder.on_packet(t0, SeqNum{1}, kMedia);
    recorder.on_packet(t0 + 9s, SeqNum{3}, kMedia);
    const auto feedback = recorder.poll(t0 + 20s);
    ASSERT_EQ(feedback.size(), 2u);
    EXPECT_EQ(feedback[0].count, 1);
    EXPECT_EQ(feedback[1].base, SeqNum{2});
    EXPECT_EQ(feedback[1].count, 2);
    EXPECT_EQ(feedback[1].feedback_count, 1);
}

TEST(TwccRecorder, ReferenceTimeWrapsIn24Bits) {
    TwccRecorder recorder{kUs, 100ms};
    recorder.on_packet(Time{64ms * 0x800000}, SeqNum{1}, kMedia);
    const auto feedback = recorder.poll(Time{64ms * 0x800000 + 100ms});
    ASSERT_EQ(feedback.size(), 1u);
    EXPECT_EQ(feedback[0].reference_time, -0x800000);
}

// Whatever comes, each feedback can be written within 1200 bytes, and reads back the same.
TEST(TwccRecorder, FeedbackFitsIntoAPacketWhateverComes) {
    std::mt19937 random{99};
    for (const unsigned jump : {1U, 2U, 3U, 17U, 40U, 9000U, 65'536U}) {
        TwccRecorder recorder{kUs, 100ms};
        Time now = t0;
        std::uint16_t seq = 0;
        for (int i = 0; i < 5000; ++i) {
            now += std::chrono::microseconds{random() % (jump == 3 ? 100'000 : 900)};
            seq = static_cast<std::uint16_t>(seq + 1 + random() % jump);
            if (random() % 10 == 0) seq = static_cast<std::uint16_t>(seq - random() % 20);
            recorder.on_packet(now, SeqNum{seq}, kMedia);
            if (!recorder.next_deadline() || now < *recorder.next_deadline()) continue;
            for (const auto& feedback : recorder.poll(now)) {
                ByteVector buffer(1200);
                buffer.resize(rtcp::write(buffer, feedback));
                ASSERT_FALSE(buffer.empty());
                const auto compound = rtcp::parse_compound(buffer);
                ASSERT_TRUE(compound);
                ASSERT_EQ(compound->messages.at(0), rtcp::Message{feedback});
            }
        }
    }
}

}  // namespace
}  // namespace rivero::rtp
