// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/rtp/red_recovery.hpp"

#include "rivero/rtp/red.hpp"

#include <algorithm>

namespace rivero::rtp {

void RedRecovery::on_packet(ExtSeqNum seq, RtpTimestamp timestamp) {
    known_[count_++ % known_.size()] = {seq, timestamp};
}

std::optional<ExtSeqNum> RedRecovery::place(ExtSeqNum seq, RtpTimestamp timestamp,
                                            RtpTimestamp block) const {
    const Known* before = nullptr;  // the newest packet in front of the hole
    for (std::size_t i = 0; i < std::min(count_, known_.size()); ++i)
        if (known_[i].seq < seq && (!before || before->seq < known_[i].seq)) before = &known_[i];
    if (!before) return std::nullopt;
    const std::int64_t steps = seq.value - before->seq.value;
    const std::int64_t whole = distance(before->timestamp, timestamp);
    const std::int64_t part = distance(before->timestamp, block);
    if (steps < 2 || part <= 0 || part >= whole) return std::nullopt;
    if (steps == 2) return ExtSeqNum{seq.value - 1};  // there is no other place
    // Several are missing. Packets of one length follow each other, or it is anybody's guess.
    if (steps > static_cast<std::int64_t>(RedPayload::kMaxRedundant) + 1 || whole % steps != 0)
        return std::nullopt;
    const std::int64_t step = whole / steps;
    if (part % step != 0) return std::nullopt;
    return ExtSeqNum{before->seq.value + part / step};
}

}  // namespace rivero::rtp
