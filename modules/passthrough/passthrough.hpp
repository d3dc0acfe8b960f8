// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/media/element.hpp"
#include "rivero/media/relay.hpp"

#include <map>
#include <memory>

namespace rivero::passthrough {

/// Hands media on, unchanged or in the format that was set.
class PassThrough final : public media::MediaElement {
public:
    static constexpr const char* kClassName = "PassThrough";

    PassThrough(remote::ObjectInit init, media::MediaPipeline& pipeline);

private:
    void force_format(MediaType type, const media::Acceptable& format) override;

    std::map<MediaType, std::shared_ptr<media::Relay>> inputs_;  // the relays belong to the worker
};

}  // namespace rivero::passthrough
