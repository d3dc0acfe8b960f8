// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/depacketizer.hpp"
#include "codec/inspect.hpp"
#include "codec/packetizer.hpp"
#include "input.hpp"
#include "rivero/base/assert.hpp"

#include <array>

using namespace rivero;

namespace {

constexpr std::array kCodecs{Codec::vp8,  Codec::vp9,  Codec::h264, Codec::h265, Codec::av1,
                             Codec::opus, Codec::pcmu, Codec::pcma, Codec::g722};

/// A stream through the network and back.
class Wire {
public:
    Wire(Codec codec, std::size_t max_payload)
        : codec_{codec},
          max_payload_{max_payload},
          packetizer_{codec::make_packetizer(codec, 0x7ffe)},
          depacketizer_{codec::make_depacketizer(codec)} {}

    /// The frames that arrive; none when the bytes are no frame.
    std::vector<codec::EncodedFrame> send(Bytes frame, bool keyframe) {
        std::vector<codec::EncodedFrame> arrived;
        bool first = true;
        const bool good = packetizer_->packetize(
            frame, keyframe, max_payload_, [&](const codec::PacketPayload& payload) {
                RIVERO_ASSERT(payload.size() <= max_payload_, "a payload is not too large");
                auto packet = pool_.make();
                payload.copy_to(packet->storage());
                packet->set_payload(0, payload.size());
                packet->timestamp = RtpTimestamp{timestamp_.value + payload.timestamp_offset};
                packet->arrival = packet->capture = Time{};
                packet->marker = payload.marker;
                const auto info = codec::inspect(codec_, packet->payload());
                if (media_type(codec_) == MediaType::video && first)
                    RIVERO_ASSERT(info.valid, "what we send can be inspected");
                first = false;
                depacketizer_->push(*packet);
                while (auto out = depacketizer_->pop()) arrived.push_back(std::move(*out));
            });
        RIVERO_ASSERT(good || arrived.empty(), "what is refused is not sent");
        timestamp_.value += 90'000;
        return arrived;
    }

private:
    Codec codec_;
    std::size_t max_payload_;
    std::unique_ptr<codec::Packetizer> packetizer_;
    std::unique_ptr<codec::Depacketizer> depacketizer_;
    rtp::PacketPool pool_;
    RtpTimestamp timestamp_{0xffff0000};
};

}  // namespace

// A byte for the codec and one for the packet size, then frames: flags, and a length of 16 bits. A
// frame that has travelled once travels again and is the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input in{data, size};
    const Codec codec = kCodecs[in.below(kCodecs.size())];
    const std::size_t max_payload = codec::Packetizer::kMinPayload + 5 * in.u8();
    Wire first{codec, max_payload};
    Wire second{codec, max_payload};
    while (in.more()) {
        const bool keyframe = in.u8() & 1;
        for (const auto& frame : first.send(in.long_piece(), keyframe)) {
            const auto again = second.send(frame.data, keyframe);
            if (media_type(codec) == MediaType::audio) continue;  // cut where it pleases
            RIVERO_ASSERT(again.size() == 1, "a frame arrives as one");
            RIVERO_ASSERT(again[0].data == frame.data, "a frame arrives as it was sent");
            RIVERO_ASSERT(again[0].keyframe == frame.keyframe, "and is what it was");
        }
    }
    return 0;
}
