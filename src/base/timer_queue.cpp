// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "base/timer_queue.hpp"

#include <algorithm>

namespace rivero {

Timer TimerQueue::add(Time due, Time latest, Task task) {
    // Cancelled timers stay in the heap until they come up. Where they outnumber the live ones,
    // sweep.
    if (heap_.size() >= sweep_at_) {
        std::erase_if(heap_, [](const Entry& e) { return !e.shared->alive; });
        std::make_heap(heap_.begin(), heap_.end(), Later{});
        sweep_at_ = std::max<std::size_t>(64, 2 * heap_.size());
    }
    auto shared = std::make_shared<Shared>();
    shared->task = std::move(task);
    Timer timer{std::shared_ptr<bool>{shared, &shared->alive}};
    heap_.push_back({latest, due, order_++, std::move(shared)});
    std::push_heap(heap_.begin(), heap_.end(), Later{});
    return timer;
}

void TimerQueue::drop_cancelled() {
    while (!heap_.empty() && !heap_.front().shared->alive) {
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
    entry.shared->alive = false;
    return std::move(entry.shared->task);
}

void TimerQueue::run_due(Time now) {
    while (Task task = take_due(now)) task();
}

std::optional<Time> TimerQueue::next_deadline() {
    drop_cancelled();
    if (heap_.empty()) return std::nullopt;
    return heap_.front().latest;
}

}  // namespace rivero
