// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/bytes.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace rivero::fuzz {

/// Choices and pieces out of a fuzzer's bytes: zeros after their end. A plain layout, so that
/// make_seeds.py can write it.
class Input {
public:
    Input(const std::uint8_t* data, std::size_t size) : in_{Bytes{data, size}} {}

    [[nodiscard]] bool more() const { return in_.remaining() > 0; }
    std::uint8_t u8() { return more() ? in_.u8() : 0; }
    std::uint16_t u16() { return static_cast<std::uint16_t>(u8() << 8 | u8()); }
    std::uint32_t u32() { return std::uint32_t{u16()} << 16 | u16(); }
    std::uint64_t u64() { return std::uint64_t{u32()} << 32 | u32(); }
    /// A number below n, for n up to 256.
    std::size_t below(std::size_t n) { return u8() % n; }
    /// As many bytes as the next one says. On the heap and of exact size: what reads past the end
    /// is seen.
    ByteVector piece() { return take(u8()); }
    /// The same with a length of 16 bits.
    ByteVector long_piece() { return take(u16()); }
    ByteVector rest() { return take(in_.remaining()); }

private:
    ByteVector take(std::size_t n) {
        const Bytes bytes = in_.take(std::min(n, in_.remaining()));
        return {bytes.begin(), bytes.end()};
    }
    ByteReader in_;
};

}  // namespace rivero::fuzz
