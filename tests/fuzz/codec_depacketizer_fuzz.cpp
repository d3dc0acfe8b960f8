// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/depacketizer.hpp"
#include "codec/packetizer.hpp"
#include "codec_fuzz.hpp"
#include "rivero/base/assert.hpp"

#include <algorithm>
#include <array>

namespace rivero::fuzz {

void depacketize(const std::uint8_t* data, std::size_t size) {
    constexpr std::array kCodecs{Codec::vp8,  Codec::vp9, Codec::h264,
                                 Codec::h265, Codec::av1, Codec::opus};
    ByteReader in{Bytes{data, size}};
    Codec codec = kCodecs[in.u8() % kCodecs.size()];
    auto depacketizer = codec::make_depacketizer(codec);
    auto packetizer = codec::make_packetizer(codec);
    rtp::PacketPool pool;
    RtpTimestamp timestamp;
    while (in.remaining() > 0) {
        std::uint8_t flags = in.u8();
        std::size_t length = in.u8();
        Bytes payload = in.take(std::min(length, in.remaining()));
        if (flags & 1) depacketizer->lost();
        if (flags & 2) timestamp.value += 3000;
        auto packet = pool.make();
        packet->timestamp = timestamp;
        packet->arrival = packet->capture = Time{};
        packet->marker = flags & 4;
        std::copy(payload.begin(), payload.end(), packet->storage().begin());
        packet->set_payload(0, payload.size());
        depacketizer->push(*packet);
        // What came out can be sent on.
        while (auto frame = depacketizer->pop())
            packetizer->packetize(frame->data, frame->keyframe, codec::Packetizer::kMinPayload,
                                  [](const codec::PacketPayload& out) {
                                      RIVERO_ASSERT(out.size() <= codec::Packetizer::kMinPayload,
                                                    "a payload is not larger than allowed");
                                  });
    }
}

}  // namespace rivero::fuzz

#ifdef RIVERO_FUZZER
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    rivero::fuzz::depacketize(data, size);
    return 0;
}
#endif
