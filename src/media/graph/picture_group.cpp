// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "media/graph/picture_group.hpp"

#include <algorithm>
#include <cstdint>

namespace rivero::media {
namespace {

/// 1 ms of video: near enough to be decoded at once, and room for a picture in between that comes
/// later because it had to be repaired.
constexpr std::uint32_t kSpacing = 90;

}  // namespace

void PictureGroup::add(const rtp::PacketPtr& packet, const Limits& limits) {
    if (packet->starts_keyframe) {
        clear();
    } else if (packets_.empty()) {
        return;  // nothing that a decoder could begin with
    }
    packets_.push_back(packet);
    bytes_ += packet->payload().size();
    if (bytes_ > limits.bytes || packets_.size() > limits.packets ||
        age(packet->arrival) > limits.age)
        clear();
}

void PictureGroup::clear() {
    packets_.clear();
    bytes_ = 0;
}

std::vector<PictureGroup::Past> PictureGroup::compressed() const {
    std::vector<Past> past;
    if (packets_.empty()) return past;
    // A packet that was repaired stands behind those of later pictures.
    std::vector<std::uint32_t> pictures;
    Time capture = packets_.front()->capture;
    for (auto& packet : packets_) {
        if (pictures.empty() || pictures.back() != packet->timestamp.value)
            pictures.push_back(packet->timestamp.value);
        capture = std::max(capture, packet->capture);
    }
    const std::uint32_t first = packets_.front()->timestamp.value;
    const auto before = [first](std::uint32_t a, std::uint32_t b) {
        return static_cast<std::int32_t>(a - first) < static_cast<std::int32_t>(b - first);
    };
    std::sort(pictures.begin(), pictures.end(), before);
    pictures.erase(std::unique(pictures.begin(), pictures.end()), pictures.end());
    past.reserve(packets_.size());
    for (auto& packet : packets_) {
        const auto place =
            std::lower_bound(pictures.begin(), pictures.end(), packet->timestamp.value, before);
        const auto later = static_cast<std::uint32_t>(pictures.end() - place - 1);
        past.push_back({packet, RtpTimestamp{pictures.back() - later * kSpacing}, capture});
    }
    return past;
}

rtp::PacketPtr PictureGroup::find(ExtSeqNum seq) const {
    const auto found = std::find_if(packets_.begin(), packets_.end(),
                                    [&](auto& packet) { return packet->seq == seq; });
    return found == packets_.end() ? rtp::PacketPtr{} : *found;
}

}  // namespace rivero::media
