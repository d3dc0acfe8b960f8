// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/clock.hpp"
#include "rivero/base/pixels.hpp"
#include "rivero/base/units.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace rivero::media {

/// Which of a source's encodings somebody gets. He keeps the one that he has until a key frame of
/// the other comes.
struct Selection {
    std::uint8_t current = 0;
    std::uint8_t wanted = 0;

    friend bool operator==(const Selection&, const Selection&) = default;
};

/// What a receiver can take, or asks for; empty: no opinion, everything.
struct ReceiveLimit {
    std::optional<Bitrate> rate = {};
    /// Of one picture. Never a reason to send nothing, nor to convert: only for the choice among
    /// what is there.
    std::optional<Pixels> size = {};

    friend bool operator==(const ReceiveLimit&, const ReceiveLimit&) = default;
};

/// Several encodings of the same picture, in different qualities, that a source gives at once
/// ("simulcast"): which of them flow, how much they take, and which suits whom. No clock.
class Encodings {
public:
    static constexpr std::size_t kMax = 4;
    /// An encoding was switched off by its sender when nothing of it came for so long, and for
    /// kMissedGaps of the times that usually lie between its pictures, while another brought
    /// kPicturesBehind. Nothing is told by a source that is silent as a whole. Of a lesser one than
    /// that other, or one that was given up in vain, it takes kSilence.
    static constexpr Duration kBehind = 200ms;
    static constexpr int kMissedGaps = 3;
    static constexpr std::size_t kPicturesBehind = 3;
    /// After so long one picture less is enough, and rates of before do not hold any more.
    static constexpr Duration kSilence = 1s;
    /// An encoder that has spent too much leaves out pictures for a moment. One that was given up
    /// for that, and was back before kSilence, is given up no earlier than then for so long.
    static constexpr Duration kTrusted = 60s;

    /// @param count 2 to kMax; what is above is taken for kMax
    explicit Encodings(std::size_t count);

    /// @param bytes of payload; what has none is no sign that an encoding flows
    /// @param timestamp the same for all packets of a picture
    void on_packet(Time now, std::size_t encoding, std::size_t bytes, RtpTimestamp timestamp);
    void set_size(std::size_t encoding, std::uint32_t width, std::uint32_t height);
    /// Whether it is time to choose again for everybody: an encoding came or went, or rates are
    /// half a second older.
    [[nodiscard]] bool poll(Time now);

    /// The best that flows and fits; when none fits the least that flows.
    /// @param limit of the receiver
    /// @param current what he has: it may take a little more than the rate of the limit before he
    /// leaves it, and another has to take a little less before he takes it. Sizes do not waver
    [[nodiscard]] std::uint8_t choose(const ReceiveLimit& limit, std::uint8_t current) const;
    [[nodiscard]] bool flows(std::size_t encoding) const {
        return encoding < count_ && encodings_[encoding].flows;
    }
    /// Of the last second; 0 until it was measured.
    [[nodiscard]] Bitrate rate(std::size_t encoding) const;
    /// What the best one takes, of those that somebody with this limit in size may get.
    [[nodiscard]] Bitrate best_rate(std::optional<Pixels> size = {}) const;
    [[nodiscard]] std::size_t count() const { return count_; }

private:
    struct Encoding {
        Pixels size;  ///< 0: not known
        std::optional<Time> heard;
        std::optional<Time> misjudged;  ///< it was given up, and came back at once
        bool flows = false;
        Time since{};           ///< it flows
        std::size_t bytes = 0;  ///< in the present window
        double bps = 0;
        bool measured = false;
        RtpTimestamp picture;                       ///< the newest
        std::array<Time, kPicturesBehind> began{};  ///< its last pictures; the newest first
        /// Between pictures, usually; as long as nothing is known it gives kSilence.
        Duration gap = kSilence / kMissedGaps;
    };
    /// Whether a new picture begins.
    static bool note_picture(Encoding& e, Time now, RtpTimestamp timestamp);
    /// Who is behind the one that just began a picture.
    void leave_silent(Time now, std::size_t by);
    /// The better one has more pixels, or takes more, or was named later.
    [[nodiscard]] bool better(std::size_t a, std::size_t b) const;
    /// One of unknown size is larger than asked for when a lesser one is.
    [[nodiscard]] bool too_large(std::size_t encoding, std::optional<Pixels> size) const;

    std::size_t count_;
    std::array<Encoding, kMax> encodings_{};
    std::optional<Time> window_;
    bool changed_ = false;
};

}  // namespace rivero::media
