// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "sdp/picture_size.hpp"

#include "sdp/formats.hpp"
#include "sdp/text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace rivero::sdp {
namespace {

constexpr std::uint32_t kMacroblock = 16 * 16;

std::optional<std::uint32_t> positive(std::optional<std::string_view> text) {
    const auto value = text ? number<std::uint32_t>(*text) : std::nullopt;
    return value && *value > 0 ? value : std::nullopt;
}

std::optional<Pixels> macroblocks(std::optional<std::uint32_t> count) {
    if (!count) return std::nullopt;
    return area(*count, kMacroblock);
}

/// The stricter one.
std::optional<Pixels> both(std::optional<Pixels> a, std::optional<Pixels> b) {
    if (!a || !b) return a ? a : b;
    return std::min(*a, *b);
}

/// MaxFS of ITU-T H.264 table A-1; nothing for a level that is not there.
std::optional<std::uint32_t> frame_size_of_level(std::uint32_t level) {
    struct Level {
        std::uint32_t level;  ///< ten times, as level_idc has it
        std::uint32_t macroblocks;
    };
    constexpr std::array<Level, 20> kLevels{{
        {9, 99},     {10, 99},    {11, 396},   {12, 396},    {13, 396},    {20, 396},    {21, 792},
        {22, 1620},  {30, 1620},  {31, 3600},  {32, 5120},   {40, 8192},   {41, 8192},   {42, 8704},
        {50, 22080}, {51, 36864}, {52, 36864}, {60, 139264}, {61, 139264}, {62, 139264},
    }};
    for (const Level& each : kLevels)
        if (each.level == level) return each.macroblocks;
    return std::nullopt;
}

std::optional<Pixels> of_h264(const FormatParameters& parameters) {
    constexpr std::uint32_t kOfBrowsers = 31;
    if (const auto stated = positive(parameters.find("max-fs"))) return macroblocks(stated);
    const auto profile = h264_profile_level(parameters.find("profile-level-id").value_or(""));
    if (!profile) return std::nullopt;
    const std::uint32_t level = *profile & 0xff;
    const bool is_1b = level == 11 && (*profile >> 8 & 0x10);  // constraint_set3_flag
    if (level == kOfBrowsers) return std::nullopt;
    return macroblocks(frame_size_of_level(is_1b ? 9 : level));
}

std::optional<Pixels> of_format(Codec codec, const FormatParameters& parameters) {
    switch (codec) {
        case Codec::vp8:
        case Codec::vp9:
            return macroblocks(positive(parameters.find("max-fs")));
        case Codec::h264:
            return of_h264(parameters);
        default:
            return std::nullopt;
    }
}

std::optional<Pixels> of_rid(const FormatParameters& restrictions) {
    const auto width = positive(restrictions.find("max-width"));
    const auto height = positive(restrictions.find("max-height"));
    std::optional<Pixels> size;
    if (width || height) size = area(width ? *width : *height, height ? *height : *width);
    if (const auto pixels = positive(restrictions.find("max-fs")))
        size = both(size, Pixels{*pixels});
    return size;
}

/// The part up to the next comma that is in no brackets; `text` becomes what comes behind it.
std::string_view take_item(std::string_view& text) {
    int depth = 0;
    std::size_t end = 0;
    for (; end < text.size(); ++end) {
        if (text[end] == '[') ++depth;
        if (text[end] == ']') --depth;
        if (text[end] == ',' && depth <= 0) break;
    }
    const std::string_view item = text.substr(0, end);
    text = end < text.size() ? text.substr(end + 1) : std::string_view{};
    return item;
}

// 640, [320:640], [320:16:640] (with a step) or [320,640]
std::optional<std::uint32_t> largest_of_range(std::string_view text) {
    std::optional<std::uint32_t> largest;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find_first_of("[]:,"), text.size());
        if (const auto value = positive(text.substr(0, end)))
            largest = std::max(largest.value_or(*value), *value);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return largest;
}

// [x=[320:640],y=360,q=0.5]
std::optional<Pixels> of_image(std::string_view set) {
    if (set.size() < 2 || set.front() != '[' || set.back() != ']') return std::nullopt;
    set = set.substr(1, set.size() - 2);
    std::optional<std::uint32_t> width, height;
    while (!set.empty()) {
        std::string_view item = take_item(set);
        if (take_prefix(item, "x=")) width = largest_of_range(item);
        if (take_prefix(item, "y=")) height = largest_of_range(item);
    }
    if (!width || !height) return std::nullopt;
    return area(*width, *height);
}

}  // namespace

PictureSizes::PictureSizes(const MediaSection& remote) : remote_{remote} {
    for (const auto& attribute : remote.others)
        if (attribute.name == "imageattr" && attribute.value)
            read_image_attribute(*attribute.value);
    for (const auto& rid : remote.rids)
        if (!rid.send) rids_.emplace_back(&rid, of_rid(rid.restrictions));
}

// 97 send [x=800,y=640] recv [x=480,y=320,q=0.9] [x=640,y=480]
void PictureSizes::read_image_attribute(std::string_view text) {
    Words words{text};
    const std::string_view type = words.next();
    const auto number_of_type = number<std::uint8_t>(type);
    if (!number_of_type && type != "*") return;
    bool receives = false;
    std::optional<Pixels> largest;
    while (!words.at_end()) {
        const std::string_view word = words.next();
        if (word == "send" || word == "recv")
            receives = word == "recv";
        else if (receives && word == "*")
            return;
        else if (const auto size = receives ? of_image(word) : std::nullopt)
            largest = std::max(largest.value_or(*size), *size);
    }
    if (!largest) return;
    images_.emplace_back(
        number_of_type ? std::optional{PayloadType{*number_of_type}} : std::nullopt, *largest);
}

std::optional<Pixels> PictureSizes::largest(PayloadType type, Codec codec) const {
    std::optional<Pixels> size = of_format(codec, remote_.fmtp(type));
    for (const auto& [of_type, image] : images_)
        if (!of_type || of_type == type) size = both(size, image);
    std::optional<Pixels> of_rids;
    for (const auto& [rid, restriction] : rids_) {
        const auto& types = rid->payload_types;
        if (!types.empty() && std::find(types.begin(), types.end(), type) == types.end()) continue;
        if (!restriction) return size;  // one that takes everything
        of_rids = std::max(of_rids.value_or(*restriction), *restriction);
    }
    return both(size, of_rids);
}

}  // namespace rivero::sdp
