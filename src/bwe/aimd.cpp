// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "bwe/aimd.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace rivero::bwe {
namespace {

constexpr double kBeta = 0.85;  // section 5.5, between 0.8 and 0.95
constexpr double kLimitedBeta = 0.75;
constexpr double kGrowthPerSecond = 1.08;
constexpr double kHeadroom =
    1.5;  // never more than this times what arrives: untested rates mean nothing
constexpr double kHeadroomBps = 10'000;
constexpr double kPacketBits = 1200 * 8;

double seconds(Duration d) {
    return std::chrono::duration<double>(d).count();
}

}  // namespace

void Aimd::Capacity::on_overuse(double acknowledged_bps) {
    constexpr double kAlpha = 0.05;
    const double sample = acknowledged_bps / 1000;
    kbps = kbps ? (1 - kAlpha) * *kbps + kAlpha * sample : sample;
    const double error = *kbps - sample;
    variance = (1 - kAlpha) * variance + kAlpha * error * error / std::max(*kbps, 1.0);
    variance = std::clamp(variance, 0.4, 2.5);
}

double Aimd::Capacity::deviation() const {
    return std::sqrt(variance * *kbps);
}
bool Aimd::Capacity::below(double bps) const {
    return kbps && bps / 1000 > *kbps + 3 * deviation();
}
bool Aimd::Capacity::above(double bps) const {
    return kbps && bps / 1000 < *kbps - 3 * deviation();
}

double Aimd::multiplicative(Duration elapsed) const {
    return std::max(rate_ * (std::pow(kGrowthPerSecond, std::min(seconds(elapsed), 1.0)) - 1),
                    1000.0);
}

double Aimd::additive(Duration elapsed) const {
    // About one packet per response time; a frame every 30 ms is assumed.
    const double packets_per_frame = std::max(std::ceil(rate_ * 0.030 / kPacketBits), 1.0);
    const double average_packet = rate_ * 0.030 / packets_per_frame;
    const double response = seconds(rtt_ + 100ms);
    return std::max(4000.0, average_packet / response) * seconds(elapsed);
}

bool Aimd::may_decrease(Time now, double acknowledged) const {
    if (!decreased_) return true;
    if (now - *decreased_ >= std::clamp<Duration>(rtt_, 10ms, 200ms)) return true;
    return acknowledged < 0.5 * rate_;
}

double Aimd::update(Time now, Usage usage, std::optional<double> acknowledged,
                    bool application_limited) {
    switch (usage) {
        case Usage::over:
            state_ = State::decrease;
            break;
        case Usage::under:
            state_ = State::hold;
            break;
        case Usage::normal:
            if (state_ == State::hold) {
                state_ = State::increase;
                changed_ = now;
            }
            break;
    }
    const double arrives = acknowledged.value_or(rate_);
    switch (state_) {
        case State::hold:
            break;
        case State::increase: {
            if (capacity_.below(arrives)) capacity_.reset();
            const Duration elapsed = changed_ ? now - *changed_ : Duration{};
            changed_ = now;
            if (application_limited) break;
            const double limit = kHeadroom * arrives + kHeadroomBps;
            if (rate_ >= limit) break;
            rate_ = std::min(rate_ + (capacity_.kbps ? additive(elapsed) : multiplicative(elapsed)),
                             limit);
            break;
        }
        case State::decrease: {
            double lower = kBeta * arrives;
            // Who sends little sees little arrive, whatever the link could carry: what came to be
            // believed of it is taken back step by step, and not at once because of a receiver that
            // was busy for a moment.
            if (application_limited) lower = std::max(lower, kLimitedBeta * rate_);
            // More arrives than the rate says (a burst): the link's capacity as it was seen is the
            // better guide.
            if (lower > rate_ && capacity_.kbps) lower = kBeta * *capacity_.kbps * 1000;
            rate_ = std::min(rate_, lower);
            if (capacity_.above(arrives)) capacity_.reset();
            capacity_.on_overuse(arrives);
            state_ = State::hold;
            changed_ = decreased_ = now;
            break;
        }
    }
    rate_ = std::clamp(rate_, min_, std::max(min_, max_));
    return rate_;
}

void Aimd::set_rate(Time now, double bps) {
    rate_ = std::clamp(bps, min_, std::max(min_, max_));
    changed_ = now;
}

}  // namespace rivero::bwe
