// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "bwe/pacer.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace rivero {
namespace {

using bwe::Priority;
using Pacer = bwe::Pacer<int>;
constexpr Time t0{100s};

TEST(Pacer, LetsEverythingThroughWithoutARate) {
    Pacer pacer;
    for (int i = 0; i < 1000; ++i) EXPECT_TRUE(pacer.admit(t0, Priority::video, 1200));
    EXPECT_EQ(pacer.packets(), 0u);
}

TEST(Pacer, NeverQueuesWhatComesSlowerThanTheRate) {
    Pacer pacer;
    pacer.set_rate(10'000'000);
    for (int i = 0; i < 1000; ++i) EXPECT_TRUE(pacer.admit(t0 + i * 2ms, Priority::video, 1200));
}

TEST(Pacer, SpreadsABurstOverTheTimeThatTheRateGives) {
    Pacer pacer;
    pacer.set_rate(1'000'000);  // 100 packets of 1250 bytes take 1 s
    int at_once = 0, later = 0;
    for (int i = 0; i < 100; ++i) {
        if (pacer.admit(t0, Priority::video, 1250)) {
            ++at_once;
        } else {
            EXPECT_TRUE(pacer.push(Priority::video, 1250, i));
        }
    }
    EXPECT_LE(at_once, 2);
    int expected = at_once;
    Time now = t0;
    while (pacer.packets() > 0) {
        int burst = 0;
        while (auto item = pacer.pop(now)) {
            EXPECT_EQ(*item, expected++);
            ++burst;
            ++later;
        }
        EXPECT_LE(burst, 2);
        if (auto next = pacer.next_deadline(now)) now = *next;
    }
    EXPECT_EQ(at_once + later, 100);
    EXPECT_GT(now - t0, 900ms);
    EXPECT_LT(now - t0, 1100ms);
}

TEST(Pacer, AudioNeverWaitsAndRetransmissionsGoBeforeVideo) {
    Pacer pacer;
    pacer.set_rate(100'000);
    while (pacer.admit(t0, Priority::video, 1000)) {
    }
    EXPECT_TRUE(pacer.push(Priority::video, 1000, 1));
    EXPECT_TRUE(pacer.push(Priority::retransmission, 1000, 2));
    EXPECT_TRUE(pacer.admit(t0, Priority::audio, 100));
    EXPECT_FALSE(pacer.admit(t0 + 10s, Priority::video, 1000)) << "what is queued goes first";
    EXPECT_EQ(pacer.pop(t0 + 11s), 2);
    EXPECT_EQ(pacer.pop(t0 + 12s), 1);
    EXPECT_EQ(pacer.pop(t0 + 13s), std::nullopt);
    EXPECT_EQ(pacer.next_deadline(t0 + 13s), std::nullopt);
}

TEST(Pacer, SaysWhenItIsFull) {
    Pacer pacer{{.max_delay = 100ms, .max_bytes = 1'000'000}};
    pacer.set_rate(1'000'000);
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(pacer.push(Priority::video, 1250, i));
    EXPECT_FALSE(pacer.full());
    EXPECT_TRUE(pacer.push(Priority::video, 1250, 10));
    EXPECT_TRUE(pacer.full());
    pacer.erase_if([](int i) { return i >= 5; });
    EXPECT_EQ(pacer.packets(), 5u);
    EXPECT_EQ(pacer.bytes(), 6250u);
}

TEST(Pacer, TakesNoMoreThanTwiceItsBoundWhoeverPushes) {
    Pacer pacer{{.max_bytes = 10'000}};
    pacer.set_rate(1'000'000'000);
    int taken = 0;
    while (taken < 1000 && pacer.push(Priority::retransmission, 1000, taken)) ++taken;
    EXPECT_EQ(taken, 20);
    EXPECT_TRUE(pacer.full());
    Pacer small{};
    small.set_rate(1'000'000'000);
    taken = 0;
    while (taken < 100'000 && small.push(Priority::video, 0, taken)) ++taken;
    EXPECT_EQ(taken, 8192) << "each holds a packet, whatever it weighs";
}

}  // namespace
}  // namespace rivero
