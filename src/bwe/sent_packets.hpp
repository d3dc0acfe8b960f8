// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bwe/reference_time.hpp"
#include "rivero/base/clock.hpp"
#include "rivero/base/units.hpp"
#include "rivero/rtcp/packets.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

namespace rivero::bwe {

/// What became of one packet, as far as its receiver has said.
struct PacketResult {
    std::int64_t seq = 0;  ///< transport-wide, unwrapped
    Time sent;
    std::size_t bytes = 0;
    int probe = 0;  ///< the probe that it was part of; 0: none
    /// On a clock of the receiver with an unknown beginning; empty: it has not come.
    std::optional<Duration> received;
};

/// Numbers the packets of one transport and finds out what became of them.
/// draft-holmer-rmcat-transport-wide-cc-extensions-01.
class SentPackets {
public:
    /// More than these, or older ones, are forgotten.
    static constexpr std::size_t kMaxPackets = 8192;
    static constexpr Duration kMaxAge = 5s;

    /// The number of the packet that is sent now.
    /// @param bytes on the wire, as far as known
    SeqNum add(Time now, std::size_t bytes, int probe);

    /// What the feedback newly says, in order of sequence numbers: packets that came, and those of
    /// which it is said for the first time that they did not. The latter may turn up in a later
    /// feedback. Borrowed until the next call.
    [[nodiscard]] const std::vector<PacketResult>& on_feedback(
        const rtcp::TransportFeedback& feedback);

    /// Sent, and nothing was said about them yet.
    [[nodiscard]] std::size_t bytes_in_flight() const { return in_flight_; }

private:
    enum class Fate : std::uint8_t { unknown, lost, received };
    struct Sent {
        Time at;
        std::uint32_t bytes = 0;
        int probe = 0;
        Fate fate = Fate::unknown;
    };
    void drop_oldest();

    std::deque<Sent> sent_;  ///< numbers [begin_, begin_ + size)
    std::int64_t begin_ =
        1;  ///< the first number; 0 would unwrap into the negative when feedback looks back
    std::size_t in_flight_ = 0;
    ReferenceTime reference_;
    std::vector<PacketResult> results_;
};

}  // namespace rivero::bwe
