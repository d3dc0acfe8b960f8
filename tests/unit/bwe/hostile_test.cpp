// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0

// What a peer may say about the way between us, and must not do to us with it.

#include "bwe/controller.hpp"
#include "bwe/probe_estimator.hpp"
#include "bwe/receive_side.hpp"
#include "bwe/sent_packets.hpp"
#include "rivero/rtp/extensions.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

namespace rivero {
namespace {

constexpr Time t0{100s};

TEST(HostileFeedback, AnOldProbeThatIsReportedLateIsForgotten) {
    bwe::ProbeEstimator estimator;
    for (int id : {2, 3, 4, 5, 6, 7, 8, 9, 10, 1, 2, 3}) {
        const bwe::Probe probe{id, 2'000'000, 5000, 5};
        EXPECT_FALSE(estimator.on_packet({id, t0, 1000, id, Duration{1ms}}, probe));
    }
}

TEST(HostileFeedback, AClockThatRunsAwayStaysWithinWhatCanBeCalculated) {
    bwe::SentPackets sent;
    for (const std::int32_t step : {0x7fffff, -0x7fffff}) {
        std::int32_t reference = 0;
        for (int i = 0; i < 40'000; ++i) {
            const SeqNum seq = sent.add(t0, 100, 0);
            rtcp::TransportFeedback f;
            f.base = seq;
            f.count = 1;
            f.reference_time = reference;
            f.received = {{seq, 0us}};
            const auto& results = sent.on_feedback(f);
            ASSERT_EQ(results.size(), 1u);
            ASSERT_LT(std::chrono::abs(*results[0].received), Duration{24h * 365 * 40});
            reference = ((reference + step + 0x800000) & 0xffffff) - 0x800000;
        }
    }
}

TEST(HostileFeedback, ManyNumbersThatWereForgottenChangeNothing) {
    bwe::SentPackets sent;
    SeqNum newest;
    for (int i = 0; i < 40'000; ++i) newest = sent.add(t0, 10, 0);
    rtcp::TransportFeedback f;
    f.count = 30'000;
    f.base = SeqNum{static_cast<std::uint16_t>(newest.value - f.count + 1)};
    // One that is forgotten, and the newest.
    f.received = {{f.base, 0us}, {newest, 250us}};
    const auto& results = sent.on_feedback(f);
    ASSERT_EQ(results.size(), bwe::SentPackets::kMaxPackets);
    EXPECT_TRUE(results.back().received);
    EXPECT_FALSE(results.front().received);
}

/// A peer that stamps what it sends, at 1 Mbit/s over a link that carries it.
void stamp(bwe::ReceiveSide& side, Time& now, std::int64_t clock_offset, int packets) {
    for (int i = 0; i < packets; ++i, now += 8ms)
        side.on_packet(
            now, (rtp::to_abs_send_time(now) + static_cast<std::uint32_t>(clock_offset)) & 0xffffff,
            1000);
}

TEST(HostileStamps, AClockThatIsSetInEitherDirectionDoesNotEndTheMeasurement) {
    for (const std::int64_t jump : {std::int64_t{20} << 18, -(std::int64_t{20} << 18)}) {
        bwe::ReceiveSide side{Bitrate::kbps(300)};
        Time now = t0;
        stamp(side, now, 0, 500);
        const auto before = side.estimate()->bps;
        stamp(side, now, jump, 500);
        EXPECT_GT(side.estimate()->bps, before) << "it goes on rising";
    }
}

TEST(HostileStamps, RunningAwayWithEachPacketStaysWithinWhatCanBeCalculated) {
    for (const std::int64_t step : {std::int64_t{31} << 18, -(std::int64_t{31} << 18),
                                    std::int64_t{4} << 18, -(std::int64_t{4} << 18)}) {
        bwe::ReceiveSide side{Bitrate::kbps(300)};
        std::int64_t clock = 0;
        Time now = t0;
        for (int i = 0; i < 1'200'000; ++i, now += 1ms, clock += step)
            side.on_packet(now, static_cast<std::uint32_t>(clock & 0xffffff), 100);
        EXPECT_GT(side.estimate()->bps, 0);
    }
}

}  // namespace
}  // namespace rivero
