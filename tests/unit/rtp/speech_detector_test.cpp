// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/rtp/speech_detector.hpp"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace rivero::rtp {
namespace {

class SpeechDetectorTest : public testing::Test {
protected:
    /// Packets of 20 ms with this level for so long.
    void hears(std::uint8_t level, Duration length) {
        for (const Time end = now + length; now < end; now += 20ms)
            if (auto change = detector.on_level(now, {level, false})) note(*change);
    }
    void passes(Duration length) {
        for (const Time end = now + length; now < end; now += 100ms)
            if (auto change = detector.on_time(now)) note(*change);
    }
    void note(bool speaking) { changes.emplace_back((now - Time{100s}) / 1ms, speaking); }

    SpeechDetector detector;
    Time now{100s};
    std::vector<std::pair<std::int64_t, bool>> changes;
    using Changes = std::vector<std::pair<std::int64_t, bool>>;
};

TEST_F(SpeechDetectorTest, SpeechBeginsSoonAndEndsLate) {
    hears(127, 200ms);
    hears(30, 2s);
    hears(100, 2s);
    EXPECT_EQ(changes, (Changes{{260, true}, {3080, false}}));
}

TEST_F(SpeechDetectorTest, PausesBetweenWordsAndNoiseAreNoChanges) {
    hears(30, 1s);
    for (int i = 0; i < 20; ++i) {
        hears(90, 700ms);
        hears(35, 200ms);
    }
    EXPECT_EQ(changes.size(), 1u);
    // Neither loud nor silent: it goes on as it was.
    hears(50, 10s);
    EXPECT_EQ(changes.size(), 1u);
    hears(90, 2s);
    hears(50, 10s);
    EXPECT_EQ(changes.size(), 2u);
    EXPECT_FALSE(detector.speaking());
}

TEST_F(SpeechDetectorTest, AClickIsNoSpeech) {
    for (int i = 0; i < 100; ++i) {
        hears(10, 40ms);
        hears(127, 20ms);
    }
    EXPECT_EQ(changes, Changes{});
}

TEST_F(SpeechDetectorTest, WhoIsHeardNoMoreDoesNotSpeak) {
    hears(30, 1s);
    passes(5s);
    ASSERT_EQ(changes.size(), 2u);
    EXPECT_FALSE(changes[1].second);
}

TEST_F(SpeechDetectorTest, NobodyCanMakeItChangeOften) {
    // The worst that a sender can do.
    for (int i = 0; i < 6000; ++i) hears(detector.speaking() ? 127 : 0, 20ms);
    const double seconds = 120;
    EXPECT_LT(static_cast<double>(changes.size()) / seconds, 2.5);
}

TEST(LinearLevel, IsThatOfTheStandard) {
    EXPECT_EQ(linear_level({0, false}), 1.0);
    EXPECT_NEAR(linear_level({20, false}), 0.1, 1e-9);
    EXPECT_EQ(linear_level({127, true}), 0.0);
}

}  // namespace
}  // namespace rivero::rtp
