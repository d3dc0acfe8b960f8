// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/rtp/header.hpp"

#include <algorithm>

namespace rivero::rtp {
namespace {

constexpr std::uint16_t kOneByteProfile = 0xbede;  // RFC 8285 section 4.2
/// The lower four bits ("appbits") say nothing to us. RFC 8285 section 4.3.
constexpr std::uint16_t kTwoByteProfile = 0x1000;

bool fits_one_byte_form(const ExtensionElement& element) {
    return element.id <= 14 && !element.data.empty() && element.data.size() <= 16;
}

}  // namespace

PacketKind classify(Bytes packet) {
    if (packet.empty()) return PacketKind::unknown;
    const std::uint8_t first = packet[0];
    if (first <= 3) return PacketKind::stun;
    if (first >= 20 && first <= 63) return PacketKind::dtls;
    if (first >= 64 && first <= 79) return PacketKind::turn_channel;
    if (first < 128 || first > 191 || packet.size() < 2) return PacketKind::unknown;
    // RTP with the marker has 128 + payload type here; 64..95 is therefore never a payload type.
    const std::uint8_t second = packet[1];
    return second >= 192 && second <= 223 ? PacketKind::rtcp : PacketKind::rtp;
}

ExtensionReader::ExtensionReader(std::uint16_t profile, Bytes block)
    : form_{profile == kOneByteProfile              ? Form::one_byte
            : (profile & 0xfff0) == kTwoByteProfile ? Form::two_byte
                                                    : Form::none},
      rest_{block} {}

//  one-byte form:  |  ID   | len-1 |  data ...
//  two-byte form:  |      ID       |     length    |  data ...
std::optional<ExtensionElement> ExtensionReader::next() {
    if (form_ == Form::none) return std::nullopt;
    while (rest_.remaining() > 0) {
        const std::uint8_t first = rest_.u8();
        if (first == 0) continue;  // padding
        ExtensionElement element;
        std::size_t size = 0;
        if (form_ == Form::one_byte) {
            element.id = first >> 4;
            size = (first & 0xfU) + 1;
            // Id 0 with a length is not defined, 15 is reserved: read no further.
            if (element.id == 0 || element.id == 15) break;
        } else {
            element.id = first;
            size = rest_.u8();
        }
        element.data = rest_.take(size);
        if (!rest_.ok()) break;
        return element;
    }
    form_ = Form::none;
    return std::nullopt;
}

//   0                   1                   2                   3
//   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |V=2|P|X|  CC   |M|     PT      |       sequence number         |
//  |                           timestamp                           |
//  |           synchronization source (SSRC) identifier            |
//  |            contributing source (CSRC) identifiers             |
//  |    extension profile          |  length in words              |
//  |                        extension block                        |
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
Parsed<HeaderView> parse_header(Bytes packet) {
    ByteReader reader{packet};
    HeaderView view;
    const std::uint8_t first = reader.u8();
    const std::uint8_t second = reader.u8();
    view.marker = (second & 0x80) != 0;
    view.payload_type = PayloadType{static_cast<std::uint8_t>(second & 0x7f)};
    view.seq = SeqNum{reader.u16()};
    view.timestamp = RtpTimestamp{reader.u32()};
    view.ssrc = Ssrc{reader.u32()};
    if (!reader.ok()) return failure(ParseError::too_short);
    if (first >> 6 != 2) return failure(ParseError::bad_version);
    view.csrcs = reader.take((first & 0xfU) * 4);
    if (first & 0x10) {
        view.extension_profile = reader.u16();
        view.extension_block = reader.take(reader.u16() * std::size_t{4});
    }
    if (!reader.ok()) return failure(ParseError::too_short);
    view.payload = reader.rest();
    view.header_size = packet.size() - view.payload.size();
    if (first & 0x20) {
        if (view.payload.empty()) return failure(ParseError::bad_length);
        view.padding = view.payload.back();
        if (view.padding == 0 || view.padding > view.payload.size())
            return failure(ParseError::bad_length);
        view.payload = view.payload.first(view.payload.size() - view.padding);
    }
    return view;
}

std::size_t write_header(MutableBytes to, const HeaderFields& fields,
                         std::span<const ExtensionElement> elements) {
    const bool extended = !elements.empty();
    ByteWriter writer{to};
    writer.u8(static_cast<std::uint8_t>(extended ? 0x90 : 0x80));
    writer.u8(
        static_cast<std::uint8_t>((fields.marker ? 0x80 : 0) | (fields.payload_type.value & 0x7f)));
    writer.u16(fields.seq.value);
    writer.u32(fields.timestamp.value);
    writer.u32(fields.ssrc.value);
    if (!extended) return writer.ok() ? writer.size() : 0;

    const bool one_byte = std::all_of(elements.begin(), elements.end(), fits_one_byte_form);
    std::size_t size = 0;
    for (const auto& element : elements) size += (one_byte ? 1 : 2) + element.data.size();
    const std::size_t words = (size + 3) / 4;
    if (words > 0xffff) return 0;
    writer.u16(one_byte ? kOneByteProfile : kTwoByteProfile);
    writer.u16(static_cast<std::uint16_t>(words));
    for (const auto& element : elements) {
        if (element.data.size() > 255) return 0;
        if (one_byte) {
            writer.u8(static_cast<std::uint8_t>(element.id << 4 | (element.data.size() - 1)));
        } else {
            writer.u8(element.id);
            writer.u8(static_cast<std::uint8_t>(element.data.size()));
        }
        writer.bytes(element.data);
    }
    writer.zeros(words * 4 - size);
    return writer.ok() ? writer.size() : 0;
}

}  // namespace rivero::rtp
