// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/thread_loop.hpp"

#include <atomic>
#include <cstddef>
#include <functional>
#include <string>

namespace rivero::host {

/// The connection to the gateway: JSON texts in frames (jsonrpc/framer.hpp).
class Channel {
public:
    /// @param fd a connected stream socket, from now on ours
    explicit Channel(int fd);
    ~Channel();
    Channel(const Channel&) = delete;
    Channel& operator=(const Channel&) = delete;

    /// Any thread; never blocks: a thread of the channel's own writes.
    void send(std::string text);
    /// Calls `on_text` for each text, on the calling thread, until the other side closes or stop()
    /// is called.
    void read(const std::function<void(std::string)>& on_text);
    /// Any thread. read() returns.
    void stop();
    /// Until everything that was sent so far has been written.
    void flush();

    /// A gateway that leaves more than this unread is not alive: the host ends.
    static constexpr std::size_t kMaxUnread = 256u << 20;

private:
    void write(const std::string& frame);
    int fd_;
    std::atomic<std::size_t> unread_{0};
    std::atomic<bool> broken_{false};
    ThreadLoop writer_;
};

}  // namespace rivero::host
