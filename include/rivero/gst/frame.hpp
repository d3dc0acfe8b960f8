// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/clock.hpp"
#include "rivero/gst/ref.hpp"

#include <chrono>
#include <optional>

namespace rivero::gst {

/// One picture or one piece of audio, encoded or raw, between two small GstPipelines. Passed by
/// reference: the buffer is not copied, and nobody writes into it.
struct Frame {
    Buffer buffer;
    /// When it is to be shown: absolute CLOCK_MONOTONIC. Our pipelines run on this clock with base
    /// time 0, so it is also their running time, and the time stamps in the buffer say the same.
    Time pts;
    std::optional<Duration> duration;
    bool keyframe = true;        ///< a decoder can start here; always true for audio and raw media
    bool discontinuity = false;  ///< something before it is missing
    /// When a decoder needs it, where that is not the pts: video with B-frames from files.
    std::optional<Time> dts = std::nullopt;
    /// When the first of it came into the server. Only known while latency is measured; then it
    /// stays with the buffer through decoders, converters and encoders.
    std::optional<Time> entered = std::nullopt;
};

/// Nanoseconds on the monotonic clock, as in the buffers of our pipelines.
[[nodiscard]] inline GstClockTime to_clock_time(Time time) {
    auto ns = std::chrono::nanoseconds{time.time_since_epoch()}.count();
    return ns < 0 ? 0 : static_cast<GstClockTime>(ns);
}
[[nodiscard]] inline Time from_clock_time(GstClockTime time) {
    return Time{std::chrono::nanoseconds{static_cast<std::int64_t>(time)}};
}

/// The frame in a buffer whose time stamps are on the monotonic clock; nothing when it has none.
/// Flags give `keyframe` and `discontinuity`.
[[nodiscard]] std::optional<Frame> frame_of(Buffer buffer);
/// A buffer with the frame's bytes and exactly its times and flags; the bytes are shared, not
/// copied.
[[nodiscard]] Buffer buffer_of(const Frame& frame);

}  // namespace rivero::gst
