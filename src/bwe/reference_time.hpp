// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/clock.hpp"
#include "rivero/rtcp/packets.hpp"

#include <cstdint>
#include <cstdlib>
#include <optional>

namespace rivero::bwe {

/// The reference times of a peer's transport-wide feedback as one time that goes on: 24 bits that
/// wrap, each taken as the nearest to the one before it.
/// draft-holmer-rmcat-transport-wide-cc-extensions-01 section 3.1.
class ReferenceTime {
public:
    /// @return on a clock of the peer's
    Duration unwrap(const rtcp::TransportFeedback& feedback) {
        const std::int64_t before = units_.value_or(feedback.reference_time);
        const std::int64_t step =
            ((feedback.reference_time - before + kWrap / 2) & (kWrap - 1)) - kWrap / 2;
        units_ = before + step;
        // As if the clock had been set: no real one gets there within a century, and a Duration
        // holds more only a few times.
        if (std::abs(*units_) > kMost) units_ = 0;
        return *units_ * Duration{rtcp::TransportFeedback::kReferenceUnit};
    }

private:
    static constexpr std::int64_t kWrap = std::int64_t{1} << 24;
    static constexpr std::int64_t kMost = std::int64_t{1} << 34;
    std::optional<std::int64_t> units_;
};

}  // namespace rivero::bwe
