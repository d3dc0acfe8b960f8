// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/pixels.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
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

/// How large a picture is in each spatial layer; 0: not known.
using LayerSizes = std::array<Pixels, 4>;

/// The parts of a scalable stream that can be received by themselves ("decode targets").
struct DecodeTargets {
    static constexpr std::size_t kMax = 32;
    static constexpr std::uint8_t kNoChain = 0xff;
    struct Target {
        std::uint8_t spatial = 0;   ///< highest layer in it
        std::uint8_t temporal = 0;  ///< highest layer in it
        /// A bit for each target all of whose frames are among the frames of this one: itself, too.
        std::uint32_t includes = 0;
        /// The chain that protects it: who misses none of the chain's frames can decode the target.
        std::uint8_t chain = kNoChain;
        friend bool operator==(const Target&, const Target&) = default;
    };
    std::vector<Target> targets;  ///< 1 to kMax
    LayerSizes sizes{};
    friend bool operator==(const DecodeTargets&, const DecodeTargets&) = default;
};

/// Shares targets that do not change any more among the packets of one thread (that of their pool)
/// and whoever they go through there: every packet takes a share, so it is counted without atomics.
class SharedTargets {
public:
    SharedTargets() = default;
    explicit SharedTargets(DecodeTargets targets) : shared_{new Shared{std::move(targets)}} {}
    SharedTargets(const SharedTargets& other) : shared_{other.shared_} {
        if (shared_) ++shared_->references;
    }
    SharedTargets(SharedTargets&& other) noexcept
        : shared_{std::exchange(other.shared_, nullptr)} {}
    SharedTargets& operator=(SharedTargets other) noexcept {
        std::swap(shared_, other.shared_);
        return *this;
    }
    ~SharedTargets() { reset(); }
    void reset() {
        if (shared_ && --shared_->references == 0) delete shared_;
        shared_ = nullptr;
    }

    const DecodeTargets& operator*() const { return shared_->targets; }
    const DecodeTargets* operator->() const { return &shared_->targets; }
    explicit operator bool() const { return shared_ != nullptr; }
    /// The same object, not only the same content.
    friend bool operator==(const SharedTargets&, const SharedTargets&) = default;

private:
    struct Shared {
        DecodeTargets targets;
        std::uint32_t references = 1;
    };
    Shared* shared_ = nullptr;
};

/// What a dependency descriptor says about the frame of one packet.
struct FrameDependencies {
    /// Null: there is no descriptor, or it cannot be read.
    SharedTargets targets;
    std::uint16_t frame_number = 0;
    bool begins_structure = false;  ///< what was before means nothing to what follows
    std::uint64_t indications = 0;  ///< two bits for each target
    /// Targets that the sender sends, from here on; empty: as before.
    std::optional<std::uint32_t> active;
    /// How many frames back those are that this one refers to.
    static constexpr std::size_t kMaxReferences = 8;
    std::array<std::uint16_t, kMaxReferences> references{};
    std::uint8_t reference_count = 0;
    /// The references are not those of the descriptor: that named frames from before a key frame,
    /// which no decoder has any more.
    bool references_mended = false;
    /// How far back the frame before is, in each chain; 0: the chain begins here.
    std::array<std::uint8_t, DecodeTargets::kMax> chain_distances{};

    [[nodiscard]] Indication indication(std::size_t target) const {
        return static_cast<Indication>(indications >> 2 * target & 3);
    }
};

}  // namespace rivero::rtp
