// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/rtp/receive_statistics.hpp"

#include <gtest/gtest.h>

namespace rivero::rtp {
namespace {

constexpr Time t0{1000s};
constexpr Ssrc kSsrc{77};

class ReceiveStatisticsTest : public testing::Test {
protected:
    std::optional<ExtSeqNum> receive(std::uint16_t seq, Duration at = 0ms,
                                     std::uint32_t timestamp = 0) {
        return statistics_.on_packet(t0 + at, SeqNum{seq}, RtpTimestamp{timestamp}, 100, 12);
    }
    ReceiveStatistics statistics_{kSsrc, 8000};
};

TEST_F(ReceiveStatisticsTest, UnwrapsAcrossTheRollOver) {
    EXPECT_EQ(receive(65534), ExtSeqNum{65534});
    EXPECT_EQ(receive(1), ExtSeqNum{65537});
    EXPECT_EQ(receive(65535), ExtSeqNum{65535});
    const auto report = statistics_.make_report(t0);
    ASSERT_TRUE(report);
    EXPECT_EQ(report->highest_seq, 0x10001u);
    EXPECT_EQ(report->lost, 1);
}

TEST_F(ReceiveStatisticsTest, ReportsTheFractionLostSinceTheLastReport) {
    for (const std::uint16_t seq : {1, 2, 4}) (void)receive(seq);
    auto report = statistics_.make_report(t0);
    ASSERT_TRUE(report);
    EXPECT_EQ(report->ssrc, kSsrc);
    EXPECT_EQ(report->fraction_lost, 64);  // one of four
    EXPECT_EQ(report->lost, 1);
    for (const std::uint16_t seq : {5, 6, 7, 8}) (void)receive(seq);
    report = statistics_.make_report(t0);
    ASSERT_TRUE(report);
    EXPECT_EQ(report->fraction_lost, 0);
    EXPECT_EQ(report->lost, 1);
}

TEST_F(ReceiveStatisticsTest, DuplicatesCanMakeTheLossNegativeButNotTheFraction) {
    for (const std::uint16_t seq : {1, 1, 1}) (void)receive(seq);
    const auto report = statistics_.make_report(t0);
    ASSERT_TRUE(report);
    EXPECT_EQ(report->lost, -2);
    EXPECT_EQ(report->fraction_lost, 0);
    EXPECT_EQ(statistics_.counters().duplicates, 2u);
}

TEST_F(ReceiveStatisticsTest, SaysNothingAboutASilentSource) {
    EXPECT_EQ(statistics_.make_report(t0), std::nullopt);
    (void)receive(1);
    EXPECT_TRUE(statistics_.make_report(t0));
    EXPECT_EQ(statistics_.make_report(t0), std::nullopt);
}

TEST_F(ReceiveStatisticsTest, DropsAPacketFarOffAndBelievesTheSecondInSequence) {
    EXPECT_EQ(receive(100), ExtSeqNum{100});
    EXPECT_EQ(receive(102), ExtSeqNum{102});
    EXPECT_EQ(receive(20'000), std::nullopt);
    EXPECT_EQ(receive(103), ExtSeqNum{103});
    EXPECT_EQ(receive(50), ExtSeqNum{50}) << "a little late is not far off";
    EXPECT_EQ(receive(60'000), std::nullopt);
    EXPECT_EQ(receive(64'800), ExtSeqNum{64'800 - 65'536})
        << "a retransmission may be hundreds late";
    EXPECT_EQ(receive(40'000), std::nullopt);
    EXPECT_EQ(receive(40'001), ExtSeqNum{40'001});
    EXPECT_EQ(statistics_.counters().discarded, 3u);
}

TEST_F(ReceiveStatisticsTest, NumbersGoOnAboveAfterARestartAndOldLossIsKept) {
    (void)receive(30'000);
    (void)receive(30'002);
    EXPECT_EQ(receive(5), std::nullopt);
    EXPECT_EQ(receive(6), ExtSeqNum{65'536 + 6});
    EXPECT_EQ(statistics_.counters().lost, 1);
    const auto report = statistics_.make_report(t0);
    ASSERT_TRUE(report);
    EXPECT_EQ(report->lost, 0) << "the report speaks of the new incarnation";
}

// Transit times in timestamp units by the formula of section 6.4.1, computed by hand.
TEST_F(ReceiveStatisticsTest, MeasuresJitter) {
    (void)receive(1, 0ms, 0);
    (void)receive(2, 20ms, 160);
    EXPECT_EQ(statistics_.counters().jitter_seconds, 0);
    (void)receive(3, 56ms, 320);  // 16 ms late: 128 units, divided by 16
    EXPECT_NEAR(statistics_.counters().jitter_seconds, 8.0 / 8000, 1e-9);
    (void)receive(4, 60ms, 480);  // and back: 8 + (128 - 8) / 16
    EXPECT_NEAR(statistics_.counters().jitter_seconds, 15.5 / 8000, 1e-9);
    EXPECT_EQ(statistics_.make_report(t0)->jitter, 15u);
}

TEST_F(ReceiveStatisticsTest, PacketsOfOneFrameAreNoJitter) {
    (void)receive(1, 0ms, 0);
    (void)receive(2, 30ms, 0);
    (void)receive(3, 40ms, 320);
    EXPECT_EQ(statistics_.counters().jitter_seconds, 0);
}

TEST_F(ReceiveStatisticsTest, JitterSurvivesTheWrapOfTheTimestamp) {
    (void)receive(1, 0ms, 0xffffff60);
    (void)receive(2, 20ms, 0);
    EXPECT_EQ(statistics_.counters().jitter_seconds, 0);
}

TEST_F(ReceiveStatisticsTest, TellsWhenTheLastSenderReportCame) {
    (void)receive(1);
    statistics_.on_sender_report(t0, rtcp::NtpTime{0x1122334455667788});
    const auto report = statistics_.make_report(t0 + 1500ms);
    ASSERT_TRUE(report);
    EXPECT_EQ(report->last_sr, 0x33445566u);
    EXPECT_EQ(report->delay_since_last_sr, 0x18000u);
}

TEST_F(ReceiveStatisticsTest, UnwrapsForeignNumbersNearTheHighest) {
    EXPECT_EQ(statistics_.unwrap(SeqNum{1}), std::nullopt);
    (void)receive(65'535);
    (void)receive(2);
    EXPECT_EQ(statistics_.unwrap(SeqNum{65'534}), ExtSeqNum{65'534});
    EXPECT_EQ(statistics_.unwrap(SeqNum{1}), ExtSeqNum{65'537});
}

}  // namespace
}  // namespace rivero::rtp
