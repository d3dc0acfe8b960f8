// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/result.hpp"

#include <string>
#include <sys/types.h>
#include <vector>

namespace rivero::gateway::net {

/// A file descriptor that is closed when this dies.
class Descriptor {
public:
    explicit Descriptor(int fd = -1) : fd_{fd} {}
    Descriptor(Descriptor&& other) noexcept : fd_{other.release()} {}
    Descriptor& operator=(Descriptor&& other) noexcept;
    ~Descriptor();

    [[nodiscard]] int get() const { return fd_; }
    [[nodiscard]] int release() {
        const int fd = fd_;
        fd_ = -1;
        return fd;
    }

private:
    int fd_;
};

struct SocketPair {
    Descriptor ours;
    Descriptor theirs;
};
[[nodiscard]] Result<SocketPair> make_socket_pair();

struct Process {
    pid_t pid = 0;
    Descriptor pidfd;  ///< readable when the process has ended
};
/// Starts a host process that finds its end of the connection at descriptor 3 and its settings
/// at 4. It is in a process group of its own, so that Ctrl-C in a terminal reaches the gateway
/// only, which then ends the hosts in order.
[[nodiscard]] Result<Process> spawn_host(const std::vector<std::string>& command,
                                         const std::string& name, const std::string& settings,
                                         Descriptor connection);
/// Collects an ended process. @return "exit code 1", "signal 9 (Killed)"
[[nodiscard]] std::string reap(pid_t pid);

}  // namespace rivero::gateway::net
