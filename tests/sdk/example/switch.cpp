// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "switch.hpp"

namespace example {

using rivero::MediaType;

void Switch::select(media::HubPort& port) {
    choose(&own(port));
}

void Switch::on_port_removed(media::HubPort& port) {
    if (chosen_ == &port) choose(nullptr);
}

void Switch::choose(media::HubPort* port) {
    chosen_ = port;
    for (media::HubPort* each : ports()) serve(*each);
}

void Switch::serve(media::HubPort& port) {
    for (MediaType type : {MediaType::audio, MediaType::video, MediaType::data})
        port.set_outgoing(type, chosen_ ? chosen_->incoming(type) : nullptr);
}

}  // namespace example
