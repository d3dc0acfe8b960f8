// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/bytes.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace rivero::codec::av1 {

/// obu_type. AV1 specification, section 6.2.2.
enum ObuType : std::uint8_t {
    kSequenceHeader = 1,
    kTemporalDelimiter = 2,
    kFrameHeader = 3,
    kTileGroup = 4,
    kMetadata = 5,
    kFrame = 6,
    kRedundantFrameHeader = 7,
    kTileList = 8,
    kPadding = 15,
};

inline constexpr std::uint8_t kHasExtension = 0x04;
inline constexpr std::uint8_t kHasSize = 0x02;

/// One open bitstream unit, borrowed.
struct Obu {
    std::uint8_t type = 0;
    std::uint8_t header = 0;                ///< as on the wire
    std::optional<std::uint8_t> extension;  ///< temporal_id and spatial_id
    Bytes payload;
    std::size_t size = 0;  ///< of all: header, size field, payload

    [[nodiscard]] std::optional<std::uint8_t> temporal_id() const {
        if (!extension) return std::nullopt;
        return static_cast<std::uint8_t>(*extension >> 5);
    }
    [[nodiscard]] std::optional<std::uint8_t> spatial_id() const {
        if (!extension) return std::nullopt;
        return static_cast<std::uint8_t>(*extension >> 3 & 3);
    }
};
/// The OBU at the beginning of `bytes`; without a size field it reaches to their end.
[[nodiscard]] std::optional<Obu> parse_obu(Bytes bytes);
/// Temporal delimiters and tile lists, which do not travel in RTP (section 5 of the payload
/// format), and padding, which need not.
[[nodiscard]] constexpr bool stays_out_of_rtp(std::uint8_t type) {
    return type == kTemporalDelimiter || type == kTileList || type == kPadding;
}
/// Whether it holds a frame header (a picture or layer of it begins here).
[[nodiscard]] constexpr bool begins_picture(std::uint8_t type) {
    return type == kFrameHeader || type == kFrame;
}
/// For an OBU that begins_picture(): frame_type is KEY_FRAME, and it is not one shown again.
/// Section 5.9.2; not for still pictures with a reduced header.
[[nodiscard]] inline bool is_keyframe(Bytes payload) {
    return !payload.empty() && (payload[0] & 0xe0) == 0;
}

/// Unsigned LEB128, at most 8 bytes and 32 bits. Section 4.10.5.
[[nodiscard]] std::optional<std::uint32_t> read_leb128(ByteReader& in);
[[nodiscard]] std::size_t leb128_size(std::size_t value);
/// @param to room for leb128_size(value) bytes
/// @return how many were written
std::size_t write_leb128(std::size_t value, std::uint8_t* to);

struct Size {
    std::uint32_t width = 0;
    std::uint32_t height = 0;
};
/// max_frame_width and max_frame_height. Section 5.5.
/// @param payload of a sequence header OBU
[[nodiscard]] std::optional<Size> sequence_size(Bytes payload);

/// Walks the OBU elements of an RTP payload. RTP payload format for AV1, sections 4.3 and 4.4.
///
///      0 1 2 3 4 5 6 7
///     +-+-+-+-+-+-+-+-+
///     |Z|Y| W |N|-|-|-|  then elements, each with its length, but not the last one if W counts
///     them
///     +-+-+-+-+-+-+-+-+
class ElementReader {
public:
    explicit ElementReader(Bytes payload);

    /// False for a payload without elements, and after one that could not be read.
    [[nodiscard]] bool ok() const { return ok_; }
    [[nodiscard]] bool first_continues() const { return head_ & 0x80; }  ///< Z
    [[nodiscard]] bool last_continues() const { return head_ & 0x40; }   ///< Y
    /// N: first packet of a coded video sequence.
    [[nodiscard]] bool starts_sequence() const { return head_ & 0x08; }

    struct Element {
        Bytes bytes;
        bool continued = false;  ///< began in an earlier packet
        bool continues = false;  ///< goes on in the next packet
    };
    [[nodiscard]] std::optional<Element> next();

private:
    ByteReader in_;
    std::uint8_t head_ = 0;
    unsigned count_ = 0;  ///< W
    unsigned at_ = 0;
    bool ok_ = true;
};

}  // namespace rivero::codec::av1
