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
constexpr double kDrainBeta = 0.7;  // a long queue is to go within a second or two
constexpr Duration kQueueToDrain = 200ms;
constexpr Duration kQueueToWaitFor = 100ms;  // before more is tried
constexpr double kGrowthPerSecond = 1.08;
/// Back to what the link was seen to carry: that need not be found out again.
constexpr double kRecoveryPerSecond = 1.5;
constexpr double kHeadroom =
    1.5;  // never more than this times what arrives: untested rates mean nothing
constexpr double kHeadroomBps = 10'000;
/// What a link was seen to carry is not exact, and a little more may be tried: else it is never
/// found out that there is more.
constexpr double kBeyondBottleneck = 1.15;
/// A rate above that comes down without haste: one measurement may be wrong, and no queue stands.
constexpr Duration kDescent = 2s;
/// A rate so far below what the link carries does not make a queue grow: a burst did.
constexpr double kWithinBottleneck = 0.9;
constexpr Duration kMaxBurst = 500ms;  // ... unless it goes on for longer
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
                    bool application_limited, const Link& link) {
    if (usage != Usage::over) over_since_.reset();
    const double arrives = acknowledged.value_or(rate_);
    switch (usage) {
        case Usage::over:
            if (!over_since_) over_since_ = now;
            decrease(now, arrives, application_limited, link);
            state_ = State::hold;
            break;
        case Usage::under:
            state_ = State::hold;
            break;
        case Usage::normal:
            if (state_ == State::hold) {
                state_ = State::increase;
                changed_ = now;
            }
            increase(now, arrives, application_limited, link);
            break;
    }
    rate_ = std::clamp(rate_, min_, std::max(min_, max_));
    return rate_;
}

void Aimd::increase(Time now, double arrives, bool application_limited, const Link& link) {
    if (capacity_.below(arrives)) capacity_.reset();
    const Duration elapsed = changed_ ? now - *changed_ : Duration{};
    changed_ = now;
    const double most = link.bps ? kBeyondBottleneck * *link.bps : max_;
    if (rate_ > most && arrives < *link.bps) {
        rate_ -= (rate_ - most) * std::min(seconds(elapsed) / seconds(kDescent), 1.0);
        return;
    }
    if (application_limited || link.standing > kQueueToWaitFor) return;
    const double limit =
        std::min(kHeadroom * arrives + kHeadroomBps, std::max(most, arrives + kHeadroomBps));
    if (rate_ >= limit) return;
    if (link.bps && rate_ < kBeta * *link.bps) {
        const double risen =
            std::max(rate_ * std::pow(kRecoveryPerSecond, std::min(seconds(elapsed), 1.0)),
                     rate_ + (capacity_.kbps ? 0 : multiplicative(elapsed)));
        rate_ = std::min({risen, kBeta * *link.bps, limit});
        return;
    }
    rate_ = std::min(rate_ + (capacity_.kbps ? additive(elapsed) : multiplicative(elapsed)), limit);
}

void Aimd::decrease(Time now, double arrives, bool application_limited, const Link& link) {
    // Who sends little sees little arrive, whatever the link could carry.
    const bool standing = link.standing > kQueueToDrain;
    if (link.bps) {
        if (rate_ < kWithinBottleneck * *link.bps && !standing && now - *over_since_ < kMaxBurst)
            return;
        arrives = std::max(arrives, std::min(*link.bps, rate_));
    }
    double lower = (standing ? kDrainBeta : kBeta) * arrives;
    // What came to be believed of the link is taken back step by step, and not at once because of a
    // receiver that was busy for a moment.
    if (application_limited) lower = std::max(lower, kLimitedBeta * rate_);
    // More arrives than the rate says (a burst): the link's capacity as it was seen is the better
    // guide.
    if (lower > rate_ && capacity_.kbps) lower = kBeta * *capacity_.kbps * 1000;
    rate_ = std::min(rate_, lower);
    if (capacity_.above(arrives)) capacity_.reset();
    capacity_.on_overuse(arrives);
    changed_ = decreased_ = now;
}

void Aimd::set_rate(Time now, double bps) {
    rate_ = std::clamp(bps, min_, std::max(min_, max_));
    changed_ = now;
}

}  // namespace rivero::bwe
