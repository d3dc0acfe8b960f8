// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/clock.hpp"
#include "rivero/base/units.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>

namespace rivero::webrtc {

/// Estimates from loss what a peer may send that gives us no transport-wide sequence numbers; the
/// answer goes to it as REMB. What the client API calls `rembParams` are the settings.
/// draft-alvestrand-rmcat-remb-03.
class RembEstimator {
public:
    struct Settings {
        std::int64_t packets_per_interval =
            100;                           ///< loss is the mean over this many packets, at least
        double exponential_factor = 0.04;  ///< growth per report below the threshold
        double lineal_factor_min = 50;     ///< bit/s, least growth per report above it
        double lineal_factor_grade = 30;  ///< reports in which the rest to the best rate is covered
        double decrement_factor = 0.5;    ///< what high loss leaves of the rate
        double threshold_factor = 0.8;    ///< part of the rate that is safe, after loss
        double up_losses = 12;            ///< of 256 packets: from here on loss is high
    };
    /// Nothing below this is ever said.
    static constexpr std::int64_t kLeast = 30'000;
    /// Said before anything is known.
    static constexpr std::int64_t kStart = 2'000'000;

    void set(const Settings& settings) { settings_ = settings; }

    /// What the settings call a report: one every half a second.
    static constexpr Duration kStep = std::chrono::milliseconds{500};
    struct Interval {
        double bps = 0;            ///< that have come
        std::int64_t packets = 0;  ///< that should have come
        std::int64_t lost = 0;     ///< of these
        Duration time = kStep;
        /// What the delay of the packets allows; empty when they do not tell. Then high loss says
        /// no more than that the link is full, and takes nothing of what came over it all the same.
        std::optional<Bitrate> by_delay = {};
        /// What the narrowest link carries, if a queue before it told lately. Then what came is
        /// little only because the sender slowed down.
        std::optional<Bitrate> link = {};
    };
    /// Once per report.
    Bitrate update(const Interval& interval);
    [[nodiscard]] Bitrate estimate() const { return Bitrate{static_cast<std::int64_t>(estimate_)}; }

private:
    struct Losses {
        std::int64_t packets, lost;
    };
    [[nodiscard]] double smoothed_loss() const;

    Settings settings_;
    double estimate_ = kStart;
    double best_ = 0;        ///< highest rate that has come since the last high loss
    double threshold_ = -1;  ///< none yet
    double lineal_factor_ = 0;
    std::deque<Losses> intervals_;
    std::int64_t packets_ = 0;  ///< in them
};

}  // namespace rivero::webrtc
