// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/rtp/keyframe_request_limiter.hpp"

#include <algorithm>

namespace rivero::rtp {

KeyframeRequestLimiter::KeyframeRequestLimiter(const Settings& settings) : settings_{settings} {}

void KeyframeRequestLimiter::set_rtt(Duration rtt) {
    rtt_ = rtt;
}

Duration KeyframeRequestLimiter::interval() const {
    return std::max(settings_.min_interval, rtt_);
}

void KeyframeRequestLimiter::request(Time now) {
    const Time at = last_sent_ ? std::max(now, *last_sent_ + interval()) : now;
    due_ = due_ ? std::min(*due_, at) : at;
    repeats_ = 0;
}

void KeyframeRequestLimiter::on_keyframe(Time now) {
    last_keyframe_ = now;
    due_.reset();
}

bool KeyframeRequestLimiter::poll(Time now) {
    if (!due_ || now < *due_) return false;
    last_sent_ = now;
    due_.reset();
    if (repeats_ < settings_.max_repeats) {
        ++repeats_;
        due_ = now + std::max(settings_.repeat, interval());
        if (last_keyframe_ && now < *last_keyframe_ + settings_.deaf)
            due_ = std::max(now + interval(), *last_keyframe_ + settings_.deaf);
    }
    return true;
}

}  // namespace rivero::rtp
