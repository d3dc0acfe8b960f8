// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/clock.hpp"

#include <optional>

namespace rivero::gst {

/// Chooses which frames of a stream go on so that there are at most so many in a second. Even when
/// the limit does not divide the rate: 30 into 20 takes two of three.
class RateLimiter {
public:
    explicit RateLimiter(double frames_per_second)
        : interval_{std::chrono::duration_cast<Duration>(
              std::chrono::duration<double>{1 / frames_per_second})} {}

    [[nodiscard]] bool admit(Time pts);

private:
    Duration interval_;
    std::optional<Time> next_;
};

}  // namespace rivero::gst
