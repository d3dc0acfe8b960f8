// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/loop.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace rivero {

/// Tasks ordered by the time until which they want to be run. Not thread-safe: a part of a loop.
class TimerQueue {
public:
    Timer add(Time due, Task task) { return add(due, due, std::move(task)); }
    /// From `due` on it may run, at `latest` it is time to wake up for it.
    Timer add(Time due, Time latest, Task task);
    /// Runs what is due and was not cancelled.
    void run_due(Time now);
    /// Takes one task that is due; empty when there is none. A task with time left may have to wait
    /// for one behind which it stands.
    [[nodiscard]] Task take_due(Time now);
    [[nodiscard]] std::optional<Time> next_deadline();
    void clear() { heap_.clear(); }

private:
    struct Shared {
        bool alive = true;
        Task task;
    };
    struct Entry {
        Time latest;
        Time due;
        std::uint64_t order;
        std::shared_ptr<Shared> shared;
    };
    struct Later {
        bool operator()(const Entry& a, const Entry& b) const {
            return a.latest != b.latest ? a.latest > b.latest : a.order > b.order;
        }
    };
    void drop_cancelled();

    std::vector<Entry> heap_;
    std::uint64_t order_ = 0;
    std::size_t sweep_at_ = 64;
};

}  // namespace rivero
