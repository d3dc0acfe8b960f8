// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/rtp/packet.hpp"

namespace rivero::rtp {

inline PacketPtr make_packet(PacketPool& pool, std::int64_t seq, Time arrival,
                             std::size_t size = 100) {
    PacketPtr packet = pool.make();
    packet->seq = ExtSeqNum{seq};
    packet->arrival = packet->capture = arrival;
    packet->set_payload(0, size);
    return packet;
}

}  // namespace rivero::rtp
