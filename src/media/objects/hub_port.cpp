// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/media/hub_port.hpp"

#include <utility>

namespace rivero::media {

HubPort::HubPort(remote::ObjectInit init, Hub& hub)
    : MediaElement{std::move(init), hub.pipeline()}, hub_{hub}, number_{hub.add(*this)} {
    for (MediaType type : {MediaType::audio, MediaType::video, MediaType::data}) {
        auto [at, is_new] = through_.emplace(type, make_through(graph(), type));
        add_input(at->second.input);
        set_output(type, nullptr);  // until the hub gives something
    }
    if (pipeline().get_latency_stats()) measure_latency(true);
    hub_.on_port_added(*this);
}

HubPort::~HubPort() {
    if (std::exchange(in_hub_, false)) hub_.remove(*this);
}

void HubPort::release() {
    MediaElement::release();
    if (std::exchange(in_hub_, false)) hub_.remove(*this);
    for (auto& [type, through] : through_) set_outgoing(type, nullptr);
}

std::vector<MediaElement::OutputPort> HubPort::inner_sources() const {
    std::vector<OutputPort> list;
    for (auto& [type, through] : through_)
        list.push_back({type, "default", through.output, nullptr});
    return list;
}

void HubPort::force_format(MediaType type, const Acceptable& format) {
    worker().post([relay = through_.at(type).input, format] { relay->force(format); });
}

}  // namespace rivero::media
