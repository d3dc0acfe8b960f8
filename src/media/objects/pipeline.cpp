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

remote::Future<std::string> MediaPipeline::get_gstreamer_dot(std::optional<GstreamerDotDetails>) {
    std::vector<MediaElement*> elements;
    collect(*this, elements);
    return draw(id(), std::move(elements));
}

void MediaPipeline::dump_gstreamer_dot(std::optional<GstreamerDotDetails> details) {
    dump(id(), get_gstreamer_dot(details));
}

}  // namespace rivero::media
