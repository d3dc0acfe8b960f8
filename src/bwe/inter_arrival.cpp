// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "bwe/inter_arrival.hpp"

#include <algorithm>

namespace rivero::bwe {
namespace {

constexpr Duration kGroup = 5ms;  // sent within this: one group
constexpr Duration kBurst = 5ms;  // received within this after another ...
constexpr Duration kMaxBurst =
    100ms;  // ... for so long: held up together somewhere, one group, too
constexpr Duration kClockStep =
    3s;  // more than the sender's clock by this: the receiver's clock was set
constexpr int kMaxReordered = 3;

}  // namespace

bool InterArrival::belongs(Time sent, Duration received) const {
    if (sent - current_->first_sent <= kGroup) return true;
    const Duration gap = received - current_->last_received;
    const bool closer_than_sent = gap < sent - current_->last_sent;
    return closer_than_sent && gap <= kBurst && received - current_->first_received < kMaxBurst;
}

std::optional<InterArrival::Delta> InterArrival::on_packet(Time sent, Duration received) {
    if (!current_) {
        current_ = Group{sent, sent, received, received};
        return std::nullopt;
    }
    if (sent < current_->first_sent) return std::nullopt;  // overtaken by a later group
    if (belongs(sent, received)) {
        current_->last_sent = std::max(current_->last_sent, sent);
        current_->last_received = std::max(current_->last_received, received);
        return std::nullopt;
    }
    std::optional<Delta> delta;
    if (previous_) {
        delta = Delta{current_->last_sent - previous_->last_sent,
                      current_->last_received - previous_->last_received};
        if (delta->received - delta->sent > kClockStep) {
            reset();
            return std::nullopt;
        }
        if (delta->received < Duration{}) {
            // Groups that overtake each other: once is reordering, more is a clock that was set
            // back.
            if (++reordered_ >= kMaxReordered) reset();
            return std::nullopt;
        }
        reordered_ = 0;
    }
    previous_ = current_;
    current_ = Group{sent, sent, received, received};
    return delta;
}

void InterArrival::reset() {
    current_.reset();
    previous_.reset();
    reordered_ = 0;
}

}  // namespace rivero::bwe
