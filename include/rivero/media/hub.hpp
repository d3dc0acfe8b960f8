// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/media/object.hpp"
#include "rivero/media/pipeline.hpp"
#include "rivero/remote/future.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rivero::media {

class HubPort;

/// Joins several streams. Elements do not connect to a hub but to its ports (hub_port.hpp): what
/// goes into a port is that port's input to the hub, and what the hub makes for the port leaves
/// there. A hub is a module of its own that says what becomes of the media, by HubPort::incoming()
/// and HubPort::set_outgoing(). Strand.
class Hub : public MediaObject {
public:
    static constexpr const char* kClassName = "Hub";

    Hub(remote::ObjectInit init, MediaPipeline& pipeline);

    [[nodiscard]] MediaPipeline& pipeline() const { return pipeline_; }
    [[nodiscard]] const Services& services() const { return pipeline_.services(); }
    /// In the order of their creation.
    [[nodiscard]] const std::vector<HubPort*>& ports() const { return ports_; }

    [[nodiscard]] remote::Future<std::string> get_gstreamer_dot(
        std::optional<GstreamerDotDetails> details);
    [[nodiscard]] remote::Future<remote::Done> dump_gstreamer_dot(
        std::optional<GstreamerDotDetails> details);

protected:
    [[nodiscard]] Graph& graph() const { return services().graph; }
    [[nodiscard]] Loop& worker() const { return services().graph.worker; }
    /// A port is there, whole but for what the hub gives it now. Called by its constructor: nobody
    /// else has it yet.
    virtual void on_port_added(HubPort&) {}
    /// A port is about to go: it is connected with nothing any more, and no longer among ports().
    virtual void on_port_removed(HubPort&) {}
    /// The port, when it is one of this hub's. CONNECT_ERROR when it belongs to another one or is
    /// gone.
    HubPort& own(HubPort& port) const;

private:
    friend class HubPort;
    [[nodiscard]] int add(HubPort& port);
    void remove(HubPort& port);

    MediaPipeline& pipeline_;
    std::shared_ptr<Object> keeps_pipeline_;
    std::vector<HubPort*> ports_;  ///< each takes itself out before it dies
    int next_number_ = 0;
};

}  // namespace rivero::media
