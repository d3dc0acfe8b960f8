// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/timer_queue.hpp"
#include "rivero/base/clock.hpp"
#include "rivero/base/loop.hpp"

#include <deque>
#include <utility>

namespace rivero::webrtc {

/// For tests: a loop on the real clock (tracks and pacers look at that) whose tasks and timers wait
/// until the test turns it.
class TurnedLoop final : public Loop {
public:
    void post(Task task) override { tasks_.push_back(std::move(task)); }
    [[nodiscard]] bool is_current() const override { return true; }
    Timer post_after(Duration delay, Task task) override {
        return timers_.add(Clock::now() + delay, std::move(task));
    }
    void run() {
        while (!tasks_.empty()) {
            Task task = std::move(tasks_.front());
            tasks_.pop_front();
            task();
        }
    }
    /// Those of the next milliseconds come early.
    void run_timers() {
        timers_.run_due(Clock::now() + 5ms);
        run();
    }

private:
    std::deque<Task> tasks_;
    TimerQueue timers_;
};

}  // namespace rivero::webrtc
