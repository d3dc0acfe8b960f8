// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/gst/frame.hpp"
#include "rivero/rtp/codec.hpp"

#include <cstdint>
#include <deque>
#include <optional>

namespace rivero::recorder {

/// An encoded frame on its way into the file.
struct TrackFrame {
    Codec codec;
    gst::Frame frame;
    gst::Buffer codec_data;  ///< AudioSpecificConfig for AAC, else none
    /// Counts the pauses before it. Here and not as a mark between frames, so that it is seen
    /// whichever frames are dropped.
    unsigned segment = 0;
};

/// Frames between the thread that delivers and the one that writes, bounded in number and bytes.
/// When a slow disk lets it fill up, the oldest video frames go first, up to the next key frame,
/// since without the first of them the others only show garbage; audio and key frames go when
/// nothing else is left.
class FrameQueue {
public:
    struct Limits {
        std::size_t frames = 1024;
        std::size_t bytes = 32 << 20;
    };
    explicit FrameQueue(Limits limits) : limits_{limits} {}

    /// @return false when video was lost and can go on only with a key frame: ask for one
    [[nodiscard]] bool push(TrackFrame frame);
    [[nodiscard]] std::optional<TrackFrame> pop();
    [[nodiscard]] bool empty() const { return frames_.empty(); }
    [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

private:
    [[nodiscard]] bool full() const {
        return frames_.size() > limits_.frames || bytes_ > limits_.bytes;
    }
    void drop_oldest();
    void erase(std::size_t at);

    Limits limits_;
    std::deque<TrackFrame> frames_;
    std::size_t bytes_ = 0;
    std::uint64_t dropped_ = 0;
    bool video_broken_ = false;  ///< the newest video in the file misses what it refers to
};

}  // namespace rivero::recorder
