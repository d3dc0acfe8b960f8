// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace rivero::rtp {

/// What a frame is to those who receive a part of a scalable stream. RTP payload format for AV1,
/// table A.1; the numbers are those on the wire.
enum class Indication : std::uint8_t {
    not_present = 0,
    discardable = 1,   ///< nothing refers to it
    switch_point = 2,  ///< who can decode it can decode all that follows
    required = 3,
};

/// The parts of a scalable stream that can be received by themselves ("decode targets").
struct DecodeTargets {
    static constexpr std::size_t kMax = 32;
    struct Target {
        std::uint8_t spatial = 0;   ///< highest layer in it
        std::uint8_t temporal = 0;  ///< highest layer in it
        /// A bit for each target all of whose frames are among the frames of this one: itself, too.
        std::uint32_t includes = 0;
        friend bool operator==(const Target&, const Target&) = default;
    };
    std::vector<Target> targets;  ///< 1 to kMax
    friend bool operator==(const DecodeTargets&, const DecodeTargets&) = default;
};

/// What a dependency descriptor says about the frame of one packet.
struct FrameDependencies {
    /// Null: there is no descriptor, or it cannot be read.
    std::shared_ptr<const DecodeTargets> targets;
    std::uint16_t frame_number = 0;
    bool begins_structure = false;  ///< what was before means nothing to what follows
    std::uint64_t indications = 0;  ///< two bits for each target
    /// Targets that the sender sends, from here on; empty: as before.
    std::optional<std::uint32_t> active;
    /// How many frames back those are that this one refers to.
    static constexpr std::size_t kMaxReferences = 8;
    std::array<std::uint16_t, kMaxReferences> references{};
    std::uint8_t reference_count = 0;

    [[nodiscard]] Indication indication(std::size_t target) const {
        return static_cast<Indication>(indications >> 2 * target & 3);
    }
};

}  // namespace rivero::rtp
