// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "bwe/bottleneck.hpp"

#include <algorithm>
#include <array>
#include <chrono>

namespace rivero::bwe {
namespace {

constexpr Duration kLeastWindow = 5s;
constexpr Duration kRecentWindow = 250ms;
constexpr Duration kClear = 2ms;    // nearer than this says nothing, clocks are not that exact
constexpr Duration kFull = 150ms;   // a measurement is complete ...
constexpr Duration kEnough = 60ms;  // ... or good enough when the queue ends
constexpr int kPackets = 5;
constexpr std::size_t kSamples = 5;
/// A receiver that did not come to read makes one long gap, and much that seems to come at once:
/// when one of them is more than this part of a measurement, that tells of the receiver.
constexpr double kIrregular = 0.4;
constexpr Duration kAtOnce = 1ms;
constexpr Duration kValid = 10s;  // probes come more often while more is wanted
constexpr Duration kClockStep = 3s;

}  // namespace

void Bottleneck::Least::add(Time sent, Duration delay, Duration window) {
    if (sent - since > window) {
        before = sent - since > 2 * window ? Duration::max() : current;
        current = delay;
        since = sent;
    }
    current = std::min(current, delay);
}

bool Bottleneck::measure(Time sent, Duration least_time) {
    const Duration time = *last_received_ - begin_;
    if (time < least_time || packets_ < kPackets) return false;
    if (static_cast<double>(longest_gap_.count()) >
            kIrregular * static_cast<double>(time.count()) ||
        static_cast<double>(most_at_once_) > kIrregular * static_cast<double>(bytes_))
        return true;
    if (samples_.size() >= kSamples) samples_.erase(samples_.begin());
    samples_.push_back(
        {sent, static_cast<double>(bytes_) * 8 / std::chrono::duration<double>(time).count()});
    return true;
}

void Bottleneck::on_packet(Time sent, Duration received, std::size_t bytes) {
    const Duration delay = received - sent.time_since_epoch();
    if (last_received_ &&
        (*last_received_ - received > kClockStep || delay - least_.get() > kClockStep))
        *this = {};
    least_.add(sent, delay, kLeastWindow);
    recent_.add(sent, delay, kRecentWindow);
    if (!last_received_) last_received_ = received;
    if (received < *last_received_) return;  // told about too late
    // Without a queue it would have come then.
    const Duration due = sent.time_since_epoch() + least_.get();
    const bool queued = due + kClear < *last_received_;
    if (!queued) measure(sent, kEnough);
    const Duration gap = received - *last_received_;
    last_received_ = received;
    if (!queued) {
        begin(received);
        return;
    }
    bytes_ += bytes;
    ++packets_;
    longest_gap_ = std::max(longest_gap_, gap);
    at_once_ = gap > kAtOnce ? bytes : at_once_ + bytes;
    most_at_once_ = std::max(most_at_once_, at_once_);
    if (measure(sent, kFull)) begin(received);
}

void Bottleneck::begin(Duration received) {
    begin_ = received;
    bytes_ = 0;
    packets_ = 0;
    longest_gap_ = {};
    at_once_ = most_at_once_ = 0;
}

std::optional<double> Bottleneck::bps(Time now) const {
    std::array<double, kSamples> valid{};
    std::size_t count = 0;
    for (const auto& sample : samples_)
        if (now - sample.at <= kValid) valid[count++] = sample.bps;
    if (count == 0) return std::nullopt;
    // The middle one: a receiver that was busy while one was taken is no narrow link.
    const auto middle = valid.begin() + static_cast<std::ptrdiff_t>(count / 2);
    std::nth_element(valid.begin(), middle, valid.begin() + static_cast<std::ptrdiff_t>(count));
    return *middle;
}

Duration Bottleneck::standing() const {
    return last_received_ ? recent_.get() - least_.get() : Duration{};
}

}  // namespace rivero::bwe
