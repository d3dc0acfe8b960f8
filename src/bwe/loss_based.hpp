// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/clock.hpp"

#include <cstddef>
#include <optional>
#include <vector>

namespace rivero::bwe {

/// An upper bound that follows loss: below 2 % it grows, between 2 % and 10 % it stays (a radio
/// link loses packets without being full), above it falls with the loss. draft-ietf-rmcat-gcc-02
/// section 6.
class LossBased {
public:
    explicit LossBased(double start) : rate_{start} {}

    /// What one feedback said.
    /// @param lost packets of which it was said for the first time; negative when some turned up
    /// after all
    void on_feedback(Time now, int lost, int total);
    /// @param delay_based the bound of the delay: above it nothing is learned
    /// @return bit/s
    double update(Time now, double delay_based);
    void set_rate(double bps) { rate_ = bps; }
    void set_rtt(Duration rtt) { rtt_ = rtt; }
    void set_min(double bps) { min_ = bps; }
    [[nodiscard]] double rate() const { return rate_; }
    /// Of the last round of packets, 0..1.
    [[nodiscard]] double loss() const { return loss_; }

private:
    struct Floor {
        Time at;
        double bps;
    };
    double rate_;
    double min_ = 30'000;
    Duration rtt_ = 200ms;
    int lost_ = 0, total_ = 0;
    std::optional<Time> since_;
    double loss_ = 0;
    bool fresh_ = false;
    std::optional<Time> decreased_;
    std::vector<Floor> floors_;  ///< rates of the last second, ascending
};

}  // namespace rivero::bwe
