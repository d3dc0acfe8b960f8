// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/rtp/keyframe_request_limiter.hpp"

#include <gtest/gtest.h>

namespace rivero::rtp {
namespace {

constexpr Time t0{1000s};
using Limiter = KeyframeRequestLimiter;

Limiter::Settings once() {
    return {.min_interval = 250ms, .repeat = 1s, .max_repeats = 0};
}

TEST(KeyframeRequestLimiter, TheFirstRequestGoesAtOnce) {
    Limiter limiter{once()};
    EXPECT_FALSE(limiter.poll(t0));
    limiter.request(t0);
    EXPECT_EQ(limiter.next_deadline(), t0);
    EXPECT_TRUE(limiter.poll(t0));
    EXPECT_FALSE(limiter.poll(t0));
    EXPECT_EQ(limiter.next_deadline(), std::nullopt);
}

TEST(KeyframeRequestLimiter, ARequestInTheQuietTimeGoesAtItsEnd) {
    Limiter limiter{once()};
    limiter.request(t0);
    EXPECT_TRUE(limiter.poll(t0));
    limiter.request(t0 + 10ms);
    limiter.request(t0 + 20ms);
    EXPECT_FALSE(limiter.poll(t0 + 249ms));
    EXPECT_EQ(limiter.next_deadline(), t0 + 250ms);
    EXPECT_TRUE(limiter.poll(t0 + 250ms));
    EXPECT_EQ(limiter.next_deadline(), std::nullopt);
}

TEST(KeyframeRequestLimiter, AKeyFrameAnswersTheOpenRequest) {
    Limiter limiter{once()};
    limiter.request(t0);
    EXPECT_TRUE(limiter.poll(t0));
    limiter.request(t0 + 10ms);
    limiter.on_keyframe(t0 + 20ms);
    EXPECT_FALSE(limiter.poll(t0 + 1s));
    limiter.request(t0 + 1s);
    EXPECT_TRUE(limiter.poll(t0 + 1s));
}

TEST(KeyframeRequestLimiter, TheQuietTimeIsNotShorterThanARoundTrip) {
    Limiter limiter{once()};
    limiter.set_rtt(600ms);
    limiter.request(t0);
    EXPECT_TRUE(limiter.poll(t0));
    limiter.request(t0 + 10ms);
    EXPECT_EQ(limiter.next_deadline(), t0 + 600ms);
}

TEST(KeyframeRequestLimiter, AnUnansweredRequestIsRepeatedButNotForever) {
    Limiter limiter{{.min_interval = 250ms, .repeat = 1s, .max_repeats = 2}};
    limiter.request(t0);
    EXPECT_TRUE(limiter.poll(t0));
    EXPECT_EQ(limiter.next_deadline(), t0 + 1s);
    EXPECT_TRUE(limiter.poll(t0 + 1s));
    EXPECT_TRUE(limiter.poll(t0 + 2s));
    EXPECT_EQ(limiter.next_deadline(), std::nullopt);
}

TEST(KeyframeRequestLimiter, AKeyFrameEndsTheRepetition) {
    Limiter limiter;
    limiter.request(t0);
    EXPECT_TRUE(limiter.poll(t0));
    limiter.on_keyframe(t0 + 20ms);
    EXPECT_EQ(limiter.next_deadline(), std::nullopt);
}

// As Chromium was seen to do: asked at 0 and at 134 ms, with the key frame of the first request at
// 81 ms, it sent none until it was asked a third time.
TEST(KeyframeRequestLimiter, ARequestThatABrowserMayHavePassedOverIsRepeatedSoon) {
    Limiter limiter;
    limiter.request(t0);
    EXPECT_TRUE(limiter.poll(t0));
    limiter.on_keyframe(t0 + 81ms);
    limiter.request(t0 + 134ms);
    EXPECT_TRUE(limiter.poll(t0 + 134ms));
    EXPECT_EQ(limiter.next_deadline(), t0 + 431ms);
    EXPECT_TRUE(limiter.poll(t0 + 431ms));
    // Now it is heard, or lost like any other.
    EXPECT_EQ(limiter.next_deadline(), t0 + 1431ms);
    limiter.on_keyframe(t0 + 500ms);
    EXPECT_EQ(limiter.next_deadline(), std::nullopt);
}

TEST(KeyframeRequestLimiter, TheAnswerHasARoundTripOfTimeBeforeTheRequestIsRepeated) {
    Limiter limiter;
    limiter.set_rtt(200ms);
    limiter.on_keyframe(t0);
    limiter.request(t0 + 340ms);
    EXPECT_TRUE(limiter.poll(t0 + 340ms));
    EXPECT_EQ(limiter.next_deadline(), t0 + 540ms);
    limiter.on_keyframe(t0 + 530ms);
    EXPECT_EQ(limiter.next_deadline(), std::nullopt);
}

}  // namespace
}  // namespace rivero::rtp
