// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/gst/rate_limiter.hpp"

#include <gtest/gtest.h>

#include <string>

namespace rivero::gst {
namespace {

struct Case {
    const char* name;
    double limit;
    double rate;
    int in;
    int out;
};
class RateLimiterTest : public testing::TestWithParam<Case> {};

TEST_P(RateLimiterTest, TakesAsManyAsTheLimitSays) {
    const Case& c = GetParam();
    RateLimiter limiter{c.limit};
    int taken = 0;
    for (int i = 0; i < c.in; ++i) {
        // A little jitter, as cameras have it.
        auto pts = std::chrono::duration<double>{i / c.rate + (i % 3) * 0.001};
        if (limiter.admit(Time{} + 5s + std::chrono::duration_cast<Duration>(pts))) ++taken;
    }
    EXPECT_NEAR(taken, c.out, 2);
}

INSTANTIATE_TEST_SUITE_P(Rates, RateLimiterTest,
                         testing::Values(Case{"AllBelowTheLimit", 30, 15, 150, 150},
                                         Case{"AllAtTheLimit", 30, 30, 300, 300},
                                         Case{"HalfAtTwice", 15, 30, 300, 150},
                                         Case{"TwoOfThree", 20, 30, 300, 200},
                                         Case{"FewOfMany", 1, 60, 600, 10}),
                         [](auto& c) { return std::string{c.param.name}; });

TEST(RateLimiter, StartsAnewWhenTheTimeStampsJumpBack) {
    RateLimiter limiter{10};
    EXPECT_TRUE(limiter.admit(Time{} + 100s));
    EXPECT_TRUE(limiter.admit(Time{} + 5s));
}

}  // namespace
}  // namespace rivero::gst
