// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/clock.hpp"
#include "rivero/base/units.hpp"
#include "rivero/rtp/packet.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

namespace rivero::codec {

/// Leaves out frames of a scalable stream with dependency descriptors (AV1) that one receiver has
/// no room for: sends him the frames of one decode target. Another target begins where the
/// descriptors say that all of it can be decoded with what he was sent; one that is part of the
/// present one begins with the next picture.
class TargetFilter {
public:
    enum class Verdict {
        send,
        send_as_last,  ///< the picture ends here for this receiver: set the marker
        withhold,
    };

    /// Another source or encoding: everything, until rates are known.
    void reset();
    /// See LayerFilter.
    void set_limit(std::optional<Bitrate> limit);
    /// A packet with dependencies, in the order of arrival.
    [[nodiscard]] Verdict on_packet(Time now, const rtp::Packet& packet);
    /// What was sent of it ends the picture for this receiver: also for a packet that is sent
    /// again.
    [[nodiscard]] bool ends_picture(const rtp::Packet& packet) const;
    /// The targets that this receiver is sent from the packet on, when it has to learn of it here:
    /// also for a packet that is sent again.
    [[nodiscard]] std::optional<std::uint32_t> active_targets(const rtp::Packet& packet) const;
    /// What is wanted cannot begin but with a key frame. True once.
    [[nodiscard]] bool take_keyframe_wish();

    /// Index of the target that is sent; empty before the first frame.
    [[nodiscard]] std::optional<std::size_t> current() const { return current_; }
    /// The target that is sent; the least one before the first frame.
    [[nodiscard]] rtp::DecodeTargets::Target sent() const {
        return targets_ && current_ ? targets_->targets[*current_] : rtp::DecodeTargets::Target{};
    }

private:
    static constexpr std::size_t kFrames = 512;  ///< far more than references reach back
    static constexpr std::size_t kMaxTargets = rtp::DecodeTargets::kMax;
    struct Frame {
        bool known = false;
        bool sent = false;
        std::uint16_t number = 0;
        std::uint8_t last_spatial = 0;  ///< with which the picture ends
        std::uint32_t active = 0;       ///< to be told here; 0: nothing
    };

    void measure(Time now, const rtp::Packet& packet);
    void choose();
    void begin(const rtp::Packet& packet);
    void decide(const rtp::Packet& packet);
    void move(const rtp::Packet& packet);
    [[nodiscard]] bool reachable(const rtp::Packet& packet, std::size_t target) const;
    [[nodiscard]] bool decodable(const rtp::FrameDependencies& frame) const;
    [[nodiscard]] bool includes(std::size_t outer, std::size_t inner) const {
        return targets_->targets[outer].includes >> inner & 1;
    }
    [[nodiscard]] bool fits(std::size_t target) const;
    [[nodiscard]] Frame& frame(std::uint16_t number) { return frames_[number % kFrames]; }
    [[nodiscard]] const Frame* find(std::uint16_t number) const;

    std::optional<Bitrate> limit_;
    std::shared_ptr<const rtp::DecodeTargets> targets_;
    std::array<std::uint8_t, kMaxTargets> order_{};  ///< targets, the best first
    std::optional<std::size_t> current_;
    std::size_t wanted_ = 0;
    std::uint32_t offered_ = ~0U;        ///< by the sender
    std::optional<std::uint32_t> told_;  ///< to the receiver
    std::array<double, kMaxTargets> bytes_{}, bps_{};
    std::optional<Time> window_;
    bool measured_ = false;
    std::optional<RtpTimestamp> picture_;
    std::array<Frame, kFrames> frames_{};
    bool asked_ = false, wish_ = false;
};

}  // namespace rivero::codec
