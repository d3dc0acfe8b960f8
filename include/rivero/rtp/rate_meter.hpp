// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/clock.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace rivero::rtp {

/// What a counter gains in a second, measured between the ticks of a timer about a second apart.
class RateMeter {
public:
    void on_tick(Time now, std::uint64_t counter) {
        if (at_ && now > *at_)
            per_second_ = static_cast<double>(counter - before_) /
                          std::chrono::duration<double>(now - *at_).count();
        at_ = now;
        before_ = counter;
    }
    /// Nothing before the second tick.
    [[nodiscard]] std::optional<double> per_second() const { return per_second_; }

private:
    std::optional<Time> at_;
    std::uint64_t before_ = 0;
    std::optional<double> per_second_;
};

}  // namespace rivero::rtp
