// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/io_loop.hpp"
#include "rivero/gst/ref.hpp"

#include <memory>
#include <string>

namespace rivero::gst {

/// A loop on a thread of its own that also runs a GMainContext, for libraries that want one
/// (libnice). The RTC worker of a media host.
class GlibLoop final : public IoLoop {
public:
    /// @param name of the thread, at most 15 characters are shown by the kernel
    explicit GlibLoop(const std::string& name);
    /// Runs what was posted, drops timers, joins the thread. Not from the loop itself.
    ~GlibLoop() override;

    /// Many tasks posted while the loop is busy cost one wake-up.
    void post(Task task) override;
    [[nodiscard]] bool is_current() const override;
    Timer post_after(Duration delay, Task task) override;
    Timer post_within(Duration delay, Duration slack, Task task) override;
    [[nodiscard]] std::unique_ptr<Watch> watch(int fd, std::function<void()> on_ready) override;
    [[nodiscard]] std::unique_ptr<Registration> at_turn_end(TurnEnd when,
                                                            std::function<void()> f) override;

    /// Sources attached to it run on this loop's thread. Borrowed; any thread.
    [[nodiscard]] GMainContext* context() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace rivero::gst
