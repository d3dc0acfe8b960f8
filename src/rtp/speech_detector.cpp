// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/rtp/speech_detector.hpp"

#include <cmath>

namespace rivero::rtp {
namespace {

constexpr std::uint8_t kSilence = 127;  // RFC 6464 section 3: also "less than that"

}  // namespace

std::optional<bool> SpeechDetector::on_level(Time now, AudioLevel level) {
    last_ = level;
    // Smaller is louder. The flag for voice is a hint that not all senders give; it is not needed.
    if (level.level < settings_.silent) heard_ = now;
    if (level.level > settings_.loud) {
        loud_since_.reset();
    } else if (!loud_since_) {
        loud_since_ = now;
    }
    if (!speaking_ && loud_since_ && now - *loud_since_ >= settings_.begin) {
        speaking_ = true;
        return true;
    }
    return on_time(now);
}

std::optional<bool> SpeechDetector::on_time(Time now) {
    if (!speaking_ || now - heard_ < settings_.end) return std::nullopt;
    speaking_ = false;
    loud_since_.reset();
    return false;
}

double linear_level(AudioLevel level) {
    return level.level >= kSilence ? 0.0 : std::pow(10.0, -level.level / 20.0);
}

}  // namespace rivero::rtp
