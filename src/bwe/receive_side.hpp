// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bwe/acknowledged_rate.hpp"
#include "bwe/aimd.hpp"
#include "bwe/bottleneck.hpp"
#include "bwe/inter_arrival.hpp"
#include "bwe/trendline.hpp"
#include "rivero/base/clock.hpp"
#include "rivero/base/units.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace rivero::bwe {

/// What a peer may send that takes no transport-wide feedback but writes into each packet when it
/// left (abs-send-time): the delay-based half of congestion control on the side of the receiver.
/// Goes to the peer as REMB. draft-alvestrand-rmcat-remb-03.
class ReceiveSide {
public:
    /// @param start said before a queue was seen
    explicit ReceiveSide(Bitrate start) : aimd_{static_cast<double>(start.bps)} {}

    /// @param sent 24 bits, 6.18 fixed point seconds, of a clock of the sender's
    void on_packet(Time arrival, std::uint32_t sent, std::size_t bytes);
    void set_rtt(Duration rtt) { aimd_.set_rtt(rtt); }
    /// Empty while nobody stamps packets.
    [[nodiscard]] std::optional<Bitrate> estimate() const;
    /// What the narrowest link carries; empty when no queue was seen before it lately.
    [[nodiscard]] std::optional<Bitrate> link() const;

private:
    /// When the newest packet left, on the sender's clock.
    [[nodiscard]] Time sent_at() const;
    void update(Time now);
    /// The peer's clock has nothing to do with that of before.
    void begin_anew();

    InterArrival inter_arrival_;
    Trendline trendline_;
    AcknowledgedRate acknowledged_;
    Bottleneck bottleneck_;
    Aimd aimd_;
    std::optional<std::uint32_t> last_sent_;
    Time last_arrival_{};
    std::int64_t sent_units_ = 0;  ///< unwrapped
    std::optional<Time> halved_;
};

}  // namespace rivero::bwe
