// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <sys/types.h>

namespace rivero::gateway {

/// Processor time that each process has used since its start; those that are gone are left out.
[[nodiscard]] std::map<pid_t, std::chrono::nanoseconds> cpu_times(const std::set<pid_t>& processes);
/// Resident memory of all together, in KiB. Pages that they share count once for each.
[[nodiscard]] std::int64_t resident_kib(const std::set<pid_t>& processes);
/// What a process has of what the system counts, and how much it may have.
struct ResourceUse {
    std::uint64_t threads = 0;
    std::uint64_t files = 0;
    std::uint64_t max_threads = 0;  ///< RLIMIT_NPROC, which counts all threads of its user; 0: any
    std::uint64_t max_files = 0;    ///< RLIMIT_NOFILE; 0: any
};
/// @return nothing when the process is gone
[[nodiscard]] std::optional<ResourceUse> resource_use(pid_t process);

/// Processors that this process may run on.
[[nodiscard]] int cpu_count();

}  // namespace rivero::gateway
