// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "bwe/sent_packets.hpp"

namespace rivero::bwe {
void SentPackets::drop_oldest() {
    if (sent_.front().fate == Fate::unknown) in_flight_ -= sent_.front().bytes;
    sent_.pop_front();
    ++begin_;
}

SeqNum SentPackets::add(Time now, std::size_t bytes, int probe) {
    while (!sent_.empty() && (sent_.size() >= kMaxPackets || now - sent_.front().at > kMaxAge))
        drop_oldest();
    const auto seq = begin_ + static_cast<std::int64_t>(sent_.size());
    sent_.push_back({now, static_cast<std::uint32_t>(bytes), probe, Fate::unknown});
    in_flight_ += bytes;
    return SeqNum{static_cast<std::uint16_t>(seq)};
}

const std::vector<PacketResult>& SentPackets::on_feedback(const rtcp::TransportFeedback& feedback) {
    results_.clear();
    if (sent_.empty() || feedback.count == 0) return results_;

    const Duration reference = reference_.unwrap(feedback);

    const std::int64_t end = begin_ + static_cast<std::int64_t>(sent_.size());
    // The number nearest to the newest that was sent.
    std::int64_t seq =
        end - 1 + distance(SeqNum{static_cast<std::uint16_t>(end - 1)}, feedback.base);
    const std::int64_t last = seq + feedback.count;
    if (last > end) return results_;  // of packets that were never sent: somebody else's, or forged
    auto next = feedback.received.begin();
    if (seq < begin_) {
        // Forgotten: a few bytes can speak of tens of thousands of these.
        const auto forgotten = begin_ - seq;
        while (next != feedback.received.end() && distance(feedback.base, next->seq) < forgotten)
            ++next;
        seq = begin_;
    }
    for (; seq < last; ++seq) {
        std::optional<Duration> received;
        if (next != feedback.received.end() &&
            next->seq == SeqNum{static_cast<std::uint16_t>(seq)}) {
            received = reference + Duration{next->offset};
            ++next;
        }
        Sent& sent = sent_[static_cast<std::size_t>(seq - begin_)];
        if (sent.fate == Fate::received || (!received && sent.fate == Fate::lost)) continue;
        if (sent.fate == Fate::unknown) in_flight_ -= sent.bytes;
        sent.fate = received ? Fate::received : Fate::lost;
        results_.push_back({seq, sent.at, sent.bytes, sent.probe, received});
    }
    return results_;
}

}  // namespace rivero::bwe
