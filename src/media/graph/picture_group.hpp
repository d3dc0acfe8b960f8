// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/clock.hpp"
#include "rivero/base/units.hpp"
#include "rivero/rtp/packet.hpp"

#include <cstddef>
#include <vector>

namespace rivero::media {

/// The packets since the last key frame of one encoding, for who comes late: with them a decoder
/// has the picture of now without a key frame of its own. Shared with the ring for retransmissions,
/// so that what is in both costs once. Worker only.
class PictureGroup {
public:
    /// A group that grows beyond one of these is let go; the next one begins with the next key
    /// frame.
    struct Limits {
        std::size_t bytes = 0;  ///< of payload
        std::size_t packets = 8192;
        Duration age = Duration::max();  ///< of its key frame
    };
    /// A packet of the group, and what a late receiver shall take it for.
    struct Past {
        rtp::PacketPtr packet;
        RtpTimestamp timestamp;
        Time capture;
    };

    /// In any order; a key frame ends what lies before it.
    void add(const rtp::PacketPtr& packet, const Limits& limits);
    void clear();

    [[nodiscard]] bool empty() const { return packets_.empty(); }
    [[nodiscard]] std::size_t bytes() const { return bytes_; }
    /// How long ago its key frame came. @pre not empty
    [[nodiscard]] Duration age(Time now) const { return now - packets_.front()->arrival; }
    /// Something in it was lost and nobody repairs it any more: who began with it would have a
    /// broken picture.
    [[nodiscard]] bool has_holes(Time now) const;
    /// Its pictures a millisecond after each other up to the newest one, instead of over their real
    /// time: the receiver decodes them at once and shows the present, and does not take the burst
    /// for a delay that it has to keep.
    [[nodiscard]] std::vector<Past> compressed() const;
    /// Null when it is not in the group.
    [[nodiscard]] rtp::PacketPtr find(ExtSeqNum seq) const;

private:
    /// The first that is not before this number.
    [[nodiscard]] std::vector<rtp::PacketPtr>::const_iterator place_of(ExtSeqNum seq) const;

    std::vector<rtp::PacketPtr> packets_;  ///< by number
    std::size_t bytes_ = 0;
};

}  // namespace rivero::media
