// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/bytes.hpp"
#include "rivero/base/units.hpp"
#include "transport/srtp/srtp_cipher.hpp"
#include "transport/srtp/srtp_keys.hpp"
#include "transport/srtp/stream_table.hpp"

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace rivero::transport {

/// Protects what one side sends: SRTP and SRTCP, in place. RFC 3711, RFC 7714.
///
/// Nothing is allocated per packet; the first packet of an SSRC makes its state. All streams of an
/// association share the master key and so, RFC 3711 section 4.3, the session keys: there is one
/// cipher context, not one per stream.
///
/// Sending a packet again (a NACK answered without RTX) is allowed in any order within the last
/// kHistory packets of its stream, but with AEAD only byte for byte: the same nonce over other
/// bytes, and be it a header extension, would give away the authentication key (RFC 5116
/// section 5.1.1). A packet that breaks this is refused and counted.
class SrtpSender {
public:
    /// Room to leave behind an RTP packet, and behind a compound RTCP packet.
    static constexpr std::size_t kRtpOverhead = 16;
    static constexpr std::size_t kRtcpOverhead = 20;
    /// SSRCs that one association may send at a time (StreamTable says what becomes of others).
    static constexpr std::size_t kMaxStreams = 4096;
    static constexpr std::size_t kHistory = 1024;

    struct Counters {
        std::uint64_t rtp_packets = 0;
        std::uint64_t rtcp_packets = 0;
        std::uint64_t refused_malformed = 0;  ///< no RTP header, or no room for the tag
        std::uint64_t refused_nonce_reuse = 0;
        std::uint64_t refused_streams = 0;  ///< packets of streams for which there is no room
    };

    SrtpSender(SrtpProfile profile, const SrtpMasterKey& master);

    /// How late it is. To be called now and then, see StreamTable.
    void pass_time(Time now) { streams_.pass_time(now); }
    /// @param buffer an RTP packet of `size` bytes and then at least kRtpOverhead bytes of room
    /// @return size of the SRTP packet; empty when it must not be sent
    [[nodiscard]] std::optional<std::size_t> protect_rtp(MutableBytes buffer, std::size_t size);
    /// The same when the caller knows the roll-overs: nothing is guessed from the 16 bits. All
    /// packets of one SSRC go one of the two ways. The receiver takes the stream's first packet for
    /// one without a roll-over, and so does this; what lies before that roll-over is refused.
    [[nodiscard]] std::optional<std::size_t> protect_rtp(MutableBytes buffer, std::size_t size,
                                                         ExtSeqNum seq);
    /// A packet whose end others share: `rest` is only read.
    /// @param buffer begins with the first `size` bytes of the packet, the whole header at least;
    ///        has room for the rest and the tag behind it
    [[nodiscard]] std::optional<std::size_t> protect_rtp(MutableBytes buffer, std::size_t size,
                                                         Bytes rest);
    /// @param buffer a compound RTCP packet of `size` bytes, then kRtcpOverhead bytes of room
    [[nodiscard]] std::optional<std::size_t> protect_rtcp(MutableBytes buffer, std::size_t size);

    [[nodiscard]] const Counters& counters() const { return counters_; }

private:
    struct Stream {
        /// What is worth keeping of a stream that is forgotten.
        struct Memory {
            std::uint64_t highest;
            std::int64_t base;
        };
        Stream() = default;
        explicit Stream(const Memory& memory);
        [[nodiscard]] Memory memory() const { return {highest, base}; }
        /// The indices between the highest and this one were not sent.
        void advance(std::uint64_t index);

        bool started = false;
        std::uint64_t highest = 0;
        std::uint64_t first_free = 0;  ///< those before are spent, nobody knows for which bytes
        std::int64_t base = 0;  ///< roll-overs that the caller counted before the first packet
        /// Of the last kHistory indices up to the highest, by index modulo kHistory: a part of the
        /// tag, which tells whether the same index comes again with the same bytes. Empty without
        /// AEAD.
        std::vector<std::uint32_t> tags;
        std::bitset<kHistory> sent;  ///< which of these indices were
    };
    Stream* stream(Ssrc ssrc);
    std::optional<std::size_t> protect(MutableBytes buffer, std::size_t header, std::size_t size,
                                       Bytes rest, Stream& stream, Ssrc ssrc, std::uint64_t index);

    SrtpCipher rtp_;
    SrtpCipher rtcp_;
    StreamTable<Stream> streams_{kMaxStreams};
    std::uint32_t rtcp_index_ = 1;  // as libsrtp begins
    Counters counters_;
};

}  // namespace rivero::transport
