// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/units.hpp"
#include "rivero/rtp/packet.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace rivero::codec {

/// Finds out where pictures end of which the sender has left out the highest layer after all.
/// Chromium has not marked such a picture, for it meant to send more, and as the receiver it would
/// wait for the mark and never show the picture. So the last packet of a lower layer waits until
/// the next packet of the source shows how the picture goes on; without that layer it is not whole
/// any earlier.
class PictureEnds {
public:
    /// Each packet of the source, in the order of arrival. @param sent to the receiver
    void on_packet(const rtp::Packet& packet, bool sent);
    /// Whether this packet, which is sent, has no mark and ends its layer, is to be held until
    /// take() has something to say.
    [[nodiscard]] bool holds(const rtp::Packet& packet);
    /// Whether the picture of the packet that is held ended with it; empty while nothing is held or
    /// it is not known yet. Once.
    [[nodiscard]] std::optional<bool> take() { return std::exchange(end_, std::nullopt); }
    /// Whether the packet was found to be such an end: for one that is sent again.
    [[nodiscard]] bool is_end(const rtp::Packet& packet) const;

private:
    struct Place {
        RtpTimestamp picture;
        std::uint8_t spatial = 0;
    };
    /// As far back as packets are sent again: two seconds of such pictures, and they are rare.
    static constexpr std::size_t kRemembered = 128;

    void settle(bool ends);

    struct Sent {
        std::uint8_t top = 0;  ///< the highest layer
        bool ended = false;    ///< a packet went out as the picture's last
    };
    struct Over {
        RtpTimestamp picture;
        std::optional<Sent> sent;
    };
    static constexpr std::size_t kOver = 16;  ///< pictures within which packets are repaired

    void on_late_packet(const rtp::Packet& packet);

    std::optional<RtpTimestamp> picture_;  ///< the newest
    std::optional<Sent> sent_;             ///< of it
    std::array<Over, kOver> over_{};       ///< the pictures before
    std::size_t overs_ = 0;
    std::optional<Place> held_;
    std::optional<bool> end_;
    std::array<Place, kRemembered> ends_{};
    std::size_t found_ = 0;  ///< all that were; in ends_ from the beginning again and again
};

}  // namespace rivero::codec
