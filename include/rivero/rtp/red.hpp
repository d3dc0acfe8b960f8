// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/bytes.hpp"
#include "rivero/base/result.hpp"
#include "rivero/base/units.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace rivero::rtp {

//  RFC 2198 section 3: the headers of all blocks, then the blocks themselves
//   0                   1                   2                   3
//   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |1|   block PT  |  timestamp offset         |   block length    |  each redundant block
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |0|   block PT  |                                                  the primary block
//  +-+-+-+-+-+-+-+-+

/// What an earlier packet carried, once more.
struct RedBlock {
    PayloadType payload_type;
    std::uint16_t timestamp_offset = 0;  ///< ticks before the timestamp of the packet
    Bytes payload;                       ///< borrowed
};

struct RedPayload {
    /// Browsers send one or two; nobody needs more.
    static constexpr std::size_t kMaxRedundant = 15;

    std::array<RedBlock, kMaxRedundant> blocks;
    std::size_t count = 0;
    PayloadType primary_type;
    Bytes primary;  ///< borrowed: the end of the payload; may be empty

    /// Oldest first, as senders write them.
    [[nodiscard]] std::span<const RedBlock> redundant() const { return {blocks.data(), count}; }
};

/// Reads the payload of a packet of `audio/red`.
/// @return too_short when the blocks are longer than the payload, or it ends within the headers;
/// bad_value when there are more than kMaxRedundant of them
[[nodiscard]] Parsed<RedPayload> parse_red(Bytes payload);

/// Gives all blocks of a payload that parse_red() takes another payload type: that of another
/// receiver. Any other payload stays as it is from where it makes no sense.
void renumber_red(MutableBytes payload, PayloadType payload_type);

}  // namespace rivero::rtp
