// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/bytes.hpp"

#include <array>
#include <cstddef>
#include <cstring>
#include <optional>

namespace rivero::transport {

/// Takes datagrams out of a byte stream, each behind its length in two bytes. RFC 4571 section 2.
/// Holds one frame at most.
class Deframer {
public:
    static constexpr std::size_t kMaxFrame = 2048;

    /// Where to put what was read from the stream.
    [[nodiscard]] MutableBytes room() { return MutableBytes{buffer_}.subspan(end_); }
    void filled(std::size_t n) { end_ += n; }
    /// The next whole frame; borrowed until room() is used. Frames without content are skipped.
    [[nodiscard]] std::optional<MutableBytes> next() {
        while (end_ - begin_ >= 2) {
            const std::size_t size =
                static_cast<std::size_t>(buffer_[begin_] << 8 | buffer_[begin_ + 1]);
            if (size > kMaxFrame) {
                broken_ = true;
                break;
            }
            if (end_ - begin_ < 2 + size) break;
            const std::size_t at = begin_ + 2;
            begin_ = at + size;
            if (size > 0) return MutableBytes{buffer_}.subspan(at, size);
        }
        std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
        return std::nullopt;
    }
    /// A frame was announced that is longer than anything of ours: no way to find the next one.
    [[nodiscard]] bool broken() const { return broken_; }

private:
    std::array<std::uint8_t, 2 * (2 + kMaxFrame)> buffer_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    bool broken_ = false;
};

}  // namespace rivero::transport
