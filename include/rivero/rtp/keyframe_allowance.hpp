// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/clock.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>

namespace rivero::rtp {

/// How many key frames one receiver may ask a sender for that others watch, too: each takes from
/// the picture of all of them. A receiver that loses its way now and then has what it asks for at
/// once; one that does so all the time gets its key frames, but no more than one a second.
class KeyframeAllowance {
public:
    struct Settings {
        double burst = 6;
        Duration each = 1s;
    };

    KeyframeAllowance() : KeyframeAllowance{Settings{}} {}
    explicit KeyframeAllowance(const Settings& settings)
        : settings_{settings}, left_{settings.burst} {}

    /// The receiver asks (PLI, FIR).
    /// @param given key frames that came for it so far: while there is no new one it asks for the
    /// same again, and that costs nothing
    /// @return whether to pass it on; a receiver that goes without asks again
    [[nodiscard]] bool ask(Time now, std::uint64_t given) {
        if (granted_ == given) return true;
        left_ =
            std::min(settings_.burst, left_ + std::chrono::duration<double>(now - counted_) /
                                                  std::chrono::duration<double>(settings_.each));
        counted_ = now;
        if (left_ < 1) return false;
        --left_;
        granted_ = given;
        return true;
    }

private:
    Settings settings_;
    double left_;
    Time counted_{};
    std::optional<std::uint64_t> granted_;  ///< how many it had been given when it asked last
};

}  // namespace rivero::rtp
