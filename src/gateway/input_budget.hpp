// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <utility>

namespace rivero::gateway {

/// Memory for messages that have begun and not ended, and for transactions at work, of all clients
/// together. Each client may hold
/// as much as the longest message; a thousand that never end theirs may not. When there is not
/// enough, the message that began first gives way, of those that are not far below the mean:
/// messages of honest clients are short, or over soon.
class InputBudget {
public:
    /// One client's part.
    class Share {
    public:
        /// @param refuse ends the client; called once at most, and never within grow() of its own
        Share(std::shared_ptr<InputBudget> budget, std::function<void()> refuse)
            : budget_{std::move(budget)}, refuse_{std::move(refuse)} {}
        Share(const Share&) = delete;
        Share& operator=(const Share&) = delete;
        ~Share() { release(); }

        /// The message, unless it has just begun, holds so many bytes by now.
        /// @return false when this client itself has to give way
        [[nodiscard]] bool grow(std::size_t bytes) { return budget_->grow(*this, bytes); }
        /// It has ended.
        void release() { budget_->remove(*this); }

    private:
        friend class InputBudget;
        std::shared_ptr<InputBudget> budget_;  ///< clients may outlive the server
        std::function<void()> refuse_;
        std::size_t bytes_ = 0;
        std::uint64_t began_ = 0;  ///< 0: no message has begun
        bool refused_ = false;     ///< the client ends; what it still reads counts no more
    };

    explicit InputBudget(std::size_t most) : most_{most} {}
    InputBudget(const InputBudget&) = delete;
    InputBudget& operator=(const InputBudget&) = delete;

    [[nodiscard]] std::size_t held() const { return held_; }
    [[nodiscard]] std::size_t most() const { return most_; }

private:
    bool grow(Share& share, std::size_t bytes) {
        if (share.refused_) return false;
        if (share.began_ == 0) {
            share.began_ = ++last_;
            shares_.emplace(share.began_, &share);
        }
        held_ += bytes - share.bytes_;
        share.bytes_ = bytes;
        while (held_ > most_) {
            auto large = shares_.begin();
            while (large->second->bytes_ < held_ / shares_.size() / 4) ++large;
            Share& first = *large->second;
            remove(first);
            first.refused_ = true;
            if (&first == &share) return false;
            first.refuse_();
        }
        return true;
    }
    void remove(Share& share) {
        if (share.began_ == 0) return;
        shares_.erase(share.began_);
        held_ -= share.bytes_;
        share.bytes_ = 0;
        share.began_ = 0;
    }

    const std::size_t most_;
    std::size_t held_ = 0;
    std::uint64_t last_ = 0;
    std::map<std::uint64_t, Share*> shares_;  ///< by their beginning
};

}  // namespace rivero::gateway
