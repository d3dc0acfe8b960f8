// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/units.hpp"
#include "rivero/gst/ref.hpp"
#include "rivero/rtp/codec.hpp"

#include <functional>
#include <optional>
#include <string>

namespace rivero::media {

/// How media is wrapped on its way between elements.
enum class Packing {
    rtp,     ///< encoded, in RTP packets
    frames,  ///< encoded, whole frames: bytes that a decoder or a container takes
    raw,     ///< pictures or samples
};

/// What comes out of one node of a source's format tree.
struct Format {
    MediaType type = MediaType::video;
    Packing packing = Packing::raw;
    std::optional<Codec> codec;  ///< empty for raw
    /// What the codec's name leaves open: H264 profile-level-id, VP9 profile-id. Empty: unknown or
    /// the usual one.
    std::string profile;
    int packetization_mode = 1;  ///< H264 in RTP. RFC 6184 section 6.2
    bool reordered = false;      ///< frames come in another order than they are shown in (B-frames)
    gst::Caps caps;  ///< frames: with codec_data where the codec has some. Empty for rtp; raw: may
                     ///< be empty
    double framerate = 0;  ///< made to have no more pictures in a second; 0: as many as there are
};

/// Pictures in a second, as far as the format says it: by itself or in its caps; 0: unknown.
[[nodiscard]] double framerate_of(const Format& format);

/// `rtp/VP8`, `frames/opus`, `raw/video`, `data`
[[nodiscard]] std::string to_string(const Format& format);
/// All but the caps.
[[nodiscard]] bool same_encoding(const Format& a, const Format& b);

/// One kind of media that a sink takes.
struct Acceptable {
    Packing packing = Packing::raw;
    std::optional<Codec> codec;  ///< empty for raw
    bool anything = false;       ///< takes the source's own format, whatever it is
    /// Looks closer than packing and codec, e.g. at an H264 profile; empty: all of them suit.
    std::function<bool(const Format&)> suits;
    bool as_it_comes_only = false;  ///< nothing is converted for this
    /// Pictures in a second, no more. What may have more, or does not say, is converted. 0: any.
    double max_framerate = 0;
    /// Of sound that has to be encoded; empty: the codec's own.
    std::optional<Bitrate> bitrate;

    [[nodiscard]] static Acceptable any() { return {Packing::raw, {}, true, {}, false, 0, {}}; }
    [[nodiscard]] static Acceptable rtp(Codec c) {
        return {Packing::rtp, c, false, {}, false, 0, {}};
    }
    [[nodiscard]] static Acceptable frames(Codec c) {
        return {Packing::frames, c, false, {}, false, 0, {}};
    }
    [[nodiscard]] static Acceptable raw() { return {Packing::raw, {}, false, {}, false, 0, {}}; }

    [[nodiscard]] bool takes(const Format& format) const {
        if (anything) return true;
        return packing == format.packing && codec == format.codec && framerate_fits(format) &&
               (!suits || suits(format));
    }
    [[nodiscard]] bool framerate_fits(const Format& format) const;
};

}  // namespace rivero::media
