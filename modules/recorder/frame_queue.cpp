// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "frame_queue.hpp"

#include <utility>

namespace rivero::recorder {
namespace {

std::size_t size_of(const TrackFrame& frame) {
    return gst_buffer_get_size(frame.frame.buffer.get());
}
bool is_video(const TrackFrame& frame) {
    return media_type(frame.codec) == MediaType::video;
}

}  // namespace

bool FrameQueue::push(TrackFrame frame) {
    if (is_video(frame) && video_broken_) {
        if (!frame.frame.keyframe) {
            ++dropped_;
            return false;
        }
        video_broken_ = false;
    }
    bool video = is_video(frame);
    bool broken_before = video_broken_;
    bytes_ += size_of(frame);
    frames_.push_back(std::move(frame));
    while (full()) drop_oldest();
    return !video_broken_ || (broken_before && !video);
}

std::optional<TrackFrame> FrameQueue::pop() {
    if (frames_.empty()) return std::nullopt;
    TrackFrame first = std::move(frames_.front());
    frames_.pop_front();
    bytes_ -= size_of(first);
    return first;
}

void FrameQueue::erase(std::size_t at) {
    bytes_ -= size_of(frames_[at]);
    frames_.erase(frames_.begin() + static_cast<std::ptrdiff_t>(at));
    ++dropped_;
}

void FrameQueue::drop_oldest() {
    auto is_delta = [this](std::size_t i) {
        return is_video(frames_[i]) && !frames_[i].frame.keyframe;
    };
    std::size_t i = 0;
    while (i < frames_.size() && !is_delta(i)) ++i;
    if (i == frames_.size()) {
        // Only audio and key frames. A key frame that goes leaves no frame behind that needs it,
        // but one may still come.
        bool video = is_video(frames_.front());
        erase(0);
        if (!video) return;
        for (const TrackFrame& left : frames_)
            if (is_video(left)) return;
        video_broken_ = true;
        return;
    }
    while (i < frames_.size()) {
        if (is_delta(i)) {
            erase(i);
        } else if (is_video(frames_[i])) {
            return;  // a key frame: from here on all is whole
        } else {
            ++i;
        }
    }
    video_broken_ = true;
}

}  // namespace rivero::recorder
