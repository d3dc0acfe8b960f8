// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "base/timer_queue.hpp"

#include <algorithm>

namespace rivero {

Timer TimerQueue::add(Time due, Task task) {
    auto alive = std::make_shared<bool>(true);
    heap_.push_back({due, order_++, alive, std::make_shared<Task>(std::move(task))});
    std::push_heap(heap_.begin(), heap_.end(), Later{});
    // Cancelled timers stay in the heap until they come up. Where they outnumber the live ones,
    // sweep.
    if (heap_.size() >= 1024 && (heap_.size() & (heap_.size() - 1)) == 0) {
        std::erase_if(heap_, [](const Entry& e) { return !*e.alive; });
        std::make_heap(heap_.begin(), heap_.end(), Later{});
    }
    return Timer{std::move(alive)};
}

void TimerQueue::drop_cancelled() {
    while (!heap_.empty() && !*heap_.front().alive) {
        std::pop_heap(heap_.begin(), heap_.end(), Later{});
        heap_.pop_back();
    }
}

Task TimerQueue::take_due(Time now) {
    drop_cancelled();
    if (heap_.empty() || heap_.front().due > now) return {};
    std::pop_heap(heap_.begin(), heap_.end(), Later{});
    Entry entry = std::move(heap_.back());
    heap_.pop_back();
    *entry.alive = false;
    return std::move(*entry.task);
}

void TimerQueue::run_due(Time now) {
    while (Task task = take_due(now)) task();
}

std::optional<Time> TimerQueue::next_deadline() {
    drop_cancelled();
    if (heap_.empty()) return std::nullopt;
    return heap_.front().due;
}

}  // namespace rivero
