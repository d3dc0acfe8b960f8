// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/bytes.hpp"
#include "rivero/base/result.hpp"
#include "transport/udp/socket_address.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace rivero::transport {

enum class StunClass : std::uint8_t { request = 0, indication = 1, success = 2, error = 3 };
/// The only method of ICE.
inline constexpr std::uint16_t kStunBinding = 0x001;
using StunTransactionId = std::array<std::uint8_t, 12>;

/// Error codes of RFC 8489 section 14.8 and RFC 8445 section 7.3.1.1.
enum class StunError : std::uint16_t {
    bad_request = 400,
    unauthenticated = 401,
    unknown_attribute = 420,
    role_conflict = 487,
    server_error = 500,
};

/// A STUN message, with the attributes of ICE. Borrows from the bytes that it was read from.
///
///      0                   1                   2                   3
///     |0 0|     STUN Message Type     |         Message Length        |
///     |                    Magic Cookie 0x2112A442                    |
///     |                 Transaction ID (96 bits)                      |
///     |  attributes: type, length, value, padding to 32 bits          |
/// RFC 8489 section 5; the attributes: section 14 and RFC 8445 section 16.1.
class StunMessage {
public:
    static constexpr std::size_t kHeader = 20;
    static constexpr std::size_t kMaxUnknown = 8;

    /// Cheap: the first two bits, the cookie and the length. RFC 7983 section 7.
    [[nodiscard]] static bool looks_like(Bytes datagram);
    /// Refuses wrong lengths and a wrong FINGERPRINT. What stands behind MESSAGE-INTEGRITY does not
    /// count (section 14.5), of an attribute that comes twice the first does.
    [[nodiscard]] static Parsed<StunMessage> parse(Bytes datagram);

    StunClass type = StunClass::request;
    std::uint16_t method = kStunBinding;
    StunTransactionId transaction{};
    std::optional<std::string_view> username;
    std::optional<std::uint32_t> priority;
    bool use_candidate = false;
    std::optional<std::uint64_t> controlling;  ///< tie-breaker
    std::optional<std::uint64_t> controlled;   ///< tie-breaker
    std::optional<SocketAddress> mapped_address;
    std::optional<std::uint16_t> error;
    std::string_view error_reason;
    bool has_fingerprint = false;

    [[nodiscard]] bool has_integrity() const { return integrity_at_ != 0; }
    /// MESSAGE-INTEGRITY is there and made with this password (short-term credentials).
    [[nodiscard]] bool authentic(std::string_view password) const;
    /// Comprehension-required attributes that we do not know, at most kMaxUnknown.
    [[nodiscard]] std::span<const std::uint16_t> unknown() const {
        return {unknown_.data(), unknown_count_};
    }

private:
    Bytes bytes_;
    std::size_t integrity_at_ = 0;
    std::array<std::uint16_t, kMaxUnknown> unknown_{};
    std::size_t unknown_count_ = 0;
};

/// Writes a STUN message into a buffer of its own.
class StunWriter {
public:
    StunWriter(StunClass type, const StunTransactionId& transaction,
               std::uint16_t method = kStunBinding);

    void username(std::string_view name);
    void priority(std::uint32_t priority);
    void use_candidate();
    void controlling(std::uint64_t tie_breaker);
    void controlled(std::uint64_t tie_breaker);
    void mapped_address(const SocketAddress& address);
    void error(StunError code, std::string_view reason);
    void unknown_attributes(std::span<const std::uint16_t> types);
    /// Any other, e.g. SOFTWARE (0x8022).
    void attribute(std::uint16_t type, Bytes value);

    /// Adds MESSAGE-INTEGRITY, unless the password is empty, and FINGERPRINT.
    /// @return the message; borrowed
    [[nodiscard]] Bytes finish(std::string_view password);

private:
    void set_length(std::size_t attributes);
    std::array<std::uint8_t, 1200> buffer_{};
    ByteWriter writer_;
    StunTransactionId transaction_;
};

}  // namespace rivero::transport
