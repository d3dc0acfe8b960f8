// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <set>
#include <sys/types.h>

namespace rivero::gateway {

/// Processor time that each process has used since its start; those that are gone are left out.
[[nodiscard]] std::map<pid_t, std::chrono::nanoseconds> cpu_times(const std::set<pid_t>& processes);
/// Resident memory of all together, in KiB. Pages that they share count once for each.
[[nodiscard]] std::int64_t resident_kib(const std::set<pid_t>& processes);
/// Processors that this process may run on.
[[nodiscard]] int cpu_count();

}  // namespace rivero::gateway
