// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/h264.hpp"

#include "codec/bit_reader.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

namespace rivero::codec::h264 {
namespace {

void skip_scaling_list(BitReader& in, int size) {
    int last = 8;
    for (int i = 0; i < size && in.ok(); ++i) {
        int next = (last + in.se()) & 0xff;
        if (next == 0) return;  // the rest repeats
        last = next;
    }
}

/// Profiles whose parameter set says more about colour. H.264 section 7.3.2.1.1.
bool has_chroma_format(std::uint8_t profile_idc) {
    constexpr std::array<std::uint8_t, 13> kProfiles{100, 110, 122, 244, 44,  83, 86,
                                                     118, 128, 138, 139, 134, 135};
    return std::find(kProfiles.begin(), kProfiles.end(), profile_idc) != kProfiles.end();
}

/// One row of RFC 6184 table 5: bits of profile-iop under the mask must have the value.
struct ProfileRow {
    std::uint8_t profile_idc;
    std::uint8_t mask;
    std::uint8_t value;
    Profile profile;
};
constexpr std::array kProfileRows{
    ProfileRow{0x42, 0b0100'1111, 0b0100'0000, Profile::constrained_baseline},
    ProfileRow{0x4d, 0b1000'1111, 0b1000'0000, Profile::constrained_baseline},
    ProfileRow{0x58, 0b1100'1111, 0b1100'0000, Profile::constrained_baseline},
    ProfileRow{0x42, 0b0100'1111, 0b0000'0000, Profile::baseline},
    ProfileRow{0x58, 0b1100'1111, 0b1000'0000, Profile::baseline},
    ProfileRow{0x4d, 0b1010'1111, 0b0000'0000, Profile::main},
    ProfileRow{0x58, 0b1100'1111, 0b0000'0000, Profile::extended},
    ProfileRow{0x64, 0b1111'1111, 0b0000'0000, Profile::high},
    // Not in the table, but what browsers offer: H.264 section A.2.4.2.
    ProfileRow{0x64, 0b1111'1111, 0b0000'1100, Profile::constrained_high},
    ProfileRow{0x6e, 0b1111'1111, 0b0000'0000, Profile::high_10},
    ProfileRow{0x7a, 0b1111'1111, 0b0000'0000, Profile::high_422},
    ProfileRow{0xf4, 0b1111'1111, 0b0000'0000, Profile::high_444},
    ProfileRow{0x6e, 0b1111'1111, 0b0001'0000, Profile::high_10_intra},
    ProfileRow{0x7a, 0b1111'1111, 0b0001'0000, Profile::high_422_intra},
    ProfileRow{0xf4, 0b1111'1111, 0b0001'0000, Profile::high_444_intra},
    ProfileRow{0x2c, 0b1111'1111, 0b0001'0000, Profile::cavlc_444_intra},
};

std::optional<ProfileLevelId> from_bytes(std::uint8_t idc, std::uint8_t iop, std::uint8_t level) {
    for (const ProfileRow& row : kProfileRows) {
        if (row.profile_idc != idc || (iop & row.mask) != row.value) continue;
        // Level 1b is written as 1.1 with constraint_set3_flag in the old profiles.
        bool old = idc == 0x42 || idc == 0x4d || idc == 0x58;
        if (old && level == 11 && (iop & 0x10)) level = 9;
        return ProfileLevelId{row.profile, level};
    }
    return std::nullopt;
}

}  // namespace

std::optional<Sps> parse_sps(Bytes nal) {
    if (nal.empty() || nal_type(nal[0]) != kSps) return std::nullopt;
    BitReader in{nal.subspan(1), BitReader::Escapes::emulation_prevention};
    Sps sps;
    sps.profile_idc = static_cast<std::uint8_t>(in.u(8));
    sps.constraints = static_cast<std::uint8_t>(in.u(8));
    sps.level_idc = static_cast<std::uint8_t>(in.u(8));
    in.ue();  // seq_parameter_set_id
    std::uint32_t chroma_format = 1;
    bool separate_planes = false;
    if (has_chroma_format(sps.profile_idc)) {
        chroma_format = in.ue();
        if (chroma_format > 3) return std::nullopt;
        if (chroma_format == 3) separate_planes = in.flag();
        in.ue();  // bit depths
        in.ue();
        in.skip(1);  // qpprime_y_zero_transform_bypass_flag
        if (in.flag())
            for (int i = 0; i < (chroma_format == 3 ? 12 : 8); ++i)
                if (in.flag()) skip_scaling_list(in, i < 6 ? 16 : 64);
    }
    in.ue();  // log2_max_frame_num_minus4
    std::uint32_t pic_order_cnt_type = in.ue();
    if (pic_order_cnt_type == 0) {
        in.ue();
    } else if (pic_order_cnt_type == 1) {
        in.skip(1);
        in.se();
        in.se();
        std::uint32_t cycle = in.ue();
        if (cycle > 255) return std::nullopt;
        for (; cycle > 0; --cycle) in.se();
    }
    in.ue();     // max_num_ref_frames
    in.skip(1);  // gaps_in_frame_num_value_allowed_flag
    std::uint64_t columns = std::uint64_t{in.ue()} + 1;
    std::uint64_t rows = std::uint64_t{in.ue()} + 1;
    bool frames_only = in.flag();
    if (!frames_only) in.skip(1);  // mb_adaptive_frame_field_flag
    in.skip(1);                    // direct_8x8_inference_flag
    std::uint64_t fields = frames_only ? 1 : 2;
    std::uint64_t width = 16 * columns;
    std::uint64_t height = 16 * rows * fields;
    if (in.flag()) {
        bool half_width = !separate_planes && (chroma_format == 1 || chroma_format == 2);
        bool half_height = !separate_planes && chroma_format == 1;
        std::uint64_t across = std::uint64_t{in.ue()} + in.ue();
        std::uint64_t down = std::uint64_t{in.ue()} + in.ue();
        across *= half_width ? 2 : 1;
        down *= (half_height ? 2 : 1) * fields;
        if (across >= width || down >= height) return std::nullopt;
        width -= across;
        height -= down;
    }
    constexpr std::uint64_t kLargest = 16384;  // level 6.2 ends far below
    if (!in.ok() || width > kLargest || height > kLargest) return std::nullopt;
    sps.width = static_cast<std::uint32_t>(width);
    sps.height = static_cast<std::uint32_t>(height);
    return sps;
}

std::optional<ProfileLevelId> parse_profile_level_id(std::string_view text) {
    std::uint32_t value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
    if (text.size() != 6 || error != std::errc{} || end != text.data() + text.size())
        return std::nullopt;
    return from_bytes(static_cast<std::uint8_t>(value >> 16), static_cast<std::uint8_t>(value >> 8),
                      static_cast<std::uint8_t>(value));
}

std::optional<ProfileLevelId> profile_level_id(const Sps& sps) {
    return from_bytes(sps.profile_idc, sps.constraints, sps.level_idc);
}

std::string to_string(ProfileLevelId id) {
    // The first row of each profile, except that Constrained Baseline says with
    // constraint_set1_flag and set0 that it is both Baseline and Main: what browsers write (42e0).
    auto row = std::find_if(kProfileRows.begin(), kProfileRows.end(),
                            [&](const ProfileRow& r) { return r.profile == id.profile; });
    std::uint8_t iop = id.profile == Profile::constrained_baseline ? 0xe0 : row->value;
    std::uint8_t level = id.level;
    bool old = row->profile_idc == 0x42 || row->profile_idc == 0x4d || row->profile_idc == 0x58;
    if (old && level == 9) {
        level = 11;
        iop |= 0x10;
    }
    std::array<char, 7> text{};
    std::snprintf(text.data(), text.size(), "%02x%02x%02x", row->profile_idc, iop, level);
    return text.data();
}

bool same_profile(std::string_view a, std::string_view b) {
    auto first = parse_profile_level_id(a);
    auto second = parse_profile_level_id(b);
    return first && second && first->profile == second->profile;
}

}  // namespace rivero::codec::h264
