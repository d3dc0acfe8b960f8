// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/epoll_loop.hpp"
#include "gst/glib_guest.hpp"

#include <functional>

namespace rivero::transport {

/// The RTC worker's loop, but run by the test itself: everything happens on the test's thread.
class GlibTestLoop final : public IoLoop {
public:
    GlibTestLoop() {
        loop_.adopt_thread();
        loop_.set_guest(guest_, guest_.wake());
        g_main_context_push_thread_default(guest_.context());
    }
    ~GlibTestLoop() override {
        settle();
        g_main_context_pop_thread_default(guest_.context());
    }
    [[nodiscard]] GMainContext* context() const { return guest_.context(); }

    void post(Task task) override { loop_.post(std::move(task)); }
    [[nodiscard]] bool is_current() const override { return loop_.is_current(); }
    Timer post_after(Duration delay, Task task) override {
        return loop_.post_after(delay, std::move(task));
    }
    [[nodiscard]] std::unique_ptr<Watch> watch(int fd, std::function<void()> on_ready) override {
        return loop_.watch(fd, std::move(on_ready));
    }
    [[nodiscard]] std::unique_ptr<Registration> at_turn_end(TurnEnd when,
                                                            std::function<void()> f) override {
        return loop_.at_turn_end(when, std::move(f));
    }
    /// Runs until `done`; false when this takes longer than any test should.
    [[nodiscard]] bool run_until(const std::function<bool()>& done, Duration limit = 30s) {
        bool late = false;
        Timer guard = post_after(limit, [&late] { late = true; });
        while (!done() && !late) loop_.turn(true);
        return done();
    }
    /// One turn, without waiting. @return whether a descriptor was ready
    bool turn() { return loop_.turn(false); }
    /// Runs what is ready, without waiting.
    void settle() {
        // What one turn sends on the loopback interface is there in the next.
        for (int i = 0; i < 10; ++i) loop_.turn(false);
    }

private:
    gst::GlibGuest guest_;
    EpollLoop loop_;
};

}  // namespace rivero::transport
