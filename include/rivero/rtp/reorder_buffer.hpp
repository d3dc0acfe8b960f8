// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/clock.hpp"
#include "rivero/base/units.hpp"
#include "rivero/rtp/packet.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

namespace rivero::rtp {

/// Puts packets back in order for those who cannot live with gaps (depayloaders). Waits for a
/// missing packet only so long.
class ReorderBuffer {
public:
    struct Settings {
        /// From when the gap was noticed. Long enough for a retransmission or two.
        Duration max_wait = 200ms;
        std::size_t max_packets = 512;
    };
    struct Ordered {
        PacketPtr packet;
        std::int64_t missing_before = 0;  ///< how many packets were given up just before this one
    };

    ReorderBuffer() : ReorderBuffer{Settings{}} {}
    explicit ReorderBuffer(const Settings& settings) : settings_{settings} {}

    /// Packets that are late or already here are dropped.
    void push(Time now, PacketPtr packet);
    /// The next packet in order, if it is here or the wait is over. Call until it gives nothing.
    [[nodiscard]] std::optional<Ordered> pop(Time now);
    /// When pop() will stop waiting for a missing packet; empty while it waits for none.
    [[nodiscard]] std::optional<Time> next_deadline() const;
    /// Forgets everything; the next packet is a new beginning.
    void clear();

    [[nodiscard]] std::size_t size() const { return held_.size(); }
    [[nodiscard]] std::uint64_t late() const { return late_; }

private:
    struct Held {
        PacketPtr packet;
        Time pushed;
    };
    [[nodiscard]] bool gap() const;

    Settings settings_;
    std::map<std::int64_t, Held> held_;
    std::optional<std::int64_t> next_;  ///< the number to come out next
    Time gap_since_;                    ///< while there is a gap: the first packet after it came
    std::uint64_t late_ = 0;
};

}  // namespace rivero::rtp
