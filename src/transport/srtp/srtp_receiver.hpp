// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/bytes.hpp"
#include "rivero/base/result.hpp"
#include "rivero/base/units.hpp"
#include "transport/srtp/replay_window.hpp"
#include "transport/srtp/srtp_cipher.hpp"
#include "transport/srtp/srtp_keys.hpp"

#include <cstddef>
#include <cstdint>
#include <unordered_map>

namespace rivero::transport {

/// Authenticates and decrypts what the peer sends, in place. RFC 3711 section 3.3, RFC 7714.
///
/// State of an SSRC is made only by an authentic packet, so that nobody without the keys makes this
/// grow; the peer itself is held to kMaxStreams.
class SrtpReceiver {
public:
    static constexpr std::size_t kMaxStreams = 1024;

    struct Counters {
        std::uint64_t rtp_packets = 0;
        std::uint64_t rtcp_packets = 0;
        std::uint64_t malformed = 0;
        std::uint64_t replayed = 0;  ///< seen before, or older than the window
        std::uint64_t unauthenticated = 0;
        std::uint64_t refused_streams = 0;
    };

    SrtpReceiver(SrtpProfile profile, const SrtpMasterKey& master);

    /// @return the RTP packet, the first part of `packet`. On an error the bytes are spoilt.
    [[nodiscard]] Parsed<MutableBytes> unprotect_rtp(MutableBytes packet);
    /// @return the compound RTCP packet, the first part of `packet`
    [[nodiscard]] Parsed<MutableBytes> unprotect_rtcp(MutableBytes packet);

    /// Forgets a stream, e.g. after its BYE. Its packets would then pass once more as new ones.
    void remove_stream(Ssrc ssrc);

    [[nodiscard]] const Counters& counters() const { return counters_; }

private:
    SrtpCipher rtp_;
    SrtpCipher rtcp_;
    std::unordered_map<Ssrc, ReplayWindow> rtp_streams_;
    std::unordered_map<Ssrc, ReplayWindow> rtcp_streams_;
    Counters counters_;
};

}  // namespace rivero::transport
