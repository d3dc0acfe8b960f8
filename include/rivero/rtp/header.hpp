// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/bytes.hpp"
#include "rivero/base/result.hpp"
#include "rivero/base/units.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace rivero::rtp {

/// What arrives at one port. RFC 7983 section 7.
enum class PacketKind { stun, dtls, turn_channel, rtp, rtcp, unknown };

/// Tells packets apart by their first byte, and RTCP from RTP by the second (RFC 5761 section 4).
[[nodiscard]] PacketKind classify(Bytes packet);
[[nodiscard]] inline bool is_rtcp(Bytes packet) {
    return classify(packet) == PacketKind::rtcp;
}

/// One header extension element. RFC 8285.
struct ExtensionElement {
    std::uint8_t id = 0;  ///< 1..14 in the one-byte form, 1..255 in the two-byte form
    Bytes data;           ///< borrowed
};

/// Walks through the elements of a header extension, of either form. Ends at the first that does
/// not fit, and at the id 15 of the one-byte form (RFC 8285 section 4.2).
class ExtensionReader {
public:
    /// @param profile the 16 bits that say which form it is
    ExtensionReader(std::uint16_t profile, Bytes block);
    /// @return nothing after the last
    [[nodiscard]] std::optional<ExtensionElement> next();

private:
    enum class Form { none, one_byte, two_byte };
    Form form_;
    ByteReader rest_;
};

/// An RTP packet as it lies in the buffer. RFC 3550 section 5.1.
struct HeaderView {
    SeqNum seq;
    RtpTimestamp timestamp;
    Ssrc ssrc;
    PayloadType payload_type;
    bool marker = false;
    Bytes csrcs;                          ///< four bytes each
    std::uint16_t extension_profile = 0;  ///< 0 without extension
    Bytes extension_block;                ///< what follows profile and length
    Bytes payload;                        ///< without padding; empty in probes
    std::size_t padding = 0;
    std::size_t header_size = 0;

    [[nodiscard]] ExtensionReader extensions() const {
        return {extension_profile, extension_block};
    }
};

/// Borrows from `packet`. Refuses padding that is longer than what the header leaves.
[[nodiscard]] Parsed<HeaderView> parse_header(Bytes packet);

/// The fixed part of a header to be written.
struct HeaderFields {
    SeqNum seq;
    RtpTimestamp timestamp;
    Ssrc ssrc;
    PayloadType payload_type;
    bool marker = false;
};

/// Writes a header in front of where the payload will be. The one-byte form when all elements have
/// ids up to 14 and 1..16 bytes, else the two-byte form.
/// @return the size of the header, a multiple of four; 0 when it does not fit
[[nodiscard]] std::size_t write_header(MutableBytes to, const HeaderFields& fields,
                                       std::span<const ExtensionElement> elements = {});

}  // namespace rivero::rtp
