// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/gst/glib_loop.hpp"

#include "base/thread_name.hpp"
#include "base/timer_queue.hpp"

#include <chrono>
#include <mutex>
#include <thread>
#include <vector>

namespace rivero::gst {
namespace {

constexpr gint64 kNow = 0;
constexpr gint64 kNever = -1;

/// GLib's monotonic time is our Clock in microseconds. Rounded up: a timer is never early.
gint64 ready_time(Time deadline) {
    auto since = std::chrono::ceil<std::chrono::microseconds>(deadline.time_since_epoch());
    return std::max<gint64>(since.count(), kNow);
}

}  // namespace

struct GlibLoop::State {
    /// One source carries posted tasks and timers: its ready time is "now" while tasks wait, else
    /// the next deadline.
    struct WorkSource {
        GSource source;
        State* state;
    };

    MainContext context = MainContext::adopt(g_main_context_new());
    Ref<GSource> work;
    std::mutex mutex;
    std::vector<Task> queue;
    bool ending = false;
    std::vector<Task> batch;  // of the thread
    TimerQueue timers;        // of the thread
    std::thread thread;

    State() {
        static GSourceFuncs functions = {
            nullptr,
            nullptr,
            [](GSource* source, GSourceFunc, gpointer) noexcept -> gboolean {
                reinterpret_cast<WorkSource*>(source)->state->run_some();
                return G_SOURCE_CONTINUE;
            },
            nullptr,
            nullptr,
            nullptr};
        work = Ref<GSource>::adopt(g_source_new(&functions, sizeof(WorkSource)));
        reinterpret_cast<WorkSource*>(work.get())->state = this;
        g_source_attach(work.get(), context.get());
    }
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() { g_source_destroy(work.get()); }

    /// Runs what is there now; what these tasks post waits for the next turn, so that the sources
    /// of others have theirs.
    void run_some() {
        {
            std::lock_guard lock{mutex};
            batch.swap(queue);
        }
        for (Task& task : batch) task();
        batch.clear();
        timers.run_due(Clock::now());
        auto deadline = timers.next_deadline();
        std::lock_guard lock{mutex};
        if (!queue.empty()) {
            g_source_set_ready_time(work.get(), kNow);
        } else {
            g_source_set_ready_time(work.get(), deadline ? ready_time(*deadline) : kNever);
        }
    }

    void run() {
        g_main_context_push_thread_default(context.get());
        for (;;) {
            {
                std::lock_guard lock{mutex};
                if (ending && queue.empty()) break;
            }
            g_main_context_iteration(context.get(), TRUE);
        }
        timers.clear();
        g_main_context_pop_thread_default(context.get());
    }
};

GlibLoop::GlibLoop(const std::string& name) : state_{std::make_unique<State>()} {
    state_->thread = std::thread{[state = state_.get(), name] {
        name_this_thread(name);
        state->run();
    }};
}

GlibLoop::~GlibLoop() {
    RIVERO_ASSERT(!is_current(), "a loop cannot join itself");
    {
        std::lock_guard lock{state_->mutex};
        state_->ending = true;
    }
    g_main_context_wakeup(state_->context.get());
    state_->thread.join();
}

void GlibLoop::post(Task task) {
    bool first = false;
    {
        std::lock_guard lock{state_->mutex};
        first = state_->queue.empty();
        state_->queue.push_back(std::move(task));
        // Under the lock: run_some() sets the ready time, too, and must not overwrite this one.
        if (first) g_source_set_ready_time(state_->work.get(), kNow);
    }
}

bool GlibLoop::is_current() const {
    return std::this_thread::get_id() == state_->thread.get_id();
}

Timer GlibLoop::post_after(Duration delay, Task task) {
    RIVERO_ASSERT(is_current(), "timers are set on their loop");
    Time due = Clock::now() + delay;
    Timer timer = state_->timers.add(due, std::move(task));
    std::lock_guard lock{state_->mutex};
    gint64 current = g_source_get_ready_time(state_->work.get());
    gint64 wanted = ready_time(due);
    if (current == kNever || wanted < current) g_source_set_ready_time(state_->work.get(), wanted);
    return timer;
}

GMainContext* GlibLoop::context() const {
    return state_->context.get();
}

}  // namespace rivero::gst
