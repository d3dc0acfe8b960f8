// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/rtp/reorder_buffer.hpp"

#include <algorithm>
#include <utility>

namespace rivero::rtp {

bool ReorderBuffer::gap() const {
    return !held_.empty() && next_ && held_.begin()->first != *next_;
}

void ReorderBuffer::push(Time now, PacketPtr packet) {
    const std::int64_t seq = packet->seq.value;
    if (!next_) next_ = seq;
    if (seq < *next_) {
        ++late_;
        return;
    }
    const bool waiting = gap();
    held_.try_emplace(seq, Held{std::move(packet), now});
    if (!waiting && gap()) gap_since_ = now;
}

std::optional<ReorderBuffer::Ordered> ReorderBuffer::pop(Time now) {
    if (held_.empty()) return std::nullopt;
    if (gap() && now < gap_since_ + settings_.max_wait && held_.size() <= settings_.max_packets)
        return std::nullopt;

    auto first = held_.extract(held_.begin());
    const Ordered ordered{std::move(first.mapped().packet), first.key() - *next_};
    next_ = first.key() + 1;
    if (gap()) {
        // The next gap was noticed when the first of what we hold beyond it came.
        gap_since_ = std::min_element(held_.begin(), held_.end(), [](const auto& a, const auto& b) {
                         return a.second.pushed < b.second.pushed;
                     })->second.pushed;
    }
    return ordered;
}

std::optional<Time> ReorderBuffer::next_deadline() const {
    if (!gap()) return std::nullopt;
    return gap_since_ + settings_.max_wait;
}

void ReorderBuffer::clear() {
    held_.clear();
    next_.reset();
}

}  // namespace rivero::rtp
