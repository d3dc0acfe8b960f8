// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/rtp/red.hpp"

namespace rivero::rtp {
namespace {

constexpr std::uint8_t kAnotherFollows = 0x80;
constexpr std::uint8_t kTypeMask = 0x7f;
constexpr std::size_t kHeaderSize = 4;  // of a redundant block

}  // namespace

Parsed<RedPayload> parse_red(Bytes payload) {
    RedPayload red;
    std::array<std::size_t, RedPayload::kMaxRedundant> sizes;
    std::size_t at = 0;
    for (;; at += kHeaderSize) {
        if (at >= payload.size()) return failure(ParseError::too_short);
        const PayloadType type{static_cast<std::uint8_t>(payload[at] & kTypeMask)};
        if (!(payload[at] & kAnotherFollows)) {
            red.primary_type = type;
            ++at;
            break;
        }
        if (at + kHeaderSize > payload.size()) return failure(ParseError::too_short);
        if (red.count == RedPayload::kMaxRedundant) return failure(ParseError::bad_value);
        red.blocks[red.count].payload_type = type;
        red.blocks[red.count].timestamp_offset =
            static_cast<std::uint16_t>(payload[at + 1] << 6 | payload[at + 2] >> 2);
        sizes[red.count] = static_cast<std::size_t>((payload[at + 2] & 3) << 8 | payload[at + 3]);
        ++red.count;
    }
    for (std::size_t i = 0; i < red.count; ++i) {
        if (payload.size() - at < sizes[i]) return failure(ParseError::too_short);
        red.blocks[i].payload = payload.subspan(at, sizes[i]);
        at += sizes[i];
    }
    red.primary = payload.subspan(at);
    return red;
}

void renumber_red(MutableBytes payload, PayloadType payload_type) {
    for (std::size_t at = 0; at < payload.size(); at += kHeaderSize) {
        const std::uint8_t more = payload[at] & kAnotherFollows;
        payload[at] = more | (payload_type.value & kTypeMask);
        if (!more) return;
    }
}

}  // namespace rivero::rtp
