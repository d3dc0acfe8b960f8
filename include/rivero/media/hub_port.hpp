// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/media/element.hpp"
#include "rivero/media/hub.hpp"
#include "rivero/media/relay.hpp"

#include <map>
#include <memory>

namespace rivero::media {

/// Where elements connect to a hub; a child of the hub. Strand.
class HubPort final : public MediaElement {
public:
    static constexpr const char* kClassName = "HubPort";

    HubPort(remote::ObjectInit init, Hub& hub);
    ~HubPort() override;

    [[nodiscard]] Hub& hub() const { return hub_; }
    /// From 0 in the order of creation in its hub; never used again.
    [[nodiscard]] int number() const { return number_; }

    /// What comes into the port, for the hub to attach sinks to or to give to other ports as it is.
    /// Never null; has a format while something is connected that has one.
    [[nodiscard]] std::shared_ptr<Source> incoming(MediaType type) const {
        return through_.at(type).output;
    }
    /// Makes a source of the hub, or what comes into a port, that which leaves here; null: nothing.
    /// One source may leave at several ports: its conversions are shared by all their receivers.
    void set_outgoing(MediaType type, std::shared_ptr<Source> source) {
        set_output(type, std::move(source));
    }

    void release() override;
    [[nodiscard]] std::vector<OutputPort> inner_sources() const override;

private:
    void force_format(MediaType type, const Acceptable& format) override;

    Hub& hub_;
    std::map<MediaType, Through> through_;
    int number_;
    bool in_hub_ = true;
};

}  // namespace rivero::media
