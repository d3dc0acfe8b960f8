// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/loop.hpp"

#include <cstddef>
#include <memory>
#include <string>

namespace rivero {

/// A few threads that run the tasks of many strands.
class ThreadPool {
public:
    ThreadPool(const std::string& name, std::size_t threads);
    /// Runs what was posted, drops timers, joins the threads. Strands must not be used afterwards.
    ~ThreadPool();
    ThreadPool(const ThreadPool&) = delete;
    ThreadPool& operator=(const ThreadPool&) = delete;

    /// A loop whose tasks run one after another on the threads of the pool. A task that blocks
    /// delays its own strand and takes one thread of the pool for that time.
    [[nodiscard]] std::shared_ptr<Loop> make_strand();

    struct State;

private:
    std::shared_ptr<State> state_;
};

}  // namespace rivero
