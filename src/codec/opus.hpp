// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/bytes.hpp"
#include "rivero/base/clock.hpp"

#include <optional>

namespace rivero::codec::opus {

/// What the head of an Opus packet tells. RFC 6716 section 3.
struct PacketInfo {
    std::chrono::microseconds frame_duration{};
    int frames = 0;
    bool stereo = false;
    /// Discontinuous transmission: each frame has at most one byte and says "go on with noise". RFC
    /// 6716 section 2.1.9.
    bool dtx = false;

    [[nodiscard]] std::chrono::microseconds duration() const { return frame_duration * frames; }
};

/// @return empty when RFC 6716 section 3.4 forbids such a packet
[[nodiscard]] std::optional<PacketInfo> parse_packet(Bytes packet);

}  // namespace rivero::codec::opus
