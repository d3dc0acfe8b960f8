// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/bytes.hpp"
#include "rivero/base/clock.hpp"
#include "rivero/base/units.hpp"
#include "rivero/rtp/codec.hpp"
#include "rivero/rtp/packet.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

namespace rivero::codec {

/// One encoded picture with all its layers, or the audio of one packet.
struct EncodedFrame {
    /// VP8: the frame. VP9: the frame, or a superframe when there are several spatial layers.
    /// H264, H265: the access unit as Annex B byte stream with 4-byte start codes. AV1: the
    /// temporal unit as OBUs that have a size field, without temporal delimiter. Audio: the
    /// payload.
    ByteVector data;
    RtpTimestamp timestamp;
    Time capture;  ///< when the first of it came into the server
    Time arrival;  ///< of its first packet
    bool keyframe = false;
    bool discontinuity = false;  ///< something that came before it is missing
};

/// Makes frames from the packets of one RTP stream.
class Depacketizer {
public:
    /// A larger frame is dropped.
    static constexpr std::size_t kMaxFrameSize = 4 * 1024 * 1024;
    /// So many frames wait for pop(), then the oldest is dropped.
    static constexpr std::size_t kMaxQueue = 16;

    struct Counters {
        std::uint64_t frames = 0;           ///< completed
        std::uint64_t dropped_frames = 0;   ///< begun, but with a hole, nonsense, or too large
        std::uint64_t invalid_packets = 0;  ///< that could not be read
    };

    Depacketizer() = default;
    Depacketizer(const Depacketizer&) = delete;
    Depacketizer& operator=(const Depacketizer&) = delete;
    virtual ~Depacketizer() = default;

    /// The next packet in sequence order. A frame ends with the marker or when the timestamp
    /// changes.
    virtual void push(const rtp::Packet& packet) = 0;
    /// One or more packets between the last and the next one will never come. A frame that is not
    /// whole because of it is dropped, and the next whole one is marked as a discontinuity.
    virtual void lost() = 0;
    /// The next whole frame; to be asked until there is none, after each push.
    [[nodiscard]] virtual std::optional<EncodedFrame> pop() = 0;
    [[nodiscard]] virtual const Counters& counters() const = 0;
};

/// @return null for AAC, which Rivero does not receive over RTP
[[nodiscard]] std::unique_ptr<Depacketizer> make_depacketizer(Codec codec);

}  // namespace rivero::codec
