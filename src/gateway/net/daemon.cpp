// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "gateway/net/daemon.hpp"

#include "gateway/net/asio_loop.hpp"
#include "gateway/net/listener.hpp"
#include "gateway/net/supervisor.hpp"
#include "rivero/base/log.hpp"

#include <csignal>
#include <sstream>

namespace rivero::gateway {

struct Daemon::State {
    explicit State(const DaemonOptions& given)
        : options{given},
          loop{context},
          gateway{loop, options.gateway},
          server{gateway, options.listen},
          listener{context, server},
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
          signals{context} {}

    void listen() {
        if (stopping) return;
        listener.start();
        std::ostringstream url;
        url << "ws://" << listener.endpoint() << '/' << options.listen.path;
        if (options.on_listening) options.on_listening(url.str());
    }
    void wait_for_signals() {
        signals.async_wait([this](net::error_code error, int signal) {
            if (error) return;
            log_topic("gateway")->info("signal {}: ending", signal);
            stop();
            wait_for_signals();  // a second one must not end the process half-way
        });
    }
    void stop() {
        if (std::exchange(stopping, true)) return;
        listener.stop();
        supervisor.stop();
    }

    DaemonOptions options;
    net::asio::io_context context{1};
    net::AsioLoop loop;
    Gateway gateway;
    net::Server server;
    net::Listener listener;
    net::Supervisor supervisor;
    net::asio::signal_set signals;
    std::string trouble;
    bool stopping = false;
};

Daemon::Daemon(const DaemonOptions& options) : state_{std::make_unique<State>(options)} {
    if (options.handle_signals) {
        state_->signals.add(SIGTERM);
        state_->signals.add(SIGINT);
        state_->wait_for_signals();
    }
}

Daemon::~Daemon() = default;

std::uint16_t Daemon::port() const {
    return state_->listener.endpoint().port();
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
