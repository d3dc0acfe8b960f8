// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/clock.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace rivero::rtp {

/// Counts the times at which a picture stood still, from the instants at which whole pictures were
/// there: an interval of at least three times the mean of the last 30, or of the mean and 150 ms.
/// `freezeCount` of the W3C's "Identifiers for WebRTC's Statistics API", which counts what is
/// drawn.
class FreezeMeter {
public:
    void on_picture(Time at);
    /// What comes next is no continuation: a pause on purpose, another source.
    void restart() { last_.reset(); }

    [[nodiscard]] std::uint64_t pictures() const { return pictures_; }
    [[nodiscard]] std::uint64_t freezes() const { return freezes_; }
    [[nodiscard]] Duration frozen() const { return frozen_; }

private:
    static constexpr std::size_t kMean = 30;
    std::optional<Time> last_;
    std::array<Duration, kMean> intervals_{};
    std::size_t count_ = 0;  ///< of intervals, ever
    Duration sum_{};         ///< of those in the array
    std::uint64_t pictures_ = 0;
    std::uint64_t freezes_ = 0;
    Duration frozen_{};
};

}  // namespace rivero::rtp
