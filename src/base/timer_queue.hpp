// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/loop.hpp"

#include <memory>
#include <optional>
#include <queue>
#include <vector>

namespace rivero {

/// Tasks ordered by the time from which they may run. Not thread-safe: a part of a loop.
class TimerQueue {
public:
    Timer add(Time due, Task task);
    /// Runs what is due and was not cancelled.
    void run_due(Time now);
    /// Takes one task that is due; empty when there is none.
    [[nodiscard]] Task take_due(Time now);
    [[nodiscard]] std::optional<Time> next_deadline();
    void clear() { heap_.clear(); }

private:
    struct Entry {
        Time due;
        std::uint64_t order;
        std::shared_ptr<bool> alive;
        std::shared_ptr<Task> task;
    };
    struct Later {
        bool operator()(const Entry& a, const Entry& b) const {
            return a.due != b.due ? a.due > b.due : a.order > b.order;
        }
    };
    void drop_cancelled();

    std::vector<Entry> heap_;
    std::uint64_t order_ = 0;
};

}  // namespace rivero
