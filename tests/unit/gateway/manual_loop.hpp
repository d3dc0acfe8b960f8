// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/loop.hpp"

#include <deque>
#include <map>

namespace rivero::gateway::test {

/// A loop whose time passes when the test says so.
class ManualLoop final : public Loop {
public:
    void post(Task task) override { tasks_.push_back(std::move(task)); }
    [[nodiscard]] bool is_current() const override { return true; }
    Timer post_after(Duration delay, Task task) override {
        auto alive = std::make_shared<bool>(true);
        timers_.emplace(now_ + delay, std::pair{alive, std::move(task)});
        return Timer{std::move(alive)};
    }
    void run() {
        while (!tasks_.empty()) {
            Task task = std::move(tasks_.front());
            tasks_.pop_front();
            task();
        }
    }
    void pass(Duration time) {
        for (const auto end = now_ + time;; run()) {
            if (timers_.empty() || timers_.begin()->first > end) {
                now_ = end;
                return;
            }
            auto due = timers_.extract(timers_.begin());
            now_ = due.key();
            auto& [alive, task] = due.mapped();
            if (std::exchange(*alive, false)) task();
        }
    }

private:
    Duration now_{};
    std::deque<Task> tasks_;
    std::multimap<Duration, std::pair<std::shared_ptr<bool>, Task>> timers_;
};

}  // namespace rivero::gateway::test
