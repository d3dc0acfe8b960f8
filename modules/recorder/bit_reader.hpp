// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/bytes.hpp"

#include <cstdint>

namespace rivero::recorder {

/// Reads bits, most significant first. After a read past the end ok() is false and all reads give
/// 0.
class BitReader {
public:
    explicit BitReader(Bytes bytes) : bytes_{bytes} {}

    [[nodiscard]] bool ok() const { return ok_; }

    /// @param n 0..32
    std::uint32_t bits(int n) {
        std::uint64_t value = 0;
        for (int i = 0; i < n; ++i) value = value << 1 | next();
        return static_cast<std::uint32_t>(value);
    }
    bool flag() { return next() != 0; }
    void skip(int n) {
        for (int i = 0; i < n; ++i) next();
    }
    /// Exp-Golomb code, unsigned: ue(v) of H.264 section 9.1, the same in H.265 and AV1's uvlc().
    std::uint32_t golomb() {
        int zeros = 0;
        while (ok_ && next() == 0)
            if (++zeros > 31) ok_ = false;
        return ok_ ? (1U << zeros) - 1 + bits(zeros) : 0;
    }
    std::int32_t signed_golomb() {
        std::uint32_t k = golomb();
        auto half = static_cast<std::int32_t>((k + 1) / 2);
        return k % 2 ? half : -half;
    }

private:
    std::uint32_t next() {
        if (position_ / 8 >= bytes_.size()) {
            ok_ = false;
            return 0;
        }
        std::uint32_t bit = bytes_[position_ / 8] >> (7 - position_ % 8) & 1U;
        ++position_;
        return bit;
    }

    Bytes bytes_;
    std::size_t position_ = 0;
    bool ok_ = true;
};

}  // namespace rivero::recorder
