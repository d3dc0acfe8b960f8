// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "gateway/origin.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <netinet/in.h>

namespace rivero::gateway {
namespace {

constexpr std::size_t kMaxHost = 253;  // RFC 1035 section 2.3.4, as text

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
/// unreserved and sub-delims of RFC 3986 section 2. No escapes: browsers resolve them before they
/// say where a page is from.
bool is_host_character(char c) {
    return is_letter(c) || is_digit(c) ||
           std::string_view{"-._~!$&'()*+,;="}.find(c) != std::string_view::npos;
}

/// Of ASCII only, whatever the locale.
std::string lower(std::string_view text) {
    std::string low{text};
    std::transform(low.begin(), low.end(), low.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return low;
}

/// @param text between brackets
std::optional<std::string> shortest_ipv6(std::string_view text) {
    in6_addr address{};
    std::array<char, INET6_ADDRSTRLEN> out{};
    if (text.find('\0') != std::string_view::npos ||
        inet_pton(AF_INET6, std::string{text}.c_str(), &address) != 1 ||
        inet_ntop(AF_INET6, &address, out.data(), out.size()) == nullptr)
        return std::nullopt;
    return '[' + std::string{out.data()} + ']';
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
    std::uint16_t port = 0;
    const auto end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, port);
    if (read.ec != std::errc{} || read.ptr != end) return std::nullopt;
    return port;
}

std::uint16_t default_port(std::string_view scheme) {
    if (scheme == "http") return 80;
    return scheme == "https" ? 443 : 0;
}

}  // namespace

bool Authority::is_address() const {
    in_addr ignored{};
    return host.starts_with('[') || inet_pton(AF_INET, host.c_str(), &ignored) == 1;
}

bool Authority::is_local() const {
    return host == "localhost" || host == "127.0.0.1" || host == "[::1]";
}

std::optional<Authority> parse_authority(std::string_view text) {
    Authority authority;
    std::string_view rest;
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        if (end == std::string_view::npos) return std::nullopt;
        auto address = shortest_ipv6(text.substr(1, end - 1));
        if (!address) return std::nullopt;
        authority.host = std::move(*address);
        rest = text.substr(end + 1);
    } else {
        const auto end = std::min(text.find(':'), text.size());
        const auto name = text.substr(0, end);
        if (name.empty() || name.size() > kMaxHost ||
            !std::all_of(name.begin(), name.end(), is_host_character))
            return std::nullopt;
        authority.host = lower(name);
        rest = text.substr(end);
    }
    if (rest.empty() || rest == ":") return authority;  // RFC 3986 section 3.2.3: digits may miss
    if (!rest.starts_with(':')) return std::nullopt;
    authority.port = parse_port(rest.substr(1));
    if (!authority.port) return std::nullopt;
    return authority;
}

std::optional<Origin> parse_origin(std::string_view text) {
    const auto end = text.find("://");
    if (end == std::string_view::npos) return std::nullopt;
    const auto scheme = text.substr(0, end);
    // RFC 3986 section 3.1
    if (scheme.empty() || !is_letter(scheme.front()) ||
        !std::all_of(scheme.begin(), scheme.end(), [](char c) {
            return is_letter(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
        }))
        return std::nullopt;
    auto authority = parse_authority(text.substr(end + 3));
    if (!authority) return std::nullopt;
    Origin origin{lower(scheme), std::move(authority->host), 0};
    origin.port = authority->port.value_or(default_port(origin.scheme));
    return origin;
}

std::string to_text(const Origin& origin) {
    std::string text = origin.scheme + "://" + origin.host;
    if (origin.port != default_port(origin.scheme)) text += ':' + std::to_string(origin.port);
    return text;
}

bool is_same_origin(const Origin& page, const Authority& server, bool secure) {
    const bool scheme_fits = page.scheme == "https" || (page.scheme == "http" && !secure);
    return scheme_fits && page.host == server.host &&
           page.port == server.port.value_or(default_port(page.scheme));
}

}  // namespace rivero::gateway
