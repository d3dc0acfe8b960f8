// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "gateway/resource_watch.hpp"

namespace rivero::gateway {
namespace {

/// A process with thousands of files takes a millisecond to look at, and in this time it makes few
/// new ones compared with the room that is left.
constexpr Duration kMemory = 250ms;

}  // namespace

std::string ResourceWatch::scarce(Time now, pid_t process) {
    const auto& found = use(now, process);
    if (!found || found->max_files == 0 ||
        static_cast<double>(found->files) <= limit_ * static_cast<double>(found->max_files))
        return {};
    return std::to_string(found->files) + " of " + std::to_string(found->max_files) +
           " files are open";
}

std::string ResourceWatch::scarce_threads(Time now, const std::set<pid_t>& processes) {
    std::uint64_t threads = 0;
    std::uint64_t most = 0;
    for (const pid_t process : processes) {
        const auto& found = use(now, process);
        if (!found) continue;
        threads += found->threads;
        most = found->max_threads;
    }
    if (most == 0 || static_cast<double>(threads) <= limit_ * static_cast<double>(most)) return {};
    return std::to_string(threads) + " of " + std::to_string(most) + " threads run";
}

const std::optional<ResourceUse>& ResourceWatch::use(Time now, pid_t process) {
    auto [seen, is_new] = seen_.try_emplace(process, Seen{now, std::nullopt});
    if (is_new || now - seen->second.at >= kMemory) {
        // Hosts come and go: those that nobody asked for long need not be remembered.
        std::erase_if(seen_, [&](const auto& entry) {
            return entry.first != process && now - entry.second.at > 1min;
        });
        seen->second = {now, look_(process)};
    }
    return seen->second.use;
}

}  // namespace rivero::gateway
