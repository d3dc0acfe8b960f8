// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/remote/error.hpp"

#include <tl/expected.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <variant>

namespace rivero::remote {

/// What a call came to: a value, or the error that the client will see.
template <class T>
using Outcome = tl::expected<T, RpcError>;

namespace detail {
template <class T>
struct FutureState {
    std::mutex mutex;
    std::optional<Outcome<T>> outcome;
    std::function<void(Outcome<T>)> then;

    void set(Outcome<T> o) {
        std::function<void(Outcome<T>)> call;
        {
            std::lock_guard lock{mutex};
            if (outcome) return;  // the first one counts
            outcome = std::move(o);
            call = std::move(then);
        }
        if (call) call(*outcome);
    }
};
}  // namespace detail

/// The value of a call that answers later. Methods of remote classes may return one instead of
/// waiting.
template <class T>
class Future {
public:
    explicit Future(std::shared_ptr<detail::FutureState<T>> state) : state_{std::move(state)} {}
    /// A value that is there already.
    Future(T value)  // NOLINT(google-explicit-constructor): a plain value is the simplest future
        : state_{std::make_shared<detail::FutureState<T>>()} {
        state_->outcome = std::move(value);
    }

    /// `f` runs once: at once when the outcome is there, otherwise on the thread that sets it.
    void then(std::function<void(Outcome<T>)> f) {
        {
            std::lock_guard lock{state_->mutex};
            if (!state_->outcome) {
                state_->then = std::move(f);
                return;
            }
        }
        f(*state_->outcome);
    }

private:
    std::shared_ptr<detail::FutureState<T>> state_;
};

/// The side that knows. A promise that dies without an outcome answers with an error: no caller
/// waits for ever.
template <class T>
class Promise {
public:
    Promise() : state_{std::make_shared<detail::FutureState<T>>()} {}
    Promise(Promise&&) noexcept = default;
    Promise& operator=(Promise&&) noexcept = default;
    Promise(const Promise&) = delete;
    Promise& operator=(const Promise&) = delete;
    ~Promise() {
        if (state_)
            fail(ErrorCode::media_object_not_found, "The object was released during the call");
    }

    [[nodiscard]] Future<T> future() const { return Future<T>{state_}; }
    /// Any thread.
    void set(T value) { state_->set(std::move(value)); }
    void fail(ErrorCode code, const std::string& message) {
        state_->set(tl::unexpected<RpcError>{RpcError{code, message}});
    }

private:
    std::shared_ptr<detail::FutureState<T>> state_;
};

/// For Future<Done>: the call gives no value.
using Done = std::monostate;

}  // namespace rivero::remote
