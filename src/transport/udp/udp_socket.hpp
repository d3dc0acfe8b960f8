// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/bytes.hpp"
#include "rivero/base/result.hpp"
#include "transport/udp/send_batch.hpp"
#include "transport/udp/socket_address.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>

namespace rivero::transport {

/// A file descriptor that is closed when this dies.
class Fd {
public:
    explicit Fd(int fd = -1) : fd_{fd} {}
    Fd(Fd&& other) noexcept : fd_{other.fd_} { other.fd_ = -1; }
    Fd& operator=(Fd&& other) noexcept;
    ~Fd();
    [[nodiscard]] int get() const { return fd_; }

private:
    int fd_;
};

/// A UDP socket that many peers share: takes many datagrams with one system call and sends in
/// batches.
class UdpSocket {
public:
    struct Received {
        SocketAddress from;
        SocketAddress to;    ///< our address, which matters where we have several
        MutableBytes bytes;  ///< borrowed until the next receive()
    };
    struct Counters {
        std::uint64_t system_calls = 0;
        std::uint64_t datagrams = 0;
        std::uint64_t truncated = 0;  ///< longer than anything of ours; dropped
    };

    /// @param at an address of ours or 0.0.0.0 or ::; port 0: any that is free
    [[nodiscard]] static Result<std::unique_ptr<UdpSocket>> open(const SocketAddress& at);
    ~UdpSocket();
    UdpSocket(const UdpSocket&) = delete;
    UdpSocket& operator=(const UdpSocket&) = delete;

    [[nodiscard]] int fd() const { return fd_.get(); }
    /// With the port that it really has.
    [[nodiscard]] const SocketAddress& bound() const { return bound_; }
    [[nodiscard]] bool bound_to_all() const { return bound_to_all_; }

    /// Takes what has come, up to 64 datagrams.
    /// @param handle called for each with a `const Received&`
    /// @return how many there were, truncated ones included
    template <class F>
    std::size_t receive(F handle) {
        const std::size_t n = take();
        for (std::size_t i = 0; i < n; ++i)
            if (const Received* one = at(i)) handle(*one);
        return n;
    }
    static constexpr std::size_t kBatch = 64;

    /// What is asked of the kernel for what comes in and for what goes out, bytes each: room for a
    /// tenth of a second of a few hundred video streams.
    static constexpr int kBuffer = 4 * 1024 * 1024;
    struct Granted {
        int receive = 0;
        int send = 0;
        [[nodiscard]] bool whole() const { return receive >= kBuffer && send >= kBuffer; }
    };
    /// What there is of it: without CAP_NET_ADMIN not more than net.core.rmem_max and wmem_max.
    [[nodiscard]] Granted granted() const;
    /// Datagrams that found no room, since the socket was opened. A system call.
    [[nodiscard]] std::uint64_t overflowed() const;

    [[nodiscard]] SendBatch& batch() { return batch_; }
    [[nodiscard]] SendBatch::Destination destination(const SocketAddress& to,
                                                     const SocketAddress& from,
                                                     std::optional<std::uint8_t> dscp) const;
    [[nodiscard]] const Counters& counters() const { return counters_; }

private:
    struct Buffers;
    UdpSocket(Fd fd, const SocketAddress& bound, bool to_all);
    std::size_t take();
    const Received* at(std::size_t i);

    Fd fd_;
    SocketAddress bound_;
    bool bound_to_all_;
    SendBatch batch_;
    std::unique_ptr<Buffers> buffers_;
    Counters counters_;
};

}  // namespace rivero::transport
