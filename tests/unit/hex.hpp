// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/bytes.hpp"

#include <cctype>
#include <string>
#include <string_view>

namespace rivero {

/// Bytes from hex digits; everything else between them (spaces, line ends) is ignored.
inline ByteVector hex(std::string_view text) {
    ByteVector bytes;
    std::string digits;
    for (const char c : text) {
        if (!std::isxdigit(static_cast<unsigned char>(c))) continue;
        digits += c;
        if (digits.size() < 2) continue;
        bytes.push_back(static_cast<std::uint8_t>(std::stoi(digits, nullptr, 16)));
        digits.clear();
    }
    return bytes;
}

inline ByteVector to_vector(Bytes bytes) {
    return {bytes.begin(), bytes.end()};
}

}  // namespace rivero
