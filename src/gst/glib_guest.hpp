// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/epoll_loop.hpp"
#include "rivero/gst/ref.hpp"

#include <vector>

namespace rivero::gst {

/// A GMainContext that lives within an EpollLoop. While nobody has attached anything that has a
/// descriptor, it costs nothing: its sources are only looked at when its own wake-up descriptor, or
/// a deadline, says so.
class GlibGuest final : public EpollLoop::Guest {
public:
    GlibGuest();
    ~GlibGuest() = default;
    GlibGuest(const GlibGuest&) = delete;
    GlibGuest& operator=(const GlibGuest&) = delete;

    [[nodiscard]] GMainContext* context() const { return context_.get(); }
    [[nodiscard]] int wake() const { return wake_; }

    Wishes before_wait() override;
    void after_wait(Time now) override;

private:
    void query();

    MainContext context_;
    int wake_ = -1;
    gint priority_ = 0;
    std::vector<GPollFD> asked_;
    std::vector<pollfd> descriptors_;  ///< the same
    std::optional<Time> deadline_;
    bool stale_ = true;
};

}  // namespace rivero::gst
