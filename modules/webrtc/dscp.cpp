// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "dscp.hpp"

namespace rivero::webrtc {

std::optional<std::uint8_t> dscp_code(DscpValue value) {
    using D = DscpValue;
    switch (value) {
        case D::no_dscp:
        case D::no_value:
            return std::nullopt;
        case D::audio_verylow:
        case D::video_verylow:
        case D::data_verylow:
        case D::le:
            return 1;
        case D::audio_low:
        case D::video_low:
        case D::data_low:
        case D::chrome_low:
        case D::cs0:
            return 0;
        case D::audio_medium:
        case D::audio_high:
        case D::ef:
            return 46;
        case D::video_medium:
        case D::video_high:
        case D::af42:
            return 36;
        case D::video_medium_throughput:
        case D::af43:
            return 38;
        case D::video_high_throughput:
        case D::af41:
            return 34;
        case D::data_medium:
        case D::af11:
            return 10;
        case D::data_high:
        case D::af21:
            return 18;
        case D::chrome_high:
        case D::chrome_medium:
        case D::cs7:
            return 56;
        case D::chrome_verylow:
        case D::cs1:
            return 8;
        case D::cs2:
            return 16;
        case D::cs3:
            return 24;
        case D::cs4:
            return 32;
        case D::cs5:
            return 40;
        case D::cs6:
            return 48;
        case D::af12:
            return 12;
        case D::af13:
            return 14;
        case D::af22:
            return 20;
        case D::af23:
            return 22;
        case D::af31:
            return 26;
        case D::af32:
            return 28;
        case D::af33:
            return 30;
        case D::voiceadmit:
            return 44;
    }
    return std::nullopt;
}

}  // namespace rivero::webrtc
