// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/rtp/sender_state.hpp"

#include <gtest/gtest.h>

namespace rivero::rtp {
namespace {

constexpr Time t0{1000s};
constexpr Ssrc kSsrc{77};
constexpr rtcp::NtpTime kWallClock{0x1122334455667788};

TEST(SenderState, ReportsTheTimestampOfNow) {
    SenderState state{kSsrc, 90'000};
    EXPECT_EQ(state.make_report(t0, kWallClock), std::nullopt);
    state.on_sent(RtpTimestamp{0xffffff00}, t0, 1000, 20);
    state.on_retransmitted(500, 20);
    const auto report = state.make_report(t0 + 100ms, kWallClock);
    ASSERT_TRUE(report);
    EXPECT_EQ(report->sender, kSsrc);
    EXPECT_EQ(report->ntp, kWallClock);
    EXPECT_EQ(report->timestamp, RtpTimestamp{0xffffff00 + 9000});
    EXPECT_EQ(report->packets, 2u);
    EXPECT_EQ(report->octets, 1500u);
    EXPECT_EQ(state.counters().header_bytes, 40u);
    EXPECT_EQ(state.counters().retransmitted_bytes, 500u);
}

TEST(SenderState, AReorderedPacketDoesNotMoveTheTimestampBack) {
    SenderState state{kSsrc, 90'000};
    state.on_sent(RtpTimestamp{9000}, t0 + 100ms, 1, 1);
    state.on_sent(RtpTimestamp{0}, t0 + 10ms, 1, 1);
    EXPECT_EQ(state.make_report(t0 + 100ms, kWallClock)->timestamp, RtpTimestamp{9000});
}

TEST(SenderState, MeasuresTheRoundTripOnItsOwnClock) {
    SenderState state{kSsrc, 90'000};
    state.on_sent(RtpTimestamp{1}, t0, 1, 1);
    (void)state.make_report(t0, kWallClock);
    (void)state.make_report(t0 + 1s, rtcp::NtpTime{0x9999999999999999});  // the wall clock was set
    rtcp::ReportBlock block{kSsrc, 64, 7, 1234, 900, kWallClock.middle(), 0x8000};
    state.on_report_block(t0 + 580ms, block);
    ASSERT_TRUE(state.rtt());
    EXPECT_EQ(*state.rtt(), 80ms);
    ASSERT_TRUE(state.remote());
    EXPECT_EQ(state.remote()->fraction_lost, 0.25);
    EXPECT_EQ(state.remote()->lost, 7);
    EXPECT_EQ(state.remote()->highest_seq, 1234u);
    EXPECT_NEAR(state.remote()->jitter_seconds, 0.01, 1e-9);
}

TEST(SenderState, BelievesNoReportThatWeDidNotSendAndNoTimeTravel) {
    SenderState state{kSsrc, 90'000};
    state.on_sent(RtpTimestamp{1}, t0, 1, 1);
    (void)state.make_report(t0, kWallClock);
    state.on_report_block(t0 + 1s, {kSsrc, 0, 0, 0, 0, 0, 0});
    state.on_report_block(t0 + 1s, {kSsrc, 0, 0, 0, 0, 0x12345678, 0});
    state.on_report_block(t0 + 1s, {kSsrc, 0, 0, 0, 0, kWallClock.middle(), 0xffffffff});
    state.on_report_block(t0 + 1s, {Ssrc{78}, 0, 0, 0, 0, kWallClock.middle(), 0});
    EXPECT_EQ(state.rtt(), std::nullopt);
}

}  // namespace
}  // namespace rivero::rtp
