// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "transport/ice/ice_candidate.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <utility>

namespace rivero::transport {
namespace {

// A candidate line has some 150 characters; nobody needs this many.
constexpr std::size_t kMaxText = 1024;
// RFC 1035 section 2.3.4
constexpr std::size_t kMaxHostName = 253;
constexpr std::size_t kMaxFoundation = 32;

constexpr std::array<std::pair<IceCandidateType, std::string_view>, 4> kTypes{{
    {IceCandidateType::host, "host"},
    {IceCandidateType::srflx, "srflx"},
    {IceCandidateType::prflx, "prflx"},
    {IceCandidateType::relay, "relay"},
}};
constexpr std::array<std::pair<IceTcpType, std::string_view>, 3> kTcpTypes{{
    {IceTcpType::active, "active"},
    {IceTcpType::passive, "passive"},
    {IceTcpType::so, "so"},
}};

template <class Table>
auto find_value(const Table& table, std::string_view word)
    -> std::optional<typename Table::value_type::first_type> {
    for (const auto& [value, text] : table) {
        if (text == word) return value;
    }
    return std::nullopt;
}
template <class Table, class Value>
std::string_view find_text(const Table& table, Value wanted) {
    for (const auto& [value, text] : table) {
        if (value == wanted) return text;
    }
    return {};
}

class Words {
public:
    explicit Words(std::string_view text) : rest_{text} {}
    /// Empty at the end.
    std::string_view next() {
        const auto start = rest_.find_first_not_of(' ');
        if (start == std::string_view::npos) return {};
        rest_.remove_prefix(start);
        std::string_view word = rest_.substr(0, rest_.find(' '));
        rest_.remove_prefix(word.size());
        return word;
    }

private:
    std::string_view rest_;
};

template <class Integer>
std::optional<Integer> number(std::string_view word) {
    Integer value{};
    auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (error != std::errc{} || end != word.data() + word.size()) return std::nullopt;
    return value;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
    auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [&](char x, char y) { return lower(x) == lower(y); });
}

bool is_ice_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/';
}
bool is_ip(const std::string& address) {
    in6_addr parsed{};
    return inet_pton(AF_INET, address.c_str(), &parsed) == 1 ||
           inet_pton(AF_INET6, address.c_str(), &parsed) == 1;
}
bool is_host_name(std::string_view text) {
    return !text.empty() && text.size() <= kMaxHostName &&
           std::all_of(text.begin(), text.end(), [](char c) {
               return (is_ice_char(c) && c != '+' && c != '/') || c == '-' || c == '.' || c == '_';
           });
}

}  // namespace

// candidate:<foundation> <component> <transport> <priority> <address> <port> typ <type>
//     [raddr <address>] [rport <port>] [tcptype <type>] [<name> <value>]...
Result<IceCandidate> IceCandidate::parse(std::string_view text) {
    auto bad = [](const char* what) { return failure(std::string{"ICE candidate: "} + what); };
    if (text.size() > kMaxText) return bad("the line is longer than 1024 characters");
    while (!text.empty() && (text.back() == '\r' || text.back() == '\n' || text.back() == ' ')) {
        text.remove_suffix(1);
    }
    if (text.starts_with("a=")) text.remove_prefix(2);
    constexpr std::string_view kName = "candidate:";
    if (!text.starts_with(kName)) return bad("it does not begin with 'candidate:'");
    Words words{text.substr(kName.size())};

    IceCandidate candidate;
    candidate.foundation = words.next();
    if (candidate.foundation.empty() || candidate.foundation.size() > kMaxFoundation ||
        !std::all_of(candidate.foundation.begin(), candidate.foundation.end(), is_ice_char)) {
        return bad("the foundation is not 1 to 32 letters, digits, '+' or '/'");
    }
    auto component = number<std::uint16_t>(words.next());
    if (!component || *component < 1 || *component > 256) {
        return bad("the component is not a number from 1 to 256");
    }
    candidate.component = *component;
    const std::string_view transport = words.next();
    candidate.tcp = equal_ignoring_case(transport, "tcp");
    if (!candidate.tcp && !equal_ignoring_case(transport, "udp")) {
        return bad("the transport is neither udp nor tcp");
    }
    auto priority = number<std::uint32_t>(words.next());
    if (!priority) return bad("the priority is not a number of 32 bits");
    candidate.priority = *priority;
    candidate.address = words.next();
    if (!is_ip(candidate.address) && !is_host_name(candidate.address)) {
        return bad("the address is neither an IP address nor a host name");
    }
    auto port = number<std::uint16_t>(words.next());
    if (!port) return bad("the port is not a number up to 65535");
    candidate.port = *port;
    if (words.next() != "typ") return bad("'typ' is missing after the port");
    auto type = find_value(kTypes, words.next());
    if (!type) return bad("the type is none of host, srflx, prflx, relay");
    candidate.type = *type;

    for (std::string_view key = words.next(); !key.empty(); key = words.next()) {
        const std::string_view value = words.next();
        if (key == "raddr") {
            // It is printed again, to clients and logs: nothing but an address goes through.
            std::string address{value};
            if (is_ip(address) || is_host_name(address))
                candidate.related_address = std::move(address);
        } else if (key == "rport") {
            candidate.related_port = number<std::uint16_t>(value);
        } else if (key == "tcptype") {
            candidate.tcp_type = find_value(kTcpTypes, value);
        }
    }
    if (candidate.tcp && !candidate.tcp_type) return bad("a TCP candidate has no tcptype");
    return candidate;
}

std::string IceCandidate::text() const {
    std::string line = "candidate:" + foundation + ' ' + std::to_string(component) +
                       (tcp ? " TCP " : " UDP ") + std::to_string(priority) + ' ' + address + ' ' +
                       std::to_string(port) + " typ " + std::string{find_text(kTypes, type)};
    if (related_address) line += " raddr " + *related_address;
    if (related_port) line += " rport " + std::to_string(*related_port);
    if (tcp_type) line += " tcptype " + std::string{find_text(kTcpTypes, *tcp_type)};
    return line;
}

bool IceCandidate::has_host_name() const {
    return !is_ip(address);
}

}  // namespace rivero::transport
