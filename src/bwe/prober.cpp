// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "bwe/prober.hpp"

#include <algorithm>
#include <chrono>

namespace rivero::bwe {
namespace {

constexpr Duration kProbeTime = 15ms;
constexpr int kMinPackets = 5;
constexpr Duration kResultTimeout = 1s;
constexpr double kGoOn =
    0.7;  // a probe that found this part of its rate is followed by a higher one
constexpr double kStep = 2.0;
constexpr double kFirst = 3.0, kSecond = 6.0;
constexpr Duration kMinInterval = 1500ms, kMaxInterval = 3s;
constexpr Duration kAfterCongestion = 1500ms;
constexpr std::size_t kKept = 16;
constexpr double kSuccess = 1.2;

}  // namespace

void Prober::start(Time now, double estimate) {
    if (started_) return;
    started_ = true;
    planned_ = {kFirst * estimate, kSecond * estimate};
    next_ = now + kMinInterval;
}

void Prober::set_wanted(double bps) {
    // Much more than before: whether there is room for it is worth an early look.
    if (started_ && bps > kStep * wanted_) {
        interval_ = kMinInterval;
        next_ = Time::min();
    }
    wanted_ = bps;
}

void Prober::on_congestion(Time now) {
    congested_ = now;
    planned_.clear();
}

const Probe& Prober::make(double bps) {
    const auto bytes =
        static_cast<std::size_t>(bps / 8 * std::chrono::duration<double>(kProbeTime).count());
    sent_.push_back({++last_id_, bps, bytes, kMinPackets});
    if (sent_.size() > kKept) sent_.erase(sent_.begin());
    return sent_.back();
}

const Probe* Prober::find(int id) const {
    for (auto& probe : sent_)
        if (probe.id == id) return &probe;
    return nullptr;
}

void Prober::on_result(Time now, const Probe& probe, double measured) {
    if (probe.id != last_id_ || !awaiting_) return;
    awaiting_.reset();
    if (measured > kGoOn * probe.bps && probe.bps < ceiling() &&
        (!congested_ || now - *congested_ > kAfterCongestion)) {
        planned_ = {kStep * measured};
        interval_ = kMinInterval;
    }
}

std::optional<Probe> Prober::poll(Time now, double estimate) {
    if (!started_) return std::nullopt;
    if (awaiting_ && now - *awaiting_ > kResultTimeout) awaiting_.reset();
    while (!planned_.empty()) {
        const double bps = std::min(planned_.front(), ceiling());
        planned_.erase(planned_.begin());
        if (estimate >= wanted_ || bps < kSuccess * estimate) continue;
        awaiting_ = now;
        next_ = now + interval_;
        return make(bps);
    }
    if (awaiting_ || estimate >= wanted_ || now < *next_) return std::nullopt;
    if (congested_ && now - *congested_ < kAfterCongestion) return std::nullopt;
    // Each that finds nothing makes the next one wait longer; on_result() shortens it again.
    interval_ = std::min<Duration>(interval_ * 3 / 2, kMaxInterval);
    next_ = now + interval_;
    awaiting_ = now;
    return make(std::min(kStep * estimate, std::max(ceiling(), kSuccess * estimate)));
}

}  // namespace rivero::bwe
