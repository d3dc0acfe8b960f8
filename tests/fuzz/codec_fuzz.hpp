// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace rivero::fuzz {

/// The first byte chooses the codec, the rest is one payload.
void inspect_payload(const std::uint8_t* data, std::size_t size);
/// The first byte chooses the codec; then packets: a byte of flags, a length byte, the payload.
void depacketize(const std::uint8_t* data, std::size_t size);
/// Dependency descriptors, each behind a length byte.
void dependency_descriptors(const std::uint8_t* data, std::size_t size);

}  // namespace rivero::fuzz
