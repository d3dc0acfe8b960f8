// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "sdp/header_extension.hpp"

#include <algorithm>
#include <array>

namespace rivero::sdp {
namespace {

struct Known {
    HeaderExtension extension;
    std::uint8_t offered_id;  ///< abs-send-time keeps the 3 that clients have always seen
    std::string_view uri;
};

constexpr std::array<Known, 14> kKnown{{
    {HeaderExtension::mid, 1, "urn:ietf:params:rtp-hdrext:sdes:mid"},
    {HeaderExtension::transport_cc, 2,
     "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"},
    {HeaderExtension::abs_send_time, 3,
     "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"},
    {HeaderExtension::audio_level, 4, "urn:ietf:params:rtp-hdrext:ssrc-audio-level"},
    {HeaderExtension::rid, 5, "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"},
    {HeaderExtension::repaired_rid, 6, "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"},
    {HeaderExtension::video_orientation, 7, "urn:3gpp:video-orientation"},
    {HeaderExtension::abs_capture_time, 8,
     "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time"},
    {HeaderExtension::playout_delay, 9,
     "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"},
    {HeaderExtension::video_content_type, 10,
     "http://www.webrtc.org/experiments/rtp-hdrext/video-content-type"},
    {HeaderExtension::video_timing, 11,
     "http://www.webrtc.org/experiments/rtp-hdrext/video-timing"},
    {HeaderExtension::color_space, 12, "http://www.webrtc.org/experiments/rtp-hdrext/color-space"},
    {HeaderExtension::dependency_descriptor, 13,
     "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension"},
    {HeaderExtension::transmission_offset, 14, "urn:ietf:params:rtp-hdrext:toffset"},
}};

const Known& known(HeaderExtension extension) {
    return *std::find_if(kKnown.begin(), kKnown.end(),
                         [&](auto& k) { return k.extension == extension; });
}

}  // namespace

std::string_view uri(HeaderExtension extension) {
    return known(extension).uri;
}

std::uint8_t offered_id(HeaderExtension extension) {
    return known(extension).offered_id;
}

std::optional<HeaderExtension> header_extension_from_uri(std::string_view uri) {
    for (auto& k : kKnown)
        if (k.uri == uri) return k.extension;
    return std::nullopt;
}

}  // namespace rivero::sdp
