// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/timer_queue.hpp"
#include "rivero/base/loop.hpp"

#include <deque>

namespace rivero::media {

/// A loop that the test turns by hand, with a clock of its own.
class ManualLoop final : public Loop {
public:
    ~ManualLoop() override { run(); }
    void post(Task task) override { tasks_.push_back(std::move(task)); }
    [[nodiscard]] bool is_current() const override { return true; }
    Timer post_after(Duration delay, Task task) override { return timers_.add(now_ + delay, std::move(task)); }

    void run() {
        while (!tasks_.empty()) {
            Task task = std::move(tasks_.front());
            tasks_.pop_front();
            task();
        }
    }
    void advance(Duration by) {
        now_ += by;
        timers_.run_due(now_);
        run();
    }

private:
    std::deque<Task> tasks_;
    TimerQueue timers_;
    Time now_{};
};

}  // namespace rivero::media
