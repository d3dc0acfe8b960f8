// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/gst/glib_loop.hpp"
#include "rivero/media/graph.hpp"
#include "rivero/media/object.hpp"
#include "rivero/remote/future.hpp"
#include "rivero/remote/json.hpp"

#include <optional>
#include <string>

namespace rivero::media {

/// What a media host offers to the objects in it. Outlives them.
struct Services {
    gst::GlibLoop& worker;  ///< the RTC worker
    Graph& graph;
    Json settings;  ///< of the whole server; immutable
};

/// Holds elements that may be connected. Has no state of its own: its elements run as soon as they
/// are there.
class MediaPipeline : public MediaObject {
public:
    static constexpr const char* kClassName = "MediaPipeline";

    MediaPipeline(remote::ObjectInit init, const Services& services);

    [[nodiscard]] const Services& services() const { return services_; }
    [[nodiscard]] bool get_latency_stats() const { return latency_stats_; }
    /// For all elements that are here and those that will be.
    void set_latency_stats(bool on);
    [[nodiscard]] remote::Future<std::string> get_gstreamer_dot(
        std::optional<GstreamerDotDetails> details);
    [[nodiscard]] remote::Future<remote::Done> dump_gstreamer_dot(
        std::optional<GstreamerDotDetails> details);

private:
    const Services& services_;
    bool latency_stats_ = false;
};

}  // namespace rivero::media
