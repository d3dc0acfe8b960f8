// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/rtp/rtx.hpp"

namespace rivero::rtp {

Parsed<RtxPayload> parse_rtx(Bytes payload) {
    if (payload.size() <= kOriginalSeqSize) return failure(ParseError::too_short);
    ByteReader reader{payload};
    const SeqNum original{reader.u16()};
    return RtxPayload{original, reader.rest()};
}

std::size_t RtxSender::write(MutableBytes to, const HeaderFields& original,
                             PayloadType payload_type, const ExtensionMap& map,
                             const OutgoingExtensions& extensions, Bytes payload) {
    // Timestamp and marker are those of the original: RFC 4588 section 4.
    HeaderFields fields = original;
    fields.ssrc = ssrc_;
    fields.seq = next_;
    fields.payload_type = payload_type;
    const std::size_t header = write_header(to, fields, map, extensions);
    if (header == 0) return 0;
    ByteWriter writer{to.subspan(header)};
    writer.u16(original.seq.value);
    writer.bytes(payload);
    if (!writer.ok()) return 0;
    next_ = next(next_);
    return header + writer.size();
}

}  // namespace rivero::rtp
