// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "bwe/probe_estimator.hpp"

#include <algorithm>
#include <chrono>

namespace rivero::bwe {
namespace {

constexpr std::size_t kMaxClusters = 8;
constexpr double kEnough = 0.8;    // of the probe has to arrive
constexpr double kMaxRatio = 2.0;  // received faster than sent: a burst from a queue, no rate
constexpr double kSaturated =
    0.9;  // received slower than this part of what was sent: the link is full
constexpr double kSaturatedUse = 0.95;
constexpr Duration kMaxInterval = 1s;

double rate(std::size_t bytes, Duration time) {
    return static_cast<double>(bytes) * 8 / std::chrono::duration<double>(time).count();
}

}  // namespace

std::optional<double> ProbeEstimator::on_packet(const PacketResult& packet, const Probe& probe) {
    if (!packet.received) return std::nullopt;
    const auto known = clusters_.find(probe.id);
    if (known == clusters_.end() && clusters_.size() >= kMaxClusters) {
        // Reported late, when nobody asks for it any more.
        if (probe.id < clusters_.begin()->first) return std::nullopt;
        clusters_.erase(clusters_.begin());
    }
    Cluster& c = clusters_[probe.id];
    if (packet.sent < c.first_sent) c.first_sent = packet.sent;
    if (packet.sent >= c.last_sent) {
        c.last_sent = packet.sent;
        c.last_sent_bytes = packet.bytes;
    }
    if (*packet.received < c.first_received) {
        c.first_received = *packet.received;
        c.first_received_bytes = packet.bytes;
    }
    c.last_received = std::max(c.last_received, *packet.received);
    c.bytes += packet.bytes;
    ++c.packets;
    if (c.packets < kEnough * probe.min_packets ||
        static_cast<double>(c.bytes) < kEnough * static_cast<double>(probe.min_bytes))
        return std::nullopt;
    const Duration sending = c.last_sent - c.first_sent,
                   receiving = c.last_received - c.first_received;
    if (sending <= Duration{} || receiving <= Duration{} || sending > kMaxInterval ||
        receiving > kMaxInterval)
        return std::nullopt;
    // The last packet sent ends the time of sending, the first received begins that of receiving:
    // neither takes part.
    const double sent = rate(c.bytes - c.last_sent_bytes, sending);
    const double received = rate(c.bytes - c.first_received_bytes, receiving);
    if (received > kMaxRatio * sent) return std::nullopt;
    if (received < kSaturated * sent) return kSaturatedUse * received;
    return std::min(sent, received);
}

}  // namespace rivero::bwe
