// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/process_stats.hpp"
#include "rivero/base/clock.hpp"

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <sys/types.h>

namespace rivero::gateway {

/// Says when a process comes near to what the system lets it have, while there is still room for
/// the work that runs. Looks into /proc, so it remembers what it saw for a moment.
class ResourceWatch {
public:
    using Look = std::function<std::optional<ResourceUse>(pid_t)>;

    /// @param limit part of what the system allows from which on new work is refused, 0 to 1
    explicit ResourceWatch(double limit, Look look = resource_use)
        : limit_{limit}, look_{std::move(look)} {}

    /// @return what is scarce in a process: "833 of 1024 files are open"; empty when nothing is
    [[nodiscard]] std::string scarce(Time now, pid_t process);
    /// Threads are counted by the system for all processes of a user together.
    [[nodiscard]] std::string scarce_threads(Time now, const std::set<pid_t>& processes);

private:
    [[nodiscard]] const std::optional<ResourceUse>& use(Time now, pid_t process);

    struct Seen {
        Time at;
        std::optional<ResourceUse> use;
    };
    double limit_;
    Look look_;
    std::map<pid_t, Seen> seen_;
};

}  // namespace rivero::gateway
