// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "transport/srtp/srtp_receiver.hpp"

#include "transport/srtp/rtp_header.hpp"

#include <array>

namespace rivero::transport {
namespace {

constexpr std::size_t kRtcpHeader = 8;
constexpr std::size_t kRtcpIndexWord = 4;
constexpr std::uint32_t kEncryptedFlag = 0x80000000;

}  // namespace

SrtpReceiver::SrtpReceiver(SrtpProfile profile, const SrtpMasterKey& master)
    : rtp_{profile, SrtpCipher::Direction::open,
           derive_session_keys(profile, SrtpUse::rtp, master)},
      rtcp_{profile, SrtpCipher::Direction::open,
            derive_session_keys(profile, SrtpUse::rtcp, master)} {}

bool SrtpReceiver::mark(StreamTable<ReplayWindow>& streams, ReplayWindow* known, Ssrc ssrc,
                        std::uint64_t index) {
    if (!known) known = streams.make(ssrc);
    if (!known) {
        ++counters_.refused_streams;
        return false;
    }
    known->mark(index);
    streams.touch(*known);
    return true;
}

Parsed<MutableBytes> SrtpReceiver::unprotect_rtp(MutableBytes packet) {
    const std::size_t tag_size = rtp_.tag_size();
    if (packet.size() < tag_size) {
        ++counters_.malformed;
        return failure(ParseError::too_short);
    }
    MutableBytes rtp = packet.first(packet.size() - tag_size);
    auto header = read_rtp_header(rtp);
    if (!header) {
        ++counters_.malformed;
        return failure(header.error());
    }
    ReplayWindow* const known = rtp_streams_.find(header->ssrc);
    const auto* const forgotten = known ? nullptr : rtp_streams_.memory(header->ssrc);
    std::uint64_t index = header->seq.value;
    if (known || forgotten) {
        index = estimate_index(known ? known->highest() : forgotten->highest, header->seq.value);
        if (known ? !known->is_new(index) : index <= forgotten->highest) {
            ++counters_.replayed;
            return failure(ParseError::bad_value);
        }
    }
    std::array<std::uint8_t, 4> roc;
    ByteWriter{roc}.u32(static_cast<std::uint32_t>(index >> 16));
    const bool aead = rtp_.profile() != SrtpProfile::aes128_cm_sha1_80;
    if (!rtp_.open(rtp, header->size, header->ssrc, index, aead ? Bytes{} : Bytes{roc},
                   packet.last(tag_size))) {
        ++counters_.unauthenticated;
        return failure(ParseError::unauthenticated);
    }
    if (!mark(rtp_streams_, known, header->ssrc, index)) return failure(ParseError::unsupported);
    ++counters_.rtp_packets;
    return rtp;
}

Parsed<MutableBytes> SrtpReceiver::unprotect_rtcp(MutableBytes packet) {
    const std::size_t overhead = kRtcpIndexWord + rtcp_.tag_size();
    if (packet.size() < kRtcpHeader + overhead) {
        ++counters_.malformed;
        return failure(ParseError::too_short);
    }
    MutableBytes rtcp = packet.first(packet.size() - overhead);
    ByteReader reader{rtcp};
    const std::uint8_t first = reader.u8();
    reader.skip(3);
    const Ssrc ssrc{reader.u32()};
    if (first >> 6 != 2) {
        ++counters_.malformed;
        return failure(ParseError::bad_version);
    }
    const bool aead = rtcp_.profile() != SrtpProfile::aes128_cm_sha1_80;
    Bytes behind = packet.last(overhead);
    Bytes word = aead ? behind.last(kRtcpIndexWord) : behind.first(kRtcpIndexWord);
    Bytes tag = aead ? behind.first(rtcp_.tag_size()) : behind.last(rtcp_.tag_size());
    const std::uint32_t flag_and_index = ByteReader{word}.u32();
    const std::uint32_t index = flag_and_index & ~kEncryptedFlag;

    ReplayWindow* const known = rtcp_streams_.find(ssrc);
    const auto* const forgotten = known ? nullptr : rtcp_streams_.memory(ssrc);
    if ((known && !known->is_new(index)) || (forgotten && index <= forgotten->highest)) {
        ++counters_.replayed;
        return failure(ParseError::bad_value);
    }
    if (!rtcp_.open(rtcp, kRtcpHeader, ssrc, index, word, tag,
                    (flag_and_index & kEncryptedFlag) != 0)) {
        ++counters_.unauthenticated;
        return failure(ParseError::unauthenticated);
    }
    if (!mark(rtcp_streams_, known, ssrc, index)) return failure(ParseError::unsupported);
    ++counters_.rtcp_packets;
    return rtcp;
}

}  // namespace rivero::transport
