// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/media/flow.hpp"

#include "manual_loop.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace rivero::media {
namespace {

TEST(FlowMeter, FlowsWithTheFirstBufferAndCeasesAfterAPeriodWithoutOne) {
    ManualLoop loop;
    FlowMonitor monitor{loop};
    std::vector<bool> changes;
    FlowMeter meter;
    meter.on_change = [&](bool flowing) { changes.push_back(flowing); };
    meter.count(monitor);
    EXPECT_EQ(changes, (std::vector{true}));
    meter.count(monitor);
    loop.advance(FlowMonitor::kPeriod);  // something came since the start
    EXPECT_EQ(changes, (std::vector{true}));
    loop.advance(FlowMonitor::kPeriod);
    EXPECT_EQ(changes, (std::vector{true, false}));
    meter.count(monitor);
    EXPECT_EQ(changes, (std::vector{true, false, true}));
}

TEST(FlowMeter, DoesNotTakeThePauseOfASpeakerForTheEnd) {
    // Opus with DTX: a packet of noise each 400 ms.
    ManualLoop loop;
    FlowMonitor monitor{loop};
    std::vector<bool> changes;
    FlowMeter meter;
    meter.on_change = [&](bool flowing) { changes.push_back(flowing); };
    for (int i = 0; i < 100; ++i) {
        meter.count(monitor);
        loop.advance(400ms);
    }
    EXPECT_EQ(changes, (std::vector{true}));
}

TEST(FlowMeter, MayDieWhileItFlows) {
    ManualLoop loop;
    FlowMonitor monitor{loop};
    {
        FlowMeter meter;
        meter.count(monitor);
    }
    loop.advance(FlowMonitor::kPeriod);
}

}  // namespace
}  // namespace rivero::media
