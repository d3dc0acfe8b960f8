// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/loop.hpp"

#include <functional>
#include <memory>

namespace rivero {

/// A loop that waits for descriptors, too. Its turns: it wakes, runs what is ready, what was posted
/// and what is due, then what belongs at the end of a turn, and waits again.
class IoLoop : public Loop {
public:
    /// Ends when it dies. Loop only.
    class Registration {
    public:
        Registration() = default;
        Registration(const Registration&) = delete;
        Registration& operator=(const Registration&) = delete;
        virtual ~Registration() = default;
    };
    class Watch : public Registration {
    public:
        /// Also to be called while it can be written to. Off at first.
        virtual void want_write(bool wanted) = 0;
    };

    /// Loop only. Calls `on_ready` in each turn in which the descriptor can be read (or written to,
    /// if that is wanted), or has failed.
    /// @param fd stays open as long as the watch
    [[nodiscard]] virtual std::unique_ptr<Watch> watch(int fd, std::function<void()> on_ready) = 0;

    /// What is handed out at the end of a turn may still have something to send.
    enum class TurnEnd { hand_out, send };
    /// Loop only. Calls `f` at the end of each turn.
    [[nodiscard]] virtual std::unique_ptr<Registration> at_turn_end(TurnEnd when,
                                                                    std::function<void()> f) = 0;
};

}  // namespace rivero
