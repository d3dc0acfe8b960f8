// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/clock.hpp"

#include <cstddef>
#include <optional>

namespace rivero::bwe {

/// Whether the sender sends clearly less than it might ("application limited region"): then the
/// absence of congestion says nothing about the estimate.
class ApplicationLimit {
public:
    void on_sent(Time now, std::size_t bytes, double estimate);
    [[nodiscard]] bool limited() const { return limited_; }

private:
    std::optional<Time> last_;
    double budget_ = 0;  ///< bytes that were allowed and not sent
    bool limited_ = false;
};

}  // namespace rivero::bwe
