// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "media/graph/node.hpp"
#include "rivero/base/result.hpp"

#include <memory>

namespace rivero::media {

/// rtp -> frames of the same encoding: waits for missing packets a little, then does without.
[[nodiscard]] Result<std::unique_ptr<Stage>> make_depacketize_stage(Node& above);
/// frames -> rtp of the same encoding.
[[nodiscard]] Result<std::unique_ptr<Stage>> make_packetize_stage(Node& above);
/// frames -> raw.
[[nodiscard]] Result<std::unique_ptr<Stage>> make_decode_stage(Node& above);
/// raw pictures -> as many of them as there may be in a second.
[[nodiscard]] Result<std::unique_ptr<Stage>> make_limit_rate_stage(Node& above, double framerate);
/// raw -> frames.
/// @param bitrate of sound; empty: the codec's own
[[nodiscard]] Result<std::unique_ptr<Stage>> make_encode_stage(Node& above, Codec codec,
                                                               const EncoderLimits& limits,
                                                               std::optional<Bitrate> bitrate);

}  // namespace rivero::media
