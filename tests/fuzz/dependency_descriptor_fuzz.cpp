// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/dependency_descriptor.hpp"
#include "codec/layer_filter.hpp"
#include "codec_fuzz.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace rivero::fuzz {

// Extensions of one stream, each behind a length byte: they are read, filtered for a receiver with
// little room, and rewritten; what is rewritten can be read again.
void dependency_descriptors(const std::uint8_t* data, std::size_t size) {
    rtp::PacketPool pool;
    codec::DependencyReader reader;
    codec::FrameNumbers numbers;
    codec::LayerFilter filter;
    Time now{100s};
    std::uint32_t timestamp = 0;
    ByteReader in{Bytes{data, size}};
    while (in.remaining() > 0) {
        const std::size_t length = std::min<std::size_t>(in.u8(), in.remaining());
        const Bytes extension = in.take(length);
        auto packet = pool.make();
        std::copy(extension.begin(), extension.end(), packet->storage().begin());
        packet->add_passed(rtp::ExtensionKind::dependency_descriptor, 0,
                           static_cast<std::uint8_t>(length));
        packet->set_payload(0, 500);
        packet->timestamp = RtpTimestamp{timestamp += 1000};
        reader.inspect(extension, *packet);
        codec::FrameNote note;
        if (packet->layered) {
            filter.set_limit(Bitrate::kbps(static_cast<std::int64_t>(length)));
            static_cast<void>(filter.on_packet(now += 20ms, *packet));
            note = filter.note(*packet);
            static_cast<void>(filter.take_end());
        }
        const auto number = codec::frame_number_of(extension);
        if (!number) continue;
        std::array<std::uint8_t, 255 + codec::kMaxDescriptorGrowth> room;
        const Bytes rewritten =
            codec::rewrite_dependency_descriptor(*packet, numbers.forward(*number), note, room);
        const auto was = codec::parse_dependency_descriptor(extension, nullptr);
        if (was && !codec::parse_dependency_descriptor(rewritten, nullptr)) std::abort();
    }
}

}  // namespace rivero::fuzz

#ifdef RIVERO_FUZZER
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    rivero::fuzz::dependency_descriptors(data, size);
    return 0;
}
#endif
