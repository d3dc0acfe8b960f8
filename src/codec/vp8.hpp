// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/bytes.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace rivero::codec::vp8 {

/// Payload descriptor. RFC 7741 section 4.2.
struct Descriptor {
    std::size_t size = 0;           ///< in bytes; the frame's bytes follow
    bool non_reference = false;     ///< N
    bool starts_partition = false;  ///< S
    std::uint8_t partition = 0;     ///< PID
    std::optional<std::uint16_t> picture_id;
    bool long_picture_id = false;
    std::optional<std::uint8_t> tl0_pic_idx;
    std::optional<std::uint8_t> temporal_id;
    bool layer_sync = false;  ///< Y
    std::optional<std::uint8_t> key_idx;

    [[nodiscard]] bool starts_frame() const { return starts_partition && partition == 0; }
};
[[nodiscard]] std::optional<Descriptor> parse_descriptor(Bytes payload);

/// @param frame at least its first byte
[[nodiscard]] inline bool is_keyframe(Bytes frame) {
    return !frame.empty() && (frame[0] & 1) == 0;  // RFC 6386 section 9.1: 0 for key frames
}

struct Size {
    std::uint16_t width = 0;
    std::uint16_t height = 0;
};
/// Width and height from the head of a key frame; empty for other frames. RFC 6386 section 9.1.
/// @param frame at least its first 10 bytes
[[nodiscard]] std::optional<Size> keyframe_size(Bytes frame);

}  // namespace rivero::codec::vp8
