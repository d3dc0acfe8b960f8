// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/bytes.hpp"
#include "rivero/base/result.hpp"
#include "rivero/base/units.hpp"
#include "transport/srtp/replay_window.hpp"
#include "transport/srtp/srtp_cipher.hpp"
#include "transport/srtp/srtp_keys.hpp"
#include "transport/srtp/stream_table.hpp"

#include <cstddef>
#include <cstdint>

namespace rivero::transport {

/// Authenticates and decrypts what the peer sends, in place. RFC 3711 section 3.3, RFC 7714.
///
/// State of an SSRC is made only by an authentic packet, so that nobody without the keys makes this
/// grow; the peer itself is held to kMaxStreams at a time (StreamTable says what becomes of
/// others).
class SrtpReceiver {
public:
    static constexpr std::size_t kMaxStreams = 1024;

    struct Counters {
        std::uint64_t rtp_packets = 0;
        std::uint64_t rtcp_packets = 0;
        std::uint64_t malformed = 0;
        std::uint64_t replayed = 0;  ///< seen before, or older than the window
        std::uint64_t unauthenticated = 0;
        std::uint64_t refused_streams = 0;  ///< packets of streams for which there is no room
    };

    SrtpReceiver(SrtpProfile profile, const SrtpMasterKey& master);

    /// How late it is. To be called now and then, see StreamTable.
    void pass_time(Time now) {
        rtp_streams_.pass_time(now);
        rtcp_streams_.pass_time(now);
    }
    /// @return the RTP packet, the first part of `packet`. On an error the bytes are spoilt.
    [[nodiscard]] Parsed<MutableBytes> unprotect_rtp(MutableBytes packet);
    /// @return the compound RTCP packet, the first part of `packet`
    [[nodiscard]] Parsed<MutableBytes> unprotect_rtcp(MutableBytes packet);

    [[nodiscard]] const Counters& counters() const { return counters_; }

private:
    bool mark(StreamTable<ReplayWindow>& streams, ReplayWindow* known, Ssrc ssrc,
              std::uint64_t index);

    SrtpCipher rtp_;
    SrtpCipher rtcp_;
    StreamTable<ReplayWindow> rtp_streams_{kMaxStreams};
    StreamTable<ReplayWindow> rtcp_streams_{kMaxStreams};
    Counters counters_;
};

}  // namespace rivero::transport
