// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/base/thread_loop.hpp"

#include "base/thread_name.hpp"
#include "base/timer_queue.hpp"

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace rivero {

struct ThreadLoop::State {
    std::mutex mutex;
    std::condition_variable wake;
    std::vector<Task> queue;
    bool ending = false;
    TimerQueue timers;  // of the thread
    std::thread thread;

    void run() {
        std::vector<Task> batch;
        for (;;) {
            {
                std::unique_lock lock{mutex};
                auto ready = [this] { return ending || !queue.empty(); };
                if (auto deadline = timers.next_deadline()) {
                    wake.wait_until(lock, *deadline, ready);
                } else {
                    wake.wait(lock, ready);
                }
                batch.swap(queue);
                if (ending && batch.empty()) break;
            }
            for (Task& task : batch) task();
            batch.clear();
            timers.run_due(Clock::now());
        }
        timers.clear();
    }
};

ThreadLoop::ThreadLoop(const std::string& name) : state_{std::make_unique<State>()} {
    state_->thread = std::thread{[state = state_.get(), name] {
        name_this_thread(name);
        state->run();
    }};
}

ThreadLoop::~ThreadLoop() {
    RIVERO_ASSERT(!is_current(), "a loop cannot join itself");
    {
        std::lock_guard lock{state_->mutex};
        state_->ending = true;
    }
    state_->wake.notify_one();
    state_->thread.join();
}

void ThreadLoop::post(Task task) {
    {
        std::lock_guard lock{state_->mutex};
        state_->queue.push_back(std::move(task));
    }
    state_->wake.notify_one();
}

bool ThreadLoop::is_current() const {
    return std::this_thread::get_id() == state_->thread.get_id();
}

Timer ThreadLoop::post_after(Duration delay, Task task) {
    RIVERO_ASSERT(is_current(), "timers are set on their loop");
    return state_->timers.add(Clock::now() + delay, std::move(task));
}

}  // namespace rivero
