// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/rtp/receive_statistics.hpp"

#include "rtp/ticks.hpp"

#include <algorithm>
#include <cmath>

namespace rivero::rtp {
namespace {

// RFC 3550 appendix A.1, but for the second one (100 there): a retransmission without RTX may come
// a round trip and a few hundred packets late, and is no sender that has restarted.
constexpr int kMaxDropout = 3000;
constexpr int kMaxMisorder = 1024;

}  // namespace

ReceiveStatistics::ReceiveStatistics(Ssrc ssrc, int clock_rate)
    : ssrc_{ssrc}, clock_rate_{std::max(clock_rate, 1)} {}

void ReceiveStatistics::start(SeqNum seq) {
    std::int64_t first = seq.value;
    if (started_) {
        // Above all before, and still the number on the wire in its low 16 bits.
        const std::int64_t ahead = static_cast<std::uint16_t>(seq.value - max_);
        first = max_ + (ahead == 0 ? 0x10000 : ahead);
        lost_before_restart_ += expected() - received_;
    }
    started_ = true;
    base_ = max_ = first;
    received_ = 0;
    expected_before_ = received_before_ = 0;
    after_jump_.reset();
    transit_.reset();
}

std::optional<ExtSeqNum> ReceiveStatistics::on_packet(Time now, SeqNum seq, RtpTimestamp timestamp,
                                                      std::size_t payload_bytes,
                                                      std::size_t header_bytes) {
    if (!started_) start(seq);
    const int ahead = distance(SeqNum{static_cast<std::uint16_t>(max_)}, seq);
    std::int64_t ext = max_ + ahead;
    if (ahead > kMaxDropout || ahead < -kMaxMisorder) {
        if (after_jump_ != seq) {
            after_jump_ = next(seq);
            ++counters_.discarded;
            return std::nullopt;
        }
        start(seq);
        ext = max_;
    } else {
        after_jump_.reset();
        max_ = std::max(max_, ext);
        // What was sent before the first packet that we saw counts as expected from now on, or the
        // loss would become negative.
        base_ = std::min(base_, ext);
    }
    ++received_;
    ++counters_.packets;
    counters_.payload_bytes += payload_bytes;
    counters_.header_bytes += header_bytes;
    counters_.last_arrival = now;
    measure_jitter(now, timestamp);
    return ExtSeqNum{ext};
}

void ReceiveStatistics::measure_jitter(Time now, RtpTimestamp timestamp) {
    const std::int64_t arrival = to_ticks(now.time_since_epoch(), clock_rate_);
    const std::int64_t transit =
        static_cast<std::uint32_t>(static_cast<std::uint32_t>(arrival) - timestamp.value);
    // Packets of one video frame share a timestamp: how they are spread is pacing, not jitter.
    if (transit_ && timestamp == last_timestamp_) return;
    if (transit_) {
        const auto difference = std::abs(static_cast<double>(
            static_cast<std::int32_t>(static_cast<std::uint32_t>(transit - *transit_))));
        // A new time base, not jitter.
        if (difference < 10.0 * clock_rate_) jitter_ += (difference - jitter_) / 16;
    }
    transit_ = transit;
    last_timestamp_ = timestamp;
}

void ReceiveStatistics::on_sender_report(Time now, rtcp::NtpTime ntp) {
    sr_arrival_ = now;
    sr_ntp_ = ntp;
}

std::optional<ExtSeqNum> ReceiveStatistics::unwrap(SeqNum seq) const {
    if (!started_) return std::nullopt;
    return ExtSeqNum{max_ + distance(SeqNum{static_cast<std::uint16_t>(max_)}, seq)};
}

std::optional<rtcp::ReportBlock> ReceiveStatistics::make_report(Time now) {
    if (counters_.packets == packets_at_report_) return std::nullopt;
    packets_at_report_ = counters_.packets;

    const std::int64_t expected_now = expected() - expected_before_;
    const std::int64_t received_now = received_ - received_before_;
    const std::int64_t lost_now = expected_now - received_now;
    expected_before_ = expected();
    received_before_ = received_;

    rtcp::ReportBlock block;
    block.ssrc = ssrc_;
    if (expected_now > 0 && lost_now > 0)
        block.fraction_lost =
            static_cast<std::uint8_t>(std::min<std::int64_t>(lost_now * 256 / expected_now, 255));
    block.lost = static_cast<std::int32_t>(
        std::clamp<std::int64_t>(expected() - received_, -0x800000, 0x7fffff));
    block.highest_seq = static_cast<std::uint32_t>(max_);
    block.jitter = static_cast<std::uint32_t>(jitter_);
    if (sr_arrival_) {
        block.last_sr = sr_ntp_.middle();
        block.delay_since_last_sr = rtcp::to_short_ntp(now - *sr_arrival_);
    }
    return block;
}

ReceiveStatistics::Counters ReceiveStatistics::counters() const {
    Counters counters = counters_;
    if (started_) {
        counters.lost = lost_before_restart_ + expected() - received_;
        counters.duplicates =
            static_cast<std::uint64_t>(std::max<std::int64_t>(received_ - expected(), 0));
    }
    counters.jitter_seconds = jitter_ / clock_rate_;
    return counters;
}

}  // namespace rivero::rtp
