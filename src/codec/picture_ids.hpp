// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/bytes.hpp"
#include "rivero/rtp/codec.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace rivero::codec {

/// Numbers the pictures in VP8 and VP9 payload descriptors for one receiver, so that it sees one
/// stream, whichever encoding or source it is sent: picture ids and TL0PICIDX (RFC 7741
/// section 4.2, RFC 9628 section 4.2) go on across a switch. VP8 pictures that are withheld leave
/// no gap, which a decoder would wait for; those of VP9 do, since other pictures name their
/// references by distance.
class PictureIds {
public:
    /// What is to be written into a payload; empty: left as it is.
    struct Ids {
        std::optional<std::uint16_t> picture_id;
        std::optional<std::uint8_t> tl0_pic_idx;
        friend bool operator==(const Ids&, const Ids&) = default;
    };

    /// The next picture is of another encoding or source.
    void switch_source() { in_source_ = false; }
    /// A packet that is sent.
    [[nodiscard]] Ids forward(Codec codec, Bytes payload);
    /// A packet that is sent again.
    [[nodiscard]] Ids find(Codec codec, Bytes payload) const;
    /// A packet of a picture that is not sent at all.
    void withhold(Codec codec, Bytes payload);
    /// Writes the ids into a payload as it came.
    static void apply(Codec codec, MutableBytes payload, const Ids& ids) {
        apply(codec, payload, payload, ids);
    }
    /// The same into the beginning of a copy, kTouched bytes or all of it.
    static void apply(Codec codec, Bytes payload, MutableBytes copy, const Ids& ids);
    /// The ids lie within so many first bytes of a payload.
    static constexpr std::size_t kTouched = 16;

private:
    struct Fields {
        std::optional<std::uint16_t> picture_id;
        std::optional<std::uint8_t> tl0_pic_idx;
        std::size_t picture_id_at = 0;
        std::size_t tl0_pic_idx_at = 0;
        int bits = 15;
    };
    static constexpr std::size_t kMaxSegments = 256;
    /// Pictures from `begin` on are sent with this difference.
    struct Segment {
        std::int64_t begin;
        std::int64_t offset;
    };
    [[nodiscard]] static Fields read(Codec codec, Bytes payload);
    [[nodiscard]] std::int64_t unwrap(const Fields& fields) const;
    [[nodiscard]] Ids ids(const Fields& fields, std::int64_t picture) const;

    bool in_source_ = false;
    std::int64_t newest_ = 0;  ///< of the source, unwrapped
    std::int64_t last_out_ = -1;
    std::uint8_t last_tl0_out_ = 0xff;
    std::uint8_t tl0_offset_ = 0;
    std::vector<Segment> segments_;  ///< of the present source, oldest first
};

}  // namespace rivero::codec
