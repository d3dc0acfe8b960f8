// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace rivero::sdp {

/// RTP header extensions that have a meaning for us. RFC 8285.
enum class HeaderExtension : std::uint8_t {
    mid,                ///< RFC 9143 section 15
    transport_cc,       ///< transport-wide sequence number,
                        ///< draft-holmer-rmcat-transport-wide-cc-extensions-01
    abs_send_time,      ///< 24 bit send time
    audio_level,        ///< RFC 6464
    rid,                ///< RFC 8852
    repaired_rid,       ///< RFC 8852
    video_orientation,  ///< 3GPP TS 26.114 section 7.4.5
    abs_capture_time,
    playout_delay,
    video_content_type,
    video_timing,
    color_space,
    dependency_descriptor,  ///< AV1 RTP specification, appendix A
    transmission_offset,    ///< RFC 5450
};

[[nodiscard]] std::string_view uri(HeaderExtension extension);
[[nodiscard]] std::optional<HeaderExtension> header_extension_from_uri(std::string_view uri);

/// The id that our offers give it, 1...14, the same in all sections (RFC 8285 section 5 wants that
/// of bundled ones).
[[nodiscard]] std::uint8_t offered_id(HeaderExtension extension);

}  // namespace rivero::sdp
