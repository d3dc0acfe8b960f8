// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/bytes.hpp"
#include "rivero/base/result.hpp"
#include "rivero/base/units.hpp"
#include "rivero/rtp/extensions.hpp"
#include "rivero/rtp/header.hpp"

#include <cstddef>

namespace rivero::rtp {

//  RFC 4588 section 4: the payload of a retransmission packet
//   0                   1
//   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |              OSN              |   original sequence number
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |   original payload ...

/// Bytes of the original sequence number, which count as payload.
constexpr std::size_t kOriginalSeqSize = 2;

struct RtxPayload {
    SeqNum original_seq;
    Bytes payload;  ///< borrowed
};

/// @return too_short also when no payload follows: browsers send such packets to probe
[[nodiscard]] Parsed<RtxPayload> parse_rtx(Bytes payload);

/// Our retransmission stream to one receiver.
class RtxSender {
public:
    RtxSender(Ssrc ssrc, SeqNum first) : ssrc_{ssrc}, next_{first} {}

    /// Writes a whole retransmission packet.
    /// @param original the header under which this receiver was sent the packet before
    /// @param payload_type the one negotiated for retransmission (its apt= names the original's)
    /// @return its size; 0 when it does not fit, then no sequence number is used up
    [[nodiscard]] std::size_t write(MutableBytes to, const HeaderFields& original,
                                    PayloadType payload_type, const ExtensionMap& map,
                                    const OutgoingExtensions& extensions, Bytes payload);
    [[nodiscard]] Ssrc ssrc() const { return ssrc_; }

private:
    Ssrc ssrc_;
    SeqNum next_;
};

}  // namespace rivero::rtp
