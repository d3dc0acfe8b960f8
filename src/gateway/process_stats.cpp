// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "gateway/process_stats.hpp"

#include <filesystem>
#include <fstream>
#include <sched.h>
#include <sstream>
#include <string>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace rivero::gateway {
namespace {

std::string proc_file(pid_t process, const char* name) {
    return "/proc/" + std::to_string(process) + '/' + name;
}

}  // namespace

std::map<pid_t, std::chrono::nanoseconds> cpu_times(const std::set<pid_t>& processes) {
    static const long ticks_per_second = sysconf(_SC_CLK_TCK);
    std::map<pid_t, std::chrono::nanoseconds> times;
    for (const pid_t process : processes) {
        std::ifstream file{proc_file(process, "stat")};
        std::string line;
        if (!std::getline(file, line)) continue;
        // proc(5): the second field is the name in parentheses and may hold spaces; utime and stime
        // are fields 14 and 15, the 12th and 13th after the name.
        const auto name_end = line.rfind(')');
        if (name_end == std::string::npos) continue;
        std::istringstream fields{line.substr(name_end + 1)};
        std::string skipped;
        for (int i = 0; i < 11; ++i) fields >> skipped;
        std::int64_t user = 0;
        std::int64_t system = 0;
        if (fields >> user >> system)
            times[process] =
                std::chrono::nanoseconds{(user + system) * (1'000'000'000 / ticks_per_second)};
    }
    return times;
}

std::int64_t resident_kib(const std::set<pid_t>& processes) {
    static const long page_kib = sysconf(_SC_PAGESIZE) / 1024;
    std::int64_t total = 0;
    for (const pid_t process : processes) {
        std::ifstream file{proc_file(process, "statm")};
        std::int64_t size = 0;
        std::int64_t resident = 0;
        if (file >> size >> resident) total += resident * page_kib;
    }
    return total;
}

std::optional<ResourceUse> resource_use(pid_t process) {
    ResourceUse use;
    std::error_code error;
    const std::string files = proc_file(process, "fd");
    struct stat info {};
    if (stat(files.c_str(), &info) != 0) return std::nullopt;
    use.files = static_cast<std::uint64_t>(info.st_size);  // the number of files since Linux 6.2
    if (use.files == 0)
        for (std::filesystem::directory_iterator it{files, error}, end; !error && it != end;
             it.increment(error))
            ++use.files;
    std::ifstream status{proc_file(process, "status")};
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("Threads:")) use.threads = std::stoull(line.substr(8));
    rlimit limit{};
    if (prlimit(process, RLIMIT_NOFILE, nullptr, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
        use.max_files = limit.rlim_cur;
    if (prlimit(process, RLIMIT_NPROC, nullptr, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
        use.max_threads = limit.rlim_cur;
    return use;
}

int cpu_count() {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));
    return CPU_COUNT(&set);
}

}  // namespace rivero::gateway
