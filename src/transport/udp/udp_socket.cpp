// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "transport/udp/udp_socket.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace rivero::transport {
namespace {

constexpr std::size_t kDatagram = SendBatch::kMaxDatagram;

void set(int fd, int level, int option, int value) {
    // What a kernel does not have is not needed to work.
    static_cast<void>(setsockopt(fd, level, option, &value, sizeof value));
}

/// Beyond net.core.rmem_max and wmem_max where CAP_NET_ADMIN allows it (socket(7)).
void set_buffer(int fd, int forced, int option, int bytes) {
    if (setsockopt(fd, SOL_SOCKET, forced, &bytes, sizeof bytes) != 0)
        set(fd, SOL_SOCKET, option, bytes);
}

}  // namespace

Fd& Fd::operator=(Fd&& other) noexcept {
    if (this != &other) {
        if (fd_ >= 0) ::close(fd_);
        fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
}
Fd::~Fd() {
    if (fd_ >= 0) ::close(fd_);
}

struct UdpSocket::Buffers {
    std::array<mmsghdr, kBatch> headers{};
    std::array<iovec, kBatch> vectors{};
    std::array<sockaddr_in6, kBatch> names{};
    struct Control {
        alignas(cmsghdr) std::array<std::uint8_t, CMSG_SPACE(sizeof(in6_pktinfo))> bytes;
    };
    std::array<Control, kBatch> control{};
    // 64 bytes more than a datagram, so that the beginnings do not share the cache's sets.
    std::array<std::array<std::uint8_t, kDatagram + 64>, kBatch> datagrams;
    Received received;
    std::size_t used = kBatch;  ///< headers to be prepared for the next call

    Buffers() {
        for (std::size_t i = 0; i < kBatch; ++i) {
            vectors[i] = {datagrams[i].data(), kDatagram};
            headers[i].msg_hdr.msg_iov = &vectors[i];
            headers[i].msg_hdr.msg_iovlen = 1;
            headers[i].msg_hdr.msg_name = &names[i];
        }
    }
};

Result<std::unique_ptr<UdpSocket>> UdpSocket::open(const SocketAddress& at) {
    auto failed = [&at](const char* what) {
        return failure("UDP " + at.text() + ": " + what + ": " + std::strerror(errno));
    };
    Fd fd{::socket(at.ipv6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    if (fd.get() < 0) return failed("socket");
    if (at.ipv6) set(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1);
    set_buffer(fd.get(), SO_RCVBUFFORCE, SO_RCVBUF, kBuffer);
    set_buffer(fd.get(), SO_SNDBUFFORCE, SO_SNDBUF, kBuffer);
    sockaddr_storage native{};
    const auto size = static_cast<socklen_t>(at.write(native));
    if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&native), size) != 0)
        return failed("bind");
    socklen_t length = sizeof native;
    if (::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&native), &length) != 0)
        return failed("getsockname");
    const bool to_all = at.ip == SocketAddress{}.ip;
    if (to_all) {
        set(fd.get(), at.ipv6 ? IPPROTO_IPV6 : IPPROTO_IP, at.ipv6 ? IPV6_RECVPKTINFO : IP_PKTINFO,
            1);
    }
    const SocketAddress bound = SocketAddress::from(reinterpret_cast<const sockaddr&>(native));
    return std::unique_ptr<UdpSocket>{new UdpSocket{std::move(fd), bound, to_all}};
}

UdpSocket::UdpSocket(Fd fd, const SocketAddress& bound, bool to_all)
    : fd_{std::move(fd)},
      bound_{bound},
      bound_to_all_{to_all},
      batch_{fd_.get()},
      buffers_{new Buffers} {}
UdpSocket::~UdpSocket() = default;

UdpSocket::Granted UdpSocket::granted() const {
    auto get = [this](int option) {
        int value = 0;
        socklen_t size = sizeof value;
        // The kernel says what it counts with: twice what was set.
        return getsockopt(fd_.get(), SOL_SOCKET, option, &value, &size) == 0 ? value / 2 : 0;
    };
    return {get(SO_RCVBUF), get(SO_SNDBUF)};
}

std::uint64_t UdpSocket::overflowed() const {
    // Not SO_RXQ_OVFL, which costs a control message with each datagram once there was a drop.
    std::array<std::uint32_t, SK_MEMINFO_VARS> values{};
    socklen_t size = sizeof values;
    if (getsockopt(fd_.get(), SOL_SOCKET, SO_MEMINFO, values.data(), &size) != 0) return 0;
    return values[SK_MEMINFO_DROPS];
}

std::size_t UdpSocket::take() {
    Buffers& b = *buffers_;
    // What the last call has written, and no more: mostly one or two of them.
    for (std::size_t i = 0; i < b.used; ++i) {
        msghdr& header = b.headers[i].msg_hdr;
        header.msg_namelen = sizeof b.names[i];
        header.msg_control = bound_to_all_ ? b.control[i].bytes.data() : nullptr;
        header.msg_controllen = bound_to_all_ ? b.control[i].bytes.size() : 0;
    }
    b.used = 0;
    ++counters_.system_calls;
    // An error is that of a datagram which we sent (ICMP), and not of the socket.
    const int n = recvmmsg(fd_.get(), b.headers.data(), kBatch, 0, nullptr);
    if (n <= 0) {
        b.used = 1;  // an error may have touched the first
        return 0;
    }
    b.used = std::min(static_cast<std::size_t>(n) + 1, kBatch);
    counters_.datagrams += static_cast<std::uint64_t>(n);
    return static_cast<std::size_t>(n);
}

const UdpSocket::Received* UdpSocket::at(std::size_t i) {
    Buffers& b = *buffers_;
    const mmsghdr& one = b.headers[i];
    if ((one.msg_hdr.msg_flags & MSG_TRUNC) != 0) {
        ++counters_.truncated;
        return nullptr;
    }
    b.received.from = SocketAddress::from(reinterpret_cast<const sockaddr&>(b.names[i]));
    b.received.to = bound_;
    if (bound_to_all_ && one.msg_hdr.msg_controllen >= sizeof(cmsghdr)) {
        for (const cmsghdr* c = CMSG_FIRSTHDR(&one.msg_hdr); c;
             c = CMSG_NXTHDR(const_cast<msghdr*>(&one.msg_hdr), const_cast<cmsghdr*>(c))) {
            if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
                in_pktinfo info;
                std::memcpy(&info, CMSG_DATA(c), sizeof info);
                std::memcpy(b.received.to.ip.data(), &info.ipi_addr, 4);
            } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
                in6_pktinfo info;
                std::memcpy(&info, CMSG_DATA(c), sizeof info);
                std::memcpy(b.received.to.ip.data(), &info.ipi6_addr, 16);
            }
        }
    }
    b.received.bytes = MutableBytes{b.datagrams[i]}.first(one.msg_len);
    return &b.received;
}

SendBatch::Destination UdpSocket::destination(const SocketAddress& to, const SocketAddress& from,
                                              std::optional<std::uint8_t> dscp) const {
    return {to, bound_to_all_ ? std::optional{from} : std::nullopt, dscp};
}

}  // namespace rivero::transport
