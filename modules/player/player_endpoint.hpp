// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "playback.hpp"
#include "rivero/media/endpoint.hpp"
#include "types.hpp"

#include <memory>
#include <optional>
#include <string>

namespace rivero::player {

/// Plays what is found at a URI into the pipeline. Encoded streams leave as they are; whoever
/// cannot take them is served by the format tree of the source.
class PlayerEndpoint final : public media::UriEndpoint {
public:
    static constexpr const char* kClassName = "PlayerEndpoint";

    PlayerEndpoint(remote::ObjectInit init, media::MediaPipeline& pipeline, const std::string& uri,
                   bool use_encoded_media, int network_cache_ms);
    ~PlayerEndpoint() override;

    void play();
    void pause() override;
    void stop() override;
    [[nodiscard]] WireVideoInfo get_video_info() const;
    [[nodiscard]] std::string get_element_gstreamer_dot() const { return playback_->dot(); }
    [[nodiscard]] std::int64_t get_position() const { return playback_->position().count(); }
    void set_position(std::int64_t ms);
    void release() override;

private:
    [[nodiscard]] Playback::Events playback_events();

    std::shared_ptr<media::Source> audio_, video_;  // used on the worker
    std::optional<Playback> playback_;
};

}  // namespace rivero::player
