// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/bytes.hpp"

#include <cstddef>
#include <cstdint>

namespace rivero::codec {

/// Reads bits, highest first, never past the end: after a short read ok() is false and all reads
/// give 0.
class BitReader {
public:
    enum class Escapes {
        none,
        /// H.264 and H.265: after two zero bytes a 3 was put in, which is not part of the message.
        emulation_prevention,
    };
    explicit BitReader(Bytes bytes, Escapes escapes = Escapes::none)
        : bytes_{bytes}, escapes_{escapes} {}

    [[nodiscard]] bool ok() const { return ok_; }
    /// Where it stands, in bits from the beginning; escapes count.
    [[nodiscard]] std::size_t position() const {
        return 8 * at_ - static_cast<std::size_t>(bits_left_);
    }

    std::uint32_t bit() {
        if (bits_left_ == 0 && !load()) return 0;
        --bits_left_;
        return current_ >> bits_left_ & 1u;
    }
    bool flag() { return bit() != 0; }
    /// @param n at most 32
    std::uint32_t u(int n) {
        std::uint32_t value = 0;
        for (; n > 0; --n) value = value << 1 | bit();
        return value;
    }
    void skip(int n) {
        for (; n > 0; --n) bit();
    }
    /// A number below `n` in as few bits as that needs: ns(n) of the AV1 specification, section
    /// 4.10.7.
    /// @param n at least 1
    std::uint32_t ns(std::uint32_t n) {
        int width = 0;
        while (n >> width) ++width;
        const std::uint32_t short_ones = (1u << width) - n;
        const std::uint32_t value = u(width - 1);
        return value < short_ones ? value : (value << 1) - short_ones + bit();
    }
    /// Exponential Golomb code. H.264 section 9.1.
    std::uint32_t ue() {
        int zeros = 0;
        while (ok_ && !flag())
            if (++zeros > 31) ok_ = false;
        if (!ok_) return 0;
        return (1u << zeros) - 1 + u(zeros);
    }
    std::int32_t se() {
        std::uint32_t k = ue();
        auto half = static_cast<std::int32_t>(k / 2 + k % 2);
        return k % 2 ? half : -half;
    }

private:
    bool load() {
        if (escapes_ == Escapes::emulation_prevention && zeros_ >= 2 && at_ < bytes_.size() &&
            bytes_[at_] == 3) {
            ++at_;
            zeros_ = 0;
        }
        if (at_ >= bytes_.size()) ok_ = false;
        if (!ok_) return false;
        current_ = bytes_[at_++];
        zeros_ = current_ == 0 ? zeros_ + 1 : 0;
        bits_left_ = 8;
        return true;
    }

    Bytes bytes_;
    Escapes escapes_;
    std::size_t at_ = 0;
    std::size_t zeros_ = 0;
    std::uint8_t current_ = 0;
    int bits_left_ = 0;
    bool ok_ = true;
};

}  // namespace rivero::codec
