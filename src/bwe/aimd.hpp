// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bwe/trendline.hpp"
#include "rivero/base/clock.hpp"

#include <optional>

namespace rivero::bwe {

/// What is known of the narrowest link, see Bottleneck.
struct Link {
    std::optional<double> bps;  ///< empty: no queue was seen lately
    Duration standing{};        ///< what all packets wait for
};

/// The rate that suits the delay: up while it is normal, quickly far from where the link was full
/// last and carefully near it; down to a part of what arrives when a queue grows; as it is while a
/// queue drains. draft-ietf-rmcat-gcc-02 section 5.5.
class Aimd {
public:
    /// @param start bit/s
    explicit Aimd(double start) : rate_{start} {}

    /// @param acknowledged bit/s that arrive; empty: not known
    /// @param application_limited there is less to send than the rate allows: nothing is learned by
    /// not failing
    /// @return bit/s
    double update(Time now, Usage usage, std::optional<double> acknowledged,
                  bool application_limited, const Link& link = {});
    /// A measurement, or another bound, says it.
    void set_rate(Time now, double bps);
    void set_rtt(Duration rtt) { rtt_ = rtt; }
    void set_min(double bps) { min_ = bps; }
    void set_max(double bps) { max_ = bps; }
    [[nodiscard]] double rate() const { return rate_; }
    /// Whether another step down makes sense: the last one has had the time to show, or was far too
    /// small.
    [[nodiscard]] bool may_decrease(Time now, double acknowledged) const;

private:
    enum class State { hold, increase };
    /// Where the link was full lately, in kbit/s, with its deviation.
    struct Capacity {
        std::optional<double> kbps;
        double variance = 0.4;  ///< normalised by the estimate
        void on_overuse(double acknowledged_bps);
        [[nodiscard]] double deviation() const;
        [[nodiscard]] bool below(double bps) const;  ///< clearly more than the estimate arrives
        [[nodiscard]] bool above(double bps) const;  ///< clearly less
        void reset() { kbps.reset(); }
    };
    void increase(Time now, double arrives, bool application_limited, const Link& link);
    void decrease(Time now, double arrives, bool application_limited, const Link& link);
    [[nodiscard]] double additive(Duration elapsed) const;
    [[nodiscard]] double multiplicative(Duration elapsed) const;

    double rate_;
    double min_ = 30'000;
    double max_ = 1e9;
    Duration rtt_ = 200ms;
    State state_ = State::hold;
    Capacity capacity_;
    std::optional<Time> changed_;
    std::optional<Time> decreased_;
    std::optional<Time> over_since_;
};

}  // namespace rivero::bwe
