// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/gst/frame.hpp"

namespace rivero::gst {
namespace {

/// Names our kind of reference timestamp among those that a buffer may carry.
GstCaps* entry_caps() {
    static GstStaticCaps caps = GST_STATIC_CAPS("timestamp/x-rivero-entry");
    return gst_static_caps_get(&caps);
}

}  // namespace

std::optional<Frame> frame_of(Buffer buffer) {
    GstBuffer* b = buffer.get();
    // Encoders without B-frames may give only one of the two.
    GstClockTime time = GST_BUFFER_PTS_IS_VALID(b) ? GST_BUFFER_PTS(b) : GST_BUFFER_DTS(b);
    if (!GST_CLOCK_TIME_IS_VALID(time)) return std::nullopt;
    Frame frame;
    frame.pts = from_clock_time(time);
    if (GST_BUFFER_DTS_IS_VALID(b) && GST_BUFFER_DTS(b) != time)
        frame.dts = from_clock_time(GST_BUFFER_DTS(b));
    if (GST_BUFFER_DURATION_IS_VALID(b))
        frame.duration = std::chrono::nanoseconds{GST_BUFFER_DURATION(b)};
    frame.keyframe = !GST_BUFFER_FLAG_IS_SET(b, GST_BUFFER_FLAG_DELTA_UNIT);
    frame.discontinuity = GST_BUFFER_FLAG_IS_SET(b, GST_BUFFER_FLAG_DISCONT);
    if (auto kinds = Caps::adopt(entry_caps());
        const auto* meta = gst_buffer_get_reference_timestamp_meta(b, kinds.get()))
        frame.entered = from_clock_time(meta->timestamp);
    frame.buffer = std::move(buffer);
    return frame;
}

Buffer buffer_of(const Frame& frame) {
    auto buffer = Buffer::adopt(gst_buffer_copy(frame.buffer.get()));
    GstBuffer* b = buffer.get();
    GST_BUFFER_PTS(b) = to_clock_time(frame.pts);
    GST_BUFFER_DTS(b) = frame.dts ? to_clock_time(*frame.dts) : GST_CLOCK_TIME_NONE;
    GST_BUFFER_DURATION(b) =
        frame.duration
            ? static_cast<GstClockTime>(std::chrono::nanoseconds{*frame.duration}.count())
            : GST_CLOCK_TIME_NONE;
    auto flag = [b](GstBufferFlags f, bool on) {
        if (on) {
            GST_BUFFER_FLAG_SET(b, f);
        } else {
            GST_BUFFER_FLAG_UNSET(b, f);
        }
    };
    flag(GST_BUFFER_FLAG_DELTA_UNIT, !frame.keyframe);
    flag(GST_BUFFER_FLAG_DISCONT, frame.discontinuity);
    if (frame.entered) {
        auto kinds = Caps::adopt(entry_caps());
        if (auto* meta = gst_buffer_get_reference_timestamp_meta(b, kinds.get())) {
            meta->timestamp = to_clock_time(*frame.entered);
        } else {
            gst_buffer_add_reference_timestamp_meta(b, kinds.get(), to_clock_time(*frame.entered),
                                                    GST_CLOCK_TIME_NONE);
        }
    }
    return buffer;
}

}  // namespace rivero::gst
