// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/loop.hpp"

#include <memory>
#include <string>

namespace rivero {

/// A loop on a thread of its own.
class ThreadLoop final : public Loop {
public:
    /// @param name of the thread, at most 15 characters are shown by the kernel
    explicit ThreadLoop(const std::string& name);
    /// Runs what was posted, drops timers, joins the thread. Not from the loop itself.
    ~ThreadLoop() override;

    void post(Task task) override;
    [[nodiscard]] bool is_current() const override;
    Timer post_after(Duration delay, Task task) override;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace rivero
