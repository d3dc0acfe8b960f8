// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/clock.hpp"

#include <chrono>
#include <cstdint>

namespace rivero::rtp {

/// A duration in units of a clock rate, towards zero. Seconds and their fraction apart, so that
/// years do not overflow.
[[nodiscard]] constexpr std::int64_t to_ticks(Duration duration, int clock_rate) {
    const auto whole = std::chrono::duration_cast<std::chrono::seconds>(duration);
    const auto fraction = std::chrono::duration_cast<std::chrono::nanoseconds>(duration - whole);
    return whole.count() * clock_rate + fraction.count() * clock_rate / 1'000'000'000;
}

/// The time that so many units of a clock rate take.
[[nodiscard]] constexpr Duration from_ticks(std::int64_t ticks, int clock_rate) {
    const std::int64_t whole = ticks / clock_rate;
    const std::int64_t rest = ticks % clock_rate;
    return std::chrono::seconds{whole} +
           std::chrono::nanoseconds{rest * 1'000'000'000 / clock_rate};
}

}  // namespace rivero::rtp
