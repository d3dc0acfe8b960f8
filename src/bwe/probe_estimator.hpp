// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bwe/sent_packets.hpp"

#include <cstddef>
#include <map>
#include <optional>

namespace rivero::bwe {

/// One short burst above the present rate, to see whether the link has room.
struct Probe {
    int id = 0;
    double bps = 0;
    std::size_t min_bytes = 0;
    int min_packets = 0;
};

/// Reads from the arrival of a probe's packets what rate the link has carried.
class ProbeEstimator {
public:
    /// @param probe that the packet belongs to
    /// @return bit/s as soon as enough of the probe has come
    [[nodiscard]] std::optional<double> on_packet(const PacketResult& packet, const Probe& probe);

private:
    struct Cluster {
        Time first_sent = Time::max(), last_sent = Time::min();
        Duration first_received = Duration::max(), last_received = Duration::min();
        std::size_t bytes = 0, last_sent_bytes = 0, first_received_bytes = 0;
        int packets = 0;
    };
    std::map<int, Cluster> clusters_;
};

}  // namespace rivero::bwe
