// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/gateway.hpp"
#include "gateway/input_budget.hpp"
#include "gateway/net/asio.hpp"
#include "gateway/net/daemon.hpp"
#include "gateway/net/tls.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
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
    Access access;
    std::optional<Tls> tls{};
    std::shared_ptr<std::size_t> connections = std::make_shared<std::size_t>(0);
    std::size_t queued = 0;                ///< bytes that wait for all WebSocket clients
    std::shared_ptr<InputBudget> input{};  ///< for messages that have begun; the service's, too
    /// WebSocket clients. One that is not read from, and has nothing to get, has no other owner.
    std::set<std::shared_ptr<Closable>> clients{};
};

/// Takes a port, and TCP connections once it is told to.
class Listener {
public:
    enum class Kind { plain, tls };
    /// @throws DaemonError
    Listener(asio::io_context& context, Server& server, Kind kind);

    [[nodiscard]] asio::ip::tcp::endpoint endpoint() const;
    [[nodiscard]] std::string url() const;
    void start();
    /// No new connections.
    void stop();

private:
    void accept();
    void take(asio::ip::tcp::socket socket);

    Server& server_;
    Kind kind_;
    asio::ip::tcp::acceptor acceptor_;
    asio::steady_timer breath_;
};

}  // namespace rivero::gateway::net
