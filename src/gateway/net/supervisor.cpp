// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "gateway/net/supervisor.hpp"

#include "rivero/base/log.hpp"

#include <algorithm>
#include <csignal>
#include <sys/socket.h>

namespace rivero::gateway::net {
namespace {

constexpr std::size_t kMaxQueuedToHost = std::size_t{256} << 20;
constexpr int kHopelessAfter = 3;  ///< failed starts, when no host ever came up

auto& log() {
    static const auto topic = log_topic("gateway.hosts");
    return *topic;
}

}  // namespace

/// Our end of the socket to one host.
class Supervisor::Connection : public std::enable_shared_from_this<Connection> {
public:
    struct Events {
        /// @return why the host must go
        std::function<Result<void>(Bytes)> bytes;
        std::function<void(const std::string& why)> closed;
    };
    Connection(asio::io_context& context, Descriptor fd, Events events)
        : socket_{context, asio::local::stream_protocol{}, fd.release()},
          events_{std::move(events)} {}

    void read() {
        socket_.async_read_some(
            asio::buffer(buffer_), [self = shared_from_this()](error_code error, std::size_t n) {
                if (!self->open_) return;
                if (error) return self->fail("it closed its connection");
                if (auto taken = self->events_.bytes({self->buffer_.data(), n}); !taken)
                    return self->fail(taken.error().message);
                if (self->open_) self->read();
            });
    }
    void write(std::string frame) {
        if (!open_) return;
        queued_ += frame.size();
        queue_.push_back(std::move(frame));
        if (queued_ > kMaxQueuedToHost) {
            // Not from within: the caller is in the middle of something that this would end.
            asio::post(socket_.get_executor(), [self = shared_from_this()] {
                if (self->open_) self->fail("it does not take its messages");
            });
        } else if (queue_.size() == 1) {
            write_next();
        }
    }
    /// Nothing is called from now on.
    void close() {
        open_ = false;
        error_code ignored;
        socket_.close(ignored);
    }

private:
    void write_next() {
        asio::async_write(socket_, asio::buffer(queue_.front()),
                          [self = shared_from_this()](error_code error, std::size_t) {
                              // An error shows in read(), too.
                              if (error || !self->open_) return;
                              self->queued_ -= self->queue_.front().size();
                              self->queue_.pop_front();
                              if (!self->queue_.empty()) self->write_next();
                          });
    }
    void fail(const std::string& why) {
        close();
        events_.closed(why);
    }

    asio::local::stream_protocol::socket socket_;
    Events events_;
    std::array<std::uint8_t, 65536> buffer_{};
    std::deque<std::string> queue_;
    std::size_t queued_ = 0;
    bool open_ = true;
};

/// The place of one host, taken by one life of it after another.
struct Supervisor::Slot {
    explicit Slot(asio::io_context& context, std::size_t number)
        : name{"host-" + std::to_string(number)}, process_end{context} {}

    std::string name;
    HostId id;
    bool running = false;
    bool ready = false;
    Time ready_since{};
    int failed_starts = 0;
    std::string kill_reason;
    pid_t pid = 0;
    asio::posix::stream_descriptor process_end;
    std::shared_ptr<Connection> connection;
    std::thread thread;  ///< of a host in this process
    Time asked{};        ///< when the unanswered ping went out; zero: none
    Timer watch;
    Timer restart;
};

Supervisor::Supervisor(asio::io_context& context, Loop& loop, MediaService& service,
                       const HostsOptions& options, Events events)
    : context_{context},
      loop_{loop},
      service_{service},
      options_{options},
      events_{std::move(events)} {
    const std::size_t count = std::max<std::size_t>(options_.count, 1);
    for (std::size_t i = 1; i <= count; ++i) slots_.push_back(std::make_unique<Slot>(context_, i));
}

Supervisor::~Supervisor() {
    for (auto& slot : slots_) {
        if (slot->connection) slot->connection->close();
        if (slot->running && slot->pid > 0) {
            ::kill(slot->pid, SIGKILL);
            [[maybe_unused]] const auto status = reap(slot->pid);
        }
        if (slot->thread.joinable()) slot->thread.join();
    }
}

void Supervisor::start() {
    for (auto& slot : slots_) start(*slot);
}

void Supervisor::stop() {
    stopping_ = true;
    bool any = false;
    for (auto& slot : slots_) {
        slot->restart.cancel();
        if (!slot->running) continue;
        any = true;
        service_.call_host(slot->id, "shutdown", [](const Outcome&) {});
    }
    if (!any) return events_.all_ended();
    patience_ = loop_.post_after(options_.stop_timeout, [this] {
        for (auto& slot : slots_)
            if (slot->running) kill(*slot, "it did not end in time");
    });
}

void Supervisor::start(Slot& slot) {
    slot.id = HostId{++last_host_};
    slot.ready = false;
    slot.asked = {};
    slot.kill_reason.clear();
    if (auto launched = launch(slot); !launched) {
        slot.running = true;  // for a moment, so that it can end
        service_.add_host(
            slot.id, [](const std::string&) {}, [] {});
        on_end(slot, launched.error().message);
        return;
    }
    slot.running = true;
    service_.add_host(
        slot.id,
        [connection = slot.connection](std::string frame) { connection->write(std::move(frame)); },
        [this, &slot] { on_hello(slot); });
    slot.connection->read();
    slot.watch = loop_.post_after(options_.hello_timeout,
                                  [this, &slot] { kill(slot, "it did not say hello in time"); });
}

Result<void> Supervisor::launch(Slot& slot) {
    auto pair = make_socket_pair();
    if (!pair) return failure(pair.error().message);
    if (options_.count == 0) {
        if (slot.thread.joinable()) slot.thread.join();
        slot.pid = 0;
        slot.thread =
            std::thread{[run = options_.run_in_process, fd = pair->theirs.release()] { run(fd); }};
    } else {
        auto process =
            spawn_host(options_.command, slot.name, options_.settings, std::move(pair->theirs));
        if (!process) return failure(process.error().message);
        slot.pid = process->pid;
        error_code ignored;
        slot.process_end.close(ignored);
        slot.process_end.assign(process->pidfd.release());
        slot.process_end.async_wait(asio::posix::stream_descriptor::wait_read,
                                    [this, &slot](error_code error) {
                                        if (error) return;
                                        std::string why = reap(slot.pid);
                                        if (!slot.kill_reason.empty()) why = slot.kill_reason;
                                        on_end(slot, why);
                                    });
    }
    slot.connection = std::make_shared<Connection>(
        context_, std::move(pair->ours),
        Connection::Events{.bytes = [this, id = slot.id](
                                        Bytes bytes) { return service_.on_host_bytes(id, bytes); },
                           .closed =
                               [this, &slot](const std::string& why) {
                                   if (stopping_ && slot.pid > 0) {
                                       // It has finished its work and is about to end; patience_
                                       // takes care of one that is not.
                                       return;
                                   }
                                   if (slot.pid > 0) {
                                       // Its end will be told by the pidfd, with a better reason if
                                       // it crashed.
                                       ::kill(slot.pid, SIGKILL);
                                       if (why != "it closed its connection")
                                           slot.kill_reason = why;
                                   } else {
                                       on_end(slot, why);
                                   }
                               }});
    return {};
}

void Supervisor::on_hello(Slot& slot) {
    slot.ready = true;
    slot.ready_since = Clock::now();
    slot.failed_starts = 0;
    log().info("{} is ready{}", slot.name,
               slot.pid > 0 ? " (process " + std::to_string(slot.pid) + ")" : std::string{});
    // A thread cannot be killed, so there is no use in watching it.
    slot.watch.cancel();
    if (slot.pid > 0) check(slot);
    if (!std::exchange(any_was_ready_, true)) events_.first_host_ready();
}

/// Asks from time to time whether the host still answers: one that hangs is no better than a dead
/// one.
void Supervisor::check(Slot& slot) {
    const auto now = Clock::now();
    if (slot.asked != Time{} && now - slot.asked > options_.hang_timeout)
        return kill(slot, "it did not answer for too long");
    if (slot.asked == Time{}) {
        slot.asked = now;
        service_.call_host(slot.id, "ping", [&slot, id = slot.id](const Outcome&) {
            if (slot.id == id) slot.asked = {};
        });
    }
    slot.watch = loop_.post_after(options_.hang_timeout / 6, [this, &slot] { check(slot); });
}

void Supervisor::kill(Slot& slot, const std::string& why) {
    if (!slot.running) return;
    slot.kill_reason = why;
    if (slot.pid > 0) {
        ::kill(slot.pid, SIGKILL);
    } else {
        // Without its connection a host in a thread ends by itself.
        slot.connection->close();
        on_end(slot, why);
    }
}

void Supervisor::on_end(Slot& slot, const std::string& why) {
    if (!std::exchange(slot.running, false)) return;
    slot.watch.cancel();
    if (slot.connection) slot.connection->close();
    service_.lose_host(slot.id, why);
    if (stopping_) {
        log().debug("{} ended ({})", slot.name, why);
        const bool all_ended =
            std::none_of(slots_.begin(), slots_.end(), [](auto& s) { return s->running; });
        if (all_ended) {
            patience_.cancel();
            events_.all_ended();
        }
        return;
    }
    log().error("{} ended ({}); its pipelines are gone, a new one is started", slot.name, why);
    Duration delay = 0s;
    if (!slot.ready) {
        ++slot.failed_starts;
        if (!any_was_ready_ && slot.failed_starts >= kHopelessAfter)
            return events_.hopeless("No media host starts (" + slot.name + ": " + why + ")");
        delay = std::min<Duration>(100ms * (1 << std::min(slot.failed_starts, 6)), 5s);
    } else if (Clock::now() - slot.ready_since < 1s) {
        delay = 200ms;
    }
    slot.restart = loop_.post_after(delay, [this, &slot] { start(slot); });
}

}  // namespace rivero::gateway::net
