// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace rivero {

/// An integer with a meaning of its own: no arithmetic with, and no conversion from, other
/// integers.
template <class Tag, class Integer>
struct StrongInt {
    Integer value{};

    constexpr StrongInt() = default;
    constexpr explicit StrongInt(Integer v) : value{v} {}
    friend constexpr auto operator<=>(StrongInt, StrongInt) = default;
};

/// Synchronization source. RFC 3550 section 3.
using Ssrc = StrongInt<struct SsrcTag, std::uint32_t>;
/// RTP payload type, 0..127. RFC 3550 section 5.1.
using PayloadType = StrongInt<struct PayloadTypeTag, std::uint8_t>;
/// RTP timestamp in units of the stream's clock rate; wraps. RFC 3550 section 5.1.
using RtpTimestamp = StrongInt<struct RtpTimestampTag, std::uint32_t>;
/// RTP sequence number as on the wire; wraps past 65535. Compare with newer(), not with <.
using SeqNum = StrongInt<struct SeqNumTag, std::uint16_t>;
/// RTP sequence number that does not wrap: 65536 times the roll-overs plus the SeqNum.
using ExtSeqNum = StrongInt<struct ExtSeqNumTag, std::int64_t>;

/// Bits per second.
struct Bitrate {
    std::int64_t bps{};
    friend constexpr auto operator<=>(Bitrate, Bitrate) = default;
    [[nodiscard]] static constexpr Bitrate kbps(std::int64_t k) { return Bitrate{k * 1000}; }
};

/// Signed distance from `from` to `to` modulo 2^16. RFC 1982.
[[nodiscard]] constexpr std::int16_t distance(SeqNum from, SeqNum to) {
    return static_cast<std::int16_t>(static_cast<std::uint16_t>(to.value - from.value));
}
[[nodiscard]] constexpr bool newer(SeqNum a, SeqNum b) {
    return distance(b, a) > 0;
}
[[nodiscard]] constexpr SeqNum next(SeqNum s) {
    return SeqNum{static_cast<std::uint16_t>(s.value + 1)};
}

/// Signed distance from `from` to `to` modulo 2^32.
[[nodiscard]] constexpr std::int32_t distance(RtpTimestamp from, RtpTimestamp to) {
    return static_cast<std::int32_t>(to.value - from.value);
}

/// Turns wrapping sequence numbers into ones that do not, each taken as the nearest to the one
/// before it.
class SeqUnwrapper {
public:
    [[nodiscard]] ExtSeqNum unwrap(SeqNum seq) {
        if (!started_) {
            started_ = true;
            last_ = seq.value;
        } else {
            last_ += distance(SeqNum{static_cast<std::uint16_t>(last_)}, seq);
        }
        return ExtSeqNum{last_};
    }

private:
    bool started_ = false;
    std::int64_t last_ = 0;
};

}  // namespace rivero

template <class Tag, class Integer>
struct std::hash<rivero::StrongInt<Tag, Integer>> {
    std::size_t operator()(rivero::StrongInt<Tag, Integer> i) const noexcept {
        return std::hash<Integer>{}(i.value);
    }
};
