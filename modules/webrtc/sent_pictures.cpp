// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "sent_pictures.hpp"

#include <algorithm>

namespace rivero::webrtc {
void SentPictures::on_sent(SeqNum number, RtpTimestamp picture) {
    sent_[next_++ % sent_.size()] = {number, picture, true};
}

void SentPictures::on_feedback(const rtcp::TransportFeedback& feedback) {
    const Time reference{reference_.unwrap(feedback)};
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
