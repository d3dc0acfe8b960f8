// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "passthrough.hpp"

namespace rivero::passthrough {

PassThrough::PassThrough(remote::ObjectInit init, media::MediaPipeline& pipeline)
    : MediaElement{std::move(init), pipeline} {
    for (MediaType type : {MediaType::audio, MediaType::video}) {
        auto relay = media::make_on_worker<media::Relay>(graph(), type);
        auto source = add_output(
            type,
            [weak = std::weak_ptr{relay}] {
                if (auto alive = weak.lock()) alive->request_keyframe();
            },
            "default",
            [weak = std::weak_ptr{relay}] {
                auto alive = weak.lock();
                return !alive || alive->can_have_keyframes();
            });
        // The relay keeps its source; the source knows the relay weakly: no ring.
        worker().post([relay, source] { relay->set_target(source); });
        add_input(relay);
        (type == MediaType::audio ? audio_ : video_) = relay;
    }
}

void PassThrough::force_format(MediaType type, const media::Acceptable& format) {
    worker().post([relay = type == MediaType::audio ? audio_ : video_, format] { relay->force(format); });
}

}  // namespace rivero::passthrough
