// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/vp9.hpp"

#include "codec/bit_reader.hpp"

#include <algorithm>

namespace rivero::codec::vp9 {
namespace {

// V: | N_S |Y|G|-|-|-|  then for each of N_S + 1 layers, if Y: width, height (16 bits each); if G:
//    |      N_G      |  and for each of these pictures
//    | TID |U| R |-|-|  with R bytes P_DIFF
void read_scalability_structure(ByteReader& in, Descriptor& d) {
    std::uint8_t head = in.u8();
    if (head & 0x10) {
        const std::size_t layers = (head >> 5) + 1u;
        for (std::size_t layer = 0; layer < layers; ++layer) {
            const std::uint16_t width = in.u16(), height = in.u16();
            d.width = std::max(d.width, width);
            d.height = std::max(d.height, height);
            d.layers[std::min(layer, d.layers.size() - 1)] = area(width, height);
        }
    }
    if (head & 0x08) {
        for (int picture = in.u8(); picture > 0 && in.ok(); --picture) in.skip(in.u8() >> 2 & 3u);
    }
}

}  // namespace

//      0 1 2 3 4 5 6 7
//     +-+-+-+-+-+-+-+-+
//     |I|P|L|F|B|E|V|Z|
//     +-+-+-+-+-+-+-+-+
// I:  |M| PICTURE ID  |  M: 8 more bits follow
//     +-+-+-+-+-+-+-+-+
// L:  | TID |U| SID |D|
//     +-+-+-+-+-+-+-+-+
//     |   TL0PICIDX   |  L and not F
//     +-+-+-+-+-+-+-+-+
// P,F:| P_DIFF      |N|  N: one more, three at most
//     +-+-+-+-+-+-+-+-+
// V:  | SS            |
//     +-+-+-+-+-+-+-+-+
std::optional<Descriptor> parse_descriptor(Bytes payload) {
    ByteReader in{payload};
    Descriptor d;
    std::uint8_t first = in.u8();
    d.inter_predicted = first & 0x40;
    d.has_layers = first & 0x20;
    d.flexible = first & 0x10;
    d.begins_layer_frame = first & 0x08;
    d.ends_layer_frame = first & 0x04;
    d.not_reference_for_upper_spatial_layers = first & 0x01;
    if (first & 0x80) {
        std::uint16_t id = in.u8();
        d.long_picture_id = id & 0x80;
        if (d.long_picture_id) id = static_cast<std::uint16_t>((id & 0x7f) << 8 | in.u8());
        d.picture_id = id;
    }
    if (d.has_layers) {
        std::uint8_t layer = in.u8();
        d.temporal_id = static_cast<std::uint8_t>(layer >> 5);
        d.switching_up_point = layer & 0x10;
        d.spatial_id = layer >> 1 & 7;
        d.inter_layer_predicted = layer & 0x01;
        if (!d.flexible) d.tl0_pic_idx = in.u8();
    }
    if (d.flexible && d.inter_predicted) {
        int references = 1;
        while (in.u8() & 0x01)
            if (++references > 3) return std::nullopt;
    }
    if (first & 0x02) read_scalability_structure(in, d);
    if (!in.ok() || in.remaining() == 0) return std::nullopt;
    d.size = payload.size() - in.remaining();
    return d;
}

std::optional<rtp::LayerSizes> layer_sizes(Bytes payload) {
    if (payload.empty() || !(payload[0] & 0x02)) return std::nullopt;
    const auto d = parse_descriptor(payload);
    return d && d->width != 0 ? std::optional{d->layers} : std::nullopt;
}

std::optional<FrameHeader> parse_frame_header(Bytes frame) {
    constexpr std::uint32_t kFrameMarker = 2;
    constexpr std::uint32_t kSyncCode = 0x498342;
    constexpr std::uint32_t kRgb = 7;

    BitReader in{frame};
    if (in.u(2) != kFrameMarker) return std::nullopt;
    std::uint32_t profile = in.bit();
    profile |= in.bit() << 1;
    if (profile == 3 && in.flag()) return std::nullopt;  // reserved
    FrameHeader header;
    bool show_existing_frame = in.flag();
    if (show_existing_frame) return in.ok() ? std::optional{header} : std::nullopt;
    header.keyframe = !in.flag();
    in.skip(2);  // show_frame, error_resilient_mode
    if (!header.keyframe) return in.ok() ? std::optional{header} : std::nullopt;

    if (in.u(24) != kSyncCode) return std::nullopt;
    if (profile >= 2) in.skip(1);  // ten or twelve bits
    if (in.u(3) != kRgb) {
        in.skip(profile & 1 ? 4 : 1);  // range; subsampling
    } else if (profile & 1) {
        in.skip(1);
    }
    header.width = in.u(16) + 1;
    header.height = in.u(16) + 1;
    return in.ok() ? std::optional{header} : std::nullopt;
}

// A superframe ends with its index, which begins and ends with the same byte 110bbnnn: n + 1
// frames, each size in b + 1 bytes, little-endian.
bool is_superframe(Bytes bytes) {
    if (bytes.empty()) return false;
    std::uint8_t marker = bytes.back();
    if ((marker & 0xe0) != 0xc0) return false;
    std::size_t frames = (marker & 7u) + 1;
    std::size_t width = (marker >> 3 & 3u) + 1;
    std::size_t index = 2 + frames * width;
    if (bytes.size() < index || bytes[bytes.size() - index] != marker) return false;
    std::size_t total = 0;
    Bytes sizes = bytes.subspan(bytes.size() - index + 1, frames * width);
    for (std::size_t i = 0; i < sizes.size(); ++i)
        total += static_cast<std::size_t>(sizes[i]) << 8 * (i % width);
    return total == bytes.size() - index;
}

void append_superframe_index(std::span<const std::size_t> sizes, ByteVector& frames) {
    std::size_t largest = *std::max_element(sizes.begin(), sizes.end());
    std::size_t width = 1;
    while (width < 4 && largest >> 8 * width) ++width;
    auto marker = static_cast<std::uint8_t>(0xc0 | (width - 1) << 3 | (sizes.size() - 1));
    frames.push_back(marker);
    for (std::size_t size : sizes)
        for (std::size_t i = 0; i < width; ++i)
            frames.push_back(static_cast<std::uint8_t>(size >> 8 * i));
    frames.push_back(marker);
}

}  // namespace rivero::codec::vp9
