// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/clock.hpp"

#include <cstddef>
#include <optional>

namespace rivero::bwe {

/// How much arrives per second, from the times of arrival. Follows steps up and down within a few
/// windows and ignores a single burst (a Bayesian filter: the further a sample is off, the less it
/// counts).
class AcknowledgedRate {
public:
    /// Packets in the order of their arrival.
    void on_packet(Duration received, std::size_t bytes);
    /// The sender had little to send: samples tell less.
    void set_application_limited(bool limited) { limited_ = limited; }
    /// bit/s; empty until the first window is full.
    [[nodiscard]] std::optional<double> bps() const { return estimate_; }

private:
    void add_sample(double bps);

    bool limited_ = false;
    std::optional<Duration> window_begin_, last_;
    double window_bytes_ = 0;
    std::optional<double> estimate_;
    double variance_ = 50;
};

}  // namespace rivero::bwe
