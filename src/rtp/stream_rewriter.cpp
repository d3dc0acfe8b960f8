// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/rtp/stream_rewriter.hpp"

#include "rtp/ticks.hpp"

#include <algorithm>

namespace rivero::rtp {
namespace {

/// A gap as wide is no loss but a new beginning (RFC 3550 appendix A.1, MAX_DROPOUT); the receiver
/// shall not see it.
constexpr std::int64_t kMaxGap = 3000;
/// Where a layer is withheld, each packet of it starts a segment.
constexpr std::size_t kMaxSegments = 512;

/// Of a number in a window that is a power of two.
template <std::size_t kWindow = 2048>
std::size_t bit(std::int64_t out) {
    static_assert((kWindow & (kWindow - 1)) == 0);
    return static_cast<std::size_t>(out) & (kWindow - 1);
}

}  // namespace

StreamRewriter::StreamRewriter(int clock_rate, SeqNum first_seq, RtpTimestamp first_timestamp)
    : clock_rate_{clock_rate}, next_out_{first_seq.value}, last_timestamp_{first_timestamp} {}

void StreamRewriter::switch_source(int clock_rate) {
    clock_rate_ = clock_rate;
    in_source_ = false;
    segments_.clear();
}

void StreamRewriter::start_source(std::int64_t seq, RtpTimestamp timestamp, Time capture) {
    segments_.clear();
    segments_.push_back({seq, seq, next_out_});
    in_source_ = true;
    std::int64_t advance = 0;
    // At least one, or the first picture of the new source would become part of the last of the
    // old one.
    if (started_)
        advance = std::max<std::int64_t>(to_ticks(capture - last_capture_, clock_rate_), 1);
    started_ = true;
    timestamp_offset_ =
        last_timestamp_.value + static_cast<std::uint32_t>(advance) - timestamp.value;
}

std::optional<StreamRewriter::Rewritten> StreamRewriter::rewrite(ExtSeqNum seq,
                                                                 RtpTimestamp timestamp,
                                                                 Time capture) {
    if (!in_source_ || seq.value - segments_.back().end > kMaxGap)
        start_source(seq.value, timestamp, capture);
    Segment& open = segments_.back();
    if (seq.value >= open.end) {
        close(seq.value + 1);
        last_timestamp_ = RtpTimestamp{timestamp.value + timestamp_offset_};
        last_capture_ = capture;
    }
    const auto out = use(seq.value, false);
    return out ? std::optional{numbers(*out, timestamp)} : std::nullopt;
}

void StreamRewriter::close(std::int64_t end) {
    Segment& open = segments_.back();
    open.end = end;
    const std::int64_t next = open.out + (open.end - open.begin);
    for (auto out = std::max(next_out_, next - std::int64_t{kWindow}); out < next; ++out)
        used_.reset(bit(out));
    next_out_ = next;
}

std::optional<std::int64_t> StreamRewriter::use(std::int64_t seq, bool empty) {
    const auto out = out_of(seq);
    if (!out || *out < next_out_ - std::int64_t{kWindow} || used_.test(bit(*out)))
        return std::nullopt;
    used_.set(bit(*out));
    filled_.set(bit(*out), empty);
    return out;
}

bool StreamRewriter::filled(ExtSeqNum seq) const {
    const auto out = out_of(seq.value);
    return out && *out >= next_out_ - std::int64_t{kWindow} && used_.test(bit(*out)) &&
           filled_.test(bit(*out));
}

std::optional<StreamRewriter::Rewritten> StreamRewriter::find(ExtSeqNum seq,
                                                              RtpTimestamp timestamp) const {
    const auto out = out_of(seq.value);
    if (!out || *out < next_out_ - std::int64_t{kWindow} || !used_.test(bit(*out)))
        return std::nullopt;
    return numbers(*out, timestamp);
}

std::optional<std::int64_t> StreamRewriter::out_of(std::int64_t seq) const {
    const Segment* segment = segment_of(seq);
    if (!segment) return std::nullopt;
    return segment->out + (seq - segment->begin);
}

StreamRewriter::Rewritten StreamRewriter::numbers(std::int64_t out, RtpTimestamp timestamp) const {
    return {SeqNum{static_cast<std::uint16_t>(out)},
            RtpTimestamp{timestamp.value + timestamp_offset_}};
}

std::optional<StreamRewriter::Rewritten> StreamRewriter::withhold(ExtSeqNum seq,
                                                                  RtpTimestamp timestamp) {
    // Before the first packet of a source there is nothing to close.
    if (!in_source_) return std::nullopt;
    Segment& open = segments_.back();
    if (seq.value < open.end) {
        const auto out = use(seq.value, true);
        return out ? std::optional{numbers(*out, timestamp)} : std::nullopt;
    }
    if (seq.value - open.end > kMaxGap) return std::nullopt;
    // What is missing before it may still come: it keeps its numbers.
    close(seq.value);
    if (open.begin == open.end) segments_.pop_back();
    segments_.push_back({seq.value + 1, seq.value + 1, next_out_});
    // Many at once: each of them moves those that stay.
    if (segments_.size() > 2 * kMaxSegments)
        segments_.erase(segments_.begin(), segments_.end() - kMaxSegments);
    return std::nullopt;
}

const StreamRewriter::Segment* StreamRewriter::segment_of(std::int64_t seq) const {
    auto it = std::upper_bound(
        segments_.begin(), segments_.end(), seq,
        [](std::int64_t wanted, const Segment& segment) { return wanted < segment.begin; });
    if (it == segments_.begin()) return nullptr;
    --it;
    return seq < it->end ? &*it : nullptr;
}

std::optional<ExtSeqNum> StreamRewriter::source_seq(SeqNum outgoing) const {
    const std::int64_t newest = next_out_ - 1;
    const std::int64_t out =
        newest + distance(SeqNum{static_cast<std::uint16_t>(newest)}, outgoing);
    auto it = std::upper_bound(
        segments_.begin(), segments_.end(), out,
        [](std::int64_t wanted, const Segment& segment) { return wanted < segment.out; });
    if (it == segments_.begin()) return std::nullopt;
    --it;
    if (out >= it->out + (it->end - it->begin)) return std::nullopt;
    return ExtSeqNum{it->begin + (out - it->out)};
}

}  // namespace rivero::rtp
