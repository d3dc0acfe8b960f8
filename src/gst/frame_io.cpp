// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/gst/frame_io.hpp"

#include "rivero/base/assert.hpp"
#include "rivero/gst/init.hpp"

#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>
#include <gst/base/gstbasesink.h>

namespace rivero::gst {
namespace {

/// appsrc and appsink stand in the package of libgstapp itself, which we link.
Element make_app_element(const char* factory) {
    auto element = make_element(factory);
    RIVERO_ASSERT(element.has_value(), "gstreamer1.0-plugins-base with the app plugin is there");
    return *element;
}

/// A position in a segment as absolute time. Also in front of the segment's start: encoders may
/// put their first frame there.
std::optional<Time> absolute(const GstSegment* segment, GstClockTime position,
                             std::int64_t offset) {
    if (!GST_CLOCK_TIME_IS_VALID(position)) return std::nullopt;
    guint64 running = 0;
    int sign = gst_segment_to_running_time_full(segment, GST_FORMAT_TIME, position, &running);
    if (sign == 0) return std::nullopt;
    return Time{std::chrono::nanoseconds{sign * static_cast<std::int64_t>(running) + offset}};
}

struct Output {
    Pace pace;
    std::function<void(Frame, const Caps&)> on_frame;

    GstFlowReturn take(GstAppSink* sink) {
        auto sample = Sample::adopt(gst_app_sink_pull_sample(sink));
        if (!sample) return GST_FLOW_EOS;
        auto buffer = Buffer::share(gst_sample_get_buffer(sample.get()));
        const GstSegment* segment = gst_sample_get_segment(sample.get());
        if (!buffer || !segment || segment->format != GST_FORMAT_TIME) return GST_FLOW_OK;
        auto frame = frame_of(buffer);
        if (!frame) return GST_FLOW_OK;

        // Base time is 0 on the shared time line. In real time a frame leaves later than its
        // running time says by the latency that all sinks of the pipeline share.
        auto offset = static_cast<std::int64_t>(gst_element_get_base_time(GST_ELEMENT_CAST(sink)));
        if (pace == Pace::real_time)
            offset += static_cast<std::int64_t>(gst_base_sink_get_latency(GST_BASE_SINK(sink)));
        auto pts = absolute(segment, to_clock_time(frame->pts), offset);
        if (!pts) return GST_FLOW_OK;
        frame->pts = *pts;
        if (frame->dts) frame->dts = absolute(segment, to_clock_time(*frame->dts), offset);
        on_frame(std::move(*frame), Caps::share(gst_sample_get_caps(sample.get())));
        return GST_FLOW_OK;
    }
};

}  // namespace

FrameInput::FrameInput(std::size_t capacity, WhenFull rule)
    : source_{make_app_element("appsrc")}, capacity_{capacity}, rule_{rule} {
    g_object_set(
        source_.get(), "format", GST_FORMAT_TIME, "is-live", TRUE, "do-timestamp", FALSE, "block",
        FALSE, "max-bytes", guint64{0}, "max-time", guint64{0}, "max-buffers",
        static_cast<guint64>(capacity), "leaky-type",
        rule == WhenFull::drop_oldest ? GST_APP_LEAKY_TYPE_DOWNSTREAM : GST_APP_LEAKY_TYPE_NONE,
        nullptr);
}

void FrameInput::set_caps(const Caps& caps) {
    gst_app_src_set_caps(GST_APP_SRC(source_.get()), caps.get());
}

bool FrameInput::push(const Frame& frame) {
    if (gst_app_src_get_current_level_buffers(GST_APP_SRC(source_.get())) >= capacity_) {
        ++dropped_;
        if (rule_ == WhenFull::refuse) return false;
    }
    // Flushing or ended: the bus has told the owner why.
    gst_app_src_push_buffer(GST_APP_SRC(source_.get()), buffer_of(frame).release());
    return true;
}

void FrameInput::end_of_stream() {
    gst_app_src_end_of_stream(GST_APP_SRC(source_.get()));
}

Element make_frame_output(Pace pace, std::function<void(Frame, const Caps&)> on_frame) {
    Element sink = make_app_element("appsink");
    bool real_time = pace == Pace::real_time;
    g_object_set(sink.get(), "sync", real_time, "async", real_time, "enable-last-sample", FALSE,
                 "max-buffers", 2u, nullptr);
    GstAppSinkCallbacks callbacks{};
    callbacks.new_sample = [](GstAppSink* s, gpointer data) noexcept {
        return static_cast<Output*>(data)->take(s);
    };
    gst_app_sink_set_callbacks(GST_APP_SINK(sink.get()), &callbacks,
                               new Output{pace, std::move(on_frame)},
                               [](gpointer data) { delete static_cast<Output*>(data); });
    return sink;
}

}  // namespace rivero::gst
