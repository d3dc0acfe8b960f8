// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "input.hpp"
#include "rivero/base/assert.hpp"
#include "rivero/rtp/red.hpp"
#include "rivero/rtp/stream_receiver.hpp"

#include <algorithm>
#include <array>
#include <vector>

using namespace rivero;
using namespace rivero::rtp;

namespace {

void read(Bytes payload) {
    const auto red = parse_red(payload);
    if (!red) return;
    std::size_t size = 1 + red->primary.size();
    for (const auto& block : red->redundant()) {
        size += 4 + block.payload.size();
        RIVERO_ASSERT(block.payload.empty() || (block.payload.data() > payload.data() &&
                                                block.payload.data() + block.payload.size() <=
                                                    payload.data() + payload.size()),
                      "a block lies in its packet");
    }
    RIVERO_ASSERT(size == payload.size(), "headers and blocks are all that there is");

    std::vector<std::uint8_t> other(payload.begin(), payload.end());
    renumber_red(other, PayloadType{100});
    const auto again = parse_red(other);
    RIVERO_ASSERT(again && again->count == red->count, "other types are no other envelope");
    RIVERO_ASSERT(std::equal(again->primary.begin(), again->primary.end(), red->primary.begin(),
                             red->primary.end()),
                  "nor another payload");
    RIVERO_ASSERT(again->primary_type == PayloadType{100}, "the type of the primary block");
    for (const auto& block : again->redundant())
        RIVERO_ASSERT(block.payload_type == PayloadType{100}, "and of each before it");
}

}  // namespace

// Packets of one stream: the distance of their numbers, a byte, and their payloads.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input in{data, size};
    PacketPool pool;
    ClockSync clock;
    StreamReceiver stream{Ssrc{1}, 48'000, clock, {.nack = true, .rtt = 100ms, .nacks = {}}};
    std::vector<std::int64_t> seen;
    SeqNum seq{65'530};
    Time now{100s};
    for (int steps = 0; in.more() && steps < 500; ++steps, now += 20ms) {
        seq.value = static_cast<std::uint16_t>(seq.value + in.u8());
        const auto payload = in.piece();
        read(payload);
        auto packet = pool.make();
        const std::size_t head = write_header(
            packet->storage(), {seq, RtpTimestamp{seq.value * 960U}, Ssrc{1}, PayloadType{63}});
        std::copy(payload.begin(), payload.end(), packet->storage().subspan(head).begin());
        const auto header = parse_header(Bytes{packet->storage()}.first(head + payload.size()));
        RIVERO_ASSERT(header.has_value(), "our header can be read");
        if (stream.on_red(now, *header, {}, PayloadType{111}, *packet) !=
            StreamReceiver::Arrival::media)
            continue;
        seen.push_back(packet->seq.value);
        if (!packet->has_redundancy()) continue;
        const auto red = parse_red(packet->with_redundancy());
        RIVERO_ASSERT(red.has_value(), "an envelope that was read can be read again");
        for (std::size_t i = 0; i < red->count; ++i) {
            auto missing = pool.make();
            if (stream.on_redundant(*packet, red->blocks[i], *missing) ==
                StreamReceiver::Arrival::media)
                seen.push_back(missing->seq.value);
        }
    }
    std::sort(seen.begin(), seen.end());
    RIVERO_ASSERT(std::adjacent_find(seen.begin(), seen.end()) == seen.end(),
                  "no number comes twice");
    RIVERO_ASSERT(stream.redundant_unused() <= stream.redundant(), "what is used was there");
    return 0;
}
