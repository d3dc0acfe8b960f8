// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/clock.hpp"
#include "rivero/base/units.hpp"
#include "rivero/rtp/packet.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace rivero::codec {

/// Leaves out layers of scalable video (VP8, VP9) that one receiver has no room for, so that what
/// is left can be decoded: a layer goes with the next picture, and comes back where it depends on
/// nothing that was left out.
class LayerFilter {
public:
    struct Layer {
        std::uint8_t spatial = 0;
        std::uint8_t temporal = 0;
        friend bool operator==(Layer, Layer) = default;
    };
    enum class Verdict {
        send,
        send_as_last,  ///< the picture ends here for this receiver: set the marker
        withhold,
    };

    /// Another source or encoding: all its layers, until rates are known.
    void reset();
    /// What there is room for; empty: for everything.
    void set_limit(std::optional<Bitrate> limit) { limit_ = limit; }
    /// A packet with Packet::layered, in the order of arrival.
    [[nodiscard]] Verdict on_packet(Time now, const rtp::Packet& packet);
    /// The verdict once more, for a packet that is sent again.
    [[nodiscard]] bool ends_picture(const rtp::Packet& packet) const;
    /// A higher spatial layer is wanted, and it can only begin with a key frame. True once.
    [[nodiscard]] bool take_keyframe_wish();

    [[nodiscard]] Layer current() const { return current_; }
    [[nodiscard]] Layer wanted() const { return wanted_; }
    /// What is sent: current(), but no layer that the stream does not have.
    [[nodiscard]] Layer sent() const {
        return {std::min(current_.spatial, top_.spatial),
                std::min(current_.temporal, top_.temporal)};
    }

private:
    static constexpr std::size_t kSpatial = 4, kTemporal = 4;

    void measure(Time now, const rtp::Packet& packet);
    void choose();
    [[nodiscard]] double rate_up_to(Layer layer) const;
    void begin_picture(const rtp::Packet& packet);

    std::optional<Bitrate> limit_;
    Layer top_, current_{kSpatial - 1, kTemporal - 1}, wanted_{kSpatial - 1, kTemporal - 1};
    std::array<std::array<double, kTemporal>, kSpatial> bytes_{}, bps_{};
    std::optional<Time> window_;
    bool measured_ = false;
    std::optional<RtpTimestamp> picture_;
    bool asked_ = false, wish_ = false;
};

}  // namespace rivero::codec
