// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/rtp/nack_generator.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

namespace rivero::rtp {

namespace {

/// Each time it waits longer than the time before: eight tries at ten milliseconds would not
/// outlive the outage of a tenth of a second.
constexpr double kBackOff = 1.25;

}  // namespace

NackGenerator::NackGenerator(Duration rtt, const Settings& settings) : settings_{settings} {
    set_rtt(rtt);
}

void NackGenerator::set_rtt(Duration rtt) {
    // Below 10 ms (a local network) we would only ask twice for what is on its way; above one
    // second the measurement is hardly right, and waiting for it would be no use.
    interval_ = std::clamp<Duration>(rtt, 10ms, 1s);
}

void NackGenerator::on_packet(Time now, ExtSeqNum seq) {
    if (!highest_) {
        highest_ = seq.value;
        return;
    }
    if (seq.value <= *highest_) {
        const auto it = std::lower_bound(
            missing_.begin(), missing_.end(), seq.value,
            [](const Missing& missing, std::int64_t wanted) { return missing.seq < wanted; });
        if (it != missing_.end() && it->seq == seq.value) missing_.erase(it);
        if (missing_.empty()) next_.reset();
        return;
    }
    const std::int64_t first = std::exchange(highest_, seq.value).value() + 1;
    const auto gap = static_cast<std::uint64_t>(seq.value - first);
    if (missing_.size() + gap > settings_.max_missing) {
        missing_.clear();
        next_.reset();
        gave_up_ = true;
        return;
    }
    if (gap == 0) return;
    const Time due = now + settings_.reordering;
    for (std::int64_t lost = first; lost < seq.value; ++lost) missing_.push_back({lost, now, due});
    next_ = std::min(next_.value_or(due), due);
}

void NackGenerator::on_keyframe(ExtSeqNum first) {
    std::erase_if(missing_, [&](const Missing& missing) { return missing.seq < first.value; });
    if (missing_.empty()) next_.reset();
    // What was given up is before it as well, unless it has not been told yet; then the key frame
    // is the answer.
    gave_up_ = false;
}

void NackGenerator::reset() {
    missing_.clear();
    next_.reset();
    highest_.reset();
    gave_up_ = false;
}

std::vector<SeqNum> NackGenerator::poll(Time now) {
    const auto given_up = std::erase_if(missing_, [&](const Missing& missing) {
        return missing.due <= now &&
               (missing.tries >= settings_.max_tries || now - missing.noticed >= settings_.max_age);
    });
    if (given_up > 0) gave_up_ = true;

    std::vector<SeqNum> asked;
    for (auto& missing : missing_) {
        if (asked.size() == settings_.max_per_poll) break;
        if (missing.due > now) continue;
        asked.emplace_back(static_cast<std::uint16_t>(missing.seq));
        missing.due = now + std::chrono::duration_cast<Duration>(
                                interval_ * std::pow(kBackOff, missing.tries++));
    }
    requested_ += asked.size();
    const auto next =
        std::min_element(missing_.begin(), missing_.end(),
                         [](const Missing& a, const Missing& b) { return a.due < b.due; });
    next_ = next == missing_.end() ? std::nullopt : std::optional{next->due};
    return asked;
}

bool NackGenerator::take_gave_up() {
    return std::exchange(gave_up_, false);
}

}  // namespace rivero::rtp
