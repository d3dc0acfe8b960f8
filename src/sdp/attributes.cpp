// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "sdp/attributes.hpp"

#include <algorithm>
#include <array>

namespace rivero::sdp {

std::string not_a_number(std::string_view what, std::string_view value) {
    return std::string{what} + ' ' + quoted(value) + " is not a number";
}

std::optional<PayloadType> payload_type_from(std::string_view text) {
    const auto value = number<std::uint8_t>(text);
    if (!value || *value > 127) return std::nullopt;
    return PayloadType{*value};
}

Problem take_words(Words& words, std::vector<std::string>& list, std::size_t most) {
    while (!words.at_end()) {
        if (list.size() == most) return "more than " + std::to_string(most) + " items";
        list.emplace_back(words.next());
    }
    return kFine;
}

bool too_many_parameters(std::string_view text) {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), ';')) >= kMaxListItems;
}

Problem read_connection(std::string_view text, Connection& connection) {
    Words words{text};
    const std::string_view network = words.next();
    const std::string_view type = words.next();
    const std::string_view address = words.next();
    if (network != "IN") return "network type " + quoted(network) + " is not IN";
    if (type != "IP4" && type != "IP6")
        return "address type " + quoted(type) + " is not IP4 or IP6";
    if (address.empty()) return "the address is missing";
    connection = {std::string{type}, std::string{address}};
    return kFine;
}

// <username> <session id> <version> IN IP4 <address>
Problem read_origin(std::string_view text, Origin& origin) {
    Words words{text};
    Origin read;
    read.username = words.next();
    read.session_id = words.next();
    read.version = words.next();
    Connection where;
    if (Problem problem = read_connection(words.rest(), where)) return problem;
    read.address_type = where.address_type;
    read.address = where.address;
    origin = std::move(read);
    return kFine;
}

Problem read_bandwidth(std::string_view text, std::vector<Bandwidth>& bandwidths) {
    const std::string_view type = take_until(text, ':');
    const auto value = number<std::uint64_t>(trimmed(text));
    if (type.empty()) return "the bandwidth type is missing";
    if (!value) return not_a_number("bandwidth", text);
    bandwidths.push_back({std::string{type}, *value});
    return kFine;
}

namespace {

std::optional<Direction> direction_from(std::string_view text) {
    for (auto d :
         {Direction::sendrecv, Direction::sendonly, Direction::recvonly, Direction::inactive})
        if (text == to_string(d)) return d;
    return std::nullopt;
}

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    const char l = lower(c);
    return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

Problem read_fingerprint(std::string_view text, std::vector<Fingerprint>& fingerprints) {
    Words words{text};
    Fingerprint fingerprint;
    for (char c : words.next()) fingerprint.algorithm += lower(c);
    std::string_view hex = words.next();
    while (!hex.empty()) {
        const std::string_view byte = take_until(hex, ':');
        const int high = byte.size() == 2 ? hex_digit(byte[0]) : -1;
        const int low = byte.size() == 2 ? hex_digit(byte[1]) : -1;
        if (high < 0 || low < 0) return quoted(byte) + " is not a byte in hexadecimal";
        if (fingerprint.value.size() == kMaxListItems) return "longer than any hash";
        fingerprint.value.push_back(static_cast<std::uint8_t>(high << 4 | low));
    }
    if (fingerprint.value.empty()) return "the hash is missing";
    fingerprints.push_back(std::move(fingerprint));
    return kFine;
}

Problem read_setup(std::string_view text, std::optional<Setup>& setup) {
    for (auto s : {Setup::actpass, Setup::active, Setup::passive, Setup::holdconn}) {
        if (text != to_string(s)) continue;
        setup = s;
        return kFine;
    }
    return quoted(text) + " is not actpass, active, passive or holdconn";
}

// <id>[/<direction>] <uri> [<attributes>]
Problem read_extmap(std::string_view text, std::vector<ExtMap>& extmaps) {
    Words words{text};
    std::string_view id = words.next();
    ExtMap map;
    const bool has_direction = id.find('/') != std::string_view::npos;
    const std::string_view digits = take_until(id, '/');
    const auto value = number<std::uint16_t>(digits);
    if (!value) return not_a_number("id", digits);
    map.id = *value;
    if (has_direction) {
        map.direction = direction_from(id);
        if (!map.direction) return quoted(id) + " is not a direction";
    }
    map.uri = words.next();
    if (map.uri.empty()) return "the URI is missing";
    map.attributes = words.rest();
    extmaps.push_back(std::move(map));
    return kFine;
}

// <payload type> <encoding>/<clock rate>[/<channels>]
Problem read_rtpmap(std::string_view text, MediaSection& section) {
    Words words{text};
    const std::string_view format = words.next();
    const auto payload_type = payload_type_from(format);
    if (!payload_type) return quoted(format) + " is not a payload type";
    std::string_view encoding = words.next();
    RtpMap map;
    map.payload_type = *payload_type;
    map.encoding = take_until(encoding, '/');
    if (map.encoding.empty()) return "the encoding is missing";
    const std::string_view rate = take_until(encoding, '/');
    const auto clock_rate = number<int>(rate);
    if (!clock_rate || *clock_rate <= 0) return not_a_number("clock rate", rate);
    map.clock_rate = *clock_rate;
    if (!encoding.empty()) {
        const auto channels = number<int>(encoding);
        if (!channels || *channels < 1 || *channels > 255)
            return "channels are 1 to 255, not " + quoted(encoding);
        map.channels = *channels;
    }
    if (const RtpMap* before = section.rtpmap(map.payload_type)) {
        if (*before == map) return kFine;
        return "payload type " + std::string{format} + " has another meaning already";
    }
    section.rtpmaps.push_back(std::move(map));
    return kFine;
}

Problem read_feedback(std::string_view text, MediaSection& section) {
    Words words{text};
    const std::string_view format = words.next();
    RtcpFeedback feedback;
    if (format != "*") {
        feedback.payload_type = payload_type_from(format);
        if (!feedback.payload_type) return quoted(format) + " is not a payload type";
    }
    while (!words.at_end()) {
        if (!feedback.value.empty()) feedback.value += ' ';
        feedback.value += words.next();
    }
    if (feedback.value.empty()) return "the message is missing";
    section.feedback.push_back(std::move(feedback));
    return kFine;
}

// <ssrc> <name>[:<value>]
Problem read_ssrc(std::string_view text, MediaSection& section) {
    Words words{text};
    const std::string_view id = words.next();
    const auto ssrc = number<std::uint32_t>(id);
    if (!ssrc) return not_a_number("SSRC", id);
    std::string_view attribute = words.rest();
    const bool has_value = attribute.find(':') != std::string_view::npos;
    const std::string_view name = take_until(attribute, ':');
    if (name.empty()) return "the attribute of the source is missing";
    section.ssrcs.push_back({Ssrc{*ssrc}, std::string{name},
                             has_value ? std::optional<std::string>{attribute} : std::nullopt});
    return kFine;
}

Problem read_ssrc_group(std::string_view text, MediaSection& section) {
    Words words{text};
    SsrcGroup group{std::string{words.next()}, {}};
    while (!words.at_end()) {
        const std::string_view id = words.next();
        const auto ssrc = number<std::uint32_t>(id);
        if (!ssrc) return not_a_number("SSRC", id);
        if (group.ssrcs.size() == kMaxListItems)
            return "more than " + std::to_string(kMaxListItems) + " items";
        group.ssrcs.emplace_back(*ssrc);
    }
    section.ssrc_groups.push_back(std::move(group));
    return kFine;
}

// <id> send|recv [pt=<list>;<restriction>=<value>...]
Problem read_rid(std::string_view text, MediaSection& section) {
    Words words{text};
    Rid rid;
    rid.id = words.next();
    const std::string_view direction = words.next();
    if (direction != "send" && direction != "recv")
        return "direction " + quoted(direction) + " is not send or recv";
    rid.send = direction == "send";
    if (too_many_parameters(words.rest())) return "too many restrictions";
    rid.restrictions = FormatParameters::parse(words.rest());
    if (const auto types = rid.restrictions.find("pt")) {
        std::string_view list = *types;
        while (!list.empty()) {
            const std::string_view item = trimmed(take_until(list, ','));
            const auto payload_type = payload_type_from(item);
            if (!payload_type) return quoted(item) + " is not a payload type";
            if (rid.payload_types.size() == kMaxListItems) return "too many payload types";
            rid.payload_types.push_back(*payload_type);
        }
        rid.restrictions.erase("pt");
    }
    section.rids.push_back(std::move(rid));
    return kFine;
}

Problem read_layers(std::string_view text, std::vector<Simulcast::Alternatives>& streams) {
    std::size_t layers = 0;
    while (!text.empty()) {
        std::string_view stream = take_until(text, ';');
        Simulcast::Alternatives alternatives;
        while (!stream.empty()) {
            std::string_view rid = take_until(stream, ',');
            const bool paused = take_prefix(rid, "~");
            if (rid.empty()) return "a layer has no rid";
            if (++layers > kMaxListItems) return "too many layers";
            alternatives.push_back({std::string{rid}, paused});
        }
        if (alternatives.empty()) return "a stream has no layer";
        streams.push_back(std::move(alternatives));
    }
    return kFine;
}

// send <streams> [recv <streams>], or the other way round
Problem read_simulcast(std::string_view text, MediaSection& section) {
    Words words{text};
    Simulcast simulcast;
    while (!words.at_end()) {
        const std::string_view direction = words.next();
        if (direction != "send" && direction != "recv")
            return "direction " + quoted(direction) + " is not send or recv";
        auto& streams = direction == "send" ? simulcast.send : simulcast.receive;
        if (!streams.empty()) return std::string{direction} + " stands twice";
        std::string_view layers = words.next();
        // Drafts of RFC 8853 had `rid=` before the list.
        while (take_prefix(layers, "rid=")) {
        }
        if (Problem problem = read_layers(layers, streams)) return problem;
    }
    section.simulcast = std::move(simulcast);
    return kFine;
}

// <tag> <suite> <key parameters> [<session parameters>]
Problem read_crypto(std::string_view text, MediaSection& section) {
    Words words{text};
    Crypto crypto;
    const std::string_view tag = words.next();
    const auto value = number<unsigned>(tag);
    if (!value) return not_a_number("tag", tag);
    crypto.tag = *value;
    crypto.suite = words.next();
    crypto.key_params = words.next();
    crypto.session_params = words.rest();
    if (crypto.key_params.empty()) return "the key is missing";
    section.cryptos.push_back(std::move(crypto));
    return kFine;
}

Problem read_rtcp(std::string_view text, MediaSection& section) {
    Words words{text};
    const std::string_view port = words.next();
    const auto value = number<std::uint16_t>(port);
    if (!value) return not_a_number("port", port);
    RtcpAddress rtcp{*value, std::nullopt};
    if (!words.at_end()) {
        rtcp.connection.emplace();
        if (Problem problem = read_connection(words.rest(), *rtcp.connection)) return problem;
    }
    section.rtcp = std::move(rtcp);
    return kFine;
}

/// One attribute: its name, and how its value gets into the model.
template <class Section>
struct Reader {
    std::string_view name;
    Problem (*read)(std::string_view value, Section& section);
};

template <class Integer>
Problem read_number(std::string_view text, std::optional<Integer>& into) {
    into = number<Integer>(text);
    return into ? kFine : Problem{quoted(text) + " is not a number in range"};
}

constexpr std::array kCommonReaders{
    Reader<CommonAttributes>{"sendrecv",
                             [](auto, auto& s) -> Problem {
                                 s.direction = Direction::sendrecv;
                                 return kFine;
                             }},
    Reader<CommonAttributes>{"sendonly",
                             [](auto, auto& s) -> Problem {
                                 s.direction = Direction::sendonly;
                                 return kFine;
                             }},
    Reader<CommonAttributes>{"recvonly",
                             [](auto, auto& s) -> Problem {
                                 s.direction = Direction::recvonly;
                                 return kFine;
                             }},
    Reader<CommonAttributes>{"inactive",
                             [](auto, auto& s) -> Problem {
                                 s.direction = Direction::inactive;
                                 return kFine;
                             }},
    Reader<CommonAttributes>{"ice-ufrag",
                             [](auto v, auto& s) -> Problem {
                                 s.ice_ufrag = v;
                                 return kFine;
                             }},
    Reader<CommonAttributes>{"ice-pwd",
                             [](auto v, auto& s) -> Problem {
                                 s.ice_pwd = v;
                                 return kFine;
                             }},
    Reader<CommonAttributes>{"ice-options",
                             [](auto v, auto& s) {
                                 Words words{v};
                                 s.ice_options.clear();
                                 return take_words(words, s.ice_options, kMaxListItems);
                             }},
    Reader<CommonAttributes>{"fingerprint",
                             [](auto v, auto& s) { return read_fingerprint(v, s.fingerprints); }},
    Reader<CommonAttributes>{"setup", [](auto v, auto& s) { return read_setup(v, s.setup); }},
    Reader<CommonAttributes>{"extmap", [](auto v, auto& s) { return read_extmap(v, s.extmaps); }},
    Reader<CommonAttributes>{"extmap-allow-mixed",
                             [](auto, auto& s) -> Problem {
                                 s.extmap_allow_mixed = true;
                                 return kFine;
                             }},
};

constexpr std::array kSessionReaders{
    Reader<SessionDescription>{"group",
                               [](auto v, auto& s) {
                                   Words words{v};
                                   s.groups.push_back({std::string{words.next()}, {}});
                                   return take_words(words, s.groups.back().mids, kMaxListItems);
                               }},
    Reader<SessionDescription>{"msid-semantic",
                               [](auto v, auto& s) {
                                   Words words{v};
                                   s.msid_semantic = MsidSemantic{std::string{words.next()}, {}};
                                   return take_words(words, s.msid_semantic->ids, kMaxListItems);
                               }},
    Reader<SessionDescription>{"ice-lite",
                               [](auto, auto& s) -> Problem {
                                   s.ice_lite = true;
                                   return kFine;
                               }},
};

constexpr std::array kMediaReaders{
    Reader<MediaSection>{"mid",
                         [](auto v, auto& m) -> Problem {
                             if (v.empty() || v.find_first_of(" \t") != v.npos)
                                 return quoted(v) + " is not a token";
                             m.mid = v;
                             return kFine;
                         }},
    Reader<MediaSection>{"msid",
                         [](auto v, auto& m) -> Problem {
                             Words words{v};
                             std::string stream{words.next()};
                             m.msids.push_back({std::move(stream), std::string{words.next()}});
                             return kFine;
                         }},
    Reader<MediaSection>{"bundle-only",
                         [](auto, auto& m) -> Problem {
                             m.bundle_only = true;
                             return kFine;
                         }},
    Reader<MediaSection>{"end-of-candidates",
                         [](auto, auto& m) -> Problem {
                             m.end_of_candidates = true;
                             return kFine;
                         }},
    Reader<MediaSection>{"rtcp", read_rtcp},
    Reader<MediaSection>{"rtcp-mux",
                         [](auto, auto& m) -> Problem {
                             m.rtcp_mux = true;
                             return kFine;
                         }},
    Reader<MediaSection>{"rtcp-rsize",
                         [](auto, auto& m) -> Problem {
                             m.rtcp_rsize = true;
                             return kFine;
                         }},
    Reader<MediaSection>{"rtpmap", read_rtpmap},
    Reader<MediaSection>{"rtcp-fb", read_feedback},
    Reader<MediaSection>{"ptime", [](auto v, auto& m) { return read_number(v, m.ptime); }},
    Reader<MediaSection>{"maxptime", [](auto v, auto& m) { return read_number(v, m.maxptime); }},
    Reader<MediaSection>{"rid", read_rid},
    Reader<MediaSection>{"simulcast", read_simulcast},
    Reader<MediaSection>{"ssrc", read_ssrc},
    Reader<MediaSection>{"ssrc-group", read_ssrc_group},
    Reader<MediaSection>{"crypto", read_crypto},
    Reader<MediaSection>{"sctp-port", [](auto v, auto& m) { return read_number(v, m.sctp_port); }},
    Reader<MediaSection>{"max-message-size",
                         [](auto v, auto& m) { return read_number(v, m.max_message_size); }},
};

template <class Readers, class Section>
std::optional<Problem> read_with(const Readers& readers, std::string_view name,
                                 std::string_view value, Section& section) {
    for (auto& reader : readers)
        if (reader.name == name) return reader.read(value, section);
    return std::nullopt;
}

}  // namespace

std::optional<Problem> read_common_attribute(std::string_view name, std::string_view value,
                                             CommonAttributes& attributes) {
    return read_with(kCommonReaders, name, value, attributes);
}
std::optional<Problem> read_session_attribute(std::string_view name, std::string_view value,
                                              SessionDescription& session) {
    return read_with(kSessionReaders, name, value, session);
}
std::optional<Problem> read_media_attribute(std::string_view name, std::string_view value,
                                            MediaSection& section) {
    return read_with(kMediaReaders, name, value, section);
}

}  // namespace rivero::sdp
