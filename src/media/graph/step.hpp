// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/units.hpp"
#include "rivero/rtp/codec.hpp"

#include <optional>

namespace rivero::media {

/// One conversion on the way from a source's own format to what a sink takes. Who wants the same
/// shares one stage.
struct Step {
    enum class Kind { depacketize, decode, limit_rate, encode, packetize };
    Kind kind = Kind::depacketize;
    std::optional<Codec> codec{};      ///< of the output; empty for raw
    double framerate = 0;              ///< limit_rate: no more pictures in a second
    std::optional<Bitrate> bitrate{};  ///< encode: of sound, when it was asked for

    [[nodiscard]] bool operator==(const Step&) const = default;
};

/// `depacketize`, `decode`, ...
[[nodiscard]] const char* name(Step::Kind kind);

}  // namespace rivero::media
