// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/clock.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <vector>

namespace rivero::bwe {

/// What the narrowest link lets through while packets queue before it, and how long they wait
/// there. A packet that reached the link before the one ahead of it had left found it busy: between
/// the two arrivals lies only the time that the link needed. Unlike the rate that arrives on the
/// whole this does not depend on how much there is to send: the burst of a picture or of a probe is
/// enough.
class Bottleneck {
public:
    /// Packets in the order of their arrival.
    void on_packet(Time sent, Duration received, std::size_t bytes);
    /// There is more room than was seen last.
    void forget() { samples_.clear(); }
    /// bit/s; empty when no queue was seen lately.
    [[nodiscard]] std::optional<double> bps(Time now) const;
    /// What each packet waits for lately: not the queue that a burst makes for a moment.
    [[nodiscard]] Duration standing() const;

private:
    void begin(Duration received);
    bool measure(Time sent, Duration least_time);

    /// The least delay of the last one to two windows, between two clocks that do not know each
    /// other.
    struct Least {
        Time since{};
        Duration current = Duration::max();
        Duration before = Duration::max();
        void add(Time sent, Duration delay, Duration window);
        [[nodiscard]] Duration get() const { return std::min(current, before); }
    };
    Least least_, recent_;
    std::optional<Duration> last_received_;
    /// Packets that found the link busy, one behind the other.
    Duration begin_{};
    std::size_t bytes_ = 0;
    int packets_ = 0;
    Duration longest_gap_{};
    std::size_t at_once_ = 0, most_at_once_ = 0;  ///< bytes
    struct Sample {
        Time at;
        double bps;
    };
    std::vector<Sample> samples_;  ///< the last few
};

}  // namespace rivero::bwe
