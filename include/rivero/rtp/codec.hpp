// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

namespace rivero {

enum class MediaType { audio, video, data };

/// An encoding that travels in RTP or in a container.
enum class Codec { opus, pcmu, pcma, g722, aac, vp8, vp9, h264, h265, av1 };

[[nodiscard]] constexpr MediaType media_type(Codec codec) {
    switch (codec) {
        case Codec::opus:
        case Codec::pcmu:
        case Codec::pcma:
        case Codec::g722:
        case Codec::aac:
            return MediaType::audio;
        case Codec::vp8:
        case Codec::vp9:
        case Codec::h264:
        case Codec::h265:
        case Codec::av1:
            return MediaType::video;
    }
    return MediaType::data;
}

/// The encoding name as registered for RTP (`opus`, `VP8`, `H264`, `mpeg4-generic`); matched
/// without regard to case.
[[nodiscard]] std::string_view encoding_name(Codec codec);
[[nodiscard]] std::optional<Codec> codec_from_encoding_name(std::string_view name);

/// RTP clock rate in Hz. G722 says 8000 although it samples at 16000: RFC 3551 section 4.5.2.
[[nodiscard]] constexpr int rtp_clock_rate(Codec codec) {
    switch (codec) {
        case Codec::opus:
        case Codec::aac:
            return 48000;
        case Codec::pcmu:
        case Codec::pcma:
        case Codec::g722:
            return 8000;
        default:
            return 90000;
    }
}

}  // namespace rivero
