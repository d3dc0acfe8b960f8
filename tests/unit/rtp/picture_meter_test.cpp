// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/rtp/picture_meter.hpp"

#include <gtest/gtest.h>

namespace rivero::rtp {
namespace {

constexpr Time t0{1000s};

TEST(FreezeMeter, CountsIntervalsThatStandOutAsTheStandardSays) {
    FreezeMeter meter;
    Time now = t0;
    const auto after = [&](Duration interval) { meter.on_picture(now += interval); };
    for (int i = 0; i < 60; ++i) after(33ms);
    EXPECT_EQ(meter.pictures(), 60u);
    after(180ms);  // more than three times the mean, but not 150 ms more
    EXPECT_EQ(meter.freezes(), 0u);
    for (int i = 0; i < 30; ++i) after(33ms);
    after(190ms);
    EXPECT_EQ(meter.freezes(), 1u);
    EXPECT_EQ(meter.frozen(), 190ms);
    meter.restart();
    after(10s);
    EXPECT_EQ(meter.freezes(), 1u) << "another source";
    EXPECT_EQ(meter.pictures(), 93u);
}

TEST(FreezeMeter, SlowPicturesAreNoFreeze) {
    FreezeMeter meter;
    for (int i = 0; i < 100; ++i) meter.on_picture(t0 + i * 1s);
    EXPECT_EQ(meter.freezes(), 0u);
}

class PictureMeterTest : public testing::Test {
protected:
    /// A packet; of pictures with two packets each the odd ones are last.
    void comes(std::int64_t seq, bool key = false) {
        meter.on_packet(now += 10ms, ExtSeqNum{seq}, key, seq % 2 == 1);
    }
    [[nodiscard]] std::uint64_t pictures() const { return meter.freezes().pictures(); }
    PictureMeter meter;
    Time now = t0;
};

TEST_F(PictureMeterTest, APictureIsThereWhenAllOfItIs) {
    comes(0, true);
    EXPECT_EQ(pictures(), 0u);
    comes(1);
    EXPECT_EQ(pictures(), 1u);
    comes(3);
    comes(4);
    comes(5);
    EXPECT_EQ(pictures(), 1u) << "2 is missing, and what follows depends on it";
    comes(2);
    EXPECT_EQ(pictures(), 3u);
    comes(2);
    comes(3);
    EXPECT_EQ(pictures(), 3u) << "twice";
}

TEST_F(PictureMeterTest, GoesOnWithTheNextKeyFrame) {
    comes(0, true);
    comes(1);
    comes(3);
    comes(6, true);
    comes(7);
    EXPECT_EQ(pictures(), 2u);
    comes(2);
    EXPECT_EQ(pictures(), 2u) << "too late";
    comes(8);
    comes(9);
    EXPECT_EQ(pictures(), 3u);
}

TEST_F(PictureMeterTest, SurvivesJumpsAndLongStreams) {
    for (std::int64_t seq = 0; seq < 10'000; ++seq) comes(seq);
    EXPECT_EQ(pictures(), 5000u);
    comes(20'000);
    comes(20'001);
    EXPECT_EQ(pictures(), 5001u);
    comes(20'003);
    for (std::int64_t seq = 20'004; seq < 22'000; ++seq) comes(seq);
    EXPECT_GT(pictures(), 5400u) << "a hole that nobody fills is given up";
}

}  // namespace
}  // namespace rivero::rtp
