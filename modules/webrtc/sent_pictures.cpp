// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "sent_pictures.hpp"

#include <algorithm>
#include <cstdlib>

namespace rivero::webrtc {
namespace {

constexpr std::int64_t kMaxReference = std::int64_t{1} << 34;

}  // namespace

void SentPictures::on_sent(SeqNum number, RtpTimestamp picture) {
    sent_[next_++ % sent_.size()] = {number, picture, true};
}

void SentPictures::on_feedback(const rtcp::TransportFeedback& feedback) {
    // 24 bits: the difference is what counts.
    if (reference_)
        reference_total_ +=
            ((feedback.reference_time - *reference_ + (1 << 23)) & 0xffffff) - (1 << 23);
    reference_ = feedback.reference_time;
    // As if the peer's clock had been set; more does not go into a Time.
    if (std::abs(reference_total_) > kMaxReference) reference_total_ = 0;
    const Time reference{reference_total_ * rtcp::TransportFeedback::kReferenceUnit};
    // Oldest first.
    for (std::size_t i = 0; i < sent_.size(); ++i) {
        Sent& sent = sent_[(next_ + i) % sent_.size()];
        if (!sent.waiting) continue;
        const int place = distance(feedback.base, sent.number);
        if (place < 0 || place >= feedback.count) continue;
        const auto& received = feedback.received;
        const auto found = std::lower_bound(
            received.begin(), received.end(), place,
            [&](const auto& r, int wanted) { return distance(feedback.base, r.seq) < wanted; });
        if (found == received.end() || found->seq != sent.number) continue;
        sent.waiting = false;
        if (newest_ && distance(*newest_, sent.picture) <= 0) continue;
        newest_ = sent.picture;
        freezes_.on_picture(reference + found->offset);
    }
}

}  // namespace rivero::webrtc
