// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "gateway/net/listener.hpp"

#include "gateway/net/http_session.hpp"
#include "rivero/base/log.hpp"

namespace rivero::gateway::net {
namespace {

using asio::ip::tcp;

auto& log() {
    static const auto topic = log_topic("gateway.net");
    return *topic;
}

[[noreturn]] void cannot_listen(const ListenOptions& options, const std::string& why) {
    throw DaemonError{"Cannot listen on " + options.address + " port " +
                      std::to_string(options.port) + ": " + why};
}

}  // namespace

Listener::Listener(asio::io_context& context, Server& server)
    : server_{server}, acceptor_{context}, breath_{context} {
    error_code error;
    const auto check = [&] {
        if (error == asio::error::address_in_use)
            cannot_listen(server.options, "another program uses this port");
        if (error) cannot_listen(server.options, error.message());
    };
    const auto address = asio::ip::make_address(server.options.address, error);
    if (error) cannot_listen(server.options, "this is not an IP address");
    const tcp::endpoint endpoint{address, server.options.port};
    acceptor_.open(endpoint.protocol(), error);
    check();
    acceptor_.set_option(tcp::acceptor::reuse_address{true}, error);
    acceptor_.bind(endpoint, error);
    check();
    // Listening from here on keeps the port ours; clients that come early wait to be accepted.
    acceptor_.listen(tcp::acceptor::max_listen_connections, error);
    check();
}

tcp::endpoint Listener::endpoint() const {
    return acceptor_.local_endpoint();
}

void Listener::start() {
    accept();
}

void Listener::stop() {
    error_code ignored;
    acceptor_.close(ignored);
    breath_.cancel();
    for (const auto& client : std::set{server_.clients}) client->go_away();
}

void Listener::accept() {
    acceptor_.async_accept([this](error_code error, tcp::socket socket) {
        if (error == asio::error::operation_aborted || !acceptor_.is_open()) return;
        if (error) {
            // Out of descriptors, mostly: without a pause this would spin until one is free.
            log().error("cannot accept a connection: {}", error.message());
            breath_.expires_after(std::chrono::milliseconds{100});
            breath_.async_wait([this](error_code aborted) {
                if (!aborted) accept();
            });
            return;
        }
        if (*server_.connections >= server_.options.max_connections) {
            log().warn("a connection was refused: there are {}", *server_.connections);
        } else {
            socket.set_option(tcp::no_delay{true}, error);
            start_http(server_, std::move(socket));
        }
        accept();
    });
}

}  // namespace rivero::gateway::net
