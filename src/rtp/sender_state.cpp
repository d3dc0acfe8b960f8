// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/rtp/sender_state.hpp"

#include "rtp/ticks.hpp"

#include <algorithm>

namespace rivero::rtp {

void SenderState::on_sent(RtpTimestamp timestamp, Time capture, std::size_t payload_bytes,
                          std::size_t header_bytes) {
    ++counters_.packets;
    counters_.payload_bytes += payload_bytes;
    counters_.header_bytes += header_bytes;
    if (last_timestamp_ && distance(*last_timestamp_, timestamp) < 0) return;
    last_timestamp_ = timestamp;
    last_capture_ = capture;
}

void SenderState::on_retransmitted(std::size_t payload_bytes, std::size_t header_bytes) {
    ++counters_.packets;
    counters_.payload_bytes += payload_bytes;
    counters_.header_bytes += header_bytes;
    ++counters_.retransmitted_packets;
    counters_.retransmitted_bytes += payload_bytes;
}

std::optional<rtcp::SenderReport> SenderState::make_report(Time now, rtcp::NtpTime wall_clock) {
    if (!last_timestamp_) return std::nullopt;
    rtcp::SenderReport report;
    report.sender = ssrc_;
    report.ntp = wall_clock;
    report.timestamp =
        RtpTimestamp{last_timestamp_->value +
                     static_cast<std::uint32_t>(to_ticks(now - last_capture_, clock_rate_))};
    report.packets = static_cast<std::uint32_t>(counters_.packets);
    report.octets = static_cast<std::uint32_t>(counters_.payload_bytes);
    reports_[report_count_++ % reports_.size()] = {wall_clock.middle(), now};
    return report;
}

void SenderState::on_report_block(Time now, const rtcp::ReportBlock& block) {
    if (block.ssrc != ssrc_) return;
    remote_ = Remote{block.fraction_lost / 256.0, block.lost,
                     static_cast<double>(block.jitter) / clock_rate_, block.highest_seq, now};
    if (block.last_sr == 0) return;
    const auto kept = std::min(report_count_, reports_.size());
    for (std::size_t i = 0; i < kept; ++i) {
        if (reports_[i].ntp_middle != block.last_sr) continue;
        const Duration rtt =
            now - reports_[i].sent - rtcp::from_short_ntp(block.delay_since_last_sr);
        // Rounding can make it slightly negative; more than that is nonsense.
        if (rtt > -10ms) {
            rtt_ = std::max(rtt, Duration::zero());
            total_rtt_ += *rtt_;
            ++rtt_measurements_;
        }
        return;
    }
}

}  // namespace rivero::rtp
