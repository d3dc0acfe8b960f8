// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/picture_ends.hpp"

#include <algorithm>

namespace rivero::codec {

void PictureEnds::on_packet(const rtp::Packet& packet, bool sent) {
    if (held_) {
        const auto later = distance(held_->picture, packet.timestamp);
        if (later > 0)
            settle(true);
        else if (later == 0 && packet.spatial_id > held_->spatial && (sent || packet.marker))
            settle(!sent);
    }
    if (!picture_ || distance(*picture_, packet.timestamp) > 0) {
        picture_ = packet.timestamp;
        sent_.reset();
    }
    if (sent && packet.timestamp == picture_)
        sent_ = std::max(sent_.value_or(packet.spatial_id), packet.spatial_id);
}

bool PictureEnds::holds(const rtp::Packet& packet) {
    if (packet.timestamp != picture_ || sent_ != packet.spatial_id) return false;
    held_ = {packet.timestamp, packet.spatial_id};
    return true;
}

void PictureEnds::settle(bool ends) {
    end_ = ends;
    if (ends) ends_[found_++ % kRemembered] = *held_;
    held_.reset();
}

bool PictureEnds::is_end(const rtp::Packet& packet) const {
    const auto last = ends_.begin() + static_cast<std::ptrdiff_t>(std::min(found_, kRemembered));
    return packet.ends_layer_frame && std::any_of(ends_.begin(), last, [&](const Place& place) {
               return place.picture == packet.timestamp && place.spatial == packet.spatial_id;
           });
}

}  // namespace rivero::codec
