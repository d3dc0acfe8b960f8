// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/access.hpp"
#include "gateway/gateway.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace rivero::gateway {

/// The second listener, for wss and https.
struct TlsOptions {
    std::string address = "127.0.0.1";
    int port = -1;            ///< -1: off; 0: one that is free
    std::string certificate;  ///< PEM file: the server's, then those up to the root
    std::string key;          ///< PEM file; empty: in the file of the certificate
    std::string key_password;
    /// How often the files are looked at; new ones are taken without a restart.
    Duration check_period = 5s;
};

struct ListenOptions {
    std::string address = "127.0.0.1";
    int port = 8888;  ///< 0: one that is free; -1: no listener without TLS
    TlsOptions tls;
    /// Clients connect to ws://address:port/<path>; /rpc always works, too.
    std::string path = "kurento";
    AccessOptions access;
    std::string web_root;    ///< directory of the demo page; empty: none
    std::string recordings;  ///< directory behind /recordings/; empty: none
    std::size_t max_message = std::size_t{1} << 20;
    std::size_t max_queued = std::size_t{16} << 20;  ///< bytes waiting for a slow client
    /// Bytes waiting for all clients; then those go that have more than their share.
    std::size_t max_queued_in_all = std::size_t{256} << 20;
    /// Bytes of messages that have begun and not ended, of all clients. At least two of the
    /// longest.
    std::size_t max_unfinished_in_all = std::size_t{64} << 20;
    std::size_t max_connections = 4096;
    /// A client that says nothing for this long is asked (WebSocket ping) at half of it and cut off
    /// at the end.
    Duration idle = 60s;
    /// For the TLS handshake, for a request to be whole, and for each piece of an answer to leave.
    Duration patience = 10s;
};

/// How media hosts are started and kept running.
struct HostsOptions {
    /// Number of host processes; 0: one host on a thread of this process.
    std::size_t count = 1;
    /// The program, and its arguments but the last ones: "--fd 3 --settings-fd 4 --name host-N"
    /// follow.
    std::vector<std::string> command;
    /// JSON text that the host reads to the end from --settings-fd.
    std::string settings;
    /// Runs the one host until the other end of `fd` closes; only for count 0. Takes the
    /// descriptor.
    std::function<int(int fd)> run_in_process;
    Duration hello_timeout = 60s;
    Duration hang_timeout = 60s;  ///< no answer to a ping for this long: the host is killed
    Duration stop_timeout = 5s;   ///< to end after `shutdown`
};

struct DaemonOptions {
    GatewayOptions gateway;
    ListenOptions listen;
    HostsOptions hosts;
    /// Called when clients are accepted, for each listener: the URL for them. The one without TLS
    /// comes first.
    std::function<void(const std::string& url)> on_listening;
    /// SIGTERM and SIGINT call stop(); SIGHUP reads certificate and token file again.
    bool handle_signals = true;
};

/// Why the server cannot run, in a sentence for the operator.
class DaemonError : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// The gateway with its sockets and its host processes.
class Daemon {
public:
    /// Takes the port. @throws DaemonError
    explicit Daemon(const DaemonOptions& options);
    ~Daemon();
    Daemon(const Daemon&) = delete;
    Daemon& operator=(const Daemon&) = delete;

    /// Of the listener without TLS.
    [[nodiscard]] std::uint16_t port() const;
    [[nodiscard]] std::uint16_t tls_port() const;
    /// Starts the hosts, and returns after stop() when all of them have ended.
    /// @throws DaemonError when no host can be started
    void run();
    /// Any thread.
    void stop();

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace rivero::gateway
