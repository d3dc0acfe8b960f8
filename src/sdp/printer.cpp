// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "sdp/session_description.hpp"

#include <string>

namespace rivero::sdp {
namespace {

/// Collects lines.
class Printer {
public:
    /// One line out of pieces: texts, characters, numbers.
    template <class... Pieces>
    void line(const Pieces&... pieces) {
        (add(pieces), ...);
        text_ += "\r\n";
    }
    std::string take() { return std::move(text_); }

private:
    void add(std::string_view text) { text_ += text; }
    void add(char c) { text_ += c; }
    void add(PayloadType type) { text_ += std::to_string(type.value); }
    void add(Ssrc ssrc) { text_ += std::to_string(ssrc.value); }
    template <class Integer>
    requires std::is_integral_v<Integer>
    void add(Integer number) { text_ += std::to_string(number); }

    std::string text_;
};

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (auto& word : words) (text += ' ') += word;
    return text;
}

std::string text_of(const Connection& connection) {
    return "IN " + connection.address_type + ' ' + connection.address;
}

std::string hex_of(const ByteVector& bytes) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    std::string text;
    for (std::uint8_t byte : bytes) {
        if (!text.empty()) text += ':';
        text += kDigits[byte >> 4];
        text += kDigits[byte & 15];
    }
    return text;
}

void print_attribute(Printer& out, const Attribute& attribute) {
    if (attribute.value)
        out.line("a=", attribute.name, ':', *attribute.value);
    else
        out.line("a=", attribute.name);
}

/// Lines of one of these types, in the order in which they came.
void print_lines(Printer& out, const std::vector<TextLine>& lines, std::string_view types) {
    for (char type : types)
        for (auto& line : lines)
            if (line.type == type) out.line(type, '=', line.value);
}

void print_connection(Printer& out, const CommonAttributes& common) {
    if (common.connection) out.line("c=", text_of(*common.connection));
    for (auto& bandwidth : common.bandwidths) out.line("b=", bandwidth.type, ':', bandwidth.value);
}

void print_transport(Printer& out, const CommonAttributes& common) {
    if (common.ice_ufrag) out.line("a=ice-ufrag:", *common.ice_ufrag);
    if (common.ice_pwd) out.line("a=ice-pwd:", *common.ice_pwd);
    if (!common.ice_options.empty())
        out.line("a=ice-options:", joined(common.ice_options).substr(1));
    for (auto& fingerprint : common.fingerprints)
        out.line("a=fingerprint:", fingerprint.algorithm, ' ', hex_of(fingerprint.value));
    if (common.setup) out.line("a=setup:", to_string(*common.setup));
}

void print_extensions(Printer& out, const CommonAttributes& common) {
    if (common.extmap_allow_mixed) out.line("a=extmap-allow-mixed");
    for (auto& map : common.extmaps) {
        std::string id = std::to_string(map.id);
        if (map.direction) (id += '/') += to_string(*map.direction);
        out.line("a=extmap:", id, ' ', map.uri, map.attributes.empty() ? "" : " ", map.attributes);
    }
    if (common.direction) out.line("a=", to_string(*common.direction));
}

std::string text_of(const std::vector<Simulcast::Alternatives>& streams) {
    std::string text;
    for (auto& stream : streams) {
        if (!text.empty()) text += ';';
        bool first = true;
        for (auto& layer : stream) {
            if (!first) text += ',';
            first = false;
            if (layer.paused) text += '~';
            text += layer.rid;
        }
    }
    return text;
}

void print_layers(Printer& out, const MediaSection& section) {
    for (auto& rid : section.rids) {
        std::string restrictions;
        for (PayloadType type : rid.payload_types)
            restrictions += (restrictions.empty() ? "pt=" : ",") + std::to_string(type.value);
        if (!rid.restrictions.empty())
            restrictions += (restrictions.empty() ? "" : ";") + rid.restrictions.text();
        out.line("a=rid:", rid.id, rid.send ? " send" : " recv", restrictions.empty() ? "" : " ",
                 restrictions);
    }
    if (!section.simulcast) return;
    std::string text;
    if (!section.simulcast->send.empty()) text += " send " + text_of(section.simulcast->send);
    if (!section.simulcast->receive.empty()) text += " recv " + text_of(section.simulcast->receive);
    out.line("a=simulcast:", text.empty() ? text : text.substr(1));
}

void print_formats(Printer& out, const MediaSection& section) {
    // By format, as browsers do: people read these texts, and clients cut them up.
    for (auto& map : section.rtpmaps) {
        const std::string channels = map.channels > 1 ? '/' + std::to_string(map.channels) : "";
        out.line("a=rtpmap:", map.payload_type, ' ', map.encoding, '/', map.clock_rate, channels);
        for (auto& feedback : section.feedback)
            if (feedback.payload_type == map.payload_type)
                out.line("a=rtcp-fb:", map.payload_type, ' ', feedback.value);
        for (auto& fmtp : section.fmtps)
            if (fmtp.payload_type == map.payload_type)
                out.line("a=fmtp:", map.payload_type, ' ', fmtp.parameters.text());
    }
    for (auto& feedback : section.feedback) {
        if (!feedback.payload_type)
            out.line("a=rtcp-fb:* ", feedback.value);
        else if (!section.rtpmap(*feedback.payload_type))
            out.line("a=rtcp-fb:", *feedback.payload_type, ' ', feedback.value);
    }
    for (auto& fmtp : section.fmtps)
        if (!section.rtpmap(fmtp.payload_type))
            out.line("a=fmtp:", fmtp.payload_type, ' ', fmtp.parameters.text());
}

void print_sources(Printer& out, const MediaSection& section) {
    for (auto& group : section.ssrc_groups) {
        std::string ssrcs;
        for (Ssrc ssrc : group.ssrcs) ssrcs += ' ' + std::to_string(ssrc.value);
        out.line("a=ssrc-group:", group.semantics, ssrcs);
    }
    for (auto& source : section.ssrcs) {
        if (source.value)
            out.line("a=ssrc:", source.ssrc, ' ', source.name, ':', *source.value);
        else
            out.line("a=ssrc:", source.ssrc, ' ', source.name);
    }
}

void print_section(Printer& out, const MediaSection& section) {
    const std::string count =
        section.port_count > 1 ? '/' + std::to_string(section.port_count) : "";
    out.line("m=", section.kind, ' ', section.port, count, ' ', section.protocol,
             joined(section.formats));
    print_lines(out, section.lines, "i");
    print_connection(out, section);
    print_lines(out, section.lines, "k");
    if (section.rtcp)
        out.line("a=rtcp:", section.rtcp->port,
                 section.rtcp->connection ? ' ' + text_of(*section.rtcp->connection) : "");
    for (auto& candidate : section.candidates) out.line("a=", print(candidate));
    if (section.end_of_candidates) out.line("a=end-of-candidates");
    print_transport(out, section);
    for (auto& crypto : section.cryptos)
        out.line("a=crypto:", crypto.tag, ' ', crypto.suite, ' ', crypto.key_params,
                 crypto.session_params.empty() ? "" : " ", crypto.session_params);
    if (section.mid) out.line("a=mid:", *section.mid);
    if (section.bundle_only) out.line("a=bundle-only");
    print_extensions(out, section);
    for (auto& msid : section.msids)
        out.line("a=msid:", msid.stream, msid.track.empty() ? "" : " ", msid.track);
    if (section.rtcp_mux) out.line("a=rtcp-mux");
    if (section.rtcp_rsize) out.line("a=rtcp-rsize");
    print_formats(out, section);
    if (section.ptime) out.line("a=ptime:", *section.ptime);
    if (section.maxptime) out.line("a=maxptime:", *section.maxptime);
    print_layers(out, section);
    print_sources(out, section);
    if (section.sctp_port) out.line("a=sctp-port:", *section.sctp_port);
    if (section.max_message_size) out.line("a=max-message-size:", *section.max_message_size);
    for (auto& attribute : section.others) print_attribute(out, attribute);
}

}  // namespace

std::string print(const SessionDescription& description) {
    Printer out;
    const Origin& origin = description.origin;
    out.line("v=0");
    out.line("o=", origin.username, ' ', origin.session_id, ' ', origin.version, " IN ",
             origin.address_type, ' ', origin.address);
    out.line("s=", description.name);
    print_lines(out, description.lines, "iuep");
    print_connection(out, description);
    for (auto& time : description.times) out.line(time.type, '=', time.value);
    print_lines(out, description.lines, "k");
    for (auto& group : description.groups)
        out.line("a=group:", group.semantics, joined(group.mids));
    if (description.ice_lite) out.line("a=ice-lite");
    print_transport(out, description);
    print_extensions(out, description);
    if (description.msid_semantic)
        out.line("a=msid-semantic: ", description.msid_semantic->semantic,
                 joined(description.msid_semantic->ids));
    for (auto& attribute : description.others) print_attribute(out, attribute);
    for (auto& section : description.media) print_section(out, section);
    return out.take();
}

}  // namespace rivero::sdp
