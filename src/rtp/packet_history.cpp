// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/rtp/packet_history.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace rivero::rtp {
namespace {

constexpr std::size_t kFirstSize = 64;

}  // namespace

PacketHistory::PacketHistory(const Settings& settings) : settings_{settings} {
    settings_.max_packets = std::bit_ceil(std::max<std::size_t>(settings.max_packets, 1));
    ring_.resize(std::min(kFirstSize, settings_.max_packets));
}

PacketPtr& PacketHistory::slot(std::int64_t seq) {
    return ring_[static_cast<std::size_t>(seq) & (ring_.size() - 1)];
}

void PacketHistory::add(PacketPtr packet) {
    const std::int64_t seq = packet->seq.value;
    const Time now = packet->arrival;
    const auto limit = static_cast<std::int64_t>(settings_.max_packets);
    if (packets_ == 0 || seq - end_ >= limit) {
        clear();
        begin_ = end_ = seq;
    }
    if (end_ - seq > limit) return;
    begin_ = std::min(begin_, seq);
    const std::int64_t end = std::max(end_, seq + 1);
    while (end - begin_ > limit && begin_ < end_) drop_oldest();
    end_ = end;
    grow(end_ - begin_);

    PacketPtr& place = slot(seq);
    if (place) return;  // it came twice, and what was sent before is what will be sent again
    ++packets_;
    bytes_ += packet->payload().size();
    place = std::move(packet);
    while (bytes_ > settings_.max_bytes && packets_ > 1) drop_oldest();
    expire(now);
}

void PacketHistory::grow(std::int64_t numbers) {
    if (static_cast<std::size_t>(numbers) <= ring_.size()) return;
    std::vector<PacketPtr> old(std::bit_ceil(static_cast<std::size_t>(numbers)));
    old.swap(ring_);
    for (auto& packet : old) {
        if (!packet) continue;
        PacketPtr& place = slot(packet->seq.value);  // not in one line: the right side goes first
        place = std::move(packet);
    }
}

PacketPtr PacketHistory::find(ExtSeqNum seq) const {
    if (seq.value < begin_ || seq.value >= end_) return {};
    return ring_[static_cast<std::size_t>(seq.value) & (ring_.size() - 1)];
}

void PacketHistory::drop_oldest() {
    const PacketPtr dropped = std::exchange(slot(begin_), {});
    ++begin_;
    if (!dropped) return;
    --packets_;
    bytes_ -= dropped->payload().size();
}

void PacketHistory::expire(Time now) {
    while (packets_ > 0) {
        const PacketPtr& oldest = slot(begin_);
        if (oldest && now - oldest->arrival <= settings_.max_age) return;
        drop_oldest();
    }
}

void PacketHistory::clear() {
    while (packets_ > 0) drop_oldest();
    begin_ = end_;
}

}  // namespace rivero::rtp
