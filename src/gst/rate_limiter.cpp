// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/gst/rate_limiter.hpp"

#include <algorithm>

namespace rivero::gst {

bool RateLimiter::admit(Time pts) {
    // A jump of the time stamps, back or far ahead, starts the schedule anew.
    if (!next_ || pts + 2 * interval_ < *next_) next_ = pts;
    // Cameras are not punctual: a frame that comes a quarter early still counts as this one.
    if (pts + interval_ / 4 < *next_) return false;
    // From the schedule, not from this frame, so that early ones do not raise the rate; after a
    // pause no burst.
    next_ = std::max(*next_ + interval_, pts + interval_ / 4);
    return true;
}

}  // namespace rivero::gst
