// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "remb_estimator.hpp"

#include <gtest/gtest.h>

namespace rivero::webrtc {
namespace {

TEST(RembEstimator, GrowsWithoutLossButNotBeyondTwiceWhatComes) {
    RembEstimator estimator;
    EXPECT_EQ(estimator.update({500'000, 100, 0}).bps, RembEstimator::kStart)
        << "the start is not taken back";
    EXPECT_EQ(estimator.update({1'500'000, 300, 0}).bps, 2'080'000);
    std::int64_t last = 0;
    for (int i = 0; i < 100; ++i) last = estimator.update({1'500'000, 300, 0}).bps;
    EXPECT_EQ(last, 3'000'000);
    EXPECT_EQ(estimator.update({10'000, 2, 0}).bps, 3'000'000) << "a pause is no reason to go down";
}

TEST(RembEstimator, AFewLossesBringItDownToWhatComesAndSlowItDown) {
    RembEstimator estimator;
    estimator.update({1'000'000, 200, 0});
    EXPECT_EQ(estimator.update({1'000'000, 200, 4}).bps, 1'000'000);
    EXPECT_EQ(estimator.update({1'000'000, 200, 4}).bps, 1'000'000);
    for (int i = 0; i < 3; ++i) estimator.update({1'000'000, 200, 0});
    const auto before = estimator.estimate().bps;
    const auto after = estimator.update({1'000'000, 200, 0}).bps;
    EXPECT_GT(after, before);
    EXPECT_LT(after, before + before / 50) << "linear near what was lossy, 4 % a step elsewhere";
}

TEST(RembEstimator, HighLossHalvesIt) {
    RembEstimator estimator;
    estimator.update({1'000'000, 200, 0});
    EXPECT_EQ(estimator.update({1'000'000, 200, 20}).bps, 1'000'000);
    EXPECT_EQ(estimator.update({900'000, 200, 20}).bps, 500'000);
    for (int i = 0; i < 50; ++i) estimator.update({10'000, 200, 100});
    EXPECT_EQ(estimator.estimate().bps, RembEstimator::kLeast);
}

TEST(RembEstimator, HighLossTakesNothingOfWhatComesWhereTheDelayTellsOfFullLinks) {
    RembEstimator estimator;
    // 500 kbit/s come of 2 Mbit/s, and for seconds the queue before the link loses.
    for (int i = 0; i < 5; ++i) estimator.update({500'000, 200, 150, 500ms, Bitrate::kbps(600)});
    EXPECT_EQ(estimator.estimate().bps, 500'000);
    estimator.update({480'000, 100, 20, 500ms, Bitrate::kbps(430)});
    EXPECT_EQ(estimator.estimate().bps, 430'000) << "the delay asks for less";
    for (int i = 0; i < 50; ++i) estimator.update({10'000, 200, 100, 500ms, Bitrate::kbps(2000)});
    EXPECT_EQ(estimator.estimate().bps, RembEstimator::kLeast) << "loss of another kind counts";
}

TEST(RembEstimator, WhoSlowedDownBecauseOfAQueueIsNotToldToSendEvenLess) {
    RembEstimator estimator;
    estimator.update({480'000, 100, 50, 500ms, Bitrate::kbps(430), Bitrate::kbps(500)});
    // The loss of before, a little and much of it, while the sender hardly sends any more.
    for (int i = 0; i < 10; ++i)
        estimator.update(
            {120'000, 30, i % 2 ? 1 : 9, 500ms, Bitrate::kbps(600), Bitrate::kbps(500)});
    EXPECT_EQ(estimator.estimate().bps, 425'000) << "though the delay allows more than the link";
}

TEST(RembEstimator, GrowsWithTimeHoweverOftenItIsAsked) {
    RembEstimator often, seldom;
    for (int i = 0; i < 8; ++i) often.update({1'500'000, 150, 0, 500ms});
    for (int i = 0; i < 4; ++i) seldom.update({1'500'000, 300, 0, 1s});
    EXPECT_NEAR(static_cast<double>(seldom.estimate().bps),
                static_cast<double>(often.estimate().bps), 10);
    EXPECT_GT(often.estimate().bps, 2'700'000);
}

TEST(RembEstimator, FollowsItsSettings) {
    RembEstimator estimator;
    estimator.set({.exponential_factor = 0.5, .decrement_factor = 0.9, .up_losses = 128});
    EXPECT_EQ(estimator.update({2'000'000, 200, 0}).bps, 3'000'000);
    EXPECT_EQ(estimator.update({2'000'000, 200, 20}).bps, 2'000'000) << "10 % is not high here";
    EXPECT_EQ(estimator.update({2'000'000, 200, 150}).bps, 1'800'000);
    RembEstimator patient;
    patient.set({.packets_per_interval = 1000});
    for (int i = 0; i < 4; ++i) patient.update({2'000'000, 200, 0});
    EXPECT_EQ(patient.update({2'000'000, 200, 20}).bps, 2'000'000)
        << "20 of 1000 are not 12 of 256";
}

}  // namespace
}  // namespace rivero::webrtc
