// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "sdp/session_description.hpp"

#include "sdp/text.hpp"

#include <algorithm>
#include <bitset>

namespace rivero::sdp {

std::string_view to_string(Direction direction) {
    switch (direction) {
        case Direction::sendrecv:
            return "sendrecv";
        case Direction::sendonly:
            return "sendonly";
        case Direction::recvonly:
            return "recvonly";
        case Direction::inactive:
            break;
    }
    return "inactive";
}

std::string_view to_string(Setup setup) {
    switch (setup) {
        case Setup::actpass:
            return "actpass";
        case Setup::active:
            return "active";
        case Setup::passive:
            return "passive";
        case Setup::holdconn:
            break;
    }
    return "holdconn";
}

FormatParameters FormatParameters::parse(std::string_view text) {
    FormatParameters parameters;
    while (!text.empty()) {
        std::string_view item = trimmed(take_until(text, ';'));
        if (item.empty()) continue;
        const bool has_value = item.find('=') != std::string_view::npos;
        const std::string_view name = trimmed(take_until(item, '='));
        parameters.list.push_back(
            {std::string{name},
             has_value ? std::optional<std::string>{trimmed(item)} : std::nullopt});
    }
    return parameters;
}

std::optional<std::string_view> FormatParameters::find(std::string_view name) const {
    for (auto& parameter : list)
        if (parameter.value && equal_ignoring_case(parameter.name, name)) return *parameter.value;
    return std::nullopt;
}

int FormatParameters::number(std::string_view name, int otherwise) const {
    const auto value = find(name);
    return value ? sdp::number<int>(*value).value_or(otherwise) : otherwise;
}

void FormatParameters::erase(std::string_view name) {
    std::erase_if(list, [&](auto& p) { return equal_ignoring_case(p.name, name); });
}

std::string FormatParameters::text() const {
    std::string text;
    for (auto& parameter : list) {
        if (!text.empty()) text += ';';
        text += parameter.name;
        if (parameter.value) text += '=' + *parameter.value;
    }
    return text;
}

const RtpMap* MediaSection::rtpmap(PayloadType payload_type) const {
    for (auto& map : rtpmaps)
        if (map.payload_type == payload_type) return &map;
    return nullptr;
}

const FormatParameters& MediaSection::fmtp(PayloadType payload_type) const {
    static const FormatParameters kNone;
    for (auto& line : fmtps)
        if (line.payload_type == payload_type) return line.parameters;
    return kNone;
}

std::vector<PayloadType> MediaSection::payload_types() const {
    std::vector<PayloadType> types;
    std::bitset<128> seen;
    for (auto& format : formats) {
        const auto value = number<std::uint8_t>(format);
        if (!value || *value > 127 || seen[*value]) continue;
        seen.set(*value);
        types.emplace_back(*value);
    }
    return types;
}

}  // namespace rivero::sdp
