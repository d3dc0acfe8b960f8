// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "transport/srtp/srtp_sender.hpp"

#include "transport/srtp/replay_window.hpp"
#include "transport/srtp/rtp_header.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace rivero::transport {
namespace {

constexpr std::uint64_t kIndexLimit = std::uint64_t{1} << 48;
constexpr std::uint32_t kRtcpIndexLimit = std::uint32_t{1} << 31;
constexpr std::size_t kRtcpHeader = 8;
constexpr std::size_t kRtcpIndexWord = 4;

}  // namespace

SrtpSender::Stream::Stream(const Memory& memory)
    : started{true}, highest{memory.highest}, first_free{memory.highest + 1}, base{memory.base} {}

void SrtpSender::Stream::advance(std::uint64_t index) {
    if (!started || index - highest >= kHistory) {
        sent.reset();
    } else {
        for (std::uint64_t i = highest + 1; i < index; ++i) sent.reset(i % kHistory);
    }
}

SrtpSender::SrtpSender(SrtpProfile profile, const SrtpMasterKey& master)
    : rtp_{profile, SrtpCipher::Direction::seal,
           derive_session_keys(profile, SrtpUse::rtp, master)},
      rtcp_{profile, SrtpCipher::Direction::seal,
            derive_session_keys(profile, SrtpUse::rtcp, master)} {}

SrtpSender::Stream* SrtpSender::stream(Ssrc ssrc) {
    Stream* s = streams_.find(ssrc);
    if (!s) {
        s = streams_.make(ssrc);
        if (!s) {
            ++counters_.refused_streams;
            return nullptr;
        }
        if (rtp_.profile() != SrtpProfile::aes128_cm_sha1_80) s->tags.resize(kHistory);
    }
    streams_.touch(*s);
    return s;
}

std::optional<std::size_t> SrtpSender::protect_rtp(MutableBytes buffer, std::size_t size) {
    return protect_rtp(buffer, size, Bytes{});
}

std::optional<std::size_t> SrtpSender::protect_rtp(MutableBytes buffer, std::size_t size,
                                                   Bytes rest) {
    auto header = read_rtp_header(buffer.first(std::min(size, buffer.size())));
    if (!header) {
        ++counters_.refused_malformed;
        return std::nullopt;
    }
    Stream* s = stream(header->ssrc);
    if (!s) return std::nullopt;
    const std::uint64_t index =
        s->started ? estimate_index(s->highest, header->seq.value) : header->seq.value;
    return protect(buffer, header->size, size, rest, *s, header->ssrc, index);
}

std::optional<std::size_t> SrtpSender::protect_rtp(MutableBytes buffer, std::size_t size,
                                                   ExtSeqNum seq) {
    auto header = read_rtp_header(buffer.first(std::min(size, buffer.size())));
    if (!header || static_cast<std::uint16_t>(seq.value) != header->seq.value) {
        ++counters_.refused_malformed;
        return std::nullopt;
    }
    Stream* s = stream(header->ssrc);
    if (!s) return std::nullopt;
    if (!s->started) s->base = seq.value - header->seq.value;
    if (seq.value < s->base) {
        ++counters_.refused_malformed;
        return std::nullopt;
    }
    return protect(buffer, header->size, size, {}, *s, header->ssrc,
                   static_cast<std::uint64_t>(seq.value - s->base));
}

std::optional<std::size_t> SrtpSender::protect(MutableBytes buffer, std::size_t header_size,
                                               std::size_t here, Bytes rest, Stream& s, Ssrc ssrc,
                                               std::uint64_t index) {
    const std::size_t tag_size = rtp_.tag_size();
    const std::size_t size = here + rest.size();
    if (size > buffer.size() || buffer.size() - size < tag_size || index >= kIndexLimit) {
        ++counters_.refused_malformed;
        return std::nullopt;
    }
    if (index < s.first_free) {
        ++counters_.refused_nonce_reuse;
        return std::nullopt;
    }
    const bool aead = !s.tags.empty();
    const std::size_t place = index % kHistory;
    bool again = false;
    if (aead && s.started && index <= s.highest) {
        if (s.highest - index >= kHistory) {
            ++counters_.refused_nonce_reuse;  // nobody knows any more whether it was sent
            return std::nullopt;
        }
        again = s.sent.test(place);
    }
    std::array<std::uint8_t, 4> roc;
    ByteWriter{roc}.u32(static_cast<std::uint32_t>(index >> 16));
    MutableBytes tag = buffer.subspan(size, tag_size);
    if (!rtp_.seal(buffer.first(size), header_size, rest, ssrc, index, aead ? Bytes{} : Bytes{roc},
                   tag)) {
        ++counters_.refused_malformed;
        return std::nullopt;
    }
    if (aead) {
        std::uint32_t tag_part = 0;
        std::memcpy(&tag_part, tag.data(), sizeof tag_part);
        if (again && s.tags[place] != tag_part) {
            ++counters_.refused_nonce_reuse;
            return std::nullopt;
        }
        if (!s.started || index > s.highest) s.advance(index);
        s.tags[place] = tag_part;
        s.sent.set(place);
    }
    s.highest = s.started ? std::max(s.highest, index) : index;
    s.started = true;
    ++counters_.rtp_packets;
    return size + tag_size;
}

std::optional<std::size_t> SrtpSender::protect_rtcp(MutableBytes buffer, std::size_t size) {
    // One counter for all senders in the association: within each SSRC it grows all the same.
    // RFC 3711 section 9.2: the keys must not be used beyond 2^31 packets.
    if (size < kRtcpHeader || size > buffer.size() ||
        buffer.size() - size < rtcp_.tag_size() + kRtcpIndexWord ||
        rtcp_index_ >= kRtcpIndexLimit) {
        ++counters_.refused_malformed;
        return std::nullopt;
    }
    ByteReader reader{buffer.first(size)};
    reader.skip(4);
    const Ssrc ssrc{reader.u32()};
    std::array<std::uint8_t, kRtcpIndexWord> word;
    ByteWriter{word}.u32(0x80000000 | rtcp_index_);  // E: encrypted
    MutableBytes behind = buffer.subspan(size, kRtcpIndexWord + rtcp_.tag_size());
    // HMAC: packet, index word, tag (RFC 3711 section 3.4). AEAD: packet, tag, index word (RFC 7714
    // section 9.2).
    const bool aead = rtcp_.profile() != SrtpProfile::aes128_cm_sha1_80;
    MutableBytes word_place = aead ? behind.last(kRtcpIndexWord) : behind.first(kRtcpIndexWord);
    MutableBytes tag = aead ? behind.first(rtcp_.tag_size()) : behind.last(rtcp_.tag_size());
    std::copy(word.begin(), word.end(), word_place.begin());
    if (!rtcp_.seal(buffer.first(size), kRtcpHeader, ssrc, rtcp_index_, word, tag)) {
        ++counters_.refused_malformed;
        return std::nullopt;
    }
    ++rtcp_index_;
    ++counters_.rtcp_packets;
    return size + behind.size();
}

}  // namespace rivero::transport
