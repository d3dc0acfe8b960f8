// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/timer_queue.hpp"
#include "rivero/base/loop.hpp"

#include <deque>
#include <mutex>
#include <utility>

namespace rivero::media {

/// A loop that the test turns by hand, with a clock of its own. Any thread may post.
class ManualLoop final : public Loop {
public:
    ~ManualLoop() override { run(); }
    void post(Task task) override {
        std::lock_guard lock{mutex_};
        tasks_.push_back(std::move(task));
    }
    [[nodiscard]] bool is_current() const override { return true; }
    Timer post_after(Duration delay, Task task) override {
        return timers_.add(now_ + delay, std::move(task));
    }

    void run() {
        for (;;) {
            Task task;
            {
                std::lock_guard lock{mutex_};
                if (tasks_.empty()) return;
                task = std::move(tasks_.front());
                tasks_.pop_front();
            }
            task();
        }
    }
    void advance(Duration by) {
        now_ += by;
        timers_.run_due(now_);
        run();
    }

private:
    std::mutex mutex_;
    std::deque<Task> tasks_;
    TimerQueue timers_;
    Time now_{};
};

}  // namespace rivero::media
