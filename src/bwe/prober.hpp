// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bwe/probe_estimator.hpp"
#include "rivero/base/clock.hpp"

#include <optional>
#include <vector>

namespace rivero::bwe {

/// Decides when to probe and how high. At the beginning, to find the rate within a few round trips;
/// later whenever more is wanted than the estimate gives: a sender that sends less than the
/// estimate (application limited) learns nothing otherwise, and neither does one after a bottleneck
/// has gone.
class Prober {
public:
    /// Media is about to flow for the first time.
    void start(Time now, double estimate);
    /// @param wanted bit/s that could be used; no probe goes above it by much, and none is sent
    /// while the estimate is above
    void set_wanted(double bps);
    /// The delay says that the link is full, or loss does.
    void on_congestion(Time now);
    void on_result(Time now, const Probe& probe, double measured);
    /// A probe whose time has come. @param estimate bit/s now
    [[nodiscard]] std::optional<Probe> poll(Time now, double estimate);
    /// A probe that was sent lately.
    [[nodiscard]] const Probe* find(int id) const;

private:
    [[nodiscard]] const Probe& make(double bps);
    [[nodiscard]] double ceiling() const { return wanted_ * 1.2; }

    int last_id_ = 0;
    double wanted_ = 0;
    bool started_ = false;
    std::vector<double> planned_;  ///< bit/s
    std::vector<Probe> sent_;
    std::optional<Time> awaiting_;  ///< since when the result of the last is awaited
    std::optional<Time> next_;
    Duration interval_ = 1500ms;
    std::optional<Time> congested_;
};

}  // namespace rivero::bwe
