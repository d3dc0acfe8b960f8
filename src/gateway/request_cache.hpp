// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/clock.hpp"

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace rivero::gateway {

/// A text on its way to clients, shared by all who send it.
using Text = std::shared_ptr<const std::string>;

/// Answers of the last 20 s. A client that lost its connection sends its request once more; the
/// media operation must not happen twice, so a known request id gets the answer of the first time.
/// A repeat that comes while the first is still at work waits for that answer.
class RequestCache {
public:
    /// @param binds the session that the answer binds its connection to; empty: to none
    using Waiter = std::function<void(Text, const std::string& binds)>;

    /// @param max_bytes of kept answers; older ones go first when there are more
    explicit RequestCache(std::size_t max_bytes, Duration life = 20s)
        : max_bytes_{max_bytes}, life_{life} {}

    /// @param id of the request, written as JSON without quotes
    [[nodiscard]] static std::string key(const std::string& session, const std::string& id);

    [[nodiscard]] Text find(Time now, const std::string& key);
    /// The session that an answer which find() has just given binds its connection to; empty: none.
    [[nodiscard]] const std::string& binds(const std::string& key) const {
        return answers_.at(key).binds;
    }
    /// @return true when the request is at work; `waiter` gets the answer then
    [[nodiscard]] bool join(const std::string& key, Waiter waiter);
    void start(const std::string& key) { at_work_[key]; }
    /// The request is answered: nobody joins it any longer.
    /// @return who joined
    [[nodiscard]] std::vector<Waiter> finish(const std::string& key);
    /// Keeps an answer; the first one of a key stays.
    void store(Time now, const std::string& key, Text answer, std::string binds = {});

    [[nodiscard]] std::size_t bytes() const { return bytes_; }

private:
    struct Entry {
        Time until;
        std::string key;
    };
    struct Answer {
        Text text;
        std::string binds;
    };
    static std::size_t cost(const std::string& key, const Answer& answer);
    void drop_oldest();

    std::size_t max_bytes_;
    Duration life_;
    std::size_t bytes_ = 0;
    std::deque<Entry> by_age_;
    std::unordered_map<std::string, Answer> answers_;
    std::unordered_map<std::string, std::vector<Waiter>> at_work_;
};

}  // namespace rivero::gateway
