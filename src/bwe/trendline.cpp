// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "bwe/trendline.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace rivero::bwe {
namespace {

constexpr std::size_t kWindow = 20;
constexpr double kSmoothing = 0.9;
constexpr double kGain = 4.0;
constexpr int kMaxDeltas = 60;
constexpr double kOverTimeMs = 10;
// Up slowly, down fast would be unstable against loss-based flows; these are section 5.4's "K_u"
// and "K_d" as tuned since.
constexpr double kUp = 0.0087;
constexpr double kDown = 0.039;
constexpr double kMaxAdaptOffsetMs = 15;
constexpr double kMinThreshold = 6, kMaxThreshold = 600;

double ms(Duration d) {
    return std::chrono::duration<double, std::milli>(d).count();
}

}  // namespace

std::optional<double> Trendline::slope() const {
    double x = 0, y = 0;
    for (auto& s : samples_) {
        x += s.arrived_ms;
        y += s.delay_ms;
    }
    x /= static_cast<double>(samples_.size());
    y /= static_cast<double>(samples_.size());
    double numerator = 0, denominator = 0;
    for (auto& s : samples_) {
        numerator += (s.arrived_ms - x) * (s.delay_ms - y);
        denominator += (s.arrived_ms - x) * (s.arrived_ms - x);
    }
    if (denominator == 0) return std::nullopt;
    return numerator / denominator;
}

void Trendline::update(Duration sent_delta, Duration received_delta, Duration arrived) {
    if (!first_arrived_) first_arrived_ = arrived;
    const double now_ms = ms(arrived - *first_arrived_);
    deltas_ = std::min(deltas_ + 1, 1000);
    accumulated_ms_ += ms(received_delta) - ms(sent_delta);
    smoothed_ms_ = kSmoothing * smoothed_ms_ + (1 - kSmoothing) * accumulated_ms_;
    samples_.push_back({now_ms, smoothed_ms_});
    if (samples_.size() > kWindow) samples_.erase(samples_.begin());
    double trend = previous_trend_;
    if (samples_.size() == kWindow) trend = slope().value_or(trend);
    detect(trend, ms(sent_delta), now_ms);
}

void Trendline::detect(double trend, double sent_delta_ms, double now_ms) {
    if (deltas_ < 2) return;
    const double modified = std::min(deltas_, kMaxDeltas) * trend * kGain;
    if (modified > threshold_) {
        over_ms_ = over_ms_ < 0 ? sent_delta_ms / 2 : over_ms_ + sent_delta_ms;
        ++over_count_;
        if (over_ms_ > kOverTimeMs && over_count_ > 1 && trend >= previous_trend_) {
            over_ms_ = 0;
            over_count_ = 0;
            usage_ = Usage::over;
        }
    } else {
        over_ms_ = -1;
        over_count_ = 0;
        usage_ = modified < -threshold_ ? Usage::under : Usage::normal;
    }
    previous_trend_ = trend;
    adapt(modified, now_ms);
}

void Trendline::adapt(double modified, double now_ms) {
    const double elapsed = std::min(now_ms - adapted_at_ms_.value_or(now_ms), 100.0);
    adapted_at_ms_ = now_ms;
    const double size = std::abs(modified);
    if (size > threshold_ + kMaxAdaptOffsetMs)
        return;  // a spike, e.g. a route change, teaches nothing
    const double k = size < threshold_ ? kDown : kUp;
    threshold_ =
        std::clamp(threshold_ + k * (size - threshold_) * elapsed, kMinThreshold, kMaxThreshold);
}

}  // namespace rivero::bwe
