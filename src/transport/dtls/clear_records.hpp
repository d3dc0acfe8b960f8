// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/bytes.hpp"
#include "transport/dtls/dtls_role.hpp"

#include <array>
#include <cstdint>
#include <optional>

// What DTLS says before there are keys: records of epoch 0, which anybody can forge.
// RFC 6347 section 4.1, 4.2.

namespace rivero::transport {

/// What a client sends back to show that it receives what we send. RFC 6347 section 4.2.1.
using HelloCookie = std::array<std::uint8_t, 16>;

/// What a datagram holds of a ClientHello.
struct ClientHello {
    enum class Part {
        none,     ///< nothing: no record in clear, or one of another message
        first,    ///< its beginning, at least as far as the cookie; perhaps all of it
        further,  ///< a later fragment
        bad,      ///< one that no client sends: too short for a cookie, or behind something else
    };
    Part part = Part::none;
    std::uint16_t message = 0;              ///< message_seq: 0, behind HelloVerifyRequest 1
    std::uint32_t length = 0;               ///< of the whole message
    std::array<std::uint8_t, 32> random{};  ///< of a first part only, like the cookie
    Bytes cookie;  ///< borrowed from the datagram; empty when there is none
};

/// @param datagram of DTLS (RFC 7983), whatever it holds
[[nodiscard]] ClientHello client_hello(Bytes datagram);

/// What is left of a datagram when records in clear are taken out that no peer says before its keys
/// work, and what does not end in it. Encrypted records stay.
struct ClearTalk {
    MutableBytes datagram;  ///< the beginning of the one given, moved together; perhaps empty
    /// The alert in clear by which the peer says that it gives up, if it is the peer: RFC 5246
    /// section 7.2. Whatever anybody can forge ends no handshake by itself: RFC 6347
    /// section 4.1.2.7.
    std::optional<std::uint8_t> gave_up;
};
/// @param speaker what the peer is
[[nodiscard]] ClearTalk sift(MutableBytes datagram, DtlsRole speaker);

/// Gives the records in clear the numbers that follow `number`, which is counted on. Nobody vouches
/// for those that they have.
void number_clear_records(MutableBytes datagram, std::uint64_t& number);

inline constexpr std::size_t kHelloVerifyRequestSize = 13 + 12 + 2 + 1 + HelloCookie{}.size();
/// A whole datagram. Smaller than any ClientHello whose beginning holds the place of the cookie.
[[nodiscard]] std::array<std::uint8_t, kHelloVerifyRequestSize> hello_verify_request(
    const HelloCookie& cookie);

}  // namespace rivero::transport
