// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/packetizer.hpp"

#include "codec/packetizers.hpp"
#include "rivero/base/assert.hpp"

#include <array>

namespace rivero::codec {
namespace {

class OpusPacketizer final : public Packetizer {
    bool cut(Bytes frame, bool /*keyframe*/, std::size_t max_payload,
             const PacketSink& sink) override {
        // RFC 7587 section 4.2: one Opus packet per RTP packet, never a part of one.
        if (frame.empty() || frame.size() > max_payload) return false;
        PacketPayload packet;
        packet.pieces = {&frame, 1};
        packet.starts_keyframe = true;
        sink(packet);
        return true;
    }
};

/// PCMU, PCMA and G722: 64 kbit/s, and 8000 Hz in RTP (G722 by mistake, RFC 3551 section 4.5.2), so
/// that one byte is one tick.
class WaveformPacketizer final : public Packetizer {
    bool cut(Bytes frame, bool /*keyframe*/, std::size_t max_payload,
             const PacketSink& sink) override {
        constexpr std::size_t k20Ms = 160;
        std::size_t limit = std::min(k20Ms, max_payload);
        for (std::size_t at = 0; at < frame.size(); at += limit) {
            Bytes part = frame.subspan(at, std::min(limit, frame.size() - at));
            PacketPayload packet;
            packet.pieces = {&part, 1};
            packet.starts_keyframe = true;
            packet.timestamp_offset = static_cast<std::uint32_t>(at);
            sink(packet);
        }
        return !frame.empty();
    }
};

}  // namespace

bool Packetizer::packetize(Bytes frame, bool keyframe, std::size_t max_payload,
                           const PacketSink& sink) {
    RIVERO_ASSERT(max_payload >= kMinPayload, "a payload has room for more than descriptors");
    return cut(frame, keyframe, max_payload, sink);
}

std::size_t PacketPayload::size() const {
    std::size_t total = 0;
    for (Bytes piece : pieces) total += piece.size();
    return total;
}

void PacketPayload::copy_to(MutableBytes to) const {
    for (Bytes piece : pieces) {
        RIVERO_ASSERT(piece.size() <= to.size(), "the packet has room for its payload");
        std::copy(piece.begin(), piece.end(), to.begin());
        to = to.subspan(piece.size());
    }
}

std::unique_ptr<Packetizer> make_packetizer(Codec codec, std::uint16_t first_picture_id) {
    switch (codec) {
        case Codec::vp8:
            return make_vp8_packetizer(first_picture_id);
        case Codec::vp9:
            return make_vp9_packetizer(first_picture_id);
        case Codec::h264:
            return make_h264_packetizer();
        case Codec::h265:
            return make_h265_packetizer();
        case Codec::av1:
            return make_av1_packetizer();
        case Codec::opus:
            return std::make_unique<OpusPacketizer>();
        case Codec::pcmu:
        case Codec::pcma:
        case Codec::g722:
            return std::make_unique<WaveformPacketizer>();
        case Codec::aac:
            break;
    }
    return nullptr;
}

}  // namespace rivero::codec
