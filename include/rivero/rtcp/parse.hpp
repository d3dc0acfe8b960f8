// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/bytes.hpp"
#include "rivero/base/result.hpp"
#include "rivero/rtcp/packets.hpp"

#include <vector>

namespace rivero::rtcp {

/// What one datagram held.
struct Compound {
    std::vector<Message> messages;  ///< in wire order
    int unknown = 0;    ///< packets of types that we do not know (XR, APP, ...), skipped
    int malformed = 0;  ///< well framed, but too short for what they announce; skipped
};

/// Reads a compound packet (RFC 3550 section 6.1) or one of reduced size (RFC 5506). What it
/// allocates is bounded by a small multiple of the size of `datagram`.
/// @return an error when the chain of packets does not add up to the datagram: then nothing in it
///         can be trusted
[[nodiscard]] Parsed<Compound> parse_compound(Bytes datagram);

}  // namespace rivero::rtcp
