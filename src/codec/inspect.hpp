// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/bytes.hpp"
#include "rivero/base/units.hpp"
#include "rivero/rtp/codec.hpp"

#include <cstdint>
#include <optional>

namespace rivero::codec {

/// What one RTP payload tells about the picture it belongs to. Fields that the encoding does not
/// carry stay empty.
struct PayloadInfo {
    bool valid = false;         ///< the rest means nothing otherwise
    bool starts_frame = false;  ///< a picture can begin with this packet
    /// A decoder can begin with this packet. H264, H265: the packet with the SPS (VPS), and the
    /// first one of the IDR (IRAP) picture: two packets of one picture may say so, see Inspector.
    bool starts_keyframe = false;
    bool ends_frame = false;      ///< VP9: last packet of a layer frame. Others: see the RTP marker
    bool parameter_sets = false;  ///< H264, H265, AV1: holds an SPS, VPS or sequence header
    bool discardable = false;     ///< certainly no other picture refers to this one
    /// VP8, VP9: the picture is a place to go up to this temporal layer, for who has those up to
    /// `sync_from`.
    bool layer_sync = false;
    std::uint8_t sync_from = 0;
    bool not_for_upper_layers = false;  ///< VP9: higher spatial layers do without this one

    std::optional<std::uint8_t> spatial_id;
    std::optional<std::uint8_t> temporal_id;
    std::optional<std::uint16_t> picture_id;  ///< VP8, VP9; 7 or 15 bits
    bool long_picture_id = false;             ///< 15 bits
    std::optional<std::uint8_t> tl0_pic_idx;  ///< VP8, VP9
    std::optional<std::uint8_t> key_idx;      ///< VP8

    /// In pixels, of the largest spatial layer; 0 unless this packet tells.
    std::uint16_t width = 0;
    std::uint16_t height = 0;
};

/// Reads a payload by itself. VP8: RFC 7741; VP9: RFC 9628; H264: RFC 6184, not interleaved; H265:
/// RFC 7798 without DONL; AV1: RTP payload format for AV1, version 1.0. Audio: each packet with a
/// payload starts a key frame.
/// Never throws and never allocates, whatever the bytes.
[[nodiscard]] PayloadInfo inspect(Codec codec, Bytes payload);

/// inspect() for the packets of one RTP stream, which knows what the single packet cannot: of
/// several packets with one timestamp only the first starts the frame, and an IDR picture does not
/// start once more behind its SPS.
class Inspector {
public:
    explicit Inspector(Codec codec) : codec_{codec} {}
    /// Packets in the order in which they arrive.
    [[nodiscard]] PayloadInfo inspect(RtpTimestamp timestamp, Bytes payload);

private:
    Codec codec_;
    std::optional<RtpTimestamp> started_;           ///< picture of which a start was seen
    std::optional<RtpTimestamp> keyframe_started_;  ///< key picture of which a start was seen
    bool parameter_sets_seen_ = false;  ///< and it was the better one, with parameter sets
};

}  // namespace rivero::codec
