// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "codec/picture_ends.hpp"
#include "codec/target_filter.hpp"
#include "rivero/base/clock.hpp"
#include "rivero/base/units.hpp"
#include "rivero/rtp/packet.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

namespace rivero::codec {

/// Leaves out layers of scalable video that one receiver has no room for, so that what is left can
/// be decoded: a layer goes with the next picture, and comes back where it depends on nothing that
/// was left out. By what the payload says (VP8, VP9), or by dependency descriptors where there are
/// some: see TargetFilter.
class LayerFilter {
public:
    struct Layer {
        std::uint8_t spatial = 0;
        std::uint8_t temporal = 0;
        friend bool operator==(Layer, Layer) = default;
    };
    using Verdict = TargetFilter::Verdict;

    /// Another source or encoding: all its layers, until rates are known.
    void reset();
    /// What there is room for; empty: for everything.
    void set_limit(std::optional<Bitrate> limit);
    /// The largest picture that the receiver asks for; empty: any. When all layers are larger it
    /// gets the lowest one.
    void set_size_limit(std::optional<Pixels> limit);
    /// How large spatial layers are from the next packet on. Where there are dependency
    /// descriptors those tell.
    void set_sizes(const rtp::LayerSizes& sizes);
    /// A packet with Packet::layered, in the order of arrival.
    [[nodiscard]] Verdict on_packet(Time now, const rtp::Packet& packet);
    /// The verdict once more, for a packet that is sent again.
    [[nodiscard]] bool ends_picture(const rtp::Packet& packet) const;
    /// See TargetFilter.
    [[nodiscard]] FrameNote note(const rtp::Packet& packet) const {
        return targets_ && packet.dependencies.targets ? targets_->note(packet) : FrameNote{};
    }
    [[nodiscard]] std::optional<bool> take_end() {
        if (targets_)
            if (const auto end = targets_->take_end()) return end;
        return ends_ ? ends_->take() : std::nullopt;
    }
    /// A higher spatial layer is wanted, and it can only begin with a key frame. True once.
    [[nodiscard]] bool take_keyframe_wish();

    [[nodiscard]] Layer current() const { return current_; }
    /// What is sent: current(), but no layer that the stream does not have.
    [[nodiscard]] Layer sent() const;

private:
    static constexpr std::size_t kSpatial = 4, kTemporal = 4;

    void measure(Time now, const rtp::Packet& packet);
    void choose();
    void note_sizes();
    [[nodiscard]] double rate_up_to(Layer layer) const;
    void begin_picture(const rtp::Packet& packet);
    [[nodiscard]] bool sends(const rtp::Packet& packet);
    void note_top();
    [[nodiscard]] bool can_go_down() const;

    std::optional<Bitrate> limit_;
    std::optional<Pixels> size_limit_;
    rtp::LayerSizes sizes_{};
    std::uint8_t largest_ = kSpatial - 1;  ///< spatial layer that is not larger than asked for
    Layer top_, current_{kSpatial - 1, kTemporal - 1}, wanted_{kSpatial - 1, kTemporal - 1};
    struct Rates {
        double own = 0;
        double for_upper = 0;  ///< of these: what who has a higher layer needs, too
    };
    std::array<std::array<Rates, kTemporal>, kSpatial> bytes_{}, bps_{};
    std::optional<Time> window_;
    bool measured_ = false;
    std::optional<RtpTimestamp> picture_;
    /// Highest spatial layer of the present picture, and of the last ones.
    std::uint8_t picture_top_ = 0, sent_top_ = 0;
    int lower_pictures_ = 0;  ///< in a row, that had not the highest of before
    /// Layers of which something was left out since the last key frame: not to be gone down to.
    std::array<bool, kSpatial> broken_{};
    bool asked_ = false, wish_ = false;
    /// Only where pictures may go on in a higher layer: most streams have one, and it is large.
    std::unique_ptr<PictureEnds> ends_;
    std::unique_ptr<TargetFilter> targets_;  ///< while there are dependency descriptors
};

}  // namespace rivero::codec
