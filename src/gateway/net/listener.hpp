// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/gateway.hpp"
#include "gateway/net/asio.hpp"
#include "gateway/net/daemon.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <set>
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

/// Counts something while it lives. The count is shared: handlers that never ran, and what they
/// hold, are destroyed with the io_context, after all else.
class Counted {
public:
    explicit Counted(std::shared_ptr<std::size_t> count) : count_{std::move(count)} { ++*count_; }
    Counted(Counted&&) noexcept = default;
    Counted& operator=(Counted&&) = delete;
    ~Counted() {
        if (count_) --*count_;
    }

private:
    std::shared_ptr<std::size_t> count_;
};

/// What every connection of the listener needs. Not to be used in their destructors.
struct Server {
    Gateway& gateway;
    const ListenOptions& options;
    std::shared_ptr<std::size_t> connections = std::make_shared<std::size_t>(0);
    /// WebSocket clients. One that is not read from, and has nothing to get, has no other owner.
    std::set<std::shared_ptr<Closable>> clients{};
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
