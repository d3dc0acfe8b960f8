// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "gateway/net/host_process.hpp"

#include <array>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

extern char** environ;

namespace rivero::gateway::net {
namespace {

constexpr int kConnectionFd = 3;
constexpr int kSettingsFd = 4;

std::string reason(const char* what, int error) {
    return std::string{what} + ": " + std::strerror(error);
}

/// A copy above the descriptors that the child gets, closed in the child.
Descriptor move_up(int fd) {
    return Descriptor{fcntl(fd, F_DUPFD_CLOEXEC, 10)};
}

/// The settings hold secrets (the TURN password), so they travel neither in the arguments nor in
/// the environment, which others may read, but in a file without a name.
Result<Descriptor> settings_file(const std::string& text) {
    Descriptor file{memfd_create("rivero-settings", MFD_CLOEXEC)};
    if (file.get() < 0) return failure(reason("memfd_create", errno));
    for (std::size_t done = 0; done < text.size();) {
        const auto n = ::write(file.get(), text.data() + done, text.size() - done);
        if (n <= 0) return failure(reason("write of settings", errno));
        done += static_cast<std::size_t>(n);
    }
    lseek(file.get(), 0, SEEK_SET);
    return file;
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
    if (this != &other) {
        if (fd_ >= 0) ::close(fd_);
        fd_ = other.release();
    }
    return *this;
}

Descriptor::~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
}

Result<SocketPair> make_socket_pair() {
    std::array<int, 2> fds{};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds.data()) != 0)
        return failure(reason("socketpair", errno));
    return SocketPair{Descriptor{fds[0]}, Descriptor{fds[1]}};
}

Result<Process> spawn_host(const std::vector<std::string>& command, const std::string& name,
                           const std::string& settings, Descriptor connection) {
    auto file = settings_file(settings);
    if (!file) return failure(file.error().message);

    std::vector<std::string> words = command;
    for (const auto& word :
         {std::string{"--fd"}, std::to_string(kConnectionFd), std::string{"--settings-fd"},
          std::to_string(kSettingsFd), std::string{"--name"}, name})
        words.push_back(word);
    std::vector<char*> argv;
    for (auto& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);

    // First out of the way of 3 and 4, then there: a descriptor may be 4 and wanted at 3.
    const Descriptor far_connection = move_up(connection.get());
    const Descriptor far_file = move_up(file->get());
    if (far_connection.get() < 0 || far_file.get() < 0) return failure(reason("dup", errno));

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, far_connection.get(), kConnectionFd);
    posix_spawn_file_actions_adddup2(&actions, far_file.get(), kSettingsFd);
    // Asio makes its sockets without close-on-exec: a host that was started later would hold every
    // client's connection open after we have closed it.
    posix_spawn_file_actions_addclosefrom_np(&actions, kSettingsFd + 1);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setpgroup(&attributes, 0);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes, &none);
    sigset_t defaults;
    sigemptyset(&defaults);
    for (const int signal : {SIGINT, SIGTERM, SIGPIPE, SIGCHLD}) sigaddset(&defaults, signal);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    pid_t pid = 0;
    const int error = posix_spawn(&pid, argv[0], &actions, &attributes, argv.data(), environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0) return failure(reason(argv[0], error));

    // glibc 2.36 declares pidfd_open() without C linkage, so C++ cannot link it.
    Descriptor pidfd{static_cast<int>(syscall(SYS_pidfd_open, pid, 0))};
    if (pidfd.get() < 0) {
        const int open_error = errno;
        kill(pid, SIGKILL);
        waitpid(pid, nullptr, 0);
        return failure(reason("pidfd_open", open_error));
    }
    return Process{pid, std::move(pidfd)};
}

std::string reap(pid_t pid) {
    int status = 0;
    if (waitpid(pid, &status, WNOHANG) != pid) return "it is gone";
    if (WIFSIGNALED(status))
        return "signal " + std::to_string(WTERMSIG(status)) + ", " + strsignal(WTERMSIG(status));
    return "exit code " + std::to_string(WEXITSTATUS(status));
}

}  // namespace rivero::gateway::net
