// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "host/channel.hpp"

#include "jsonrpc/framer.hpp"
#include "rivero/base/log.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <future>
#include <sys/socket.h>
#include <unistd.h>

namespace rivero::host {

Channel::Channel(int fd) : fd_{fd}, writer_{"host-writer"} {}

Channel::~Channel() {
    flush();
    ::shutdown(fd_, SHUT_RDWR);
    ::close(fd_);
}

void Channel::send(std::string text) {
    if (broken_) return;
    if (unread_ + text.size() > kMaxUnread) {
        log_topic("host")->error("the gateway does not read any more");
        stop();
        return;
    }
    unread_ += text.size();
    writer_.post([this, text = std::move(text)] {
        write(jsonrpc::make_frame(text));
        unread_ -= text.size();
    });
}

void Channel::write(const std::string& frame) {
    std::size_t written = 0;
    while (written < frame.size() && !broken_) {
        const ssize_t n = ::send(fd_, frame.data() + written, frame.size() - written, MSG_NOSIGNAL);
        if (n > 0) {
            written += static_cast<std::size_t>(n);
        } else if (errno != EINTR) {
            broken_ = true;
        }
    }
}

void Channel::read(const std::function<void(std::string)>& on_text) {
    jsonrpc::FrameReader frames;
    std::array<std::uint8_t, 65536> buffer;
    while (!broken_) {
        const ssize_t n = ::recv(fd_, buffer.data(), buffer.size(), 0);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return;
        frames.feed(Bytes{buffer}.first(static_cast<std::size_t>(n)));
        for (;;) {
            auto text = frames.next();
            if (!text) {
                log_topic("host")->error("the gateway sent something that is no frame");
                return;
            }
            if (!*text) break;
            on_text(std::move(**text));
        }
    }
}

void Channel::stop() {
    broken_ = true;
    ::shutdown(fd_, SHUT_RDWR);
}

void Channel::flush() {
    std::promise<void> done;
    writer_.post([&] { done.set_value(); });
    done.get_future().wait();
}

}  // namespace rivero::host
