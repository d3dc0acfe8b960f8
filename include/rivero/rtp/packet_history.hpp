// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/clock.hpp"
#include "rivero/base/units.hpp"
#include "rivero/rtp/packet.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace rivero::rtp {

/// The last packets of a source, for retransmission to any of its receivers.
class PacketHistory {
public:
    struct Settings {
        std::size_t max_packets = 1024;     ///< rounded up to a power of two
        std::size_t max_bytes = 2'000'000;  ///< of payload
        Duration max_age = 2s;
    };

    PacketHistory() : PacketHistory{Settings{}} {}
    explicit PacketHistory(const Settings& settings);

    /// Packets may come out of order; one that is too old by now is not kept.
    void add(PacketPtr packet);
    /// @return null when it never came or is gone
    [[nodiscard]] PacketPtr find(ExtSeqNum seq) const;
    /// Behind the highest number that came.
    [[nodiscard]] ExtSeqNum end() const { return ExtSeqNum{end_}; }
    /// Lets go of what is too old although no new packets come.
    void expire(Time now);
    void clear();

    [[nodiscard]] std::size_t packets() const { return packets_; }
    [[nodiscard]] std::size_t bytes() const { return bytes_; }

private:
    [[nodiscard]] PacketPtr& slot(std::int64_t seq);
    void drop_oldest();
    void grow(std::int64_t numbers);

    Settings settings_;
    std::vector<PacketPtr> ring_;  ///< by sequence number modulo its size; grows with its use
    std::int64_t begin_ = 0;       ///< the numbers in the ring: [begin_, end_)
    std::int64_t end_ = 0;
    std::size_t packets_ = 0;
    std::size_t bytes_ = 0;
};

}  // namespace rivero::rtp
