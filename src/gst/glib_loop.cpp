// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/gst/glib_loop.hpp"

#include "base/epoll_loop.hpp"
#include "base/thread_name.hpp"
#include "gst/glib_guest.hpp"

#include <thread>

namespace rivero::gst {

struct GlibLoop::State {
    GlibGuest guest;  // outlives the loop
    EpollLoop loop;
    std::thread thread;
};

GlibLoop::GlibLoop(const std::string& name) : state_{std::make_unique<State>()} {
    state_->loop.set_guest(state_->guest, state_->guest.wake());
    state_->thread = std::thread{[state = state_.get(), name] {
        name_this_thread(name);
        g_main_context_push_thread_default(state->guest.context());
        state->loop.run();
        g_main_context_pop_thread_default(state->guest.context());
    }};
}

GlibLoop::~GlibLoop() {
    RIVERO_ASSERT(!is_current(), "a loop cannot join itself");
    state_->loop.stop();
    state_->thread.join();
}

void GlibLoop::post(Task task) {
    state_->loop.post(std::move(task));
}
bool GlibLoop::is_current() const {
    return state_->loop.is_current();
}
Timer GlibLoop::post_after(Duration delay, Task task) {
    return state_->loop.post_after(delay, std::move(task));
}
Timer GlibLoop::post_within(Duration delay, Duration slack, Task task) {
    return state_->loop.post_within(delay, slack, std::move(task));
}
std::unique_ptr<IoLoop::Watch> GlibLoop::watch(int fd, std::function<void()> on_ready) {
    return state_->loop.watch(fd, std::move(on_ready));
}
std::unique_ptr<IoLoop::Registration> GlibLoop::at_turn_end(TurnEnd when, std::function<void()> f) {
    return state_->loop.at_turn_end(when, std::move(f));
}

GMainContext* GlibLoop::context() const {
    return state_->guest.context();
}

}  // namespace rivero::gst
