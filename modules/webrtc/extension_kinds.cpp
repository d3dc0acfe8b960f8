// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "extension_kinds.hpp"

namespace rivero::webrtc {

std::optional<rtp::ExtensionKind> extension_kind(sdp::HeaderExtension extension) {
    using H = sdp::HeaderExtension;
    using K = rtp::ExtensionKind;
    switch (extension) {
        case H::mid:
            return K::mid;
        case H::transport_cc:
            return K::transport_wide_cc;
        case H::abs_send_time:
            return K::abs_send_time;
        case H::audio_level:
            return K::audio_level;
        case H::rid:
            return K::rtp_stream_id;
        case H::repaired_rid:
            return K::repaired_rtp_stream_id;
        case H::video_orientation:
            return K::video_orientation;
        case H::abs_capture_time:
            return K::abs_capture_time;
        case H::playout_delay:
            return K::playout_delay;
        case H::video_content_type:
            return K::video_content_type;
        case H::color_space:
            return K::color_space;
        case H::dependency_descriptor:
            return K::dependency_descriptor;
        case H::video_timing:
        case H::transmission_offset:
            return std::nullopt;
    }
    return std::nullopt;
}

}  // namespace rivero::webrtc
