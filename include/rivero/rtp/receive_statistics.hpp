// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/clock.hpp"
#include "rivero/base/units.hpp"
#include "rivero/rtcp/packets.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace rivero::rtp {

/// What arrived of one SSRC: unwraps its sequence numbers, measures loss and jitter.
/// RFC 3550 appendices A.1, A.3, A.8.
///
/// There is no probation of new sources as in A.1: ours are authenticated (SRTP) or were signalled,
/// and the first packet may well be the start of the only key frame.
class ReceiveStatistics {
public:
    /// All since the beginning, also across restarts of the sender; for getStats().
    struct Counters {
        std::uint64_t packets = 0;
        std::uint64_t payload_bytes = 0;
        std::uint64_t header_bytes = 0;  ///< headers and padding
        std::uint64_t duplicates = 0;    ///< as far as can be told: packets beyond the expected
        std::uint64_t discarded = 0;     ///< with a sequence number that cannot be
        std::int64_t lost = 0;
        double jitter_seconds = 0;
        std::optional<Time> last_arrival;
    };

    ReceiveStatistics(Ssrc ssrc, int clock_rate);

    /// @return the packet's unwrapped number; nothing when its sequence number is far off: then it
    ///         is to be dropped. After two packets in sequence there, the sender counts as
    ///         restarted, and the numbers go on above all earlier ones.
    [[nodiscard]] std::optional<ExtSeqNum> on_packet(Time now, SeqNum seq, RtpTimestamp timestamp,
                                                     std::size_t payload_bytes,
                                                     std::size_t header_bytes);
    void on_sender_report(Time now, rtcp::NtpTime ntp);

    /// The unwrapped number of a packet of this source that came another way (RTX): the one
    /// nearest to the highest received. Nothing before the first packet.
    [[nodiscard]] std::optional<ExtSeqNum> unwrap(SeqNum seq) const;

    /// For the next SR or RR; starts a new interval for the fraction lost. Nothing when nothing
    /// came since the last call, or ever: RFC 3550 section 6.4 reports active sources only.
    [[nodiscard]] std::optional<rtcp::ReportBlock> make_report(Time now);
    [[nodiscard]] Counters counters() const;

private:
    void start(SeqNum seq);
    [[nodiscard]] std::int64_t expected() const { return max_ - base_ + 1; }
    void measure_jitter(Time now, RtpTimestamp timestamp);

    Ssrc ssrc_;
    int clock_rate_;
    bool started_ = false;
    std::int64_t base_ = 0;  ///< first number since the (re)start
    std::int64_t max_ = 0;
    std::optional<SeqNum> after_jump_;  ///< the next number when the sender did restart
    std::int64_t received_ = 0;         ///< since the (re)start
    std::int64_t expected_before_ = 0;  ///< at the last report
    std::int64_t received_before_ = 0;
    std::uint64_t packets_at_report_ = 0;
    std::int64_t lost_before_restart_ = 0;

    std::optional<std::int64_t> transit_;  ///< in timestamp units, modulo 2^32
    RtpTimestamp last_timestamp_;
    double jitter_ = 0;  ///< in timestamp units

    std::optional<Time> sr_arrival_;
    rtcp::NtpTime sr_ntp_;
    Counters counters_;
};

}  // namespace rivero::rtp
