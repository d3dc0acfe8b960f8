// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/bytes.hpp"
#include "rivero/rtp/codec.hpp"

#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace rivero::recorder {

/// What a container says about a track before its first frame.
struct TrackFormat {
    Codec codec;
    int width = 0;  ///< video, pixels
    int height = 0;
    int sample_rate = 0;  ///< audio, Hz
    int channels = 0;
    /// avcC, hvcC, av1C, OpusHead or AudioSpecificConfig; empty for codecs that need none.
    ByteVector config;
};

/// Brings the frames of one track into the form in which containers hold them, and finds the
/// format of the track in its first key frame.
///
/// H.264 and H.265 come as Annex B byte streams and leave with length fields instead of start
/// codes, without access unit delimiters; AV1 leaves without temporal delimiters; the rest is as it
/// was. Parameter sets live in the track's configuration; when the sender changes them (a new
/// picture size), they stay in the frames from there on.
class Repacker {
public:
    explicit Repacker(Codec codec) : codec_{codec} {}

    /// @param codec_data AudioSpecificConfig for AAC, ignored for others
    /// @return borrowed from `frame` or from this, until the next call; empty when nothing of the
    ///     frame is to be recorded: it is broken, or the format is not known yet
    [[nodiscard]] Bytes repack(Bytes frame, bool keyframe, Bytes codec_data);

    [[nodiscard]] Codec codec() const { return codec_; }
    [[nodiscard]] const std::optional<TrackFormat>& format() const { return format_; }
    /// True from the first frame on that carries parameter sets of its own.
    [[nodiscard]] bool parameters_in_frames() const { return parameters_in_frames_; }

private:
    /// By NAL unit type and id.
    using ParameterSets = std::map<std::pair<int, unsigned>, ByteVector>;

    [[nodiscard]] Bytes repack_nal_units(Bytes frame, bool keyframe);
    [[nodiscard]] Bytes repack_obus(Bytes frame, bool keyframe);
    void remember(int type, unsigned id, Bytes unit);

    Codec codec_;
    std::optional<TrackFormat> format_;
    bool parameters_in_frames_ = false;
    ParameterSets sets_;        ///< as sent last
    ParameterSets configured_;  ///< those in format_->config
    ByteVector repacked_;
};

}  // namespace rivero::recorder
