// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/base/uuid.hpp"

#include "rivero/base/assert.hpp"

#include <openssl/rand.h>

#include <array>

namespace rivero {

void random_bytes(MutableBytes to) {
    RIVERO_ASSERT(RAND_bytes(to.data(), static_cast<int>(to.size())) == 1, "no randomness");
}

std::uint32_t random_u32() {
    std::array<std::uint8_t, 4> b{};
    random_bytes(b);
    return ByteReader{b}.u32();
}

std::string make_uuid() {
    std::array<std::uint8_t, 16> b{};
    random_bytes(b);
    b[6] = static_cast<std::uint8_t>((b[6] & 0x0f) | 0x40);
    b[8] = static_cast<std::uint8_t>((b[8] & 0x3f) | 0x80);
    static constexpr char kHex[] = "0123456789abcdef";
    std::string text;
    text.reserve(36);
    for (std::size_t i = 0; i < b.size(); ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
        text += kHex[b[i] >> 4];
        text += kHex[b[i] & 15];
    }
    return text;
}

std::string random_ice_chars(std::size_t n) {
    static constexpr char kChars[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    ByteVector bytes(n);
    random_bytes(bytes);
    std::string text;
    text.reserve(n);
    for (std::uint8_t b : bytes) text += kChars[b & 63];
    return text;
}

}  // namespace rivero
