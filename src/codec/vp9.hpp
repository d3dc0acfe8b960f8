// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/bytes.hpp"
#include "rivero/rtp/frame_dependencies.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace rivero::codec::vp9 {

inline constexpr std::size_t kMaxSpatialLayers = 8;

/// Payload descriptor. RFC 9628 section 4.2.
struct Descriptor {
    std::size_t size = 0;                                 ///< in bytes; the frame's bytes follow
    bool inter_predicted = false;                         ///< P: refers to earlier pictures
    bool flexible = false;                                ///< F
    bool begins_layer_frame = false;                      ///< B
    bool ends_layer_frame = false;                        ///< E
    bool not_reference_for_upper_spatial_layers = false;  ///< Z
    std::optional<std::uint16_t> picture_id;
    bool long_picture_id = false;
    bool has_layers = false;  ///< L, and with it the next five
    std::uint8_t temporal_id = 0;
    bool switching_up_point = false;  ///< U
    std::uint8_t spatial_id = 0;
    bool inter_layer_predicted = false;       ///< D
    std::optional<std::uint8_t> tl0_pic_idx;  ///< not in flexible mode
    /// Of the largest spatial layer in the scalability structure; 0 without one.
    std::uint16_t width = 0;
    std::uint16_t height = 0;
    rtp::LayerSizes layers{};  ///< the same of each; what is above the fourth counts as that

    /// A picture can begin here: the lowest layer frame, or one that does without a lower one (a
    /// relay that sends one layer of K-SVC drops those below).
    [[nodiscard]] bool starts_frame() const {
        return begins_layer_frame && (spatial_id == 0 || !inter_layer_predicted);
    }
    [[nodiscard]] bool starts_keyframe() const {
        return begins_layer_frame && !inter_predicted && !inter_layer_predicted && spatial_id == 0;
    }
};
[[nodiscard]] std::optional<Descriptor> parse_descriptor(Bytes payload);
/// Of a payload with a scalability structure that tells them.
[[nodiscard]] std::optional<rtp::LayerSizes> layer_sizes(Bytes payload);

/// The head of a frame. VP9 bitstream specification, section 6.2 (uncompressed_header).
struct FrameHeader {
    bool keyframe = false;
    std::uint32_t width = 0;  ///< of key frames
    std::uint32_t height = 0;
};
/// @param frame or superframe: then it is the first frame's header
[[nodiscard]] std::optional<FrameHeader> parse_frame_header(Bytes frame);

/// True when the bytes end with the index of a superframe that fills them. VP9 bitstream
/// specification, annex B.
[[nodiscard]] bool is_superframe(Bytes bytes);
/// Appends the index that makes one superframe of `sizes.size()` frames which stand in `frames` one
/// behind the other.
/// @param sizes 2 to 8
void append_superframe_index(std::span<const std::size_t> sizes, ByteVector& frames);

}  // namespace rivero::codec::vp9
