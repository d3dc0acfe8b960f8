// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/bytes.hpp"
#include "rivero/base/result.hpp"
#include "rivero/base/units.hpp"

#include <cstddef>

namespace rivero::transport {

/// What SRTP has to know of an RTP packet.
struct RtpHeader {
    std::size_t size = 0;  ///< fixed part, CSRCs and header extension: what stays in clear
    SeqNum seq;
    Ssrc ssrc;
};

///      0                   1                   2                   3
///     |V=2|P|X|  CC   |M|     PT      |       sequence number         |
///     |                           timestamp                           |
///     |                             SSRC                              |
///     |                      CC times a CSRC                          |
///     | X: defined by profile         |  length in words of 32 bits   |
/// RFC 3550 section 5.1 and 5.3.1
[[nodiscard]] inline Parsed<RtpHeader> read_rtp_header(Bytes packet) {
    ByteReader reader{packet};
    const std::uint8_t first = reader.u8();
    reader.skip(1);
    RtpHeader header;
    header.seq = SeqNum{reader.u16()};
    reader.skip(4);
    header.ssrc = Ssrc{reader.u32()};
    reader.skip(std::size_t{4} * (first & 0x0f));
    if (first & 0x10) {
        reader.skip(2);
        reader.skip(std::size_t{4} * reader.u16());
    }
    if (!reader.ok()) return failure(ParseError::too_short);
    if (first >> 6 != 2) return failure(ParseError::bad_version);
    header.size = packet.size() - reader.remaining();
    return header;
}

}  // namespace rivero::transport
