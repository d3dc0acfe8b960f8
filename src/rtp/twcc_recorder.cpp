// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/rtp/twcc_recorder.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>

namespace rivero::rtp {
namespace {

using std::chrono::microseconds;

/// How long a packet may be late and still be told about.
constexpr Duration kLateTime = 500ms;
/// A number this far from what is told next restarts the recording; so a count stays in 16 bits.
constexpr std::int64_t kMaxJump = 20'000;
/// In the worst case a packet costs six bytes (its delta, a chunk for it and one for the gap before
/// it): so a feedback stays below 1200 bytes.
constexpr std::size_t kMaxReceived = 180;
/// Arrivals kept: 500 ms at 20,000 packets per second. Above that the oldest go.
constexpr std::size_t kMaxArrivals = 10'000;

std::int64_t whole_units(microseconds time, microseconds unit) {
    return time / unit - (time % unit < microseconds::zero() ? 1 : 0);
}

}  // namespace

TwccRecorder::TwccRecorder(Ssrc sender, Duration interval) : sender_{sender}, interval_{interval} {}

void TwccRecorder::on_packet(Time now, SeqNum transport_seq_num, Ssrc media) {
    media_ = media;
    const std::int64_t seq = unwrapper_.unwrap(transport_seq_num).value;
    if (begin_ && (seq > *begin_ + kMaxJump || seq < *begin_ - kMaxJump)) {
        clear();
        begin_.reset();
        forgotten_.reset();
    }
    if (forgotten_ && seq <= *forgotten_) return;
    // The first arrival counts; a duplicate says nothing about the path.
    if (!note(seq, now)) return;
    if (!begin_ || seq < *begin_) begin_ = seq;
    if (kept() > kMaxArrivals) forget_first();
    if (!deadline_) deadline_ = now + interval_;
}

std::vector<rtcp::TransportFeedback> TwccRecorder::poll(Time now) {
    using rtcp::TransportFeedback;
    std::vector<TransportFeedback> due;
    if (!deadline_ || now < *deadline_) return due;
    deadline_.reset();

    auto it = std::lower_bound(arrivals_.begin() + static_cast<std::ptrdiff_t>(oldest_),
                               arrivals_.end(), *begin_,
                               [](const Arrival& one, std::int64_t seq) { return one.seq < seq; });
    while (it != arrivals_.end()) {
        TransportFeedback feedback;
        feedback.sender = sender_;
        feedback.media = media_;
        feedback.base = SeqNum{static_cast<std::uint16_t>(*begin_)};
        feedback.feedback_count = feedback_count_++;
        const auto first = std::chrono::duration_cast<microseconds>(it->at.time_since_epoch());
        const std::int64_t reference = whole_units(first, TransportFeedback::kReferenceUnit);
        feedback.reference_time =
            static_cast<std::int32_t>(static_cast<std::uint32_t>(reference) << 8) >> 8;
        const microseconds origin = reference * TransportFeedback::kReferenceUnit;
        microseconds before{0};
        for (; it != arrivals_.end() && feedback.received.size() < kMaxReceived; ++it) {
            auto offset =
                std::chrono::duration_cast<microseconds>(it->at.time_since_epoch()) - origin;
            offset -= microseconds{
                ((offset % TransportFeedback::kDeltaUnit) + TransportFeedback::kDeltaUnit) %
                TransportFeedback::kDeltaUnit};
            // A delta has 16 bits; one beyond (8.19 s) needs a new reference time.
            const auto delta = (offset - before) / TransportFeedback::kDeltaUnit;
            if (delta != static_cast<std::int16_t>(delta)) break;
            feedback.received.push_back({SeqNum{static_cast<std::uint16_t>(it->seq)}, offset});
            before = offset;
        }
        const std::int64_t end = std::prev(it)->seq + 1;
        feedback.count = static_cast<std::uint16_t>(end - *begin_);
        begin_ = end;
        due.push_back(std::move(feedback));
    }
    while (kept() != 0 && now - arrivals_[oldest_].at > kLateTime) forget_first();
    return due;
}

void TwccRecorder::forget_first() {
    forgotten_ = arrivals_[oldest_].seq;
    begin_ = std::max(*begin_, *forgotten_ + 1);
    // Moves what is left when that is less than what has gone: a move of each arrival, all in all.
    if (++oldest_ < kept()) return;
    arrivals_.erase(arrivals_.begin(), arrivals_.begin() + static_cast<std::ptrdiff_t>(oldest_));
    oldest_ = 0;
}

void TwccRecorder::clear() {
    arrivals_.clear();
    oldest_ = 0;
}

bool TwccRecorder::note(std::int64_t seq, Time at) {
    if (kept() == 0 || arrivals_.back().seq < seq) {
        arrivals_.push_back({seq, at});
        return true;
    }
    const auto place = std::lower_bound(
        arrivals_.begin() + static_cast<std::ptrdiff_t>(oldest_), arrivals_.end(), seq,
        [](const Arrival& one, std::int64_t wanted) { return one.seq < wanted; });
    if (place->seq == seq) return false;
    arrivals_.insert(place, {seq, at});
    return true;
}

}  // namespace rivero::rtp
