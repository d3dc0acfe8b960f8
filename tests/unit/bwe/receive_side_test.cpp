// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "bwe/receive_side.hpp"

#include "network.hpp"
#include "rivero/rtp/extensions.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

namespace rivero {
namespace {

using test::Network;

/// A browser that follows REMB, told five times a second, and stamps what it sends.
class ReceiveSide : public testing::TestWithParam<unsigned> {
protected:
    void run(Duration time, double most = 2'500'000) {
        for (const Time end = now_ + time; now_ < end; now_ += 1ms) {
            for (auto it = arrivals_.begin(); it != arrivals_.end() && it->first <= now_;
                 it = arrivals_.erase(it))
                estimator.on_packet(it->first, it->second.first, it->second.second);
            if ((now_ - kStart) % 200ms == Duration{} && estimator.estimate())
                told_ = static_cast<double>(estimator.estimate()->bps);
            budget_ = std::min(budget_ + std::min(told_, most) / 8 / 1000, 5000.0);
            for (; budget_ >= kPacket; budget_ -= kPacket)
                for (Time at : network.send(now_, kPacket + 44))
                    arrivals_.emplace(at, std::pair{rtp::to_abs_send_time(now_), kPacket + 44});
            samples.push_back(told_);
            queues.push_back(network.queue());
        }
    }

    static constexpr Time kStart{100s};
    static constexpr std::size_t kPacket = 1100;
    Network network{{.bps = 500'000, .max_queue = 1s, .delay = 20ms, .jitter = 3ms}, GetParam()};
    bwe::ReceiveSide estimator{Bitrate::kbps(2000)};
    std::vector<double> samples;  ///< each ms
    std::vector<Duration> queues;

private:
    Time now_ = kStart;
    double told_ = 300'000;
    double budget_ = 0;
    std::multimap<Time, std::pair<std::uint32_t, std::size_t>> arrivals_;
};

TEST_P(ReceiveSide, SettlesAtTheBottleneckWithinTenSecondsWithoutAStandingQueue) {
    run(90s);  // send times wrap after 64 s
    const auto inside = std::count_if(samples.begin() + 10'000, samples.end(),
                                      [](double bps) { return bps >= 400'000 && bps <= 600'000; });
    EXPECT_GT(inside, 72'000);
    std::nth_element(queues.begin() + 10'000, queues.begin() + 82'000, queues.end());
    EXPECT_LT(queues[82'000], 300ms);
}

// It begins with four times what the link carries: a second of it stands in the queue.
TEST_P(ReceiveSide, IsBackAtWhatTheLinkCarriesWhenTheFirstQueueIsGone) {
    run(12s);
    const auto gone = std::find_if(queues.begin() + 1000, queues.end(),
                                   [](Duration queue) { return queue < 50ms; });
    const auto at = gone - queues.begin();
    EXPECT_LT(at, 5'500) << "ms";
    const auto inside = std::count_if(samples.begin() + at + 1'000, samples.end(),
                                      [](double bps) { return bps >= 420'000 && bps <= 600'000; });
    EXPECT_GT(inside, (12'000 - at - 1'000) * 95 / 100);
}

TEST_P(ReceiveSide, DoesNotHoldBackWhereThereIsRoom) {
    network.set({.delay = 20ms, .jitter = 3ms});
    run(20s);
    EXPECT_GE(samples.back(), 2'000'000);
}

TEST_P(ReceiveSide, SaysNothingOfPacketsWithoutAStamp) {
    EXPECT_FALSE(estimator.estimate());
}

INSTANTIATE_TEST_SUITE_P(Seeds, ReceiveSide, testing::Values(1U, 2U));

}  // namespace
}  // namespace rivero
