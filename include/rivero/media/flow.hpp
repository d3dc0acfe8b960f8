// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/loop.hpp"

#include <cstdint>
#include <functional>
#include <vector>

namespace rivero::media {

class FlowMonitor;

/// Counts what passes and says when it begins and ceases to. RTC worker only.
class FlowMeter {
public:
    FlowMeter() = default;
    FlowMeter(const FlowMeter&) = delete;
    FlowMeter& operator=(const FlowMeter&) = delete;
    ~FlowMeter();

    void count(FlowMonitor& monitor) {
        ++buffers_;
        if (!monitor_) start(monitor);
    }
    /// Nothing flows until the next count().
    void reset();
    [[nodiscard]] std::uint64_t buffers() const { return buffers_; }
    [[nodiscard]] bool flowing() const { return monitor_ != nullptr; }

    /// True: the first buffer, at once. False: none for two to four seconds.
    std::function<void(bool flowing)> on_change;

private:
    friend class FlowMonitor;
    void start(FlowMonitor& monitor);
    std::uint64_t buffers_ = 0;
    std::uint64_t seen_ = 0;
    FlowMonitor* monitor_ = nullptr;
};

/// Looks after all meters through which something flows, with one timer. Outlives them.
class FlowMonitor {
public:
    static constexpr Duration kPeriod = 2s;

    explicit FlowMonitor(Loop& worker) : worker_{worker} {}
    /// Worker only; called by the timer every kPeriod while something flows.
    void tick();
    /// Worker only: the timer ends, for the host's own end.
    void stop() { timer_.cancel(); }

private:
    friend class FlowMeter;
    void add(FlowMeter& meter);
    void remove(FlowMeter& meter);
    Loop& worker_;
    Timer timer_;
    std::vector<FlowMeter*> meters_;
};

}  // namespace rivero::media
