// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "timeline.hpp"

#include <algorithm>
#include <utility>

namespace rivero::recorder {
namespace {

/// Bounds what waits when time stamps stand still.
constexpr std::size_t kMaxHeld = 512;
/// B frames need no more; a larger distance is an error of the source.
constexpr Duration kMaxReorder = 1s;

Time decode_time(const gst::Frame& frame) {
    GstClockTime dts = GST_BUFFER_DTS(frame.buffer.get());
    if (!GST_CLOCK_TIME_IS_VALID(dts)) return frame.pts;
    Time time = gst::from_clock_time(dts);
    return time <= frame.pts && frame.pts - time <= kMaxReorder ? time : frame.pts;
}

}  // namespace

void Timeline::push(TrackFrame frame) {
    if (std::exchange(segment_, frame.segment) != frame.segment) cut();
    released_ = false;
    bool video = media_type(frame.codec) == MediaType::video;
    if (video && !video_running_) {
        if (!frame.frame.keyframe) {
            need_keyframe_ = true;
            return;
        }
        video_running_ = true;
        if (!zero_) begin(decode_time(frame.frame));
    }
    if (!video && !zero_) {
        if (video_) {
            early_.push_back(std::move(frame));
            bool waited = early_.back().frame.pts - early_.front().frame.pts >= kStartWait;
            if (waited || early_.size() >= kMaxHeld) begin(early_.front().frame.pts);
            return;
        }
        begin(frame.frame.pts);
    }
    place(std::move(frame));
}

void Timeline::begin(Time zero) {
    zero_ = zero;
    segment_start_ = end_;
    for (TrackFrame& frame : std::exchange(early_, {}))
        if (frame.frame.pts >= zero) place(std::move(frame));
}

void Timeline::place(TrackFrame frame) {
    Track& track = track_of(frame.codec);
    Time decode = decode_time(frame.frame);
    // Audio from just before the first key frame that was late.
    if (decode < *zero_ && !track.last) return;
    Duration at = segment_start_ + (decode - *zero_);
    Duration show = segment_start_ + (frame.frame.pts - *zero_);
    if (track.written && at <= *track.written) at = *track.written + 1ms;
    show = std::max(show, at);
    if (track.last) track.usual_duration = std::min<Duration>(at - *track.last, 1s);
    Duration duration = frame.frame.duration.value_or(track.usual_duration);
    track.last = track.written = at;
    end_ = std::max(end_, show + duration);
    track.frames.push_back({std::move(frame), at, show, duration});
}

std::optional<PlacedFrame> Timeline::pop() {
    Track* first = nullptr;
    bool wait = false;
    Duration newest{};
    for (Track& track : tracks_)
        if (track.last) newest = std::max(newest, *track.last);
    for (Track& track : tracks_) {
        if (track.frames.empty()) {
            // One that was never there is not waited for: it may come at any time.
            wait = wait || (track.last && newest - *track.last <= kWait);
        } else if (!first || track.frames.front().decode_time < first->frames.front().decode_time) {
            first = &track;
        }
    }
    if (!first || (wait && !released_ && first->frames.size() < kMaxHeld)) return std::nullopt;
    PlacedFrame frame = std::move(first->frames.front());
    first->frames.pop_front();
    return frame;
}

void Timeline::release() {
    if (!zero_ && !early_.empty()) begin(early_.front().frame.pts);
    released_ = true;
}

void Timeline::cut() {
    release();
    zero_.reset();
    video_running_ = false;
    for (Track& track : tracks_) track.last.reset();
}

}  // namespace rivero::recorder
