// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace rivero {

using Bytes = std::span<const std::uint8_t>;
using MutableBytes = std::span<std::uint8_t>;
using ByteVector = std::vector<std::uint8_t>;

[[nodiscard]] inline Bytes as_bytes(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
[[nodiscard]] inline std::string_view as_text(Bytes bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Reads big-endian integers, never past the end: after a short read ok() is false and all reads
/// give 0.
class ByteReader {
public:
    explicit ByteReader(Bytes bytes) : rest_{bytes} {}

    [[nodiscard]] bool ok() const { return ok_; }
    [[nodiscard]] std::size_t remaining() const { return rest_.size(); }
    [[nodiscard]] Bytes rest() const { return rest_; }

    std::uint8_t u8() { return static_cast<std::uint8_t>(big_endian(1)); }
    std::uint16_t u16() { return static_cast<std::uint16_t>(big_endian(2)); }
    std::uint32_t u24() { return static_cast<std::uint32_t>(big_endian(3)); }
    std::uint32_t u32() { return static_cast<std::uint32_t>(big_endian(4)); }
    std::uint64_t u64() { return big_endian(8); }

    /// The next `n` bytes, borrowed; empty and not ok() when there are fewer.
    Bytes take(std::size_t n) {
        if (!ok_ || n > rest_.size()) {
            ok_ = false;
            return {};
        }
        Bytes taken = rest_.first(n);
        rest_ = rest_.subspan(n);
        return taken;
    }
    void skip(std::size_t n) { take(n); }

private:
    std::uint64_t big_endian(std::size_t n) {
        std::uint64_t value = 0;
        for (std::uint8_t byte : take(n)) value = value << 8 | byte;
        return value;
    }

    Bytes rest_;
    bool ok_ = true;
};

/// Writes big-endian integers into a buffer of fixed size: when it is full, ok() turns false and
/// nothing more is written.
class ByteWriter {
public:
    explicit ByteWriter(MutableBytes buffer) : buffer_{buffer} {}

    [[nodiscard]] bool ok() const { return ok_; }
    [[nodiscard]] std::size_t size() const { return used_; }
    [[nodiscard]] Bytes written() const { return buffer_.first(used_); }

    void u8(std::uint8_t v) { big_endian(v, 1); }
    void u16(std::uint16_t v) { big_endian(v, 2); }
    void u24(std::uint32_t v) { big_endian(v, 3); }
    void u32(std::uint32_t v) { big_endian(v, 4); }
    void u64(std::uint64_t v) { big_endian(v, 8); }
    void bytes(Bytes from) {
        MutableBytes to = claim(from.size());
        if (!to.empty()) std::memcpy(to.data(), from.data(), from.size());
    }
    void zeros(std::size_t n) {
        MutableBytes to = claim(n);
        std::fill(to.begin(), to.end(), std::uint8_t{0});
    }

private:
    MutableBytes claim(std::size_t n) {
        if (!ok_ || n > buffer_.size() - used_) {
            ok_ = false;
            return {};
        }
        MutableBytes place = buffer_.subspan(used_, n);
        used_ += n;
        return place;
    }
    void big_endian(std::uint64_t v, std::size_t n) {
        MutableBytes to = claim(n);
        for (std::size_t i = to.size(); i > 0; --i, v >>= 8)
            to[i - 1] = static_cast<std::uint8_t>(v);
    }

    MutableBytes buffer_;
    std::size_t used_ = 0;
    bool ok_ = true;
};

}  // namespace rivero
