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
            for (std::size_t i : which) packet(i, kRates[i] / 8 / 100);
        }
    }
    /// The only one of a picture.
    void packet(std::size_t encoding, std::size_t bytes) {
        encodings.on_packet(now, encoding, bytes, picture());
        if (encodings.poll(now)) ++polls;
    }
    RtpTimestamp picture() const {
        return RtpTimestamp{static_cast<std::uint32_t>(now.time_since_epoch() / 1ms * 90)};
    }
    /// How long it takes until it is noticed that the best one is gone. @param gap of pictures
    Duration noticed(Duration gap) {
        for (const Time end = now + 10s; now < end; now += gap)
            for (std::size_t i : {0, 1, 2}) packet(i, kRates[i] / 80);
        const Time last = now - gap;
        for (; encodings.flows(2) && now < last + 30s; now += gap)
            for (std::size_t i : {0, 1}) packet(i, kRates[i] / 80);
        return now - gap - last;
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
    unknown.on_packet(t0, 0, 100, {});
    unknown.on_packet(t0, 1, 100, {});
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

TEST_F(EncodingsTest, WhatStopsWhileOthersGoOnIsNoticedAfterSomeOfItsPictures) {
    EXPECT_LE(noticed(33ms), 240ms);
    encodings = Encodings{3};
    EXPECT_LE(noticed(50ms), 250ms);
    encodings = Encodings{3};
    EXPECT_LE(noticed(200ms), 800ms);
    encodings = Encodings{3};
    EXPECT_LE(noticed(1s), 4s);
    EXPECT_EQ(encodings.choose({}, 2), 1);
}

TEST_F(EncodingsTest, ThreePicturesOfAnotherMakeSureThatItIsNotTheWholeSource) {
    flow(2s);
    now += 400ms;  // and then all that was sent meanwhile at once, the least first
    packet(0, 100);
    encodings.on_packet(now, 0, 100, picture());
    EXPECT_TRUE(encodings.flows(2));
    now += 5ms;
    packet(0, 100);
    EXPECT_TRUE(encodings.flows(2));
    now += 5ms;
    packet(0, 100);
    EXPECT_FALSE(encodings.flows(2));
    packet(2, 0);
    EXPECT_FALSE(encodings.flows(2)) << "padding is no picture";
}

TEST_F(EncodingsTest, PacketsOfOnePictureAreNoReasonToGiveUpAnother) {
    flow(2s);
    const auto key_frame = picture();
    for (const Time end = now + 500ms; now < end; now += 10ms)
        encodings.on_packet(now, 0, 1000, key_frame);
    EXPECT_TRUE(encodings.flows(2));
}

TEST_F(EncodingsTest, OneThatIsSentSeldomIsNotGivenUpEachTime) {
    // The lesser ones 20 times a second, the best every 1.5 s.
    const auto run = [this](Duration time) {
        int given_up = 0;
        const Time begin = now;
        for (; now < begin + time; now += 50ms) {
            const bool before = encodings.flows(2);
            packet(0, 500);
            packet(1, 2000);
            if (before && !encodings.flows(2)) ++given_up;
            if ((now - begin) % 1500ms == 0ms) packet(2, 50'000);
        }
        return given_up;
    };
    EXPECT_LE(run(6s), 2) << "until it is known";
    EXPECT_EQ(run(60s), 0);
}

TEST_F(EncodingsTest, APauseDoesNotHideForLongThatOneEnds) {
    EXPECT_LE(noticed(50ms), 250ms);
    now += 60s;
    flow(500ms);
    const Time last = now;
    while (encodings.flows(2) && now < last + 5s) flow(10ms, {0, 1});
    EXPECT_LE(now - last, 300ms);
}

TEST_F(EncodingsTest, OneThatLeavesOutPicturesNowAndThenIsGivenUpOnce) {
    flow(2s);
    int given_up = 0;
    for (int i = 0; i < 20; ++i) {
        for (const Time end = now + 500ms; now < end;) {
            const bool before = encodings.flows(2);
            flow(10ms, {0, 1});
            if (before && !encodings.flows(2)) ++given_up;
        }
        flow(1500ms);
    }
    EXPECT_EQ(given_up, 1);
    const Time last = now;
    while (encodings.flows(2) && now < last + 5s) flow(10ms, {0, 1});
    EXPECT_LE(now - last, 1100ms) << "but not for good";
}

TEST_F(EncodingsTest, ASenderThatCountsAnewIsFollowed) {
    flow(2s);
    const Time last = now;
    for (std::uint32_t i = 0; encodings.flows(2) && i < 100; ++i, now += 50ms)
        for (std::size_t encoding : {0, 1})
            encodings.on_packet(now, encoding, 1000,
                                RtpTimestamp{picture().value - 0x4000'0000 + i * 4500});
    EXPECT_LE(now - last, 300ms);
}

TEST_F(EncodingsTest, WhatPausedForAMomentNeedNotBeMeasuredAgain) {
    flow(2s);
    flow(400ms, {0, 1});
    EXPECT_FALSE(encodings.flows(2));
    flow(100ms);
    EXPECT_EQ(encodings.choose({.rate = Bitrate::kbps(3000)}, 1), 2);
}

TEST_F(EncodingsTest, PicturesThatComeSeldomAreMeasuredToo) {
    for (int i = 0; i < 6; ++i, now += 2s)
        for (std::size_t encoding : {0, 1, 2}) {
            packet(encoding, kRates[encoding] / 4);
            now += 1ms;
        }
    for (std::size_t encoding : {0, 1, 2}) {
        EXPECT_TRUE(encodings.flows(encoding));
        // The first of all has one more than the others.
        EXPECT_GE(encodings.rate(encoding).bps, kRates[encoding] * 0.95);
        EXPECT_LE(encodings.rate(encoding).bps, kRates[encoding] * 2);
    }
    EXPECT_EQ(encodings.choose({.rate = Bitrate::kbps(600)}, 0), 1);
    EXPECT_LE(polls, 20);
}

TEST_F(EncodingsTest, KeepsWhatItHasWhileNothingFlows) {
    EXPECT_EQ(encodings.choose({}, 1), 1);
    encodings.on_packet(now, 7, 1000, picture());  // no such encoding
    EXPECT_EQ(encodings.choose({}, 1), 1);
}

}  // namespace
}  // namespace rivero::media
