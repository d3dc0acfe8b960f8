// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/gateway.hpp"
#include "gateway/net/asio.hpp"
#include "gateway/net/daemon.hpp"

#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <string>

namespace rivero::gateway::net {

/// A connection that can be told to end in an orderly way.
class Closable {
public:
    Closable() = default;
    Closable(const Closable&) = delete;
    Closable& operator=(const Closable&) = delete;
    virtual ~Closable() = default;
    virtual void go_away() = 0;
};

/// What every connection of the listener needs; outlives none of its handlers' calls.
struct Server {
    Gateway& gateway;
    const ListenOptions& options;
    std::size_t connections = 0;
    std::list<std::weak_ptr<Closable>> clients{};
};

/// Counts a connection while it lives.
class CountedConnection {
public:
    explicit CountedConnection(Server& server) : server_{&server} { ++server.connections; }
    CountedConnection(CountedConnection&& other) noexcept
        : server_{std::exchange(other.server_, nullptr)} {}
    CountedConnection& operator=(CountedConnection&&) = delete;
    ~CountedConnection() {
        if (server_ != nullptr) --server_->connections;
    }

private:
    Server* server_;
};

/// Takes the port, and TCP connections once it is told to.
class Listener {
public:
    /// @throws DaemonError
    Listener(asio::io_context& context, Server& server);

    [[nodiscard]] asio::ip::tcp::endpoint endpoint() const;
    void start();
    /// No new connections; WebSocket clients are told to go away.
    void stop();

private:
    void accept();

    Server& server_;
    asio::ip::tcp::acceptor acceptor_;
    asio::steady_timer breath_;
};

}  // namespace rivero::gateway::net
