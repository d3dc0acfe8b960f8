// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/bytes.hpp"

#include <optional>
#include <vector>

/// What the first bytes of a video stream say about it. All of it may come from a peer: nothing
/// here trusts a length or a value.
namespace rivero::recorder {

struct PictureSize {
    int width = 0;
    int height = 0;
};

/// From a key frame. RFC 6386 section 9.1.
[[nodiscard]] std::optional<PictureSize> vp8_picture_size(Bytes frame);
/// From a key frame. VP9 bitstream specification, section 6.2.
[[nodiscard]] std::optional<PictureSize> vp9_picture_size(Bytes frame);

/// The units of an Annex B byte stream without their start codes, borrowed.
/// H.264 and H.265, Annex B.
[[nodiscard]] std::vector<Bytes> nal_units(Bytes byte_stream);

/// What we need of a sequence parameter set.
struct SequenceParameters {
    unsigned id = 0;
    PictureSize size;
    unsigned chroma_format = 1;  ///< 0: monochrome, 1: 4:2:0, 2: 4:2:2, 3: 4:4:4
    unsigned luma_depth = 8;     ///< bits
    unsigned chroma_depth = 8;
    /// H.265: the 12 bytes from general_profile_space to general_level_idc.
    ByteVector profile_tier_level;
    bool temporal_nesting = false;        ///< H.265
    unsigned temporal_layers = 1;         ///< H.265
    bool extended_configuration = false;  ///< H.264: profiles whose avcC names format and depth
};
/// @param unit with its header. H.264 section 7.3.2.1.1.
[[nodiscard]] std::optional<SequenceParameters> parse_h264_sps(Bytes unit);
/// @param unit with its header. H.265 section 7.3.2.2.1.
[[nodiscard]] std::optional<SequenceParameters> parse_h265_sps(Bytes unit);
/// The id of an H.264 picture parameter set (`header` 1) or of an H.265 one (`header` 2 bytes).
[[nodiscard]] std::optional<unsigned> parse_pps_id(Bytes unit, std::size_t header);

/// One unit of an AV1 stream whose units carry their size.
struct Obu {
    int type = 0;
    Bytes whole;  ///< with header and size
    Bytes payload;
};
/// AV1 specification, section 5.3. Ends at the first unit that is broken or has no size.
[[nodiscard]] std::vector<Obu> obus(Bytes temporal_unit);

struct Av1Sequence {
    unsigned profile = 0;
    unsigned level = 0;
    unsigned tier = 0;
    bool high_depth = false;
    bool twelve_bit = false;
    bool monochrome = false;
    bool subsampling_x = true;
    bool subsampling_y = true;
    unsigned sample_position = 0;
    PictureSize size;
};
/// AV1 specification, section 5.5.
[[nodiscard]] std::optional<Av1Sequence> parse_av1_sequence(Bytes payload);

/// AudioSpecificConfig, as far as the object types that browsers and our encoder know.
/// ISO/IEC 14496-3 section 1.6.2.1.
struct AacFormat {
    int sample_rate = 0;
    int channels = 0;
};
[[nodiscard]] std::optional<AacFormat> parse_aac_config(Bytes config);

}  // namespace rivero::recorder
