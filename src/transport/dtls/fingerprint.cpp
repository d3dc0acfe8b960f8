// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "transport/dtls/fingerprint.hpp"

#include <algorithm>
#include <cctype>
#include <optional>

namespace rivero::transport {
namespace {

struct HashName {
    FingerprintHash hash;
    std::string_view name;
    std::size_t size;
};
constexpr HashName kHashes[] = {{FingerprintHash::sha256, "sha-256", 32},
                                {FingerprintHash::sha384, "sha-384", 48},
                                {FingerprintHash::sha512, "sha-512", 64}};

std::optional<std::uint8_t> hex_digit(char c) {
    if (c >= '0' && c <= '9') return static_cast<std::uint8_t>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<std::uint8_t>(c - 'a' + 10);
    if (c >= 'A' && c <= 'F') return static_cast<std::uint8_t>(c - 'A' + 10);
    return std::nullopt;
}

}  // namespace

Result<Fingerprint> Fingerprint::parse(std::string_view text) {
    const auto space = text.find(' ');
    std::string algorithm{text.substr(0, space)};
    std::transform(algorithm.begin(), algorithm.end(), algorithm.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const auto* known = std::find_if(std::begin(kHashes), std::end(kHashes),
                                     [&](const HashName& h) { return h.name == algorithm; });
    if (known == std::end(kHashes)) {
        return failure("fingerprint hash '" + algorithm.substr(0, 20) +
                       "' is none of sha-256, sha-384, sha-512");
    }
    std::string_view hex = space == std::string_view::npos ? "" : text.substr(space + 1);
    Fingerprint fingerprint{known->hash, {}};
    // HH:HH:...:HH
    if (hex.size() != known->size * 3 - 1) {
        return failure("a " + algorithm + " fingerprint has " + std::to_string(known->size) +
                       " bytes, as pairs of hex digits with ':' between them");
    }
    for (std::size_t i = 0; i < hex.size(); i += 3) {
        auto high = hex_digit(hex[i]);
        auto low = hex_digit(hex[i + 1]);
        if (!high || !low || (i + 2 < hex.size() && hex[i + 2] != ':')) {
            return failure("a fingerprint is pairs of hex digits with ':' between them");
        }
        fingerprint.digest.push_back(static_cast<std::uint8_t>(*high << 4 | *low));
    }
    return fingerprint;
}

std::string_view Fingerprint::algorithm() const {
    for (const HashName& known : kHashes) {
        if (known.hash == hash) return known.name;
    }
    return {};
}

std::string Fingerprint::hex() const {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    std::string text;
    for (std::uint8_t byte : digest) {
        if (!text.empty()) text += ':';
        text += kDigits[byte >> 4];
        text += kDigits[byte & 0x0f];
    }
    return text;
}

std::string Fingerprint::text() const {
    return std::string{algorithm()} + ' ' + hex();
}

}  // namespace rivero::transport
