// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "gateway/net/daemon.hpp"

#include "gateway/net/asio_loop.hpp"
#include "gateway/net/listener.hpp"
#include "gateway/net/supervisor.hpp"
#include "rivero/base/log.hpp"

#include <csignal>
#include <optional>

namespace rivero::gateway {

struct Daemon::State {
    explicit State(const DaemonOptions& given)
        : options{with_memory(given)},
          loop{context},
          gateway{loop, options.gateway},
          server{gateway, options.listen, make_access(options.listen.access)},
          supervisor{context,
                     loop,
                     gateway.service(),
                     options.hosts,
                     {.first_host_ready = [this] { listen(); },
                      .hopeless =
                          [this](const std::string& why) {
                              trouble = why;
                              context.stop();
                          },
                      .all_ended = [this] { context.stop(); }}},
          signals{context} {
        server.input = options.gateway.service.memory;
        using Kind = net::Listener::Kind;
        if (options.listen.port >= 0) plain.emplace(context, server, Kind::plain);
        if (options.listen.tls.port < 0) return;
        server.tls.emplace(options.listen.tls);
        secure.emplace(context, server, Kind::tls);
        look_at_certificate();
    }

    /// One budget for the messages that clients have begun and for what they become.
    static DaemonOptions with_memory(DaemonOptions options) {
        options.gateway.service.memory =
            std::make_shared<InputBudget>(options.listen.max_unfinished_in_all);
        return options;
    }
    static Access make_access(const AccessOptions& options) {
        try {
            return Access{options};
        } catch (const std::runtime_error& error) {
            throw DaemonError{error.what()};
        }
    }
    void listen() {
        if (stopping) return;
        for (auto* listener : {&plain, &secure}) {
            if (!*listener) continue;
            (*listener)->start();
            if (options.on_listening) options.on_listening((*listener)->url());
        }
    }
    void look_at_certificate() {
        certificate_check = loop.post_after(options.listen.tls.check_period, [this] {
            server.tls->reload_if_changed();
            look_at_certificate();
        });
    }
    void wait_for_signals() {
        signals.async_wait([this](net::error_code error, int signal) {
            if (error) return;
            if (signal == SIGHUP) {
                reload();
            } else {
                log_topic("gateway")->info("signal {}: ending", signal);
                stop();
            }
            wait_for_signals();  // a second one must not end the process half-way
        });
    }
    void reload() {
        if (server.tls) server.tls->reload();
        if (server.access.token_file().empty()) return;
        if (auto read = server.access.reload(); !read) {
            log_topic("gateway")->error("the old tokens stay in use: {}", read.error().message);
        } else {
            log_topic("gateway")->info("the access tokens were read again");
        }
    }
    void stop() {
        if (std::exchange(stopping, true)) return;
        certificate_check.cancel();
        for (auto* listener : {&plain, &secure})
            if (*listener) (*listener)->stop();
        for (const auto& client : std::set{server.clients}) client->go_away();
        supervisor.stop();
    }

    DaemonOptions options;
    net::asio::io_context context{1};
    net::AsioLoop loop;
    Gateway gateway;
    net::Server server;
    std::optional<net::Listener> plain;
    std::optional<net::Listener> secure;
    net::Supervisor supervisor;
    net::asio::signal_set signals;
    Timer certificate_check;
    std::string trouble;
    bool stopping = false;
};

Daemon::Daemon(const DaemonOptions& options) : state_{std::make_unique<State>(options)} {
    if (options.handle_signals) {
        for (const int signal : {SIGTERM, SIGINT, SIGHUP}) state_->signals.add(signal);
        state_->wait_for_signals();
    }
}

Daemon::~Daemon() = default;

std::uint16_t Daemon::port() const {
    return state_->plain->endpoint().port();
}

std::uint16_t Daemon::tls_port() const {
    return state_->secure->endpoint().port();
}

void Daemon::run() {
    state_->supervisor.start();
    state_->context.run();
    if (!state_->trouble.empty()) throw DaemonError{state_->trouble};
}

void Daemon::stop() {
    net::asio::post(state_->context, [this] { state_->stop(); });
}

}  // namespace rivero::gateway
