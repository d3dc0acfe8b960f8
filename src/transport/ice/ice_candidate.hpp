// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rivero::transport {

enum class IceCandidateType { host, srflx, prflx, relay };
enum class IceTcpType { active, passive, so };

/// One candidate. RFC 8839 section 5.1, tcptype of RFC 6544 section 4.5.
struct IceCandidate {
    std::string foundation;  ///< 1 to 32 ice-chars
    std::uint16_t component = 1;
    bool tcp = false;
    std::uint32_t priority = 0;
    std::string address;  ///< IPv4, IPv6, or a host name such as 1f4712db.local
    std::uint16_t port = 0;
    IceCandidateType type = IceCandidateType::host;
    std::optional<std::string> related_address;
    std::optional<std::uint16_t> related_port;
    std::optional<IceTcpType> tcp_type;

    /// Reads `candidate:…`, with or without `a=`; extensions it does not know are skipped.
    [[nodiscard]] static Result<IceCandidate> parse(std::string_view text);
    /// `candidate:…` without `a=`
    [[nodiscard]] std::string text() const;
    /// Neither IPv4 nor IPv6.
    [[nodiscard]] bool has_host_name() const;
};

}  // namespace rivero::transport
