// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "codec/annexb.hpp"
#include "rivero/base/bytes.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rivero::codec::h264 {

/// nal_unit_type. H.264 table 7-1; 24 and 28: RFC 6184 table 1.
enum NalType : std::uint8_t {
    kSlice = 1,
    kIdr = 5,
    kSei = 6,
    kSps = 7,
    kPps = 8,
    kAud = 9,
    kStapA = 24,
    kFuA = 28,
};

[[nodiscard]] constexpr std::uint8_t nal_type(std::uint8_t header) {
    return header & 0x1f;
}
/// nal_ref_idc: 0 when no other picture refers to this one.
[[nodiscard]] constexpr std::uint8_t nal_ref_idc(std::uint8_t header) {
    return header >> 5 & 3;
}
/// Coded slice (or data partition) of a picture.
[[nodiscard]] constexpr bool is_vcl(std::uint8_t type) {
    return type >= 1 && type <= 5;
}

/// What we read from a sequence parameter set. H.264 section 7.3.2.1.1.
struct Sps {
    std::uint8_t profile_idc = 0;
    std::uint8_t constraints = 0;  ///< constraint_set0_flag is the highest bit
    std::uint8_t level_idc = 0;
    std::uint32_t width = 0;  ///< in pixels, after cropping
    std::uint32_t height = 0;
};

/// @param nal with its header byte, with emulation prevention
[[nodiscard]] std::optional<Sps> parse_sps(Bytes nal);

/// The profiles that RFC 6184 table 5 tells apart, and Constrained High.
enum class Profile {
    constrained_baseline,
    baseline,
    main,
    extended,
    constrained_high,
    high,
    high_10,
    high_422,
    high_444,
    high_10_intra,
    high_422_intra,
    high_444_intra,
    cavlc_444_intra,
};

/// profile-level-id of SDP. RFC 6184 section 8.1.
struct ProfileLevelId {
    Profile profile = Profile::baseline;
    /// Ten times the level; level 1b is 9, however it is written.
    std::uint8_t level = 10;
    friend bool operator==(ProfileLevelId, ProfileLevelId) = default;
};

/// Reads six hexadecimal digits.
[[nodiscard]] std::optional<ProfileLevelId> parse_profile_level_id(std::string_view text);
/// The same from a parameter set.
[[nodiscard]] std::optional<ProfileLevelId> profile_level_id(const Sps& sps);
/// Six lower-case hexadecimal digits, in the first form of RFC 6184 table 5.
[[nodiscard]] std::string to_string(ProfileLevelId id);

/// Whether two profile-level-ids name the same profile, which an answer needs; the level may
/// differ. False when one cannot be read.
[[nodiscard]] bool same_profile(std::string_view a, std::string_view b);

}  // namespace rivero::codec::h264
