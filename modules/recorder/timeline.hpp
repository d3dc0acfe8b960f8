// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "frame_queue.hpp"
#include "rivero/base/clock.hpp"

#include <array>
#include <deque>
#include <optional>

namespace rivero::recorder {

/// A frame with its place in the file.
struct PlacedFrame {
    TrackFrame frame;
    Duration decode_time;  ///< since the start of the file
    Duration show_time;
    Duration duration;
};

/// Turns the time of the frames into the time of the file, and two tracks into one order.
///
/// The file begins with a key frame, and audio from that moment on; if no key frame comes within a
/// second of audio, it begins with audio. A pause is cut out: the first frame after it follows the
/// last before it, and both tracks are moved by the same time. Frames leave in the order of their
/// time; a track that says nothing is waited for at most kWait of the other one's time. All of
/// this is counted in media time, so no clock is needed.
class Timeline {
public:
    static constexpr Duration kStartWait = 1s;
    static constexpr Duration kWait = 500ms;

    /// @param video whether the recording may contain video
    explicit Timeline(bool video) : video_{video} {}

    void push(TrackFrame frame);
    /// The next frame in order, if it is known that none will come before it.
    [[nodiscard]] std::optional<PlacedFrame> pop();
    /// Nothing that is here is held back any more: no more will come, or not soon.
    void release();
    /// True once after video was dropped for want of a key frame.
    [[nodiscard]] bool take_need_keyframe() { return std::exchange(need_keyframe_, false); }

private:
    struct Track {
        std::deque<PlacedFrame> frames;
        std::optional<Duration> last;     ///< decode time of the newest frame, in this segment
        std::optional<Duration> written;  ///< decode time of the newest frame of all segments
        Duration usual_duration{};
    };

    void cut();
    void begin(Time zero);
    void place(TrackFrame frame);
    [[nodiscard]] Track& track_of(Codec codec) {
        return tracks_[media_type(codec) == MediaType::video ? 1 : 0];
    }

    bool video_;
    std::array<Track, 2> tracks_;   ///< audio, video
    std::deque<TrackFrame> early_;  ///< audio that waits for the first key frame
    std::optional<Time> zero_;      ///< the time of the frames at which the segment begins...
    Duration segment_start_{};      ///< ...and where in the file that is
    Duration end_{};                ///< of all frames so far
    unsigned segment_ = 0;
    bool video_running_ = false;  ///< a key frame was there in this segment
    bool need_keyframe_ = false;
    bool released_ = false;
};

}  // namespace rivero::recorder
