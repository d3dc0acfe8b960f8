// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/clock.hpp"
#include "rivero/base/loop.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace rivero::transport {

/// Turns host names into addresses without holding up a loop: getaddrinfo() on a few threads of its
/// own. One per process. A peer can make us ask for names, so everything is bounded: names that
/// wait, threads, time.
class HostResolver {
public:
    /// Numeric addresses, IPv4 first; empty when the name does not resolve in time.
    using Answer = std::function<void(std::vector<std::string> addresses)>;
    /// May block. Runs on the resolver's threads, even after the resolver is gone.
    using Lookup = std::function<std::vector<std::string>(const std::string& host)>;

    /// @param lookup what asks for one name; tests put theirs here
    explicit HostResolver(Lookup lookup = ask_system, std::size_t threads = 2,
                          std::size_t max_waiting = 256);
    /// Does not wait for lookups that are under way; their answers are dropped.
    ~HostResolver();
    HostResolver(const HostResolver&) = delete;
    HostResolver& operator=(const HostResolver&) = delete;

    /// Loop only; the loop outlives the resolver. `answer` runs on the loop, once, never within
    /// this call, at the latest after `limit`.
    void resolve(Loop& loop, const std::string& host, Answer answer, Duration limit = 5s);

    /// getaddrinfo()
    [[nodiscard]] static std::vector<std::string> ask_system(const std::string& host);

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace rivero::transport
