// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/media/element.hpp"
#include "rivero/media/relay.hpp"

namespace rivero::passthrough {

/// Hands audio and video on, unchanged or in the format that was set.
class PassThrough final : public media::MediaElement {
public:
    static constexpr const char* kClassName = "PassThrough";

    PassThrough(remote::ObjectInit init, media::MediaPipeline& pipeline);

private:
    void force_format(MediaType type, const media::Acceptable& format) override;

    std::shared_ptr<media::Relay> audio_, video_;  // used on the worker
};

}  // namespace rivero::passthrough
