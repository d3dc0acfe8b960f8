// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/rtp/keyframe_allowance.hpp"

#include <gtest/gtest.h>

namespace rivero::rtp {
namespace {

struct KeyframeAllowanceTest : testing::Test {
    /// Asks ten times a second, and is given at once what is passed on. @return how often it was
    int greedy(Duration time) {
        int passed = 0;
        for (const Time end = now + time; now < end; now += 100ms) {
            if (!allowance.ask(now, given)) continue;
            ++passed;
            ++given;
        }
        return passed;
    }
    KeyframeAllowance allowance;
    Time now{std::chrono::hours{1}};
    std::uint64_t given = 1;
};

TEST_F(KeyframeAllowanceTest, WhoAsksAllTheTimeGetsAFewAtOnceAndThenOneASecond) {
    EXPECT_EQ(greedy(500ms), 5);
    EXPECT_LE(greedy(10s), 12);
    EXPECT_NEAR(greedy(30s), 30, 1);
}

TEST_F(KeyframeAllowanceTest, WhoAsksNowAndThenAlwaysGetsIt) {
    for (int i = 0; i < 50; ++i, now += 1200ms) EXPECT_TRUE(allowance.ask(now, given++));
}

TEST_F(KeyframeAllowanceTest, AskingAgainForWhatHasNotComeCostsNothing) {
    for (int i = 0; i < 100; ++i, now += 10ms) EXPECT_TRUE(allowance.ask(now, given));
    ++given;
    EXPECT_EQ(greedy(500ms), 5) << "one was asked for, and a second has passed";
}

TEST_F(KeyframeAllowanceTest, AfterAQuietTimeThereIsNoMoreThanAtTheBeginning) {
    now += std::chrono::hours{2};
    EXPECT_LE(greedy(1s), 7);
}

TEST_F(KeyframeAllowanceTest, WhatOthersAskedForIsNotCharged) {
    for (int i = 0; i < 20; ++i) ++given;
    EXPECT_EQ(greedy(500ms), 5);
}

}  // namespace
}  // namespace rivero::rtp
