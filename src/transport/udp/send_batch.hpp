// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/bytes.hpp"
#include "transport/udp/segmentation_refusals.hpp"
#include "transport/udp/socket_address.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <netinet/in.h>
#include <optional>
#include <sys/socket.h>
#include <vector>

namespace rivero::transport {

/// Gathers the datagrams of one turn of the loop and sends them with few system calls: sendmmsg(2)
/// for all peers, UDP_SEGMENT where several follow one another to the same peer. The datagrams of
/// one peer leave in their order; those of different peers need not.
///
/// When the socket is full, what is left waits for the next flush(), up to the size of the arena;
/// then new datagrams are refused.
class SendBatch {
public:
    static constexpr std::size_t kMaxDatagram = 2048;

    /// Where to; made once for a path.
    struct Destination {
        sockaddr_in6 address{};  ///< or a sockaddr_in
        socklen_t size = 0;
        /// Address to send from, when the socket is bound to all.
        std::optional<SocketAddress> source;
        std::optional<std::uint8_t> dscp;

        Destination() = default;
        Destination(const SocketAddress& to, std::optional<SocketAddress> from,
                    std::optional<std::uint8_t> dscp);
    };
    /// One peer's place in the batch: belongs to whoever sends there.
    struct Lane {
        std::uint64_t epoch = 0;
        std::uint32_t message = 0;
    };
    struct Counters {
        std::uint64_t system_calls = 0;
        std::uint64_t messages = 0;  ///< given to the kernel; each holds one datagram or more
        std::uint64_t datagrams = 0;
        std::uint64_t would_block = 0;  ///< how often the socket was full
        std::uint64_t refused = 0;      ///< no room left while it was full
        std::uint64_t failed = 0;       ///< no route, too long, forbidden
    };

    /// @param fd a UDP socket that does not block; outlives this
    explicit SendBatch(int fd);

    /// Room for one datagram of up to kMaxDatagram bytes, until commit(); empty when there is none.
    [[nodiscard]] MutableBytes room();
    /// @param size of the datagram that now lies at the beginning of room()
    void commit(const Destination& to, Lane& lane, std::size_t size);
    /// Sends. @return false when something is left because the socket is full
    bool flush();
    [[nodiscard]] bool empty() const { return messages_.empty(); }
    [[nodiscard]] const Counters& counters() const { return counters_; }
    /// For sockets of other kinds, and tests: one datagram at a time.
    void disable_segmentation() { segmentation_ = false; }

private:
    struct Packet {
        std::uint32_t offset;
        std::uint32_t next;
        std::uint16_t size;
    };
    struct Message {
        Destination to;
        std::uint32_t first;
        std::uint32_t last;
        std::uint32_t bytes;
        std::uint16_t segment;  ///< size of all but the last
        std::uint16_t count;
        std::uint16_t most;  ///< datagrams that it may hold
    };
    struct Scratch;
    std::size_t fill(Scratch& scratch, std::size_t from) const;
    [[nodiscard]] bool segments(const Destination& to);
    void send_one_by_one(const Message& message);
    void reset();

    int fd_;
    bool segmentation_ = true;
    SegmentationRefusals refusals_;
    std::unique_ptr<std::uint8_t[]> arena_;
    std::size_t used_ = 0;
    std::vector<Packet> packets_;
    std::vector<Message> messages_;
    std::size_t sent_ = 0;  ///< messages that have left
    std::uint64_t epoch_ = 1;
    Counters counters_;
};

}  // namespace rivero::transport
