// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/media/element.hpp"

#include <optional>
#include <string>

namespace rivero::media {

/// Joins several streams; elements connect to its ports.
class Hub : public MediaObject {
public:
    static constexpr const char* kClassName = "Hub";

    Hub(remote::ObjectInit init, MediaPipeline& pipeline) : MediaObject{std::move(init)}, pipeline_{pipeline} {}
    [[nodiscard]] MediaPipeline& pipeline() const { return pipeline_; }
    [[nodiscard]] remote::Future<std::string> get_gstreamer_dot(std::optional<GstreamerDotDetails> details);
    void dump_gstreamer_dot(std::optional<GstreamerDotDetails> details);

private:
    MediaPipeline& pipeline_;
};

}  // namespace rivero::media
