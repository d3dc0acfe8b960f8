// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "bwe/acknowledged_rate.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace rivero::bwe {
namespace {

constexpr Duration kFirstWindow = 500ms;
constexpr Duration kWindow = 150ms;
constexpr double kUncertainty = 10;         // of a sample, relative to how far it is off ...
constexpr double kUncertaintyLimited = 20;  // ... and while there is little to send
constexpr double kDrift = 5;                // variance that time adds, in (kbit/s)^2

}  // namespace

void AcknowledgedRate::on_packet(Duration received, std::size_t bytes) {
    if (last_ && received < *last_ - kFirstWindow) {  // the clock was set back
        window_begin_.reset();
        window_bytes_ = 0;
    }
    last_ = received;
    if (!window_begin_) window_begin_ = received;
    const Duration window = estimate_ ? kWindow : kFirstWindow;
    const Duration elapsed = received - *window_begin_;
    if (elapsed >= window) {
        add_sample(window_bytes_ * 8 / std::chrono::duration<double>(elapsed).count());
        window_begin_ = received;
        window_bytes_ = 0;
    }
    window_bytes_ += static_cast<double>(bytes);
}

void AcknowledgedRate::add_sample(double bps) {
    if (!estimate_) {
        estimate_ = bps;
        return;
    }
    const double sample = bps / 1000, estimate = *estimate_ / 1000;
    const double off =
        estimate > 0 ? std::abs(estimate - sample) / (estimate + std::min(estimate, sample)) : 1;
    const double uncertainty =
        (limited_ && sample < estimate ? kUncertaintyLimited : kUncertainty) * off;
    const double sample_variance = uncertainty * uncertainty;
    const double predicted = variance_ + kDrift;
    estimate_ =
        1000 * (sample_variance * estimate + predicted * sample) / (sample_variance + predicted);
    variance_ = sample_variance * predicted / (sample_variance + predicted);
}

}  // namespace rivero::bwe
