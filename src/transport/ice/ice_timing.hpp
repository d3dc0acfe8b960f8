// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/clock.hpp"

#include <algorithm>

namespace rivero::transport {

/// How often a request is sent before it counts as not answered: Rc, RFC 8489 section 6.2.1.
inline constexpr int kMaxSends = 7;

/// The time until a request that was sent so often is sent again.
inline Duration retransmit_after(int sends) {
    constexpr Duration kFirst = 500ms;
    // The sum matters to the user: a pair is given up after ten seconds, not forty.
    constexpr Duration kMost = 2s;
    Duration interval = kFirst;
    for (int i = 1; i < sends && interval < kMost; ++i) interval *= 2;
    return std::min(interval, kMost);
}

}  // namespace rivero::transport
