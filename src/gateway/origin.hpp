// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rivero::gateway {

/// Whom a client means to reach: what the Host header says. RFC 9110 section 7.2.
struct Authority {
    std::string host;  ///< in lower case; IPv6 in its shortest form and in brackets
    std::optional<std::uint16_t> port;

    [[nodiscard]] bool is_address() const;
    /// localhost, 127.0.0.1 or [::1]
    [[nodiscard]] bool is_local() const;
    [[nodiscard]] bool operator==(const Authority&) const = default;
};

/// Where a web page comes from. RFC 6454 section 4.
struct Origin {
    std::string scheme;  ///< in lower case
    std::string host;    ///< as in Authority
    /// The scheme's own when none was written; 0 for schemes that have none.
    std::uint16_t port = 0;

    [[nodiscard]] bool operator==(const Origin&) const = default;
};

/// @return nothing for text that is no host with or without a port
[[nodiscard]] std::optional<Authority> parse_authority(std::string_view text);
/// Of RFC 6454 section 6.2.
/// @return nothing for "null", which stands for all origins that cannot be named, and for what is
///         more or less than scheme, host and port
[[nodiscard]] std::optional<Origin> parse_origin(std::string_view text);

/// As section 6.2 writes it; parse_origin() reads it again.
[[nodiscard]] std::string to_text(const Origin& origin);

/// Whether a page comes from the server that it wants to talk to.
///
/// Over TLS scheme, host and port have to be the same (RFC 6454 section 5). Without TLS the page
/// may be https as well: then a proxy in front of us has ended TLS, for nobody can have http and
/// https at one port.
/// @param server that the request was sent to
/// @param secure whether it came over TLS
[[nodiscard]] bool is_same_origin(const Origin& page, const Authority& server, bool secure);

}  // namespace rivero::gateway
