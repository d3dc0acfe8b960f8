// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/request_cache.hpp"
#include "rivero/base/assert.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

namespace rivero::gateway {

/// Lets requests of one connection be answered in the order in which they came, although they are
/// worked on side by side.
class AnswerQueue {
public:
    using Place = std::uint64_t;

    /// For a request that just came.
    [[nodiscard]] Place open() {
        waiting_.emplace_back();
        return first_ + waiting_.size() - 1;
    }
    /// @param answer null when there is none to send (a notification)
    /// @return answers to be sent now
    [[nodiscard]] std::vector<Text> close(Place place, Text answer) {
        RIVERO_ASSERT(
            place >= first_ && place - first_ < waiting_.size() && !waiting_[place - first_],
            "a request is answered once");
        if (answer) bytes_ += answer->size();
        waiting_[place - first_] = std::move(answer);
        std::vector<Text> ready;
        for (; !waiting_.empty() && waiting_.front(); waiting_.pop_front(), ++first_) {
            if (!*waiting_.front()) continue;
            bytes_ -= (*waiting_.front())->size();
            ready.push_back(std::move(*waiting_.front()));
        }
        return ready;
    }
    /// Requests whose answers have not left.
    [[nodiscard]] std::size_t size() const { return waiting_.size(); }

    /// Of answers that wait for those before them.
    [[nodiscard]] std::size_t bytes() const { return bytes_; }

private:
    std::size_t bytes_ = 0;
    Place first_ = 0;
    std::deque<std::optional<Text>> waiting_;
};

}  // namespace rivero::gateway
