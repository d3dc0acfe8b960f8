// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/vp8.hpp"

namespace rivero::codec::vp8 {

//      0 1 2 3 4 5 6 7
//     +-+-+-+-+-+-+-+-+
//     |X|R|N|S|R| PID |
//     +-+-+-+-+-+-+-+-+
// X:  |I|L|T|K| RSV   |
//     +-+-+-+-+-+-+-+-+
// I:  |M| PictureID   |  M: 8 more bits follow
//     +-+-+-+-+-+-+-+-+
// L:  |   TL0PICIDX   |
//     +-+-+-+-+-+-+-+-+
// T/K:|TID|Y| KEYIDX  |
//     +-+-+-+-+-+-+-+-+
std::optional<Descriptor> parse_descriptor(Bytes payload) {
    ByteReader in{payload};
    Descriptor d;
    std::uint8_t first = in.u8();
    d.non_reference = first & 0x20;
    d.starts_partition = first & 0x10;
    d.partition = first & 0x07;
    if (first & 0x80) {
        std::uint8_t extension = in.u8();
        if (extension & 0x80) {
            std::uint16_t id = in.u8();
            d.long_picture_id = id & 0x80;
            if (d.long_picture_id) id = static_cast<std::uint16_t>((id & 0x7f) << 8 | in.u8());
            d.picture_id = id;
        }
        if (extension & 0x40) d.tl0_pic_idx = in.u8();
        if (extension & 0x30) {
            std::uint8_t layer = in.u8();
            if (extension & 0x20) {
                d.temporal_id = static_cast<std::uint8_t>(layer >> 6);
                d.layer_sync = layer & 0x20;
            }
            if (extension & 0x10) d.key_idx = static_cast<std::uint8_t>(layer & 0x1f);
        }
    }
    if (!in.ok() || in.remaining() == 0) return std::nullopt;
    d.size = payload.size() - in.remaining();
    return d;
}

std::optional<Size> keyframe_size(Bytes frame) {
    if (frame.size() < 10 || !is_keyframe(frame)) return std::nullopt;
    if (frame[3] != 0x9d || frame[4] != 0x01 || frame[5] != 0x2a) return std::nullopt;
    // Little-endian; the upper two bits of each say how to scale.
    auto read = [&](std::size_t at) {
        return static_cast<std::uint16_t>((frame[at] | frame[at + 1] << 8) & 0x3fff);
    };
    return Size{read(6), read(8)};
}

}  // namespace rivero::codec::vp8
