// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "sdp/candidate.hpp"

#include "sdp/text.hpp"

#include <algorithm>
#include <array>

namespace rivero::sdp {
namespace {

constexpr std::array<std::pair<CandidateType, std::string_view>, 4> kTypes{{
    {CandidateType::host, "host"},
    {CandidateType::srflx, "srflx"},
    {CandidateType::prflx, "prflx"},
    {CandidateType::relay, "relay"},
}};
constexpr std::array<std::pair<TcpType, std::string_view>, 3> kTcpTypes{{
    {TcpType::active, "active"},
    {TcpType::passive, "passive"},
    {TcpType::simultaneous_open, "so"},
}};
constexpr std::size_t kMaxAddressSize = 255;  // of a domain name, RFC 1035 section 2.3.4
constexpr std::size_t kMaxCandidateExtensions = 32;

bool is_address(std::string_view text) {
    return !text.empty() && text.size() <= kMaxAddressSize &&
           std::all_of(text.begin(), text.end(), [](char c) {
               return is_alphanumeric(c) || c == '.' || c == ':' || c == '-' || c == '_' ||
                      c == '%';
           });
}

bool is_foundation(std::string_view text) {
    return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
        return is_alphanumeric(c) || c == '+' || c == '/' || c == '-' || c == '_' || c == '.';
    });
}

tl::unexpected<Error> bad(std::string_view what, std::string_view value) {
    return failure("candidate: " + std::string{what} + " " + quoted(value));
}

}  // namespace

std::optional<std::string_view> Candidate::extension(std::string_view name) const {
    for (auto& [known, value] : extensions)
        if (known == name) return value;
    return std::nullopt;
}

// candidate:<foundation> <component> <transport> <priority> <address> <port> typ <type>
//     [raddr <address>] [rport <port>] *(<name> <value>)
Result<Candidate> parse_candidate(std::string_view text) {
    text = trimmed(text);
    take_prefix(text, "a=");
    take_prefix(text, "candidate:");

    Words words{text};
    Candidate candidate;
    candidate.foundation = words.next();
    // RFC 8839 has 1 to 32 letters, digits, + and /; libnice of old wrote `-` as well.
    if (!is_foundation(candidate.foundation))
        return bad("foundation is 1 to 64 letters and digits, not", candidate.foundation);

    std::string_view word = words.next();
    auto component = number<std::uint16_t>(word);
    if (!component || *component < 1 || *component > 256)
        return bad("component is 1 to 256, not", word);
    candidate.component = *component;

    word = words.next();
    if (equal_ignoring_case(word, "udp"))
        candidate.transport = CandidateTransport::udp;
    else if (equal_ignoring_case(word, "tcp"))
        candidate.transport = CandidateTransport::tcp;
    else
        return bad("transport is udp or tcp, not", word);

    word = words.next();
    auto priority = number<std::uint32_t>(word);
    if (!priority) return bad("priority is a 32 bit number, not", word);
    candidate.priority = *priority;

    word = words.next();
    if (!is_address(word)) return bad("this is no address:", word);
    candidate.address = word;

    word = words.next();
    auto port = number<std::uint16_t>(word);
    if (!port) return bad("port is 0 to 65535, not", word);
    candidate.port = *port;

    word = words.next();
    if (word != "typ") return bad("'typ' expected, not", word);
    word = words.next();
    auto type =
        std::find_if(kTypes.begin(), kTypes.end(), [&](auto& t) { return t.second == word; });
    if (type == kTypes.end()) return bad("type is host, srflx, prflx or relay, not", word);
    candidate.type = type->first;

    while (!words.at_end()) {
        const std::string_view name = words.next();
        // An extension at the very end may have an empty value.
        const std::string_view value = words.next();
        if (name == "raddr") {
            if (!is_address(value)) return bad("raddr is no address:", value);
            candidate.related_address = value;
        } else if (name == "rport") {
            auto related = number<std::uint16_t>(value);
            if (!related) return bad("rport is 0 to 65535, not", value);
            candidate.related_port = *related;
        } else if (name == "tcptype") {
            auto tcp = std::find_if(kTcpTypes.begin(), kTcpTypes.end(),
                                    [&](auto& t) { return t.second == value; });
            if (tcp == kTcpTypes.end()) return bad("tcptype is active, passive or so, not", value);
            candidate.tcp_type = tcp->first;
        } else {
            if (candidate.extensions.size() == kMaxCandidateExtensions)
                return bad("too many extensions at", name);
            candidate.extensions.emplace_back(name, value);
        }
    }
    return candidate;
}

std::string print(const Candidate& candidate) {
    auto name_of = [](auto& table, auto value) {
        return std::find_if(table.begin(), table.end(), [&](auto& t) { return t.first == value; })
            ->second;
    };
    std::string text = "candidate:" + candidate.foundation + ' ' +
                       std::to_string(candidate.component) +
                       (candidate.transport == CandidateTransport::udp ? " udp " : " tcp ") +
                       std::to_string(candidate.priority) + ' ' + candidate.address + ' ' +
                       std::to_string(candidate.port) + " typ ";
    text += name_of(kTypes, candidate.type);
    if (!candidate.related_address.empty()) text += " raddr " + candidate.related_address;
    if (!candidate.related_address.empty() || candidate.related_port != 0)
        text += " rport " + std::to_string(candidate.related_port);
    if (candidate.tcp_type) (text += " tcptype ") += name_of(kTcpTypes, *candidate.tcp_type);
    for (auto& [name, value] : candidate.extensions) {
        text += ' ' + name;
        if (!value.empty()) text += ' ' + value;
    }
    return text;
}

}  // namespace rivero::sdp
