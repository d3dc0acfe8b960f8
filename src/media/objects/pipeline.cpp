// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/media/pipeline.hpp"

#include "media/objects/dot.hpp"
#include "rivero/media/element.hpp"

namespace rivero::media {
namespace {

void collect(const MediaObject& object, std::vector<MediaElement*>& elements) {
    for (auto& child : object.get_children()) {
        if (auto* element = dynamic_cast<MediaElement*>(child.get())) elements.push_back(element);
        collect(*child, elements);
    }
}

}  // namespace

MediaPipeline::MediaPipeline(remote::ObjectInit init, const Services& services)
    : MediaObject{std::move(init)}, services_{services} {}

void MediaPipeline::set_latency_stats(bool on) {
    if (on == latency_stats_) return;
    latency_stats_ = on;
    std::vector<MediaElement*> elements;
    collect(*this, elements);
    for (MediaElement* element : elements) element->measure_latency(on);
}

remote::Future<std::string> MediaPipeline::get_gstreamer_dot(
    std::optional<GstreamerDotDetails> details) {
    std::vector<MediaElement*> elements;
    collect(*this, elements);
    return draw(*this, std::move(elements), details);
}

remote::Future<remote::Done> MediaPipeline::dump_gstreamer_dot(
    std::optional<GstreamerDotDetails> details) {
    return dump(*this, services_.graph, [&] { return get_gstreamer_dot(details); });
}

}  // namespace rivero::media
