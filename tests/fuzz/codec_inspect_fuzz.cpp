// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/h264.hpp"
#include "codec/inspect.hpp"
#include "codec/opus.hpp"
#include "codec/picture_ids.hpp"
#include "codec_fuzz.hpp"

#include <array>

namespace rivero::fuzz {

void inspect_payload(const std::uint8_t* data, std::size_t size) {
    constexpr std::array kCodecs{Codec::vp8,  Codec::vp9, Codec::h264,
                                 Codec::h265, Codec::av1, Codec::opus};
    if (size == 0) return;
    Bytes payload{data + 1, size - 1};
    Codec codec = kCodecs[data[0] % kCodecs.size()];
    static_cast<void>(codec::inspect(codec, payload));
    ByteVector copy{payload.begin(), payload.end()};
    codec::PictureIds ids;
    codec::PictureIds::apply(codec, copy, ids.forward(codec, copy));
    ids.withhold(codec, copy);
    if (codec == Codec::opus) static_cast<void>(codec::opus::parse_packet(payload));
    if (codec == Codec::h264) {
        codec::AnnexBReader in{payload};
        while (auto nal = in.next()) static_cast<void>(codec::h264::parse_sps(*nal));
    }
}

}  // namespace rivero::fuzz

#ifdef RIVERO_FUZZER
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    rivero::fuzz::inspect_payload(data, size);
    return 0;
}
#endif
