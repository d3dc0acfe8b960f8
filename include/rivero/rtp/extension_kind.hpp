// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace rivero::rtp {

/// The header extensions that we know; their URIs stand in extensions.hpp.
enum class ExtensionKind : std::uint8_t {
    mid,
    rtp_stream_id,
    repaired_rtp_stream_id,
    abs_send_time,
    transport_wide_cc,
    audio_level,
    // Passed through, see passes_through().
    video_orientation,
    dependency_descriptor,
    playout_delay,
    video_content_type,
    color_space,
    abs_capture_time,
    video_layers_allocation,
};
inline constexpr std::size_t kExtensionKinds = 13;

}  // namespace rivero::rtp
