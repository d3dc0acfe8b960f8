// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/io_loop.hpp"

#include <memory>
#include <optional>
#include <poll.h>
#include <span>

namespace rivero {

/// An IoLoop on epoll(7), without a thread of its own: it runs on the one that calls run(), or that
/// has adopted it and calls turn().
/// A turn in which one descriptor was ready costs one epoll_pwait2(2) beside what the descriptor's
/// owner does.
class EpollLoop final : public IoLoop {
public:
    /// Another event loop that lives within this one. Loop's thread.
    class Guest {
    public:
        struct Wishes {
            /// Always readable when something has changed: before_wait() is asked again then.
            std::span<pollfd> descriptors;  ///< stays where it is until after_wait()
            std::optional<Time> deadline;
        };
        virtual Wishes before_wait() = 0;
        /// The descriptors have their `revents`.
        virtual void after_wait(Time now) = 0;

    protected:
        ~Guest() = default;
    };

    EpollLoop();
    ~EpollLoop() override;

    /// The calling thread is the loop's from now on.
    void adopt_thread();
    /// Outlives the loop's last turn. @param wake the descriptor that is always among its wishes
    void set_guest(Guest& guest, int wake);

    /// Turns until stop() and nothing is posted any more; then timers are dropped.
    void run();
    /// Any thread.
    void stop();
    /// One turn. @param wait for something to do; else only what is ready
    /// @return whether a descriptor was
    bool turn(bool wait);

    void post(Task task) override;
    [[nodiscard]] bool is_current() const override;
    Timer post_after(Duration delay, Task task) override;
    Timer post_within(Duration delay, Duration slack, Task task) override;
    [[nodiscard]] std::unique_ptr<Watch> watch(int fd, std::function<void()> on_ready) override;
    [[nodiscard]] std::unique_ptr<Registration> at_turn_end(TurnEnd when,
                                                            std::function<void()> f) override;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace rivero
