// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/media/hub.hpp"

#include "media/objects/dot.hpp"
#include "rivero/media/hub_port.hpp"

#include <algorithm>

namespace rivero::media {

Hub::Hub(remote::ObjectInit init, MediaPipeline& pipeline)
    : MediaObject{std::move(init)},
      pipeline_{pipeline},
      keeps_pipeline_{pipeline.shared_from_this()} {}

int Hub::add(HubPort& port) {
    ports_.push_back(&port);
    return next_number_++;
}

void Hub::remove(HubPort& port) {
    std::erase(ports_, &port);
    on_port_removed(port);
}

HubPort& Hub::own(HubPort& port) const {
    if (std::find(ports_.begin(), ports_.end(), &port) == ports_.end())
        throw remote::RpcError{remote::ErrorCode::connect_error,
                               "'" + port.id() + "' is no port of '" + id() + "'"};
    return port;
}

remote::Future<std::string> Hub::get_gstreamer_dot(std::optional<GstreamerDotDetails> details) {
    return draw(*this, {ports_.begin(), ports_.end()}, details);
}

remote::Future<remote::Done> Hub::dump_gstreamer_dot(std::optional<GstreamerDotDetails> details) {
    return dump(*this, graph(), [&] { return get_gstreamer_dot(details); });
}

}  // namespace rivero::media
