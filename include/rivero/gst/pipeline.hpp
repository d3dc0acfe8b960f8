// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/loop.hpp"
#include "rivero/base/result.hpp"
#include "rivero/gst/ref.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace rivero::gst {

/// An error or a warning that an element reported on the bus.
struct BusReport {
    GQuark domain = 0;  ///< GST_STREAM_ERROR, GST_RESOURCE_ERROR, ...
    int code = 0;       ///< of the domain's enum
    std::string text;
    std::string debug;    ///< for the log
    std::string element;  ///< the name of the element that reported it
    [[nodiscard]] std::string domain_name() const;
};

/// A GstPipeline that belongs to one element or one conversion stage and to nobody else. It needs
/// no main loop: what its bus says is posted to a Loop.
class PrivatePipeline {
public:
    enum class TimeLine {
        /// Base time 0 on the monotonic clock: running time is absolute time, the same in all such
        /// pipelines.
        shared,
        /// As GStreamer does it: running time starts at 0 and stands still in PAUSED.
        own,
    };
    /// Called on the loop; none of them is needed, and none is called after the pipeline is gone.
    struct Events {
        std::function<void(const BusReport&)> on_error;
        std::function<void(const BusReport&)> on_warning;
        /// All sinks have shown their last frame.
        std::function<void()> on_eos;
        std::function<void(GstState)> on_state;
        /// The exception: runs on the thread that posts the message, before all others.
        std::function<void(GstMessage*)> on_posting_thread;
    };

    PrivatePipeline(const std::string& name, Loop& loop, Events events,
                    TimeLine time_line = TimeLine::shared);
    PrivatePipeline(const PrivatePipeline&) = delete;
    PrivatePipeline& operator=(const PrivatePipeline&) = delete;
    /// Stops it and waits until no streaming thread is left: not from one of these.
    ~PrivatePipeline();

    void add(const Element& element);
    /// Adds them and links each to the next.
    [[nodiscard]] Result<void> add_chain(const std::vector<Element>& elements);
    /// May block as long as its elements do (files, network); stages made of codecs do not.
    [[nodiscard]] Result<void> set_state(GstState state);
    [[nodiscard]] GstElement* element() const { return pipeline_.get(); }   ///< borrowed
    [[nodiscard]] GstBin* bin() const { return GST_BIN(pipeline_.get()); }  ///< borrowed
    /// The graph in DOT.
    [[nodiscard]] std::string dot() const;

private:
    struct Bus;
    Element pipeline_;
    std::shared_ptr<Bus> bus_;  // shared with the tasks on the loop
};

/// Sets a property from its text, as gst-launch does; quietly does nothing where this version of
/// the element has no such property.
void set_property(const Element& element, const char* name, const std::string& value);

}  // namespace rivero::gst
