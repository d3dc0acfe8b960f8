// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/rtp/clock_sync.hpp"

#include "rtp/ticks.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>

namespace rivero::rtp {
namespace {

/// Wrong by more, and a jump is the lesser evil.
constexpr Duration kJump = 1s;
/// An error is slewed away in about this time ...
constexpr Duration kSlewTime = 4s;
/// ... but at no more than 5 %, where ears begin to mind, and no less than 0.5 %, which is a lot
/// more than any clock drifts.
constexpr double kMaxSlew = 0.05;
constexpr double kMinSlew = 0.005;
/// After a pause the slew does not make up for it.
constexpr Duration kMaxSlewStep = 1s;

/// A packet this much later or earlier than its timestamp says belongs to another time base: the
/// sender has restarted.
constexpr Duration kNewTimeBase = 5s;
/// Streams of one sender whose delays differ by more do not share a wall clock, whatever their
/// reports say (cameras are known for it).
constexpr Duration kMaxDelayDifference = 2s;
/// Reports are made with a grain of 10 ms or so (one audio packet): we average over the last few.
/// A larger step means that the sender's wall clock was set.
constexpr Duration kReportNoise = 200ms;
constexpr int kReportsAveraged = 4;

constexpr int kMinClockRate = 1000;
/// Media time is counted anew beyond (141 days at 90 kHz), so that it stays far from overflowing
/// whatever timestamps a peer makes up.
constexpr std::int64_t kMaxTicks = std::int64_t{1} << 40;

Duration abs(Duration duration) {
    return duration < Duration::zero() ? -duration : duration;
}

std::int64_t unwrap(std::int64_t near, RtpTimestamp timestamp) {
    return near + distance(RtpTimestamp{static_cast<std::uint32_t>(near)}, timestamp);
}

}  // namespace

void ClockSync::WindowMinimum::add(Time now, Duration value) {
    if (used_ > 0 && now < buckets_[used_ - 1].begin + kBucketTime) {
        auto& minimum = buckets_[used_ - 1].minimum;
        minimum = std::min(minimum, value);
        return;
    }
    if (used_ == kBuckets) {
        std::move(buckets_.begin() + 1, buckets_.end(), buckets_.begin());
        --used_;
    }
    buckets_[used_++] = {now, value};
}

std::optional<Duration> ClockSync::WindowMinimum::get(Time now) const {
    std::optional<Duration> minimum;
    for (std::size_t i = 0; i < used_; ++i) {
        if (now - buckets_[i].begin > kWindow) continue;
        if (!minimum || buckets_[i].minimum < *minimum) minimum = buckets_[i].minimum;
    }
    return minimum;
}

bool ClockSync::add_stream(Ssrc ssrc, int clock_rate) {
    if (find(ssrc) || streams_.size() == kMaxStreams) return false;
    Stream stream;
    stream.ssrc = ssrc;
    stream.clock_rate = std::max(clock_rate, kMinClockRate);
    streams_.push_back(stream);
    return true;
}

void ClockSync::remove_stream(Ssrc ssrc) {
    std::erase_if(streams_, [&](const Stream& stream) { return stream.ssrc == ssrc; });
}

ClockSync::Stream* ClockSync::find(Ssrc ssrc) {
    const auto it = std::find_if(streams_.begin(), streams_.end(),
                                 [&](const Stream& stream) { return stream.ssrc == ssrc; });
    return it == streams_.end() ? nullptr : &*it;
}

const ClockSync::Stream* ClockSync::find(Ssrc ssrc) const {
    return const_cast<ClockSync*>(this)->find(ssrc);
}

bool ClockSync::synchronized(Ssrc ssrc) const {
    const Stream* stream = find(ssrc);
    return stream && stream->has_ntp;
}

void ClockSync::start_over(Stream& stream, RtpTimestamp timestamp) {
    stream.last_timestamp = timestamp.value;
    stream.arrival_minus_media.clear();
    stream.report.reset();
    stream.has_ntp = false;
    stream.offset.reset();
}

Time ClockSync::capture_time(Ssrc ssrc, Time arrival, RtpTimestamp timestamp) {
    Stream* const stream = find(ssrc);
    if (!stream) return arrival;

    const bool first = !stream->last_timestamp;
    if (first) stream->last_timestamp = timestamp.value;
    std::int64_t ticks = unwrap(*stream->last_timestamp, timestamp);
    const bool same = ticks == *stream->last_timestamp && stream->offset;
    Duration media = from_ticks(ticks, stream->clock_rate);
    if (same) return Time{media + *stream->offset};

    Duration difference = arrival.time_since_epoch() - media;
    const auto usual = stream->arrival_minus_media.get(arrival);
    if ((usual && abs(difference - *usual) > kNewTimeBase) || ticks > kMaxTicks) {
        start_over(*stream, timestamp);
        ticks = timestamp.value;
        media = from_ticks(ticks, stream->clock_rate);
        difference = arrival.time_since_epoch() - media;
    }
    stream->last_timestamp = std::max(*stream->last_timestamp, ticks);
    stream->arrival_minus_media.add(arrival, difference);
    // A report may come before the first packet; only now it can be understood.
    if (first && stream->report) apply_report(*stream);

    const Duration wanted = target(*stream, arrival);
    if (!stream->offset || abs(wanted - *stream->offset) > kJump) {
        stream->offset = wanted;
    } else {
        const Duration error = wanted - *stream->offset;
        const Duration passed =
            std::clamp(arrival - stream->slewed, Duration::zero(), kMaxSlewStep);
        const double slew =
            std::clamp(std::chrono::duration<double>{abs(error)} / kSlewTime, kMinSlew, kMaxSlew);
        const auto most = std::chrono::duration_cast<Duration>(passed * slew);
        *stream->offset += std::clamp(error, -most, most);
    }
    stream->slewed = arrival;
    return Time{media + *stream->offset};
}

Duration ClockSync::target(const Stream& stream, Time now) const {
    const Duration own = stream.arrival_minus_media.get(now).value_or(Duration::zero());
    if (!stream.has_ntp) return own;
    const Duration own_opinion = own - stream.ntp_minus_media;
    Duration opinion = own_opinion;
    for (const auto& other : streams_) {
        const auto theirs = other.arrival_minus_media.get(now);
        if (!other.has_ntp || !theirs) continue;
        const Duration their_opinion = *theirs - other.ntp_minus_media;
        if (abs(their_opinion - own_opinion) < kMaxDelayDifference)
            opinion = std::min(opinion, their_opinion);
    }
    return stream.ntp_minus_media + opinion;
}

void ClockSync::on_sender_report(Ssrc ssrc, rtcp::NtpTime ntp, RtpTimestamp timestamp) {
    Stream* const stream = find(ssrc);
    if (!stream || ntp == rtcp::NtpTime{}) return;
    if (!ntp_origin_) ntp_origin_ = ntp;
    stream->report = {ntp, timestamp};
    if (stream->last_timestamp) apply_report(*stream);
}

void ClockSync::apply_report(Stream& stream) {
    const Duration media =
        from_ticks(unwrap(*stream.last_timestamp, stream.report->timestamp), stream.clock_rate);
    const Duration difference = rtcp::between(*ntp_origin_, stream.report->ntp) - media;
    if (stream.has_ntp && abs(difference - stream.ntp_minus_media) < kReportNoise) {
        stream.ntp_minus_media += (difference - stream.ntp_minus_media) / kReportsAveraged;
    } else {
        stream.ntp_minus_media = difference;
    }
    stream.has_ntp = true;
}

}  // namespace rivero::rtp
