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
        if (picture_) over_[overs_++ % kOver] = {*picture_, sent_};
        picture_ = packet.timestamp;
        sent_.reset();
    }
    if (!sent) return;
    if (packet.timestamp != picture_) return on_late_packet(packet);
    if (!sent_) sent_ = Sent{};
    sent_->top = std::max(sent_->top, packet.spatial_id);
    sent_->ended = sent_->ended || packet.marker;
}

/// Repaired when its picture was over: nothing that comes next will show whether it ends there.
void PictureEnds::on_late_packet(const rtp::Packet& packet) {
    for (Over& over : over_) {
        if (over.picture != packet.timestamp || !over.sent) continue;
        over.sent->top = std::max(over.sent->top, packet.spatial_id);
        over.sent->ended = over.sent->ended || packet.marker;
        if (!packet.ends_layer_frame || over.sent->ended || packet.spatial_id < over.sent->top)
            return;
        over.sent->ended = true;
        ends_[found_++ % kRemembered] = {packet.timestamp, packet.spatial_id};
        return;
    }
}

bool PictureEnds::holds(const rtp::Packet& packet) {
    if (packet.timestamp != picture_ || !sent_ || sent_->top != packet.spatial_id) return false;
    held_ = {packet.timestamp, packet.spatial_id};
    return true;
}

void PictureEnds::settle(bool ends) {
    end_ = ends;
    if (ends) {
        ends_[found_++ % kRemembered] = *held_;
        if (sent_ && picture_ == held_->picture) sent_->ended = true;
    }
    held_.reset();
}

bool PictureEnds::is_end(const rtp::Packet& packet) const {
    const auto last = ends_.begin() + static_cast<std::ptrdiff_t>(std::min(found_, kRemembered));
    return packet.ends_layer_frame && std::any_of(ends_.begin(), last, [&](const Place& place) {
               return place.picture == packet.timestamp && place.spatial == packet.spatial_id;
           });
}

}  // namespace rivero::codec
