// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "input.hpp"
#include "rivero/base/assert.hpp"
#include "transport/tcp/framing.hpp"

using namespace rivero;
using namespace rivero::transport;

// A stream of ICE-TCP in the pieces that the input cuts it into: the frames are those of the whole.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input in{data, size};
    Deframer deframer;
    ByteVector stream;
    ByteVector frames;  // content of all, behind its length
    while (in.more() && !deframer.broken()) {
        ByteVector piece = in.piece();
        // A length byte alone makes a frame of that size out of nothing.
        if (piece.size() == 1) piece.resize(piece[0] * std::size_t{16});
        stream.insert(stream.end(), piece.begin(), piece.end());
        Bytes rest{piece};
        while (!rest.empty() && !deframer.broken()) {
            const MutableBytes room = deframer.room();
            RIVERO_ASSERT(!room.empty(), "there is always room for the rest of a frame");
            const std::size_t n = std::min(rest.size(), room.size());
            std::copy_n(rest.begin(), n, room.begin());
            deframer.filled(n);
            rest = rest.subspan(n);
            while (auto frame = deframer.next()) {
                RIVERO_ASSERT(!frame->empty() && frame->size() <= Deframer::kMaxFrame,
                              "a frame is no longer than one datagram");
                frames.push_back(static_cast<std::uint8_t>(frame->size() >> 8));
                frames.push_back(static_cast<std::uint8_t>(frame->size()));
                frames.insert(frames.end(), frame->begin(), frame->end());
                std::fill(frame->begin(), frame->end(), std::uint8_t{0});  // decrypted in place
            }
        }
    }
    ByteReader all{stream};
    ByteVector expected;
    while (all.remaining() >= 2) {
        const std::size_t length = all.u16();
        if (length > Deframer::kMaxFrame) {
            RIVERO_ASSERT(deframer.broken(), "what cannot be held ends the stream");
            break;
        }
        const Bytes frame = all.take(length);
        if (!all.ok()) break;
        if (length == 0) continue;
        expected.push_back(static_cast<std::uint8_t>(length >> 8));
        expected.push_back(static_cast<std::uint8_t>(length));
        expected.insert(expected.end(), frame.begin(), frame.end());
    }
    RIVERO_ASSERT(frames == expected, "the pieces do not matter");
    return 0;
}
