// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/media/format.hpp"

namespace rivero::media {

std::string to_string(const Format& format) {
    if (format.type == MediaType::data) return "data";
    if (format.packing == Packing::raw || !format.codec)
        return format.type == MediaType::audio ? "raw/audio" : "raw/video";
    return (format.packing == Packing::rtp ? "rtp/" : "frames/") +
           std::string{encoding_name(*format.codec)};
}

bool same_encoding(const Format& a, const Format& b) {
    return a.type == b.type && a.packing == b.packing && a.codec == b.codec &&
           a.profile == b.profile && a.packetization_mode == b.packetization_mode &&
           a.reordered == b.reordered;
}

}  // namespace rivero::media
