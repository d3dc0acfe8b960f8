// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/layer_filter.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace rivero::codec {
namespace {

constexpr Duration kWindow = 500ms;
constexpr double kStay = 1.15,
                 kEnter = 0.95;  // of the limit, as for encodings: see media::Encodings
/// One may be incomplete because a packet is late.
constexpr int kLowerPictures = 3;

}  // namespace

void LayerFilter::reset() {
    const auto limit = limit_;
    const auto size_limit = size_limit_;
    *this = LayerFilter{};
    limit_ = limit;
    size_limit_ = size_limit;
}

void LayerFilter::set_limit(std::optional<Bitrate> limit) {
    if (targets_) targets_->set_limit(limit);
    if (limit == limit_) return;
    limit_ = limit;
    if (measured_) choose();
}

void LayerFilter::set_size_limit(std::optional<Pixels> limit) {
    if (targets_) targets_->set_size_limit(limit);
    if (limit == size_limit_) return;
    size_limit_ = limit;
    note_sizes();
}

void LayerFilter::set_sizes(const rtp::LayerSizes& sizes) {
    if (sizes == sizes_) return;
    sizes_ = sizes;
    note_sizes();
}

void LayerFilter::note_sizes() {
    const auto before = std::exchange(largest_, std::uint8_t{0});
    while (largest_ + 1U < kSpatial && !(size_limit_ && sizes_[largest_ + 1U] > *size_limit_))
        ++largest_;
    if (largest_ == before) return;
    if (measured_) return choose();
    // Nothing else is known yet: all that is not too large.
    wanted_.spatial = largest_;
    if (picture_ && (wanted_.spatial > current_.spatial || !can_go_down())) asked_ = wish_ = true;
}

void LayerFilter::measure(Time now, const rtp::Packet& packet) {
    const std::size_t s = std::min<std::size_t>(packet.spatial_id, kSpatial - 1);
    const std::size_t t = std::min<std::size_t>(packet.temporal_id, kTemporal - 1);
    top_.spatial = std::max(top_.spatial, static_cast<std::uint8_t>(s));
    top_.temporal = std::max(top_.temporal, static_cast<std::uint8_t>(t));
    if (!window_) window_ = now;
    if (now - *window_ >= kWindow) {
        const double seconds = std::chrono::duration<double>(now - *window_).count();
        for (std::size_t i = 0; i < kSpatial; ++i) {
            for (std::size_t j = 0; j < kTemporal; ++j) {
                const auto [own, for_upper] = std::exchange(bytes_[i][j], Rates{});
                auto update = [&](double& bps, double bytes) {
                    const double now_bps = bytes * 8 / seconds;
                    bps = measured_ ? (bps + now_bps) / 2 : now_bps;
                };
                update(bps_[i][j].own, own);
                update(bps_[i][j].for_upper, for_upper);
            }
        }
        measured_ = true;
        window_ = now;
        choose();
    }
    const auto bytes = static_cast<double>(packet.payload().size());
    bytes_[s][t].own += bytes;
    if (!packet.not_for_upper_layers) bytes_[s][t].for_upper += bytes;
}

double LayerFilter::rate_up_to(Layer layer) const {
    double sum = 0;
    for (std::size_t i = 0; i <= layer.spatial; ++i)
        for (std::size_t j = 0; j <= layer.temporal; ++j)
            sum += i == layer.spatial ? bps_[i][j].own : bps_[i][j].for_upper;
    return sum;
}

void LayerFilter::choose() {
    const Layer before = wanted_;
    wanted_ = {};
    const Layer now{std::min(current_.spatial, top_.spatial),
                    std::min(current_.temporal, top_.temporal)};
    for (int s = std::min(top_.spatial, largest_); s >= 0; --s) {
        // Half of the pictures of a large one are better than all of a small one, a quarter is not.
        const int least = s == 0 ? 0 : std::max(0, top_.temporal - 1);
        for (int t = top_.temporal; t >= least; --t) {
            const Layer layer{static_cast<std::uint8_t>(s), static_cast<std::uint8_t>(t)};
            const bool has = layer.spatial <= now.spatial && layer.temporal <= now.temporal;
            if (limit_ &&
                rate_up_to(layer) > static_cast<double>(limit_->bps) * (has ? kStay : kEnter))
                continue;
            wanted_ = layer;
            break;
        }
        if (wanted_ != Layer{}) break;
    }
    if (wanted_ != before) asked_ = false;
    if ((wanted_.spatial > now.spatial || !can_go_down()) && !asked_) asked_ = wish_ = true;
}

bool LayerFilter::can_go_down() const {
    return wanted_.spatial >= current_.spatial || !broken_[wanted_.spatial];
}

void LayerFilter::note_top() {
    const std::uint8_t top = std::exchange(picture_top_, std::uint8_t{0});
    if (top >= sent_top_ || ++lower_pictures_ == kLowerPictures) {
        sent_top_ = top;
        lower_pictures_ = 0;
    }
}

void LayerFilter::begin_picture(const rtp::Packet& packet) {
    note_top();
    if (packet.starts_keyframe) {
        current_ = wanted_;
        broken_ = {};
        asked_ = wish_ = false;
        return;
    }
    // The sender has switched off the layer, and those below were left out for it.
    if (sent_top_ < current_.spatial && broken_[sent_top_] && !asked_) asked_ = wish_ = true;
    // Down at once, up where it is possible.
    if (can_go_down()) {
        current_.spatial = std::min(current_.spatial, wanted_.spatial);
        current_.temporal = std::min(current_.temporal, wanted_.temporal);
    } else {
        current_.temporal = 0;  // fewer pictures until the key frame comes
        return;
    }
    if (packet.layer_sync && packet.temporal_id <= wanted_.temporal &&
        current_.temporal >= packet.sync_from)
        current_.temporal = std::max(current_.temporal, packet.temporal_id);
}

LayerFilter::Verdict LayerFilter::on_packet(Time now, const rtp::Packet& packet) {
    if (packet.dependencies.targets) {
        if (!targets_) {
            targets_ = std::make_unique<TargetFilter>();
            targets_->set_limit(limit_);
            targets_->set_size_limit(size_limit_);
        }
        return targets_->on_packet(now, packet);
    }
    measure(now, packet);
    if (picture_ != packet.timestamp && (!picture_ || distance(*picture_, packet.timestamp) > 0)) {
        picture_ = packet.timestamp;
        begin_picture(packet);
    }
    picture_top_ = std::max(picture_top_, std::min<std::uint8_t>(packet.spatial_id, kSpatial - 1));
    const bool sent = sends(packet);
    if (!ends_ && (packet.spatial_id > 0 || (packet.ends_layer_frame && !packet.marker)))
        ends_ = std::make_unique<PictureEnds>();
    if (ends_) ends_->on_packet(packet, sent);
    if (!sent) return Verdict::withhold;
    if (ends_picture(packet)) return Verdict::send_as_last;
    return packet.ends_layer_frame && ends_->holds(packet) ? Verdict::send_when_known
                                                           : Verdict::send;
}

bool LayerFilter::sends(const rtp::Packet& packet) {
    if (packet.spatial_id > current_.spatial || packet.temporal_id > current_.temporal)
        return false;
    if (packet.not_for_upper_layers && packet.spatial_id < std::min(current_.spatial, sent_top_)) {
        broken_[packet.spatial_id] = true;
        return false;
    }
    return true;
}

bool LayerFilter::ends_picture(const rtp::Packet& packet) const {
    if (targets_ && packet.dependencies.targets) return targets_->ends_picture(packet);
    return packet.marker || (ends_ && ends_->is_end(packet)) ||
           (packet.ends_layer_frame && packet.spatial_id == current_.spatial);
}

LayerFilter::Layer LayerFilter::sent() const {
    if (targets_) {
        const auto target = targets_->sent();
        return {target.spatial, target.temporal};
    }
    return {std::min(current_.spatial, top_.spatial), std::min(current_.temporal, top_.temporal)};
}

bool LayerFilter::take_keyframe_wish() {
    if (targets_ && targets_->take_keyframe_wish()) return true;
    return std::exchange(wish_, false);
}

}  // namespace rivero::codec
