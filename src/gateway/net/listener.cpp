// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "gateway/net/listener.hpp"

#include "gateway/net/http_session.hpp"
#include "rivero/base/log.hpp"

#include <sstream>
#include <string_view>

namespace rivero::gateway::net {
namespace {

using asio::ip::tcp;

auto& log() {
    static const auto topic = log_topic("gateway.net");
    return *topic;
}

constexpr std::string_view kBusy =
    "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 5\r\n"
    "Content-Type: text/plain\r\nContent-Length: 43\r\n\r\n"
    "The server has all the clients it may have.";

[[noreturn]] void cannot_listen(const std::string& address, int port, const std::string& why) {
    throw DaemonError{"Cannot listen on " + address + " port " + std::to_string(port) + ": " + why};
}

}  // namespace

Listener::Listener(asio::io_context& context, Server& server, Kind kind)
    : server_{server}, kind_{kind}, acceptor_{context}, breath_{context} {
    const auto& options = server.options;
    const std::string& at = kind == Kind::tls ? options.tls.address : options.address;
    const int port = kind == Kind::tls ? options.tls.port : options.port;
    error_code error;
    const auto check = [&] {
        if (error == asio::error::address_in_use)
            cannot_listen(at, port, "another program uses this port");
        if (error) cannot_listen(at, port, error.message());
    };
    const auto address = asio::ip::make_address(at, error);
    if (error) cannot_listen(at, port, "this is not an IP address");
    const tcp::endpoint endpoint{address, static_cast<std::uint16_t>(port)};
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

std::string Listener::url() const {
    std::ostringstream text;
    text << (kind_ == Kind::tls ? "wss://" : "ws://") << endpoint() << '/' << server_.options.path;
    return text.str();
}

void Listener::start() {
    accept();
}

void Listener::stop() {
    error_code ignored;
    acceptor_.close(ignored);
    breath_.cancel();
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
        take(std::move(socket));
        accept();
    });
}

void Listener::take(tcp::socket socket) {
    error_code ignored;
    if (*server_.connections >= server_.options.max_connections) {
        log().warn("a connection was refused: there are {}", *server_.connections);
        if (kind_ == Kind::plain) {
            // It fits into the socket's empty buffer; whether it arrives is not worth waiting for.
            socket.non_blocking(true, ignored);
            socket.write_some(asio::buffer(kBusy), ignored);
        }
        return;
    }
    socket.set_option(tcp::no_delay{true}, ignored);
    if (kind_ == Kind::tls) {
        start_http(server_, Stream{std::move(socket), server_.tls->context()});
    } else {
        start_http(server_, Stream{std::move(socket)});
    }
}

}  // namespace rivero::gateway::net
