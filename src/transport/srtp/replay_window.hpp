// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>

namespace rivero::transport {

/// Which packet indices of a stream were seen. RFC 3711 section 3.3.2.
class ReplayWindow {
public:
    static constexpr std::size_t kSize = 1024;
    /// What is worth keeping of a stream that is forgotten.
    struct Memory {
        std::uint64_t highest;
    };

    ReplayWindow() = default;
    /// As if every index up to the highest had been seen: which were is not known any more.
    explicit ReplayWindow(Memory memory) : highest_{memory.highest}, started_{true} { seen_.set(); }
    [[nodiscard]] Memory memory() const { return {highest_}; }

    /// True when the index is ahead of all others, or within the window and not seen yet.
    [[nodiscard]] bool is_new(std::uint64_t index) const {
        if (!started_ || index > highest_) return true;
        return highest_ - index < kSize && !seen_[index % kSize];
    }
    /// To be called for authentic packets only.
    void mark(std::uint64_t index) {
        if (!started_) {
            started_ = true;
            highest_ = index;
        } else if (index > highest_) {
            if (index - highest_ >= kSize) {
                seen_.reset();
            } else {
                for (std::uint64_t i = highest_ + 1; i < index; ++i) seen_.reset(i % kSize);
            }
            highest_ = index;
        }
        seen_.set(index % kSize);
    }
    [[nodiscard]] bool started() const { return started_; }
    [[nodiscard]] std::uint64_t highest() const { return highest_; }

private:
    std::bitset<kSize> seen_;
    std::uint64_t highest_ = 0;
    bool started_ = false;
};

/// Packet index, 2^16 * ROC + SEQ, that `seq` most likely stands for when `highest` was the highest
/// so far. RFC 3711 section 3.3.1 and appendix A.
[[nodiscard]] constexpr std::uint64_t estimate_index(std::uint64_t highest, std::uint16_t seq) {
    auto step = static_cast<std::int16_t>(
        static_cast<std::uint16_t>(seq - static_cast<std::uint16_t>(highest)));
    // Before the very first roll-over there is nothing older: it must be ahead.
    if (step < 0 && highest < static_cast<std::uint64_t>(-step)) return highest + 65536 + step;
    return highest + static_cast<std::uint64_t>(static_cast<std::int64_t>(step));
}

}  // namespace rivero::transport
