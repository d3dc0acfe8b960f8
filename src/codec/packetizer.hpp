// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/bytes.hpp"
#include "rivero/rtp/codec.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

namespace rivero::codec {

/// The payload of one RTP packet in pieces: descriptors of ours and parts of the frame, to be
/// copied once, into the packet. Borrowed for the call of the sink.
struct PacketPayload {
    std::span<const Bytes> pieces;
    bool marker = false;                 ///< last packet of a video frame
    bool starts_keyframe = false;        ///< first packet of a key frame; always true for audio
    std::uint32_t timestamp_offset = 0;  ///< to add to the frame's RTP timestamp; 0 for video

    [[nodiscard]] std::size_t size() const;
    /// Copies the pieces one behind the other; `to` has room for size() bytes.
    void copy_to(MutableBytes to) const;
};

using PacketSink = std::function<void(const PacketPayload&)>;

/// Cuts the frames of one stream into RTP payloads.
class Packetizer {
public:
    /// The smallest `max_payload` that makes sense.
    static constexpr std::size_t kMinPayload = 64;

    Packetizer() = default;
    Packetizer(const Packetizer&) = delete;
    Packetizer& operator=(const Packetizer&) = delete;
    virtual ~Packetizer() = default;

    /// Calls `sink` for each packet, in order, before it returns.
    /// @param frame in the form that EncodedFrame::data describes; Annex B start codes may have 3
    ///        bytes, too, and AV1 may have temporal delimiters, which do not travel in RTP
    /// @param keyframe what the encoder said; where the bytes themselves tell, these decide
    /// @param max_payload bytes per packet, at least kMinPayload
    /// @return false, and the sink was not called, when the bytes are no frame of this encoding
    bool packetize(Bytes frame, bool keyframe, std::size_t max_payload, const PacketSink& sink);

private:
    virtual bool cut(Bytes frame, bool keyframe, std::size_t max_payload,
                     const PacketSink& sink) = 0;
};

/// @param first_picture_id VP8, VP9: where the 15-bit picture ids begin. RFC 7741 section 4.2 wants
///        a random number
/// @return null for AAC, which Rivero does not send over RTP
[[nodiscard]] std::unique_ptr<Packetizer> make_packetizer(Codec codec,
                                                          std::uint16_t first_picture_id = 0);

}  // namespace rivero::codec
