// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/assert.hpp"
#include "rivero/base/clock.hpp"
#include "rivero/base/task.hpp"

#include <memory>
#include <utility>

namespace rivero {

/// Cancels its task when it dies; from then on the task does not run. To be destroyed on the loop
/// that runs it.
class [[nodiscard]] Timer {
public:
    Timer() = default;
    explicit Timer(std::shared_ptr<bool> alive) : alive_{std::move(alive)} {}
    Timer(Timer&&) noexcept = default;
    Timer& operator=(Timer&& other) noexcept {
        cancel();
        alive_ = std::move(other.alive_);
        return *this;
    }
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;
    ~Timer() { cancel(); }

    void cancel() {
        if (alive_) *alive_ = false;
        alive_.reset();
    }
    /// Lets the task run although nobody keeps this.
    void detach() { alive_.reset(); }
    [[nodiscard]] bool armed() const { return alive_ && *alive_; }

private:
    std::shared_ptr<bool> alive_;
};

/// Runs work one piece after another: a thread of its own, a strand of a pool, or a main loop.
/// Objects are confined to a loop instead of being locked.
class Loop {
public:
    Loop() = default;
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;
    virtual ~Loop() = default;

    /// Any thread. Tasks of one thread run in the order in which they were posted.
    virtual void post(Task task) = 0;
    /// True while the calling thread runs a task of this loop.
    [[nodiscard]] virtual bool is_current() const = 0;
    /// Loop only. Runs `task` once, not before `delay` has passed, unless the Timer dies earlier.
    virtual Timer post_after(Duration delay, Task task) = 0;
    /// The same for what may come up to `slack` late: a loop that is awake for something else does
    /// it then, and need not wake up twice.
    virtual Timer post_within(Duration delay, Duration slack, Task task) {
        static_cast<void>(slack);
        return post_after(delay, std::move(task));
    }
};

/// A T that only its loop can reach.
template <class T>
class Confined {
public:
    /// Any thread; the constructor of T runs here, everything else of it on the loop.
    template <class... Args>
    explicit Confined(Loop& loop, Args&&... args)
        : loop_{loop}, value_{std::make_shared<T>(std::forward<Args>(args)...)} {}
    Confined(const Confined&) = delete;
    Confined& operator=(const Confined&) = delete;
    /// The T dies on its loop, after the work that was queued before.
    ~Confined() {
        loop_.post([last = std::move(value_)]() mutable { last.reset(); });
    }

    /// Any thread. Work that arrives after the T is gone does nothing.
    template <class F>
    void post(F f) {
        loop_.post([weak = std::weak_ptr{value_}, f = std::move(f)]() mutable {
            if (auto alive = weak.lock()) f(*alive);
        });
    }
    /// Loop only.
    T& here() {
        RIVERO_ASSERT(loop_.is_current(), "a confined object was reached from another thread");
        return *value_;
    }
    [[nodiscard]] std::weak_ptr<T> weak() const { return value_; }
    [[nodiscard]] Loop& loop() const { return loop_; }

private:
    Loop& loop_;
    std::shared_ptr<T> value_;
};

}  // namespace rivero
