// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "passthrough.hpp"

namespace rivero::passthrough {

PassThrough::PassThrough(remote::ObjectInit init, media::MediaPipeline& pipeline)
    : MediaElement{std::move(init), pipeline} {
    for (MediaType type : {MediaType::audio, MediaType::video, MediaType::data}) {
        auto [input, output] = media::make_through(graph(), type);
        add_input(input);
        set_output(type, output);
        inputs_[type] = input;
    }
}

void PassThrough::force_format(MediaType type, const media::Acceptable& format) {
    worker().post([relay = inputs_.at(type), format] { relay->force(format); });
}

}  // namespace rivero::passthrough
