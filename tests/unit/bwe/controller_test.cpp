// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "bwe/controller.hpp"

#include "simulation.hpp"

#include <gtest/gtest.h>

namespace rivero {
namespace {

using test::Network;
using test::Simulation;

double share_within(const Simulation& simulation, Duration from, double low, double high) {
    int inside = 0, all = 0;
    for (auto& s : simulation.samples) {
        if (s.at < from) continue;
        ++all;
        inside += s.estimate >= low && s.estimate <= high;
    }
    return static_cast<double>(inside) / std::max(all, 1);
}

Duration longest_standing_queue(const Simulation& simulation, Duration from, Duration above) {
    Duration longest{}, run{};
    for (auto& s : simulation.samples) {
        if (s.at < from) continue;
        run = s.queue > above ? run + 50ms : Duration{};
        longest = std::max(longest, run);
    }
    return longest;
}

class Controller : public testing::TestWithParam<unsigned> {};

TEST_P(Controller, SettlesAtTheBottleneckWithinTenSecondsWithoutAStandingQueue) {
    Simulation simulation{{.bps = 500'000, .max_queue = 1s}, GetParam()};
    simulation.run(30s);
    EXPECT_GT(share_within(simulation, 10s, 400'000, 600'000), 0.9);
    EXPECT_LT(longest_standing_queue(simulation, 3s, 300ms), 300ms);
}

TEST_P(Controller, FindsTheRoomAgainWithinSixSecondsAfterTheBottleneckHasGone) {
    Simulation simulation{{.bps = 500'000, .max_queue = 1s}, GetParam()};
    simulation.run(20s);
    simulation.network.set({.bps = 10'000'000});
    simulation.run(6s);
    EXPECT_GE(simulation.estimate(), 2'000'000);
}

TEST_P(Controller, GoesDownWithinThreeSecondsWhenTheLinkBecomesNarrow) {
    Simulation simulation{{.bps = 3'000'000, .max_queue = 1s}, GetParam()};
    simulation.run(15s);
    EXPECT_GE(simulation.estimate(), 1'800'000);
    simulation.network.set({.bps = 400'000, .max_queue = 1s});
    simulation.run(3s);
    EXPECT_LE(simulation.estimate(), 480'000);
    simulation.run(15s);
    EXPECT_GT(share_within(simulation, 25s, 300'000, 480'000), 0.9);
}

TEST_P(Controller, TakesRandomLossOfARadioLinkForNoCongestion) {
    Simulation simulation{{.delay = 30ms, .loss = 0.05}, GetParam()};
    simulation.run(20s);
    EXPECT_GE(simulation.estimate(), 2'000'000);
    EXPECT_NEAR(simulation.controller.loss(), 0.05, 0.06);
}

TEST_P(Controller, FallsWithHeavyLossThoughTheDelayStays) {
    Simulation simulation{{.delay = 30ms, .loss = 0.25}, GetParam()};
    simulation.run(20s);
    EXPECT_LE(simulation.estimate(), 300'000);
}

TEST_P(Controller, JitterReorderingAndDuplicatesDoNotStarveIt) {
    Simulation simulation{{.delay = 30ms, .jitter = 15ms, .reordered = 0.02, .duplicated = 0.02},
                          GetParam()};
    simulation.run(25s);
    EXPECT_GE(simulation.estimate(), 1'000'000);
}

TEST_P(Controller, AReceiverThatIsBusyNowAndThenIsNoNarrowLink) {
    Simulation simulation{{.delay = 5ms, .jitter = 2ms, .stall_every = 2s, .stall = 80ms},
                          GetParam()};
    simulation.fixed_rate = 150'000;
    simulation.wanted = 600'000;
    simulation.run(30s);
    EXPECT_GT(share_within(simulation, 3s, 350'000, 1e9), 0.9);
}

TEST_P(Controller, ASourceThatIsTooMuchForTheLinkAndCannotBeSlowedDownTakesNothingFromTheSound) {
    for (double link : {300'000, 500'000, 1'000'000}) {
        Simulation simulation{{.bps = link, .max_queue = 400ms, .delay = 20ms}, GetParam()};
        simulation.fixed_rate = 1'700'000;
        simulation.frame_interval = 50ms;
        simulation.audio = simulation.leaves_out = true;
        simulation.run(10s);
        simulation.audio_sent = simulation.audio_lost = 0;
        simulation.run(50s);
        EXPECT_EQ(simulation.audio_sent, 2500U);
        EXPECT_LE(simulation.audio_lost, 2U) << link;
        EXPECT_GT(share_within(simulation, 10s, 0.75 * link, 1.2 * link), 0.8) << link;
        EXPECT_LT(longest_standing_queue(simulation, 10s, 300ms), 300ms) << link;
    }
}

/// Somebody else's encoder, told once a second what it may send, that sends a part of it in
/// pictures of many sizes: what the server forwards. Each picture and each probe queues for a
/// moment.
void forwards(Simulation& simulation, double use) {
    simulation.told_every = 1s;
    simulation.use = use;
    simulation.uneven = 0.5;
    simulation.frame_interval = 66ms;
    simulation.audio = true;
    simulation.padding_packet = 1150;
    simulation.wanted = 3'050'000;
}

TEST_P(Controller, SettlesAtTheBottleneckThoughTheSourceSendsLessThanItMay) {
    for (double use : {0.5, 0.6, 0.7, 0.8, 0.9}) {
        Simulation simulation{{.bps = 500'000, .max_queue = 1s, .delay = 20ms, .jitter = 3ms},
                              GetParam()};
        forwards(simulation, use);
        simulation.run(40s);
        EXPECT_GT(share_within(simulation, 10s, 400'000, 600'000), 0.9) << use;
        EXPECT_LT(longest_standing_queue(simulation, 3s, 300ms), 300ms) << use;
        simulation.network.set({.delay = 20ms, .jitter = 3ms});
        simulation.run(6s);
        EXPECT_GE(simulation.estimate(), 2'000'000) << use;
    }
}

TEST_P(Controller, StaysAtTheBottleneckThoughTheReceiverIsBusyNowAndThen) {
    for (double use : {0.6, 0.7, 0.8}) {
        Simulation simulation{{.bps = 500'000,
                               .max_queue = 1s,
                               .delay = 20ms,
                               .jitter = 12ms,
                               .stall_every = 770ms,
                               .stall = 70ms},
                              GetParam()};
        forwards(simulation, use);
        simulation.run(60s);
        EXPECT_GT(share_within(simulation, 10s, 400'000, 600'000), 0.85) << use;
    }
}

INSTANTIATE_TEST_SUITE_P(Seeds, Controller, testing::Values(1U, 2U, 3U));

TEST(ControllerProbes, NoneWhileTheEstimateSuffices) {
    Simulation simulation{{.delay = 30ms}};
    simulation.fixed_rate = 300'000;
    simulation.run(10s);
    EXPECT_EQ(simulation.padding_sent, 0);
}

TEST(ControllerProbes, ASenderOfLittleFindsRoomForMore) {
    // A low layer is sent while one of 2 Mbit/s would be there.
    Simulation simulation{{.bps = 3'000'000, .delay = 30ms}};
    simulation.fixed_rate = 150'000;
    simulation.wanted = 2'000'000;
    simulation.run(2s);
    EXPECT_GE(simulation.estimate(), 2'000'000);
    EXPECT_LE(simulation.estimate(), 3'100'000);
    const double padding = simulation.padding_sent;
    simulation.run(20s);
    EXPECT_LE(simulation.padding_sent, padding) << "found, and no need to look again";
}

TEST(ControllerProbes, CostLittleOnALinkThatIsFull) {
    Simulation simulation{{.bps = 500'000, .max_queue = 1s}};
    simulation.run(60s);
    EXPECT_LT(simulation.padding_sent * 8 / 60, 20'000);  // bit/s
}

TEST(ControllerLimits, RembAndMaximumBoundTheEstimate) {
    Simulation simulation{{.delay = 30ms}};
    simulation.run(5s);
    ASSERT_GT(simulation.estimate(), 1'000'000);
    simulation.controller.on_remb(Bitrate::kbps(700));
    EXPECT_EQ(simulation.controller.estimate(), Bitrate::kbps(700));
    simulation.controller.set_max(Bitrate::kbps(300));
    EXPECT_EQ(simulation.controller.estimate(), Bitrate::kbps(300));
}

}  // namespace
}  // namespace rivero
