// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/av1.hpp"

#include "codec/bit_reader.hpp"

namespace rivero::codec::av1 {

//      0 1 2 3 4 5 6 7
//     +-+-+-+-+-+-+-+-+
//     |F| type  |X|S|-|  X: extension byte, S: size field
//     +-+-+-+-+-+-+-+-+
// X:  | TID |SID|  -  |
//     +-+-+-+-+-+-+-+-+
std::optional<Obu> parse_obu(Bytes bytes) {
    ByteReader in{bytes};
    Obu obu;
    obu.header = in.u8();
    if (obu.header & 0x80) return std::nullopt;  // obu_forbidden_bit
    obu.type = obu.header >> 3 & 0x0f;
    if (obu.header & kHasExtension) obu.extension = in.u8();
    if (obu.header & kHasSize) {
        auto size = read_leb128(in);
        if (!size) return std::nullopt;
        obu.payload = in.take(*size);
    } else {
        obu.payload = in.rest();
        in.skip(in.remaining());
    }
    if (!in.ok()) return std::nullopt;
    obu.size = bytes.size() - in.remaining();
    return obu;
}

std::optional<std::uint32_t> read_leb128(ByteReader& in) {
    std::uint64_t value = 0;
    for (int i = 0; i < 8; ++i) {
        std::uint8_t byte = in.u8();
        value |= static_cast<std::uint64_t>(byte & 0x7f) << 7 * i;
        if (byte & 0x80) continue;
        if (!in.ok() || value > UINT32_MAX) return std::nullopt;
        return static_cast<std::uint32_t>(value);
    }
    return std::nullopt;
}

std::size_t leb128_size(std::size_t value) {
    std::size_t size = 1;
    while (value >>= 7) ++size;
    return size;
}

std::size_t write_leb128(std::size_t value, std::uint8_t* to) {
    std::size_t size = 0;
    do {
        to[size++] = static_cast<std::uint8_t>((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
        value >>= 7;
    } while (value);
    return size;
}

std::optional<Size> sequence_size(Bytes payload) {
    BitReader in{payload};
    in.skip(3 + 1);   // seq_profile, still_picture
    if (in.flag()) {  // reduced_still_picture_header
        in.skip(5);
    } else {
        bool decoder_model = false;
        int delay_bits = 0;
        if (in.flag()) {  // timing_info_present_flag
            in.skip(64);
            if (in.flag()) in.ue();  // num_ticks_per_picture_minus_1: uvlc() is the same code
            decoder_model = in.flag();
            if (decoder_model) {
                delay_bits = static_cast<int>(in.u(5)) + 1;
                in.skip(32 + 5 + 5);
            }
        }
        bool initial_display_delay = in.flag();
        for (std::uint32_t points = in.u(5) + 1; points > 0; --points) {
            in.skip(12);                  // operating_point_idc
            if (in.u(5) > 7) in.skip(1);  // seq_level_idx, seq_tier
            if (decoder_model && in.flag()) in.skip(2 * delay_bits + 1);
            if (initial_display_delay && in.flag()) in.skip(4);
        }
    }
    int width_bits = static_cast<int>(in.u(4)) + 1;
    int height_bits = static_cast<int>(in.u(4)) + 1;
    Size size;
    size.width = in.u(width_bits) + 1;
    size.height = in.u(height_bits) + 1;
    if (!in.ok()) return std::nullopt;
    return size;
}

ElementReader::ElementReader(Bytes payload) : in_{payload} {
    head_ = in_.u8();
    count_ = head_ >> 4 & 3u;
    // A new coded video sequence cannot begin with the rest of an OBU.
    ok_ = in_.remaining() > 0 && !(starts_sequence() && first_continues());
}

std::optional<ElementReader::Element> ElementReader::next() {
    if (!ok_ || (count_ != 0 && at_ == count_)) return std::nullopt;
    if (in_.remaining() == 0) {
        ok_ = count_ == 0;  // fewer than W said
        return std::nullopt;
    }
    ++at_;
    Element element;
    if (at_ == count_) {
        element.bytes = in_.take(in_.remaining());
    } else {
        auto size = read_leb128(in_);
        element.bytes = size ? in_.take(*size) : Bytes{};
        ok_ = size && in_.ok();
        if (!ok_) return std::nullopt;
    }
    bool last = count_ != 0 ? at_ == count_ : in_.remaining() == 0;
    element.continued = at_ == 1 && first_continues();
    element.continues = last && last_continues();
    return element;
}

}  // namespace rivero::codec::av1
