// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/gst/frame.hpp"
#include "rivero/gst/pipeline.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>

namespace rivero::gst {

/// Where frames enter a pipeline: a bounded appsrc. Not thread-safe.
class FrameInput {
public:
    enum class WhenFull {
        drop_oldest,  ///< raw media and audio: what is new is worth more
        refuse,       ///< encoded video: the caller waits for the next key frame
    };
    /// @param capacity in frames
    FrameInput(std::size_t capacity, WhenFull rule);

    /// The appsrc, to be put into a pipeline.
    [[nodiscard]] const Element& element() const { return source_; }
    /// Of the frames that follow.
    void set_caps(const Caps& caps);
    /// Never blocks. @return false when the frame was refused
    bool push(const Frame& frame);
    void end_of_stream();
    [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

private:
    Element source_;
    std::size_t capacity_;
    WhenFull rule_;
    std::uint64_t dropped_ = 0;
};

/// When a frame leaves a pipeline.
enum class Pace {
    as_it_comes,
    real_time,  ///< when the clock says so; its pts becomes the moment at which it leaves
};

/// An appsink, to be put into a pipeline of either time line.
/// @param on_frame runs on the streaming thread and must not block; the pts is absolute monotonic
///     time, the caps are those of the frame (the same caps are the same object)
[[nodiscard]] Element make_frame_output(Pace pace,
                                        std::function<void(Frame, const Caps&)> on_frame);

}  // namespace rivero::gst
