// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/clock.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <random>
#include <vector>

namespace rivero::test {

/// One direction of a bad network, in virtual time: a bottleneck with a queue that drops at its
/// tail, then delay with jitter, loss, duplicates and reordering. The same seed gives the same
/// network.
class Network {
public:
    struct Settings {
        double bps = 0;              ///< 0: as fast as you like
        Duration max_queue = 400ms;  ///< more than this in the bottleneck is dropped
        Duration delay = 30ms;
        Duration jitter = 0ms;  ///< evenly up to this is added; packets stay in order ...
        double reordered = 0;   ///< ... but for this part, which comes 20 ms late
        double loss = 0;
        double duplicated = 0;
        Duration stall_every = 0ms;  ///< 0: never. So often the receiver does not come to read ...
        Duration stall = 60ms;       ///< ... for so long
    };
    explicit Network(const Settings& settings, unsigned seed = 1)
        : settings_{settings}, random_{seed} {}

    void set(const Settings& settings) { settings_ = settings; }
    [[nodiscard]] const Settings& settings() const { return settings_; }

    /// A packet goes in. @return when it comes out: never, once or twice
    [[nodiscard]] std::vector<Time> send(Time now, std::size_t bytes) {
        Time leaves = now;
        if (settings_.bps > 0) {
            const Time begins = std::max(now, busy_until_);
            queue_ = begins - now;
            if (queue_ > settings_.max_queue) return {};
            leaves = begins + std::chrono::duration_cast<Duration>(std::chrono::duration<double>(
                                  static_cast<double>(bytes) * 8 / settings_.bps));
            busy_until_ = leaves;
        } else {
            queue_ = {};
        }
        if (chance(settings_.loss)) return {};
        Time arrives = leaves + settings_.delay;
        if (settings_.jitter > Duration{})
            arrives += std::chrono::duration_cast<Duration>(
                settings_.jitter * std::uniform_real_distribution<>{0, 1}(random_));
        if (chance(settings_.reordered)) {
            arrives += 20ms;
        } else {
            arrives = std::max(arrives, last_);
            last_ = arrives;
        }
        if (settings_.stall_every > Duration{}) {
            const Duration phase = arrives.time_since_epoch() % settings_.stall_every;
            if (phase < settings_.stall) arrives = last_ = arrives + (settings_.stall - phase);
        }
        if (chance(settings_.duplicated)) return {arrives, arrives + 1ms};
        return {arrives};
    }
    /// What the last packet had to wait for.
    [[nodiscard]] Duration queue() const { return queue_; }

private:
    bool chance(double p) { return p > 0 && std::bernoulli_distribution{p}(random_); }

    Settings settings_;
    std::mt19937 random_;
    Time busy_until_{};
    Time last_{};
    Duration queue_{};
};

}  // namespace rivero::test
