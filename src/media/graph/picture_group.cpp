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
/// What is missing for longer than this will not come any more.
constexpr Duration kRepair = 500ms;

}  // namespace

void PictureGroup::add(const rtp::PacketPtr& packet, const Limits& limits) {
    if (!packets_.empty() && packet->seq.value < packets_.front()->seq.value)
        return;  // of what was before the key frame, even where that began with another one
    auto place = place_of(packet->seq);
    if (place != packets_.end() && (*place)->seq == packet->seq) return;
    if (packet->starts_keyframe) {
        // What belongs behind it may have come before it, when it had to be repaired.
        for (auto it = packets_.begin(); it != place; ++it) bytes_ -= (*it)->payload().size();
        place = packets_.erase(packets_.begin(), place);
    } else if (packets_.empty()) {
        return;  // nothing that a decoder could begin with
    }
    packets_.insert(place, packet);
    bytes_ += packet->payload().size();
    if (bytes_ > limits.bytes || packets_.size() > limits.packets ||
        age(packet->arrival) > limits.age)
        clear();
}

std::vector<rtp::PacketPtr>::const_iterator PictureGroup::place_of(ExtSeqNum seq) const {
    // Nearly always behind all that are there.
    if (packets_.empty() || packets_.back()->seq.value < seq.value) return packets_.end();
    return std::lower_bound(packets_.begin(), packets_.end(), seq.value,
                            [](const rtp::PacketPtr& packet, std::int64_t wanted) {
                                return packet->seq.value < wanted;
                            });
}

bool PictureGroup::has_holes(Time now) const {
    for (std::size_t i = 1; i < packets_.size(); ++i)
        if (packets_[i]->seq.value != packets_[i - 1]->seq.value + 1 &&
            now - packets_[i]->arrival > kRepair)
            return true;
    return false;
}

void PictureGroup::clear() {
    packets_.clear();
    bytes_ = 0;
}

std::vector<PictureGroup::Past> PictureGroup::compressed() const {
    std::vector<Past> past;
    if (packets_.empty()) return past;
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
    const auto place = place_of(seq);
    return place == packets_.end() || (*place)->seq != seq ? rtp::PacketPtr{} : *place;
}

}  // namespace rivero::media
