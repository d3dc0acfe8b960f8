// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rivero::transport {

/// `a=ice-ufrag` and `a=ice-pwd`. RFC 8839 section 5.4.
struct IceCredentials {
    std::string ufrag;  ///< 4 to 256 ice-chars
    std::string pwd;    ///< 22 to 256 ice-chars

    /// From the system's random numbers: 8 and 24 characters.
    [[nodiscard]] static IceCredentials generate();
    [[nodiscard]] bool valid() const;
};

enum class TurnTransport { udp, tcp, tls };

struct StunServer {
    std::string host;  ///< address or name
    std::uint16_t port = 3478;
};

struct TurnServer {
    std::string user;
    std::string password;
    std::string host;  ///< address or name
    std::uint16_t port = 3478;
    TurnTransport transport = TurnTransport::udp;

    /// Reads `user:password@host:port?transport=udp|tcp|tls`; port and transport may be missing,
    /// an IPv6 address stands in brackets. The password may hold '@' and ':'.
    [[nodiscard]] static Result<TurnServer> parse(std::string_view url);
};

struct IceSettings {
    bool controlling = false;  ///< we made the offer
    IceCredentials local = IceCredentials::generate();
    bool udp = true;
    bool tcp = false;  ///< ICE-TCP, RFC 6544
    /// Host ports; 0 and 0: the system chooses.
    std::uint16_t min_port = 0;
    std::uint16_t max_port = 0;
    /// All addresses of these interfaces, by name (loopback, too, when named). Empty: all that are
    /// up.
    std::vector<std::string> interfaces;
    /// Offer 127.0.0.1 and ::1. Without it only when there is no other address.
    bool include_loopback = false;
    bool ipv6 = true;
    std::optional<StunServer> stun;
    std::vector<TurnServer> turn;
    /// Written into host candidates instead of their address: we stand behind a 1:1 NAT.
    std::optional<std::string> external_ipv4;
    std::optional<std::string> external_ipv6;
    /// DSCP code, 0 to 63, of everything that is sent. Empty: untouched.
    std::optional<std::uint8_t> dscp;
    /// Candidates of the peer may have any host name, not only one of mDNS: the system looks it up.
    bool any_candidate_name = false;
    /// Ends the connection when the peer stops consenting. RFC 7675.
    bool consent_freshness = true;
};

}  // namespace rivero::transport
