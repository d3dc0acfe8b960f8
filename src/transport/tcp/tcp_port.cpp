// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "transport/tcp/tcp_port.hpp"

#include "transport/tcp/framing.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

namespace rivero::transport {
namespace {

constexpr int kBacklog = 64;
constexpr int kEvents = 64;
/// Of one connection in one turn, so that others have theirs.
constexpr int kReads = 8;

void watch(int epoll, int operation, int fd, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.fd = fd;
    static_cast<void>(epoll_ctl(epoll, operation, fd, &event));
}

}  // namespace

struct TcpPort::Connection {
    Fd fd;
    SocketAddress local;
    SocketAddress remote;
    bool owned = false;
    bool dirty = false;    ///< in dirty_
    bool waiting = false;  ///< for the socket to take more
    bool gone = false;
    Deframer in;
    ByteVector out;
    std::size_t out_sent = 0;
};

Result<std::unique_ptr<TcpPort>> TcpPort::open(const std::vector<SocketAddress>& at,
                                               Handler& handler) {
    std::unique_ptr<TcpPort> port{new TcpPort{handler, Fd{epoll_create1(EPOLL_CLOEXEC)}}};
    for (const SocketAddress& address : at) {
        auto failed = [&address](const char* what) {
            return failure("TCP " + address.text() + ": " + what + ": " + std::strerror(errno));
        };
        Fd fd{::socket(address.ipv6 ? AF_INET6 : AF_INET,
                       SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
        if (fd.get() < 0) return failed("socket");
        const int on = 1;
        // A host that follows one that has ended gets the port at once.
        setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        if (address.ipv6) setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
        sockaddr_storage native{};
        const auto size = static_cast<socklen_t>(address.write(native));
        if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&native), size) != 0)
            return failed("bind");
        if (::listen(fd.get(), kBacklog) != 0) return failed("listen");
        watch(port->epoll_.get(), EPOLL_CTL_ADD, fd.get(), EPOLLIN);
        port->listeners_.push_back(std::move(fd));
    }
    return port;
}

TcpPort::TcpPort(Handler& handler, Fd epoll) : handler_{handler}, epoll_{std::move(epoll)} {}
TcpPort::~TcpPort() = default;

void TcpPort::on_ready(Time now) {
    std::array<epoll_event, kEvents> events;
    const int n = epoll_wait(epoll_.get(), events.data(), kEvents, 0);
    for (int i = 0; i < n; ++i) {
        const int fd = events[static_cast<std::size_t>(i)].data.fd;
        const bool listener = std::any_of(listeners_.begin(), listeners_.end(),
                                          [fd](const Fd& one) { return one.get() == fd; });
        if (listener) {
            accept_some(fd, now);
            continue;
        }
        const auto found = by_fd_.find(fd);
        if (found == by_fd_.end()) continue;  // closed by what came before
        const auto connection = found->second;
        if ((events[static_cast<std::size_t>(i)].events & EPOLLOUT) != 0) write_some(*connection);
        if (!connection->gone && (events[static_cast<std::size_t>(i)].events & ~EPOLLOUT) != 0)
            read_some(connection);
    }
}

void TcpPort::accept_some(int listener, Time now) {
    for (int i = 0; i < kBacklog; ++i) {
        sockaddr_storage native{};
        socklen_t size = sizeof native;
        Fd fd{accept4(listener, reinterpret_cast<sockaddr*>(&native), &size,
                      SOCK_NONBLOCK | SOCK_CLOEXEC)};
        if (fd.get() < 0) {
            // No descriptor, no memory: the one who knocks stays in the queue, and we would be
            // woken for it again and again.
            if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
                pause(now);
            return;
        }
        auto connection = std::make_shared<Connection>();
        connection->remote = SocketAddress::from(reinterpret_cast<const sockaddr&>(native));
        size = sizeof native;
        if (getsockname(fd.get(), reinterpret_cast<sockaddr*>(&native), &size) != 0) continue;
        connection->local = SocketAddress::from(reinterpret_cast<const sockaddr&>(native));
        if (!make_place(connection->remote)) {
            ++counters_.refused;
            continue;
        }
        const int on = 1;
        setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        connection->fd = std::move(fd);
        watch(epoll_.get(), EPOLL_CTL_ADD, connection->fd.get(), EPOLLIN | EPOLLRDHUP);
        by_remote_[connection->remote] = connection.get();
        by_fd_[connection->fd.get()] = connection;
        newcomers_.add(connection->remote, now);
        ++counters_.accepted;
    }
}

bool TcpPort::make_place(const SocketAddress& remote) {
    if (by_remote_.contains(remote)) return false;
    auto other = newcomers_.gives_way_to(remote);
    if (!other && by_remote_.size() >= kMaxConnections) {
        other = newcomers_.first_to_go();
        if (!other) return false;
    }
    if (other) {
        ++counters_.displaced;
        drop(*by_remote_.at(*other), true);
    }
    return true;
}

void TcpPort::read_some(const std::shared_ptr<Connection>& connection) {
    Connection& c = *connection;
    for (int i = 0; i < kReads && !c.gone; ++i) {
        const MutableBytes room = c.in.room();
        const auto n = ::recv(c.fd.get(), room.data(), room.size(), 0);
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return;
        if (n <= 0) {
            drop(c, true);
            return;
        }
        c.in.filled(static_cast<std::size_t>(n));
        while (auto frame = c.in.next()) {
            handler_.on_frame(c.local, c.remote, *frame);
            if (c.gone) return;
        }
        if (c.in.broken()) drop(c, true);
    }
}

void TcpPort::own(const SocketAddress& remote) {
    const auto found = by_remote_.find(remote);
    if (found == by_remote_.end() || std::exchange(found->second->owned, true)) return;
    newcomers_.remove(remote);
}

void TcpPort::disown(const SocketAddress& remote, Time now) {
    const auto found = by_remote_.find(remote);
    if (found == by_remote_.end() || !std::exchange(found->second->owned, false)) return;
    newcomers_.add(remote, now);
}

void TcpPort::close(const SocketAddress& remote) {
    const auto found = by_remote_.find(remote);
    if (found == by_remote_.end()) return;
    write_some(*found->second);  // a farewell, perhaps
    const auto still = by_remote_.find(remote);
    if (still != by_remote_.end()) drop(*still->second, false);
}

void TcpPort::drop(Connection& connection, bool tell) {
    if (std::exchange(connection.gone, true)) return;
    const SocketAddress local = connection.local;
    const SocketAddress remote = connection.remote;
    newcomers_.remove(remote);
    by_remote_.erase(remote);
    const auto found = by_fd_.find(connection.fd.get());
    const std::shared_ptr<Connection> keep = found->second;
    by_fd_.erase(found);
    keep->fd = Fd{};
    if (tell) handler_.on_closed(local, remote);
}

bool TcpPort::send(const SocketAddress& remote, Bytes datagram) {
    const auto found = by_remote_.find(remote);
    if (found == by_remote_.end() || datagram.size() > 0xffff) return false;
    Connection& c = *found->second;
    if (c.out.size() - c.out_sent + datagram.size() + 2 > kMaxQueue) {
        ++counters_.too_slow;
        return false;
    }
    c.out.push_back(static_cast<std::uint8_t>(datagram.size() >> 8));
    c.out.push_back(static_cast<std::uint8_t>(datagram.size()));
    c.out.insert(c.out.end(), datagram.begin(), datagram.end());
    if (!c.waiting && !std::exchange(c.dirty, true)) dirty_.push_back(by_fd_.at(c.fd.get()));
    return true;
}

void TcpPort::flush() {
    if (dirty_.empty()) return;
    for (const auto& weak : std::exchange(dirty_, {})) {
        const auto connection = weak.lock();
        if (!connection || connection->gone) continue;
        connection->dirty = false;
        write_some(*connection);
    }
}

void TcpPort::write_some(Connection& c) {
    while (c.out_sent < c.out.size()) {
        const auto n =
            ::send(c.fd.get(), c.out.data() + c.out_sent, c.out.size() - c.out_sent, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) {
            if (errno == EAGAIN || errno == EWOULDBLOCK) break;
            // Its end comes as an event when we read; not here, where senders are at work.
            c.out.clear();
            c.out_sent = 0;
            return;
        }
        c.out_sent += static_cast<std::size_t>(n);
    }
    if (c.out_sent == c.out.size()) {
        c.out.clear();
        c.out_sent = 0;
    } else if (c.out_sent > kMaxQueue / 2) {
        c.out.erase(c.out.begin(), c.out.begin() + static_cast<std::ptrdiff_t>(c.out_sent));
        c.out_sent = 0;
    }
    const bool waits = !c.out.empty();
    if (waits == c.waiting) return;
    c.waiting = waits;
    watch(epoll_.get(), EPOLL_CTL_MOD, c.fd.get(),
          waits ? EPOLLIN | EPOLLRDHUP | EPOLLOUT : EPOLLIN | EPOLLRDHUP);
}

void TcpPort::pause(Time now) {
    ++counters_.no_descriptor;
    accepts_at_ = now + kPause;
    for (const Fd& one : listeners_) watch(epoll_.get(), EPOLL_CTL_MOD, one.get(), 0);
}

void TcpPort::on_deadline(Time now) {
    if (accepts_at_ && now >= *accepts_at_) {
        accepts_at_.reset();
        for (const Fd& one : listeners_) watch(epoll_.get(), EPOLL_CTL_MOD, one.get(), EPOLLIN);
    }
    for (const SocketAddress& late : newcomers_.since(now - kPatience)) {
        const auto found = by_remote_.find(late);
        if (found != by_remote_.end()) drop(*found->second, true);
    }
}

std::optional<Time> TcpPort::next_deadline() const {
    if (accepts_at_) return accepts_at_;
    const auto oldest = newcomers_.oldest();
    return oldest ? std::optional{*oldest + kPatience} : std::nullopt;
}

}  // namespace rivero::transport
