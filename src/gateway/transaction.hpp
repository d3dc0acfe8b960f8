// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/errors.hpp"
#include "gateway/input_budget.hpp"
#include "rivero/base/loop.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace rivero::gateway {

using Reply = std::function<void(Outcome)>;

/// Runs requests one after another; each may use the results of those before it ("newref:N").
class Transaction {
public:
    /// Runs one operation and replies, at once or later.
    using Execute = std::function<void(std::string method, Json params, Reply reply)>;

    static constexpr std::size_t kMaxOperations = 20'000;

    /// Runs until the first operation that fails. There is no way back for those that ran. The
    /// results are bounded: an operation whose result does not fit any more fails with 40009.
    ///
    /// Operations and results are charged to `memory`. When others need it and this transaction
    /// has to give way, it ends as a whole with 40009, which says how many operations ran.
    /// @param loop on which others have their turn in between
    /// @param operations array of JSON-RPC requests, the i-th with id i
    /// @param session put into the params of each
    /// @param done gets the array of the responses of those that ran, the failed one last; an error
    ///             40008 for a wrong id or newref, 40009 for too many operations
    static void run(Loop& loop, const std::shared_ptr<InputBudget>& memory, Json operations,
                    std::string session, Execute execute, Reply done);
};

}  // namespace rivero::gateway
