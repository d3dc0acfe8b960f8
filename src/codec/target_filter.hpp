// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "codec/dependency_descriptor.hpp"
#include "rivero/base/clock.hpp"
#include "rivero/base/units.hpp"
#include "rivero/rtp/packet.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

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
        /// To be sent before anything else, but whether the picture ends here only shows in what
        /// comes next: see take_end(). An encoder may leave out any layer of a picture.
        send_when_known,
        withhold,
    };

    /// Another source or encoding: everything, until rates are known.
    void reset();
    /// See LayerFilter.
    void set_limit(std::optional<Bitrate> limit);
    void set_size_limit(std::optional<Pixels> limit);
    /// A packet with dependencies, in the order of arrival.
    [[nodiscard]] Verdict on_packet(Time now, const rtp::Packet& packet);
    /// What was sent of it ends the picture for this receiver: also for a packet that is sent
    /// again.
    [[nodiscard]] bool ends_picture(const rtp::Packet& packet) const;
    /// After each packet: whether the picture of the one to be sent `when_known` ended with that;
    /// empty while nothing waits or it is not known yet. Once.
    [[nodiscard]] std::optional<bool> take_end() { return std::exchange(end_, std::nullopt); }
    /// What the receiver has to be told of the packet's frame: also for a packet that is sent
    /// again.
    /// - The targets that it is sent from there on.
    /// - Another reference. Chromium, when it is late, leaves out pictures up to the last one that
    ///   it can decode. That is no good when what it left out is what the pictures after that need,
    ///   as happens when an encoder leaves out the lower layer of one picture and the upper one of
    ///   the next. So the first frame of each picture refers to the last one in the chain of the
    ///   target, if it does not need that anyway.
    [[nodiscard]] FrameNote note(const rtp::Packet& packet) const;
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
    static constexpr std::uint16_t kMaxSpatial = 4;
    static constexpr std::size_t kMaxTargets = rtp::DecodeTargets::kMax;
    struct Frame {
        bool known = false;
        bool sent = false;
        bool ends = false;     ///< the picture, for this receiver
        bool chained = false;  ///< its picture needs the frame `link` of the chain
        std::uint16_t number = 0;
        std::uint16_t link = 0;
        std::uint16_t needs = 0;   ///< another reference, so far back; 0: none
        std::uint32_t active = 0;  ///< to be told here; 0: nothing
        RtpTimestamp picture;
    };
    /// A frame whose last packet waits.
    struct Waiting {
        std::uint16_t number = 0;
        std::uint8_t spatial = 0;
        RtpTimestamp picture;
    };

    void measure(Time now, const rtp::Packet& packet);
    void choose();
    void begin(const rtp::Packet& packet);
    void decide(const rtp::Packet& packet);
    void move(const rtp::Packet& packet);
    void tell(const rtp::Packet& packet, Frame& frame);
    void link(const rtp::Packet& packet, Frame& frame);
    [[nodiscard]] bool lacks_reference(const rtp::Packet& packet);
    [[nodiscard]] bool needs_anyway(const rtp::FrameDependencies& frame, const Frame& link) const;
    [[nodiscard]] std::size_t flowing() const;
    [[nodiscard]] Verdict verdict(const rtp::Packet& packet);
    [[nodiscard]] bool more_sent_behind(const Frame& frame) const;
    void settle(const rtp::Packet& packet);
    [[nodiscard]] bool reachable(const rtp::Packet& packet, std::size_t target) const;
    [[nodiscard]] bool decodable(const rtp::FrameDependencies& frame) const;
    [[nodiscard]] bool includes(std::size_t outer, std::size_t inner) const {
        return targets_->targets[outer].includes >> inner & 1;
    }
    [[nodiscard]] bool fits(std::size_t target) const;
    /// No layer below is smaller than the lowest one.
    [[nodiscard]] bool too_large(std::size_t target) const {
        const std::uint8_t spatial = targets_->targets[target].spatial;
        return size_limit_ && spatial > 0 && spatial < targets_->sizes.size() &&
               targets_->sizes[spatial] > *size_limit_;
    }
    void take_sizes(const rtp::Packet& packet);
    [[nodiscard]] Frame& frame(std::uint16_t number) { return frames_[number % kFrames]; }
    [[nodiscard]] const Frame* find(std::uint16_t number) const;

    std::optional<Bitrate> limit_;
    std::optional<Pixels> size_limit_;
    rtp::SharedTargets targets_;
    std::array<std::uint8_t, kMaxTargets> order_{};  ///< targets, the best first
    std::optional<std::size_t> current_;
    std::size_t wanted_ = 0;
    std::uint32_t offered_ = ~0U;        ///< by the sender
    std::optional<std::uint32_t> told_;  ///< to the receiver
    std::array<double, kMaxTargets> bytes_{}, bps_{};
    std::optional<Time> window_;
    bool measured_ = false;
    std::optional<RtpTimestamp> picture_;
    bool picture_begun_ = false;  ///< something of it was sent
    /// Of the present picture, for its frames to come: see Frame.
    bool picture_chained_ = false;
    std::uint16_t picture_link_ = 0;
    std::optional<Waiting> waiting_;
    std::optional<bool> end_;
    std::array<Frame, kFrames> frames_{};
    bool asked_ = false, wish_ = false;
    bool broken_ = false;  ///< the target cannot be decoded up to the next key frame
};

}  // namespace rivero::codec
