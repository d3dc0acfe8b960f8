// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/media/format.hpp"

namespace rivero::media {

std::string to_string(const Format& format) {
    if (format.packing == Packing::raw || !format.codec)
        return format.type == MediaType::audio ? "raw/audio" : "raw/video";
    return (format.packing == Packing::rtp ? "rtp/" : "frames/") + std::string{encoding_name(*format.codec)};
}

bool same(const Format& a, const Format& b) {
    if (a.type != b.type || a.packing != b.packing || a.codec != b.codec || a.profile != b.profile ||
        a.packetization_mode != b.packetization_mode)
        return false;
    if (!a.caps || !b.caps) return !a.caps && !b.caps;
    return gst::equal(a.caps, b.caps);
}

gst::Caps frame_caps(Codec codec) {
    const char* text = "";
    switch (codec) {
        case Codec::opus: text = "audio/x-opus,rate=48000,channels=2,channel-mapping-family=0"; break;
        case Codec::pcmu: text = "audio/x-mulaw,rate=8000,channels=1"; break;
        case Codec::pcma: text = "audio/x-alaw,rate=8000,channels=1"; break;
        case Codec::g722: text = "audio/G722,rate=16000,channels=1"; break;
        case Codec::aac: text = "audio/mpeg,mpegversion=4,stream-format=raw"; break;
        case Codec::vp8: text = "video/x-vp8"; break;
        case Codec::vp9: text = "video/x-vp9"; break;
        case Codec::h264: text = "video/x-h264,stream-format=byte-stream,alignment=au"; break;
        case Codec::h265: text = "video/x-h265,stream-format=byte-stream,alignment=au"; break;
        case Codec::av1: text = "video/x-av1,stream-format=obu-stream,alignment=tu"; break;
    }
    return *gst::caps_from_text(text);
}

}  // namespace rivero::media
