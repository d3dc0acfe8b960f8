// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>
#include <utility>

namespace rivero {

/// A value that cannot be reached without its lock.
template <class T>
class Guarded {
public:
    template <class... Args>
    explicit Guarded(Args&&... args) : value_{std::forward<Args>(args)...} {}

    /// Runs `f(value)` under the lock. `f` must be short and call nobody who may lock this again.
    template <class F>
    decltype(auto) with(F&& f) {
        std::lock_guard lock{mutex_};
        return std::forward<F>(f)(value_);
    }
    template <class F>
    decltype(auto) with(F&& f) const {
        std::lock_guard lock{mutex_};
        return std::forward<F>(f)(value_);
    }

private:
    mutable std::mutex mutex_;
    T value_;
};

}  // namespace rivero
