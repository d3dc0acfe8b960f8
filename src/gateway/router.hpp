// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/ids.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <set>

namespace rivero::gateway {

/// Chooses the media host of a new pipeline: the one with the least load; among equals the next in
/// turn, so that a burst of pipelines that have no elements yet is spread, too.
class Router {
public:
    using Load = std::function<std::size_t(HostId)>;

    void add(HostId host) { hosts_.insert(host); }
    void remove(HostId host) { hosts_.erase(host); }
    [[nodiscard]] bool empty() const { return hosts_.empty(); }
    [[nodiscard]] std::optional<HostId> choose(const Load& load) {
        std::optional<HostId> best;
        const auto consider = [&](auto from, auto to) {
            for (; from != to; ++from)
                if (!best || load(*from) < load(*best)) best = *from;
        };
        // Starts behind the last choice: the first of equals wins.
        const auto next = hosts_.upper_bound(last_);
        consider(next, hosts_.end());
        consider(hosts_.begin(), next);
        if (best) last_ = *best;
        return best;
    }

private:
    std::set<HostId> hosts_;
    HostId last_;
};

}  // namespace rivero::gateway
