// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/clock.hpp"
#include "rivero/base/units.hpp"
#include "rivero/rtp/freeze_meter.hpp"

#include <array>
#include <cstdint>
#include <optional>

namespace rivero::rtp {

/// Sees which pictures of a received stream are whole, as a decoder behind us would: one picture is
/// there when all packets up to its last one are; after a hole that nobody fills it goes on with
/// the next key frame.
class PictureMeter {
public:
    /// @param first of a key frame; @param last of a picture (marker)
    void on_packet(Time now, ExtSeqNum seq, bool first_of_keyframe, bool last_of_picture);

    [[nodiscard]] const FreezeMeter& freezes() const { return freezes_; }

private:
    enum class Slot : std::uint8_t { missing, there, last_of_picture };
    static constexpr std::int64_t kWindow = 1024;

    [[nodiscard]] Slot& slot(std::int64_t seq) {
        return slots_[static_cast<std::size_t>(seq) & (kWindow - 1)];
    }
    void begin(std::int64_t seq);

    std::array<Slot, kWindow> slots_{};
    std::optional<std::int64_t> next_;  ///< all before it came
    std::int64_t end_ = 0;              ///< above all that came
    FreezeMeter freezes_;
};

}  // namespace rivero::rtp
