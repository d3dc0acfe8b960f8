// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "sdp/formats.hpp"

#include "sdp/picture_size.hpp"
#include "sdp/text.hpp"

#include <algorithm>
#include <array>

namespace rivero::sdp {
namespace {

struct StaticFormat {
    std::uint8_t payload_type;
    Codec codec;
};
constexpr std::array<StaticFormat, 3> kStaticFormats{{
    {0, Codec::pcmu},
    {8, Codec::pcma},
    {9, Codec::g722},
}};

enum class H264Profile { constrained_baseline, baseline, main, extended, constrained_high, high };

/// The profile in the first two bytes of profile-level-id. RFC 6184 section 8.1, table 5.
std::optional<H264Profile> h264_profile(const FormatParameters& parameters) {
    // Without the parameter it is baseline at level 1.
    const auto value = h264_profile_level(parameters.find("profile-level-id").value_or("42000a"));
    if (!value) return std::nullopt;
    const std::uint32_t idc = *value >> 16;
    const std::uint32_t iop = *value >> 8 & 0xff;  // constraint_set0_flag is the highest bit
    const bool set0 = iop & 0x80, set1 = iop & 0x40, set3 = iop & 0x10;
    switch (idc) {
        case 0x42:
            return set1 ? H264Profile::constrained_baseline : H264Profile::baseline;
        case 0x4d:
            return set0 ? H264Profile::constrained_baseline : H264Profile::main;
        case 0x58:
            if (!set0) return H264Profile::extended;
            return set1 ? H264Profile::constrained_baseline : H264Profile::baseline;
        case 0x64:
            if (set3) return std::nullopt;  // an intra profile
            return (iop & 0x0c) == 0x0c ? H264Profile::constrained_high : H264Profile::high;
        default:
            return std::nullopt;
    }
}

}  // namespace

std::optional<std::uint32_t> h264_profile_level(std::string_view text) {
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
    if (text.size() != 6 || error != std::errc{} || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

std::optional<PayloadType> static_payload_type(Codec codec) {
    for (auto& format : kStaticFormats)
        if (format.codec == codec) return PayloadType{format.payload_type};
    return std::nullopt;
}

std::optional<RtpMap> encoding_of(const MediaSection& section, PayloadType type) {
    if (const RtpMap* map = section.rtpmap(type)) return *map;
    for (auto& format : kStaticFormats)
        if (format.payload_type == type.value)
            return RtpMap{type, std::string{encoding_name(format.codec)},
                          rtp_clock_rate(format.codec), 1};
    return std::nullopt;
}

std::optional<Codec> codec_of(const RtpMap& map) {
    const auto codec = codec_from_encoding_name(map.encoding);
    if (!codec || map.clock_rate != rtp_clock_rate(*codec)) return std::nullopt;
    // RFC 7587 section 7: always /2, mono or not.
    if (*codec == Codec::opus && map.channels != 2) return std::nullopt;
    if (static_payload_type(*codec) && map.channels != 1) return std::nullopt;
    return codec;
}

bool same_variant(Codec codec, const FormatParameters& a, const FormatParameters& b) {
    auto same_number = [&](std::string_view name, int otherwise) {
        return a.number(name, otherwise) == b.number(name, otherwise);
    };
    switch (codec) {
        case Codec::h264: {
            const auto profile = h264_profile(a);
            return profile && profile == h264_profile(b) && same_number("packetization-mode", 0);
        }
        case Codec::h265:
            // RFC 7798 section 7.1: SRST unless said; the other modes interleave.
            return same_number("profile-id", 1) &&
                   equal_ignoring_case(a.find("tx-mode").value_or("SRST"),
                                       b.find("tx-mode").value_or("SRST"));
        case Codec::vp9:
            return same_number("profile-id", 0);
        case Codec::av1:
            return same_number("profile", 0);
        default:
            return true;
    }
}

Feedback feedback_of(const MediaSection& section, PayloadType type) {
    Feedback feedback;
    for (auto& line : section.feedback) {
        if (line.payload_type && *line.payload_type != type) continue;
        if (line.value == "nack") feedback.nack = true;
        if (line.value == "nack pli") feedback.pli = true;
        if (line.value == "ccm fir") feedback.fir = true;
        if (line.value == "goog-remb") feedback.remb = true;
        if (line.value == "transport-cc") feedback.transport_cc = true;
    }
    return feedback;
}

Feedback common(const Feedback& a, const Feedback& b) {
    return {.nack = a.nack && b.nack,
            .pli = a.pli && b.pli,
            .fir = a.fir && b.fir,
            .remb = a.remb && b.remb,
            .transport_cc = a.transport_cc && b.transport_cc};
}

std::vector<std::string_view> messages(const Feedback& feedback) {
    std::vector<std::string_view> list;
    if (feedback.remb) list.emplace_back("goog-remb");
    if (feedback.transport_cc) list.emplace_back("transport-cc");
    if (feedback.fir) list.emplace_back("ccm fir");
    if (feedback.nack) list.emplace_back("nack");
    if (feedback.pli) list.emplace_back("nack pli");
    return list;
}

namespace {

/// The payload type that all blocks of `audio/red` have: one codec, as often as its redundancy is
/// deep. RFC 2198 section 5: `a=fmtp:63 111/111`.
std::optional<PayloadType> red_blocks(const FormatParameters& parameters) {
    if (parameters.list.size() != 1 || parameters.list.front().value) return std::nullopt;
    std::string_view text = parameters.list.front().name;
    std::optional<std::uint8_t> type;
    while (!text.empty()) {
        const auto block = number<std::uint8_t>(take_until(text, '/'));
        if (!block || (type && block != type)) return std::nullopt;
        type = block;
    }
    return type ? std::optional{PayloadType{*type}} : std::nullopt;
}

}  // namespace

bool is_red(const RtpMap& map) {
    return equal_ignoring_case(map.encoding, "red");
}

std::optional<PayloadType> red_of(const MediaSection& section, PayloadType type) {
    for (PayloadType red : section.payload_types()) {
        const RtpMap* map = section.rtpmap(red);
        if (map && is_red(*map) && red_blocks(section.fmtp(red)) == type) return red;
    }
    return std::nullopt;
}

std::vector<NegotiatedCodec> common_codecs(const MediaSection& remote, const MatchFormat& match) {
    std::vector<NegotiatedCodec> codecs;
    std::vector<bool> wants_rtx;
    const PictureSizes sizes{remote};
    const auto find = [&](int type) {
        return std::find_if(codecs.begin(), codecs.end(),
                            [&](auto& c) { return c.payload_type.value == type; });
    };
    const auto types = remote.payload_types();
    for (PayloadType type : types) {
        if (find(type.value) != codecs.end()) continue;  // listed twice
        const auto map = encoding_of(remote, type);
        const auto codec = map ? codec_of(*map) : std::nullopt;
        if (!codec) continue;
        const FormatParameters& parameters = remote.fmtp(type);
        const auto matched = match(type, *codec, parameters);
        if (!matched) continue;
        codecs.push_back({*codec, type, map->clock_rate, map->channels, parameters, std::nullopt,
                          common(matched->feedback, feedback_of(remote, type)), std::nullopt,
                          sizes.largest(type, *codec)});
        if (const auto red = matched->red ? red_of(remote, type) : std::nullopt;
            red && remote.rtpmap(*red)->clock_rate == map->clock_rate)
            codecs.back().red = red;
        wants_rtx.push_back(matched->rtx);
    }
    // RFC 4588 section 8.6: apt names the payload type that is retransmitted. The offer may list
    // rtx first, so this waits until all codecs are known.
    for (PayloadType type : types) {
        const auto map = encoding_of(remote, type);
        if (!map || !equal_ignoring_case(map->encoding, "rtx")) continue;
        const auto codec = find(remote.fmtp(type).number("apt", -1));
        if (codec == codecs.end() || codec->rtx || map->clock_rate != codec->clock_rate) continue;
        if (wants_rtx[static_cast<std::size_t>(codec - codecs.begin())]) codec->rtx = type;
    }
    return codecs;
}

}  // namespace rivero::sdp
