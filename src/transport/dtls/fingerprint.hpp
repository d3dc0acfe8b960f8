// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/bytes.hpp"
#include "rivero/base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace rivero::transport {

enum class FingerprintHash { sha256, sha384, sha512 };

/// Hash of a certificate, as in `a=fingerprint:`. RFC 8122 section 5.
struct Fingerprint {
    FingerprintHash hash = FingerprintHash::sha256;
    ByteVector digest;

    /// Reads `sha-256 4A:AD:…`. SHA-1 and older are refused: they can be forged.
    [[nodiscard]] static Result<Fingerprint> parse(std::string_view text);
    /// `sha-256 4A:AD:…`, upper case
    [[nodiscard]] std::string text() const;
    /// `sha-256`
    [[nodiscard]] std::string_view algorithm() const;
    /// `4A:AD:…`
    [[nodiscard]] std::string hex() const;

    friend bool operator==(const Fingerprint&, const Fingerprint&) = default;
};

}  // namespace rivero::transport
