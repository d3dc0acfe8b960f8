// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "remb_estimator.hpp"

#include <algorithm>
#include <cmath>

namespace rivero::webrtc {
namespace {

/// So that the queue before it can run off.
constexpr double kPartOfLink = 0.85;

}  // namespace

double RembEstimator::smoothed_loss() const {
    std::int64_t lost = 0;
    for (const Losses& losses : intervals_) lost += losses.lost;
    return packets_ > 0 ? 256.0 * static_cast<double>(lost) / static_cast<double>(packets_) : 0;
}

Bitrate RembEstimator::update(const Interval& interval) {
    const auto [bps, packets, lost, time, by_delay, link] = interval;
    if (packets > 0) {
        intervals_.push_back({packets, std::clamp<std::int64_t>(lost, 0, packets)});
        packets_ += packets;
        while (intervals_.size() > 1 &&
               packets_ - intervals_.front().packets >= settings_.packets_per_interval) {
            packets_ -= intervals_.front().packets;
            intervals_.pop_front();
        }
    }
    best_ = std::max(best_, bps);
    const double base = std::max(estimate_, best_);
    const double loss = smoothed_loss();
    if (loss <= 0) {
        const double steps = std::chrono::duration<double>(time) / kStep;
        const double grown = threshold_ < 0 || base < threshold_
                                 ? base * std::pow(1 + settings_.exponential_factor, steps)
                                 : base + lineal_factor_ * steps;
        // A sender that does not use what it has tells nothing about what would be too much.
        estimate_ = std::max(estimate_, std::min(grown, 2 * best_));
    } else {
        const double safe = base * settings_.threshold_factor;
        lineal_factor_ =
            std::max(settings_.lineal_factor_min, (base - safe) / settings_.lineal_factor_grade);
        threshold_ = safe;
        if (loss < settings_.up_losses) {
            if (best_ > 0) estimate_ = std::min(estimate_, best_);
        } else {
            estimate_ = (best_ > 0 ? std::min(base, 2 * best_) : base) * settings_.decrement_factor;
            best_ = 0;
            intervals_.clear();
            packets_ = 0;
        }
        if (by_delay) {
            const double carried = link ? kPartOfLink * static_cast<double>(link->bps) : bps;
            const auto most = static_cast<double>(by_delay->bps);
            estimate_ = std::max(estimate_, std::min({carried, most, base}));
        }
    }
    estimate_ = std::max<double>(estimate_, kLeast);
    return estimate();
}

}  // namespace rivero::webrtc
