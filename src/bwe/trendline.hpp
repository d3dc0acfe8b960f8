// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/clock.hpp"

#include <optional>
#include <vector>

namespace rivero::bwe {

/// What the delay says of the use of the path.
enum class Usage {
    normal,
    under,  ///< a queue drains
    over,   ///< a queue grows
};

/// Watches the queueing delay: a line through the last samples, whose slope is compared with a
/// threshold that adapts itself (so that a competing flow or a jittery link does not starve us).
/// draft-ietf-rmcat-gcc-02 section 5.4; the line instead of the Kalman filter is what browsers use
/// today.
class Trendline {
public:
    /// One pair of packet groups.
    /// @param arrived when the later one came, on the receiver's clock
    void update(Duration sent_delta, Duration received_delta, Duration arrived);
    [[nodiscard]] Usage usage() const { return usage_; }
    /// For tests and statistics: of the slope, scaled, in ms.
    [[nodiscard]] double threshold() const { return threshold_; }

private:
    struct Sample {
        double arrived_ms;
        double delay_ms;  ///< smoothed
    };
    [[nodiscard]] std::optional<double> slope() const;
    void detect(double trend, double sent_delta_ms, double now_ms);
    void adapt(double modified, double now_ms);

    std::optional<Duration> first_arrived_;
    std::vector<Sample> samples_;
    int deltas_ = 0;
    double accumulated_ms_ = 0;
    double smoothed_ms_ = 0;
    double threshold_ = 12.5;
    double previous_trend_ = 0;
    double over_ms_ = -1;  ///< how long it has been above the threshold
    int over_count_ = 0;
    std::optional<double> adapted_at_ms_;
    Usage usage_ = Usage::normal;
};

}  // namespace rivero::bwe
