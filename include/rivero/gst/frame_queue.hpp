// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/guarded.hpp"
#include "rivero/base/loop.hpp"
#include "rivero/gst/frame.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>

namespace rivero::gst {

/// Carries frames from a streaming thread to a loop. When the loop is slow the queue drops instead
/// of growing: the oldest frame that is not a key frame, or the oldest where all are (audio, raw
/// media); the frame behind the hole is marked as a discontinuity.
class FrameQueue {
public:
    /// Runs on the loop. The caps are those of this frame; the same caps are the same object, so
    /// a change is seen by comparing Refs. May destroy the queue.
    using Consumer = std::function<void(Frame, const Caps&)>;

    FrameQueue(Loop& loop, std::size_t capacity, Consumer consumer);
    FrameQueue(const FrameQueue&) = delete;
    FrameQueue& operator=(const FrameQueue&) = delete;
    /// What waits is dropped. From the loop: the consumer is not called again. From another thread:
    /// a call that runs at this moment comes to its end.
    ~FrameQueue();

    /// Any thread, never blocks. Many frames cost one wake-up of the loop.
    void push(Frame frame, const Caps& caps);
    /// Frames that were dropped because the loop was slow. Any thread.
    [[nodiscard]] std::uint64_t dropped() const;

private:
    struct Item {
        Frame frame;
        Caps caps;
    };
    struct Waiting {
        std::deque<Item> items;
        std::uint64_t dropped = 0;
        bool scheduled = false;
        bool open = true;
    };
    struct State {
        State(std::size_t c, Consumer f) : capacity{c}, consumer{std::move(f)} {}
        void drain();
        const std::size_t capacity;
        const Consumer consumer;
        Guarded<Waiting> waiting;
    };
    Loop& loop_;
    std::shared_ptr<State> state_;  // shared with the task that drains it
};

}  // namespace rivero::gst
