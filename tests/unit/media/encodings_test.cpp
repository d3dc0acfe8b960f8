// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/media/encodings.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace rivero::media {
namespace {

constexpr Time t0{100s};

/// Three encodings of 100, 400 and 1500 kbit/s.
struct EncodingsTest : testing::Test {
    void flow(Duration time, std::vector<std::size_t> which = {0, 1, 2}) {
        const Time end = now + time;
        for (; now < end; now += 10ms) {
            for (std::size_t i : which) encodings.on_packet(now, i, kRates[i] / 8 / 100);
            if (encodings.poll(now)) ++polls;
        }
    }
    static constexpr std::array<std::size_t, 3> kRates{100'000, 400'000, 1'500'000};
    Encodings encodings{3};
    int polls = 0;
    Time now = t0;
};

TEST_F(EncodingsTest, GivesTheBestToWhoHasNoLimit) {
    flow(2s);
    EXPECT_EQ(encodings.choose({}, 0), 2);
    EXPECT_NEAR(static_cast<double>(encodings.rate(1).bps), 400'000, 20'000);
    EXPECT_NEAR(static_cast<double>(encodings.best_rate().bps), 1'500'000, 60'000);
}

TEST_F(EncodingsTest, APauseOfAllIsNoReasonToTakeThemForSmaller) {
    flow(2s);
    now += 10s;
    flow(100ms);
    EXPECT_EQ(encodings.choose({.rate = Bitrate::kbps(1000)}, 0), 1);
    EXPECT_NEAR(static_cast<double>(encodings.rate(2).bps), 1'500'000, 60'000);
    flow(1s);
    EXPECT_NEAR(static_cast<double>(encodings.rate(2).bps), 1'500'000, 100'000);
}

TEST_F(EncodingsTest, GivesWhatFitsAndAtLeastTheLeast) {
    flow(2s);
    EXPECT_EQ(encodings.choose({.rate = Bitrate::kbps(600)}, 0), 1);
    EXPECT_EQ(encodings.choose({.rate = Bitrate::kbps(150)}, 2), 0);
    EXPECT_EQ(encodings.choose({.rate = Bitrate::kbps(20)}, 2), 0);
    EXPECT_EQ(encodings.choose({.rate = Bitrate::kbps(2000)}, 0), 2);
}

TEST_F(EncodingsTest, DoesNotGoBackAndForthWhenTheLimitIsNearARate) {
    flow(2s);
    EXPECT_EQ(encodings.choose({.rate = Bitrate::kbps(380)}, 1), 1) << "he has it and keeps it";
    EXPECT_EQ(encodings.choose({.rate = Bitrate::kbps(405)}, 0), 0)
        << "he does not have it and has to wait";
    EXPECT_EQ(encodings.choose({.rate = Bitrate::kbps(440)}, 0), 1);
}

TEST_F(EncodingsTest, SizeDecidesWhichIsBetterWhateverTheOrder) {
    encodings.set_size(0, 1280, 720);
    encodings.set_size(1, 640, 360);
    encodings.set_size(2, 320, 180);
    flow(2s);
    EXPECT_EQ(encodings.choose({}, 2), 0);
}

TEST_F(EncodingsTest, GivesTheBestThatIsNoLargerThanAskedFor) {
    encodings.set_size(0, 320, 180);
    encodings.set_size(1, 640, 360);
    encodings.set_size(2, 1280, 720);
    flow(2s);
    EXPECT_EQ(encodings.choose({.size = area(640, 360)}, 2), 1);
    EXPECT_EQ(encodings.choose({.size = area(639, 360)}, 2), 0);
    EXPECT_EQ(encodings.choose({.size = area(720, 1280)}, 0), 2) << "in portrait";
    EXPECT_EQ(encodings.choose({.size = area(160, 90)}, 2), 0) << "never nothing";
    EXPECT_EQ(encodings.choose({.rate = Bitrate::kbps(150), .size = area(640, 360)}, 2), 0);
    EXPECT_EQ(encodings.choose({.rate = Bitrate::kbps(600), .size = area(320, 180)}, 2), 0);
    EXPECT_EQ(encodings.best_rate(area(640, 360)), encodings.rate(1));
    EXPECT_EQ(encodings.best_rate(area(160, 90)), encodings.rate(0));
}

TEST_F(EncodingsTest, OfUnknownSizesTheOrderDecides) {
    encodings.set_size(1, 640, 360);
    flow(2s);
    EXPECT_EQ(encodings.choose({.size = area(320, 180)}, 2), 0) << "2 is larger than 1, surely";
    EXPECT_EQ(encodings.choose({.size = area(640, 360)}, 0), 2) << "nothing speaks against it";
    Encodings unknown{2};
    unknown.on_packet(t0, 0, 100);
    unknown.on_packet(t0, 1, 100);
    EXPECT_EQ(unknown.choose({.size = area(320, 180)}, 0), 1);
}

TEST_F(EncodingsTest, ItIsTimeToChooseAgainWhenASizeChanges) {
    flow(2s);
    encodings.set_size(2, 1280, 720);
    EXPECT_TRUE(encodings.poll(now));
    encodings.set_size(2, 1280, 720);
    EXPECT_FALSE(encodings.poll(now));
}

TEST_F(EncodingsTest, WhatItsSenderSwitchedOffIsLeftAndTakenAgainWhenItIsBack) {
    flow(2s);
    flow(2s, {0, 1});
    EXPECT_FALSE(encodings.flows(2));
    EXPECT_EQ(encodings.choose({}, 2), 1);
    flow(100ms);
    EXPECT_EQ(encodings.choose({}, 1), 2);
    EXPECT_EQ(encodings.choose({.rate = Bitrate::kbps(3000)}, 1), 1)
        << "not before it was measured";
    flow(2s);
    EXPECT_EQ(encodings.choose({.rate = Bitrate::kbps(3000)}, 1), 2);
}

TEST_F(EncodingsTest, KeepsWhatItHasWhileNothingFlows) {
    EXPECT_EQ(encodings.choose({}, 1), 1);
    encodings.on_packet(now, 7, 1000);  // no such encoding
    EXPECT_EQ(encodings.choose({}, 1), 1);
}

}  // namespace
}  // namespace rivero::media
