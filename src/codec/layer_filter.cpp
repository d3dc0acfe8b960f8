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

}  // namespace

void LayerFilter::reset() {
    const auto limit = limit_;
    *this = LayerFilter{};
    limit_ = limit;
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
                const double bps = bytes_[i][j] * 8 / seconds;
                bps_[i][j] = measured_ ? (bps_[i][j] + bps) / 2 : bps;
                bytes_[i][j] = 0;
            }
        }
        measured_ = true;
        window_ = now;
        choose();
    }
    bytes_[s][t] += static_cast<double>(packet.payload().size());
}

double LayerFilter::rate_up_to(Layer layer) const {
    double sum = 0;
    for (std::size_t i = 0; i <= layer.spatial; ++i)
        for (std::size_t j = 0; j <= layer.temporal; ++j) sum += bps_[i][j];
    return sum;
}

void LayerFilter::choose() {
    const Layer before = wanted_;
    wanted_ = {};
    const Layer now{std::min(current_.spatial, top_.spatial),
                    std::min(current_.temporal, top_.temporal)};
    for (int s = top_.spatial; s >= 0; --s) {
        // Half of the pictures of a large one are better than all of a small one, a quarter is not.
        const int least = s == 0 ? 0 : std::max(0, top_.temporal - 1);
        for (int t = top_.temporal; t >= least; --t) {
            const Layer layer{static_cast<std::uint8_t>(s), static_cast<std::uint8_t>(t)};
            const bool has = layer.spatial <= now.spatial && layer.temporal <= now.temporal;
            if (limit_ &&
                rate_up_to(layer) > static_cast<double>(limit_->bps) * (has ? kStay : kEnter))
                continue;
            wanted_ = layer;
            if (wanted_ != before) asked_ = false;
            if (wanted_.spatial > now.spatial && !asked_) asked_ = wish_ = true;
            return;
        }
    }
}

void LayerFilter::begin_picture(const rtp::Packet& packet) {
    if (packet.starts_keyframe) {
        current_ = wanted_;
        return;
    }
    // Down at once, up where it is possible.
    current_.spatial = std::min(current_.spatial, wanted_.spatial);
    current_.temporal = std::min(current_.temporal, wanted_.temporal);
    if (packet.layer_sync && packet.temporal_id <= wanted_.temporal)
        current_.temporal = std::max(current_.temporal, packet.temporal_id);
}

LayerFilter::Verdict LayerFilter::on_packet(Time now, const rtp::Packet& packet) {
    measure(now, packet);
    if (picture_ != packet.timestamp && (!picture_ || distance(*picture_, packet.timestamp) > 0)) {
        picture_ = packet.timestamp;
        begin_picture(packet);
    }
    if (packet.spatial_id > current_.spatial || packet.temporal_id > current_.temporal)
        return Verdict::withhold;
    return ends_picture(packet) ? Verdict::send_as_last : Verdict::send;
}

bool LayerFilter::ends_picture(const rtp::Packet& packet) const {
    return packet.marker || (packet.ends_layer_frame && packet.spatial_id == current_.spatial);
}

bool LayerFilter::take_keyframe_wish() {
    return std::exchange(wish_, false);
}

}  // namespace rivero::codec
