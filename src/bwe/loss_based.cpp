// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "bwe/loss_based.hpp"

#include <algorithm>

namespace rivero::bwe {
namespace {

constexpr int kMinPackets = 20;     // fewer say nothing about a fraction ...
constexpr Duration kMaxRound = 1s;  // ... but waiting longer would be blind
constexpr double kLow = 0.02, kHigh = 0.10;
constexpr Duration kDecreaseInterval = 300ms;  // plus the round trip: the effect has to show first
constexpr Duration kFloorWindow = 1s;

}  // namespace

void LossBased::on_feedback(Time now, int lost, int total) {
    if (!since_) since_ = now;
    lost_ += lost;
    total_ += total;
    if (total_ < kMinPackets && (now - *since_ < kMaxRound || total_ == 0)) return;
    // Turned up after all: told about in the round before.
    loss_ = std::clamp(static_cast<double>(lost_) / std::max(total_, 1), 0.0, 1.0);
    fresh_ = true;
    lost_ = total_ = 0;
    since_ = now;
}

double LossBased::update(Time now, double delay_based) {
    while (!floors_.empty() && now - floors_.front().at > kFloorWindow)
        floors_.erase(floors_.begin());
    while (!floors_.empty() && floors_.back().bps >= rate_) floors_.pop_back();
    floors_.push_back({now, rate_});
    if (fresh_) {
        if (loss_ <= kLow) {
            // At most 8 % per second, whatever the number of feedbacks.
            rate_ = std::max(rate_, floors_.front().bps * 1.08 + 1000);
            fresh_ = false;
        } else if (loss_ > kHigh) {
            if (!decreased_ || now - *decreased_ >= kDecreaseInterval + rtt_) {
                rate_ *= 1 - 0.5 * loss_;
                decreased_ = now;
                fresh_ = false;
            }
        } else {
            fresh_ = false;
        }
    }
    rate_ = std::max(std::min(rate_, delay_based), min_);
    return rate_;
}

}  // namespace rivero::bwe
