// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rivero::sdp {

/// Where an address of ours or of the peer comes from. RFC 8445 section 5.1.1.
enum class CandidateType { host, srflx, prflx, relay };
enum class CandidateTransport { udp, tcp };
/// Who opens the connection of a TCP candidate. RFC 6544 section 4.5.
enum class TcpType { active, passive, simultaneous_open };

/// An address where a peer may be reached. RFC 8839 section 5.1.
struct Candidate {
    std::string foundation;
    std::uint16_t component = 1;  ///< 1 RTP (and RTCP when multiplexed), 2 RTCP
    CandidateTransport transport = CandidateTransport::udp;
    std::uint32_t priority = 0;
    std::string
        address;  ///< IPv4, IPv6, or a name, such as the mDNS names that browsers hide behind
    std::uint16_t port = 0;
    CandidateType type = CandidateType::host;
    std::string related_address;  ///< the base of a candidate that is not a host's; may be empty
    std::uint16_t related_port = 0;
    std::optional<TcpType> tcp_type;
    /// `generation`, `ufrag`, `network-id` ... in wire order.
    std::vector<std::pair<std::string, std::string>> extensions;

    [[nodiscard]] bool is_mdns() const { return address.ends_with(".local"); }
    /// Value of an extension such as `ufrag`; nothing when the candidate has none.
    [[nodiscard]] std::optional<std::string_view> extension(std::string_view name) const;

    friend bool operator==(const Candidate&, const Candidate&) = default;
};

/// Reads a candidate as it comes in an SDP line or in an `RTCIceCandidate`.
/// @param text with or without `a=` and `candidate:` before it
/// @return why it is not a candidate; also for transports that are neither UDP nor TCP
[[nodiscard]] Result<Candidate> parse_candidate(std::string_view text);

/// `candidate:1 1 udp 2130706431 192.0.2.1 50000 typ host`, without `a=`.
[[nodiscard]] std::string print(const Candidate& candidate);

}  // namespace rivero::sdp
