// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/media/hub.hpp"

#include "media/objects/dot.hpp"

namespace rivero::media {

remote::Future<std::string> Hub::get_gstreamer_dot(std::optional<GstreamerDotDetails>) {
    std::vector<MediaElement*> ports;
    for (auto& child : get_children())
        if (auto* port = dynamic_cast<MediaElement*>(child.get())) ports.push_back(port);
    return draw(id(), std::move(ports));
}

void Hub::dump_gstreamer_dot(std::optional<GstreamerDotDetails> details) { dump(id(), get_gstreamer_dot(details)); }

}  // namespace rivero::media
