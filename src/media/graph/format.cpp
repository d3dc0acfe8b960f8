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
           a.reordered == b.reordered && a.framerate == b.framerate;
}

double framerate_of(const Format& format) {
    if (format.framerate > 0 || !format.caps) return format.framerate;
    int numerator = 0;
    int denominator = 1;
    const GstStructure* structure = gst_caps_get_structure(format.caps.get(), 0);
    if (!structure ||
        !gst_structure_get_fraction(structure, "framerate", &numerator, &denominator) ||
        denominator == 0)
        return 0;
    return static_cast<double>(numerator) / denominator;
}

bool Acceptable::framerate_fits(const Format& format) const {
    if (max_framerate == 0) return true;
    const double rate = framerate_of(format);
    return rate > 0 && rate <= max_framerate * 1.01;  // 30000/1001 is 30
}

}  // namespace rivero::media
