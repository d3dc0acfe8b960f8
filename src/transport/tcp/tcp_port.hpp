// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/bytes.hpp"
#include "rivero/base/clock.hpp"
#include "rivero/base/result.hpp"
#include "transport/tcp/newcomers.hpp"
#include "transport/udp/socket_address.hpp"
#include "transport/udp/udp_socket.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

namespace rivero::transport {

/// Accepts ICE-TCP connections (RFC 6544, passive) on one port and frames datagrams on them (RFC
/// 4571). A connection that nobody has made its own within kPatience is closed, and sooner when
/// more of these come than Newcomers has room for.
class TcpPort {
public:
    static constexpr std::size_t kMaxConnections = 4096;
    static constexpr Duration kPatience = 10s;
    /// Without a free descriptor nobody is accepted for so long.
    static constexpr Duration kPause = 100ms;
    /// What waits for a peer that takes it slowly; then datagrams are refused, as UDP loses them.
    static constexpr std::size_t kMaxQueue = 256 * 1024;

    class Handler {
    public:
        virtual void on_frame(const SocketAddress& local, const SocketAddress& remote,
                              MutableBytes frame) = 0;
        /// The connection is gone.
        virtual void on_closed(const SocketAddress& local, const SocketAddress& remote) = 0;

    protected:
        ~Handler() = default;
    };
    struct Counters {
        std::uint64_t accepted = 0;
        std::uint64_t refused = 0;    ///< too many, and all with owners; or a second of one address
        std::uint64_t displaced = 0;  ///< nobody's, and gave way to newer ones
        std::uint64_t too_slow = 0;   ///< datagrams that found the queue full
        std::uint64_t no_descriptor = 0;  ///< how often accepting had to pause
    };

    /// @param at one address per family, all with the same port
    [[nodiscard]] static Result<std::unique_ptr<TcpPort>> open(const std::vector<SocketAddress>& at,
                                                               Handler& handler);
    ~TcpPort();
    TcpPort(const TcpPort&) = delete;
    TcpPort& operator=(const TcpPort&) = delete;

    /// Readable (epoll) when on_ready() has something to do.
    [[nodiscard]] int fd() const { return epoll_.get(); }
    void on_ready(Time now);
    /// Sends what send() has gathered.
    void flush();
    /// Closes what has waited too long for an owner, and goes on after a pause.
    void on_deadline(Time now);
    [[nodiscard]] std::optional<Time> next_deadline() const;
    [[nodiscard]] bool pausing() const { return accepts_at_.has_value(); }
    [[nodiscard]] std::size_t unowned() const { return newcomers_.size(); }
    [[nodiscard]] std::size_t connections() const { return by_remote_.size(); }

    /// The connection has an owner: it stays.
    void own(const SocketAddress& remote);
    /// It has none any more: closed after kPatience unless somebody owns it again.
    void disown(const SocketAddress& remote, Time now);
    void close(const SocketAddress& remote);
    /// @return false when there is no such connection, or its queue is full
    bool send(const SocketAddress& remote, Bytes datagram);
    [[nodiscard]] const Counters& counters() const { return counters_; }

private:
    struct Connection;
    TcpPort(Handler& handler, Fd epoll);
    void accept_some(int listener, Time now);
    void pause(Time now);
    /// @return false when one more from there cannot be had
    [[nodiscard]] bool make_place(const SocketAddress& remote);
    void read_some(const std::shared_ptr<Connection>& connection);
    void write_some(Connection& connection);
    void drop(Connection& connection, bool tell);

    Handler& handler_;
    Fd epoll_;
    std::vector<Fd> listeners_;
    std::unordered_map<int, std::shared_ptr<Connection>> by_fd_;
    std::unordered_map<SocketAddress, Connection*> by_remote_;
    std::vector<std::weak_ptr<Connection>> dirty_;
    Newcomers newcomers_;  ///< the connections without an owner
    std::optional<Time> accepts_at_;
    Counters counters_;
};

}  // namespace rivero::transport
