// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/clock.hpp"
#include "rivero/base/units.hpp"

#include <cstdint>
#include <optional>

namespace rivero::bwe {

/// How fast a pacer lets go: faster than the estimate, so that a picture is not late by as long as
/// it takes to send at the average rate. That is right while what is to be sent fits on the whole.
/// When it does not, because the source cannot be slowed down for this receiver, the pacer is
/// never empty, and its rate is what is sent: more than the estimate would then fill the link's own
/// queue, and lose sound with the pictures there.
class PacingRate {
public:
    static constexpr double kFactor = 2.5;
    /// After something was left out: long enough to see the next key frame through.
    static constexpr Duration kOverfull = 10s;

    /// There was no room for something that was to be sent.
    void left_out(Time now) { left_out_ = now; }
    [[nodiscard]] Bitrate at(Time now, Bitrate estimate) const {
        if (left_out_ && now - *left_out_ < kOverfull) return estimate;
        return Bitrate{static_cast<std::int64_t>(kFactor * static_cast<double>(estimate.bps))};
    }

private:
    std::optional<Time> left_out_;
};

}  // namespace rivero::bwe
