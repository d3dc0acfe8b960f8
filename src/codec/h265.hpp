// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "codec/annexb.hpp"
#include "rivero/base/bytes.hpp"

#include <cstdint>
#include <optional>

namespace rivero::codec::h265 {

/// nal_unit_type. H.265 table 7-1; 48 to 50: RFC 7798 section 4.4.
enum NalType : std::uint8_t {
    kFirstIrap = 16,  ///< pictures at which a decoder can begin: BLA, IDR, CRA
    kLastIrap = 23,
    kLastVcl = 31,
    kVps = 32,
    kSps = 33,
    kPps = 34,
    kAud = 35,
    kPrefixSei = 39,
    kAggregation = 48,
    kFragment = 49,
    kPaci = 50,
};

inline constexpr std::size_t kHeaderSize = 2;

// |F|   Type    |  LayerId  | TID |
[[nodiscard]] constexpr std::uint8_t nal_type(std::uint8_t first_byte) {
    return first_byte >> 1 & 0x3f;
}
/// TemporalId: nuh_temporal_id_plus1 without the 1.
[[nodiscard]] constexpr std::optional<std::uint8_t> temporal_id(std::uint8_t second_byte) {
    std::uint8_t plus1 = second_byte & 7;
    if (plus1 == 0) return std::nullopt;  // forbidden
    return static_cast<std::uint8_t>(plus1 - 1);
}
[[nodiscard]] constexpr bool is_vcl(std::uint8_t type) {
    return type <= kLastVcl;
}
[[nodiscard]] constexpr bool is_irap(std::uint8_t type) {
    return type >= kFirstIrap && type <= kLastIrap;
}

struct Sps {
    std::uint32_t width = 0;  ///< in pixels, inside the conformance window
    std::uint32_t height = 0;
};
/// @param nal with its header, with emulation prevention. H.265 section 7.3.2.2.1.
[[nodiscard]] std::optional<Sps> parse_sps(Bytes nal);

}  // namespace rivero::codec::h265
