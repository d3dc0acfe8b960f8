// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/bytes.hpp"

#include <cstdint>
#include <string>

namespace rivero {

/// A random (version 4) UUID in lower case, 8-4-4-4-12. RFC 9562 section 5.4.
[[nodiscard]] std::string make_uuid();
/// Fills with bytes that nobody can predict.
void random_bytes(MutableBytes to);
[[nodiscard]] std::uint32_t random_u32();
/// `n` characters of A-Z a-z 0-9 + /, the ice-char of RFC 8839 section 5.4, six unpredictable bits
/// each.
[[nodiscard]] std::string random_ice_chars(std::size_t n);

}  // namespace rivero
