// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "input.hpp"
#include "rivero/base/assert.hpp"
#include "rivero/rtp/extensions.hpp"
#include "rivero/rtp/header.hpp"
#include "rivero/rtp/rtx.hpp"
#include "transport/srtp/rtp_header.hpp"

#include <array>

using namespace rivero;

namespace {

rtp::ExtensionMap make_map(std::uint8_t variant) {
    rtp::ExtensionMap map;
    map.two_byte_allowed = variant & 1;
    const auto first = static_cast<std::uint8_t>(variant >> 1 & 15);
    for (std::size_t kind = 0; kind < rtp::kExtensionKinds; ++kind)
        map.add(static_cast<rtp::ExtensionKind>(kind), static_cast<std::uint8_t>(first + kind + 1));
    return map;
}

/// What a receiver of ours would be sent: the same media under another header.
void check_rewriting(const rtp::HeaderView& header, const rtp::Extensions& extensions,
                     const rtp::ExtensionMap& map) {
    const rtp::HeaderFields fields{header.seq, header.timestamp, header.ssrc, header.payload_type,
                                   header.marker};
    rtp::OutgoingExtensions outgoing;
    outgoing.mid = extensions.mid;
    outgoing.rid = extensions.rid;
    outgoing.abs_send_time = extensions.abs_send_time;
    outgoing.transport_seq_num = extensions.transport_seq_num;
    outgoing.audio_level = extensions.audio_level;
    std::array<std::uint8_t, 600> buffer;
    const std::size_t written = rtp::write_header(buffer, fields, map, outgoing);
    if (written == 0) return;  // more than fits
    const auto again = rtp::parse_header(Bytes{buffer}.first(written));
    RIVERO_ASSERT(again.has_value() && again->header_size == written, "our header can be read");
    RIVERO_ASSERT(again->seq == header.seq && again->ssrc == header.ssrc, "it is the same packet");
    const auto seen = rtp::read_extensions(*again, map);
    if (map.id(rtp::ExtensionKind::transport_wide_cc))
        RIVERO_ASSERT(seen.transport_seq_num == extensions.transport_seq_num,
                      "a transport-wide number survives");
    if (map.id(rtp::ExtensionKind::audio_level))
        RIVERO_ASSERT(seen.audio_level == extensions.audio_level, "an audio level survives");
}

}  // namespace

// A byte for the map of extensions, then one datagram.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input in{data, size};
    const auto map = make_map(in.u8());
    const ByteVector packet = in.rest();
    static_cast<void>(rtp::classify(packet));
    const auto header = rtp::parse_header(packet);
    const auto srtp_header = transport::read_rtp_header(packet);
    if (!header) return 0;
    RIVERO_ASSERT(header->header_size + header->payload.size() + header->padding == packet.size(),
                  "a packet is header, payload and padding");
    RIVERO_ASSERT(srtp_header.has_value() && srtp_header->size == header->header_size,
                  "SRTP sees the header that we see");
    auto elements = header->extensions();
    while (const auto element = elements.next())
        RIVERO_ASSERT(element->id != 0 && element->data.size() <= 255, "elements have an id");
    check_rewriting(*header, rtp::read_extensions(*header, map), map);
    if (const auto rtx = rtp::parse_rtx(header->payload)) {
        RIVERO_ASSERT(rtx->payload.size() + 2 == header->payload.size(), "two bytes of OSN");
    }
    return 0;
}
