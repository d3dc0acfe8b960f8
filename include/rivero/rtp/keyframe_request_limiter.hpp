// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/clock.hpp"

#include <optional>

namespace rivero::rtp {

/// Decides when to ask a source for a key frame (PLI or FIR), on behalf of many receivers: the
/// first request at once, then at most once per interval, and none is forgotten.
class KeyframeRequestLimiter {
public:
    struct Settings {
        /// Short, because each late joiner waits for it; browsers limit themselves to about three a
        /// second.
        Duration min_interval = 50ms;
        /// A request that no key frame has answered is repeated: either of them may be lost, and
        /// who asked may never ask again.
        Duration repeat = 1s;
        int max_repeats = 4;
        /// Browsers pass over, and forget, what comes less than 300 ms after a request that they
        /// answered, for whichever encoding. So what is asked for that soon after a key frame is
        /// repeated as soon as it can be heard.
        Duration deaf = 350ms;
    };

    KeyframeRequestLimiter() : KeyframeRequestLimiter{Settings{}} {}
    explicit KeyframeRequestLimiter(const Settings& settings);

    /// The interval is never shorter than a round trip: the answer would still be on its way.
    void set_rtt(Duration rtt);
    void request(Time now);
    /// A key frame came: open requests are answered.
    void on_keyframe(Time now);

    /// Whether to send a request now; true counts as sent.
    [[nodiscard]] bool poll(Time now);
    [[nodiscard]] std::optional<Time> next_deadline() const { return due_; }

private:
    [[nodiscard]] Duration interval() const;

    Settings settings_;
    Duration rtt_{};
    std::optional<Time> last_sent_, last_keyframe_;
    std::optional<Time> due_;
    int repeats_ = 0;
};

}  // namespace rivero::rtp
