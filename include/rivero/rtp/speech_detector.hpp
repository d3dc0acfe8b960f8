// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/clock.hpp"
#include "rivero/rtp/extensions.hpp"

#include <optional>

namespace rivero::rtp {

/// Says from the audio levels that a sender states (RFC 6464) whether somebody speaks there. With
/// hysteresis in level and time: a click or a breath is no speech, a pause between words no end of
/// it, so that there are at most two changes in about a second.
class SpeechDetector {
public:
    struct Settings {
        std::uint8_t loud = 45;    ///< -dBov: at least so loud begins speech
        std::uint8_t silent = 55;  ///< -dBov: at least so quiet ends it
        Duration begin = 60ms;     ///< loud for so long
        Duration end = 900ms;      ///< not louder than `silent` for so long
    };
    SpeechDetector() : SpeechDetector{Settings{}} {}
    explicit SpeechDetector(const Settings& settings) : settings_{settings} {}

    /// A packet with a level came. @return what has changed: somebody speaks now, or no longer
    [[nodiscard]] std::optional<bool> on_level(Time now, AudioLevel level);
    /// Nothing may have come for a while (DTX without a packet, a lost peer).
    [[nodiscard]] std::optional<bool> on_time(Time now);

    [[nodiscard]] bool speaking() const { return speaking_; }
    /// Of the last packet; nothing before the first.
    [[nodiscard]] std::optional<AudioLevel> last() const { return last_; }

private:
    Settings settings_;
    bool speaking_ = false;
    std::optional<Time> loud_since_;
    Time heard_{};  ///< louder than silence
    std::optional<AudioLevel> last_;
};

/// @return from 0 (silence) to 1 (0 dBov), linear: `audioLevel` of the W3C's statistics
[[nodiscard]] double linear_level(AudioLevel level);

}  // namespace rivero::rtp
