// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/h265.hpp"

#include "codec/bit_reader.hpp"

#include <array>

namespace rivero::codec::h265 {
namespace {

constexpr int kProfileBits = 88;

// H.265 section 7.3.3, profilePresentFlag 1.
void skip_profile_tier_level(BitReader& in, std::uint32_t max_sub_layers_minus1) {
    in.skip(kProfileBits + 8);  // general profile, general_level_idc
    std::array<bool, 8> profile{};
    std::array<bool, 8> level{};
    for (std::uint32_t i = 0; i < max_sub_layers_minus1; ++i) {
        profile[i] = in.flag();
        level[i] = in.flag();
    }
    if (max_sub_layers_minus1 > 0) in.skip(2 * static_cast<int>(8 - max_sub_layers_minus1));
    for (std::uint32_t i = 0; i < max_sub_layers_minus1; ++i) {
        if (profile[i]) in.skip(kProfileBits);
        if (level[i]) in.skip(8);
    }
}

}  // namespace

std::optional<Sps> parse_sps(Bytes nal) {
    if (nal.size() < kHeaderSize || nal_type(nal[0]) != kSps) return std::nullopt;
    BitReader in{nal.subspan(kHeaderSize), BitReader::Escapes::emulation_prevention};
    in.skip(4);  // sps_video_parameter_set_id
    std::uint32_t max_sub_layers_minus1 = in.u(3);
    if (max_sub_layers_minus1 > 6) return std::nullopt;
    in.skip(1);  // sps_temporal_id_nesting_flag
    skip_profile_tier_level(in, max_sub_layers_minus1);
    in.ue();  // sps_seq_parameter_set_id
    std::uint32_t chroma_format = in.ue();
    if (chroma_format > 3) return std::nullopt;
    bool separate_planes = chroma_format == 3 && in.flag();
    std::uint64_t width = in.ue();
    std::uint64_t height = in.ue();
    if (in.flag()) {
        bool half_width = !separate_planes && (chroma_format == 1 || chroma_format == 2);
        bool half_height = !separate_planes && chroma_format == 1;
        std::uint64_t across = (std::uint64_t{in.ue()} + in.ue()) * (half_width ? 2 : 1);
        std::uint64_t down = (std::uint64_t{in.ue()} + in.ue()) * (half_height ? 2 : 1);
        if (across >= width || down >= height) return std::nullopt;
        width -= across;
        height -= down;
    }
    constexpr std::uint64_t kLargest = 16888;  // level 6.2, H.265 section A.4.1
    if (!in.ok() || width == 0 || height == 0 || width > kLargest || height > kLargest)
        return std::nullopt;
    return Sps{static_cast<std::uint32_t>(width), static_cast<std::uint32_t>(height)};
}

}  // namespace rivero::codec::h265
