// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/media_service.hpp"
#include "gateway/net/asio_loop.hpp"
#include "gateway/net/daemon.hpp"
#include "gateway/net/host_process.hpp"

#include <array>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace rivero::gateway::net {

/// Starts the media hosts, carries their bytes, and starts a host again that ended.
class Supervisor {
public:
    struct Events {
        std::function<void()> first_host_ready;
        /// No host could be started at all; why.
        std::function<void(const std::string& why)> hopeless;
        std::function<void()> all_ended;  ///< after stop()
    };
    Supervisor(asio::io_context& context, Loop& loop, MediaService& service,
               const HostsOptions& options, Events events);
    ~Supervisor();
    Supervisor(const Supervisor&) = delete;
    Supervisor& operator=(const Supervisor&) = delete;

    void start();
    /// Asks the hosts to end, and kills those that do not.
    void stop();

private:
    struct Slot;
    class Connection;

    void start(Slot& slot);
    [[nodiscard]] Result<void> launch(Slot& slot);
    void on_hello(Slot& slot);
    void on_end(Slot& slot, const std::string& why);
    void check(Slot& slot);
    void kill(Slot& slot, const std::string& why);

    asio::io_context& context_;
    Loop& loop_;
    MediaService& service_;
    HostsOptions options_;
    Events events_;
    std::vector<std::unique_ptr<Slot>> slots_;
    std::uint32_t last_host_ = 0;
    bool any_was_ready_ = false;
    bool stopping_ = false;
    Timer patience_;
};

}  // namespace rivero::gateway::net
