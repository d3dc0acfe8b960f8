// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

namespace rivero {

/// Work to be run once: std::function<void()> that may hold what can only be moved.
class Task {
public:
    Task() = default;
    template <class F>
    requires(!std::is_same_v<std::decay_t<F>, Task>)
        Task(F&& f)  // NOLINT(google-explicit-constructor): any callable is a task
        : work_{std::make_unique<Holder<std::decay_t<F>>>(std::forward<F>(f))} {}

    void operator()() { work_->run(); }
    [[nodiscard]] explicit operator bool() const { return work_ != nullptr; }

private:
    struct Work {
        Work() = default;
        Work(const Work&) = delete;
        Work& operator=(const Work&) = delete;
        virtual ~Work() = default;
        virtual void run() = 0;
    };
    template <class F>
    struct Holder final : Work {
        explicit Holder(F f) : f_{std::move(f)} {}
        void run() override { f_(); }
        F f_;
    };
    std::unique_ptr<Work> work_;
};

}  // namespace rivero
