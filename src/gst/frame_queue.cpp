// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/gst/frame_queue.hpp"

#include "rivero/base/assert.hpp"

#include <algorithm>

namespace rivero::gst {

FrameQueue::FrameQueue(Loop& loop, std::size_t capacity, Consumer consumer)
    : loop_{loop}, state_{std::make_shared<State>(capacity, std::move(consumer))} {
    RIVERO_ASSERT(capacity > 0, "a queue has room for one frame");
}

FrameQueue::~FrameQueue() {
    std::deque<Item> last;  // freed after the lock is given back
    state_->waiting.with([&](Waiting& w) {
        w.open = false;
        last.swap(w.items);
    });
}

void FrameQueue::push(Frame frame, const Caps& caps) {
    Item victim;  // freed after the lock is given back
    bool wake = state_->waiting.with([&](Waiting& w) {
        if (!w.open) return false;
        w.items.push_back({std::move(frame), caps});
        if (w.items.size() > state_->capacity) {
            auto drop = std::find_if(w.items.begin(), w.items.end(),
                                     [](const Item& i) { return !i.frame.keyframe; });
            if (drop == w.items.end()) drop = w.items.begin();
            victim = std::move(*drop);
            auto next = w.items.erase(drop);
            if (next != w.items.end()) next->frame.discontinuity = true;
            ++w.dropped;
        }
        return !std::exchange(w.scheduled, true);
    });
    if (wake) loop_.post([state = state_] { state->drain(); });
}

void FrameQueue::State::drain() {
    // One at a time: the consumer may end the queue, and then the rest is not for it.
    for (;;) {
        std::optional<Item> item = waiting.with([](Waiting& w) -> std::optional<Item> {
            if (w.items.empty()) {
                w.scheduled = false;
                return std::nullopt;
            }
            Item first = std::move(w.items.front());
            w.items.pop_front();
            return first;
        });
        if (!item) return;
        consumer(std::move(item->frame), item->caps);
    }
}

std::uint64_t FrameQueue::dropped() const {
    return state_->waiting.with([](const Waiting& w) { return w.dropped; });
}

}  // namespace rivero::gst
