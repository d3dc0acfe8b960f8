// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <rivero/media/hub_port.hpp>

namespace example {

namespace media = rivero::media;

/// A hub whose ports all give what comes into one of them.
class Switch final : public media::Hub {
public:
    static constexpr const char* kClassName = "Switch";
    using Hub::Hub;

    /// CONNECT_ERROR for a port of another hub.
    void select(media::HubPort& port);

private:
    void on_port_added(media::HubPort& port) override { serve(port); }
    void on_port_removed(media::HubPort& port) override;
    void choose(media::HubPort* port);
    void serve(media::HubPort& port);

    media::HubPort* chosen_ = nullptr;
};

}  // namespace example
