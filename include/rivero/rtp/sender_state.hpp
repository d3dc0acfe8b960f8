// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/clock.hpp"
#include "rivero/base/units.hpp"
#include "rivero/rtcp/packets.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace rivero::rtp {

/// Keeps account of one stream that we send: sender reports and what the receiver says about it.
class SenderState {
public:
    /// For getStats().
    struct Counters {
        std::uint64_t packets = 0;
        std::uint64_t payload_bytes = 0;
        std::uint64_t header_bytes = 0;
        std::uint64_t retransmitted_packets = 0;  ///< counted in the above, too
        std::uint64_t retransmitted_bytes = 0;
    };
    /// What the last report block of the receiver said.
    struct Remote {
        double fraction_lost = 0;  ///< 0..1
        std::int32_t lost = 0;
        double jitter_seconds = 0;
        std::uint32_t highest_seq = 0;
        Time reported;
    };

    SenderState(Ssrc ssrc, int clock_rate) : ssrc_{ssrc}, clock_rate_{clock_rate} {}

    /// @param timestamp as sent; @param capture the packet's, so that our sender reports keep audio
    ///        and video together as they were captured
    void on_sent(RtpTimestamp timestamp, Time capture, std::size_t payload_bytes,
                 std::size_t header_bytes);
    void on_retransmitted(std::size_t payload_bytes, std::size_t header_bytes);
    /// The codec, and with it the clock rate, has changed.
    void set_clock_rate(int clock_rate) { clock_rate_ = clock_rate; }

    /// SR without report blocks. @param wall_clock what `now` is as NTP time; all streams of one
    /// sender must use the same relation. Nothing before the first packet.
    [[nodiscard]] std::optional<rtcp::SenderReport> make_report(Time now, rtcp::NtpTime wall_clock);
    /// A report block about this stream, from an SR or RR.
    void on_report_block(Time now, const rtcp::ReportBlock& block);

    [[nodiscard]] Ssrc ssrc() const { return ssrc_; }
    [[nodiscard]] const Counters& counters() const { return counters_; }
    [[nodiscard]] const std::optional<Remote>& remote() const { return remote_; }
    /// The last round trip time; nothing until a report refers to an SR of ours.
    [[nodiscard]] std::optional<Duration> rtt() const { return rtt_; }
    /// All of them, and how many they were.
    [[nodiscard]] Duration total_rtt() const { return total_rtt_; }
    [[nodiscard]] std::uint64_t rtt_measurements() const { return rtt_measurements_; }

private:
    struct SentReport {
        std::uint32_t ntp_middle = 0;
        Time sent;
    };

    Ssrc ssrc_;
    int clock_rate_;
    Counters counters_;
    std::optional<RtpTimestamp> last_timestamp_;
    Time last_capture_;
    /// The last reports: a round trip is measured on our own clock and only against what we really
    /// sent, so neither wall-clock steps nor invented LSRs matter.
    std::array<SentReport, 8> reports_{};
    std::size_t report_count_ = 0;
    std::optional<Remote> remote_;
    std::optional<Duration> rtt_;
    Duration total_rtt_{};
    std::uint64_t rtt_measurements_ = 0;
};

}  // namespace rivero::rtp
