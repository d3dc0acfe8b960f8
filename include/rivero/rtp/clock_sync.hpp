// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/clock.hpp"
#include "rivero/base/units.hpp"
#include "rivero/rtcp/ntp.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace rivero::rtp {

/// Says when the media of one sender (one CNAME) was captured, on our clock. This is what keeps
/// lips and voice together in recordings and mixes.
///
/// For each stream we know the media time m (its RTP timestamp in seconds) and keep the smallest
/// `arrival - m` of the last seconds: the packet that the network delayed least. Sender reports
/// tell `ntp - m`. So each stream has an opinion on `arrival - ntp`, the distance between the
/// sender's wall clock and ours (plus the shortest delay on the way), and the smallest opinion of
/// all its streams is taken for all of them: then two streams differ exactly as the sender says
/// they do, and the one with the shorter way (mostly audio) sets the time.
///
/// Before the first report a stream stands on its arrivals alone. From then on, and whenever the
/// estimates move (drift, a better packet, another report), the capture times slew towards the new
/// truth by a few percent; they jump only when they are wrong by more than a second.
class ClockSync {
public:
    /// A peer cannot make us hold more than this.
    static constexpr std::size_t kMaxStreams = 64;

    /// @return false when there are too many, or one has this SSRC already
    bool add_stream(Ssrc ssrc, int clock_rate);
    void remove_stream(Ssrc ssrc);

    /// The capture time of a packet that came now (retransmitted ones: when they came). All packets
    /// of one timestamp get the same. Unknown streams get the arrival.
    [[nodiscard]] Time capture_time(Ssrc ssrc, Time arrival, RtpTimestamp timestamp);
    /// Reports without wall clock time (NTP 0) are ignored.
    void on_sender_report(Ssrc ssrc, rtcp::NtpTime ntp, RtpTimestamp timestamp);

    /// Whether the stream's capture times follow sender reports.
    [[nodiscard]] bool synchronized(Ssrc ssrc) const;

private:
    /// The smallest value of the last ten seconds, in steps of two.
    class WindowMinimum {
    public:
        void add(Time now, Duration value);
        [[nodiscard]] std::optional<Duration> get(Time now) const;
        void clear() { used_ = 0; }

    private:
        struct Bucket {
            Time begin;
            Duration minimum;
        };
        static constexpr std::size_t kBuckets = 5;
        static constexpr Duration kBucketTime = 2s;
        static constexpr Duration kWindow = 10s;
        std::array<Bucket, kBuckets> buckets_;  ///< oldest first
        std::size_t used_ = 0;
    };
    struct Report {
        rtcp::NtpTime ntp;
        RtpTimestamp timestamp;
    };
    struct Stream {
        Ssrc ssrc;
        int clock_rate;
        std::optional<std::int64_t> last_timestamp;  ///< unwrapped, of the newest packet
        WindowMinimum arrival_minus_media;
        std::optional<Report> report;
        Duration ntp_minus_media{};  ///< by the reports; NTP time counts from ntp_origin_
        bool has_ntp = false;
        std::optional<Duration> offset;  ///< capture - m, as given out now
        Time slewed;                     ///< when `offset` was moved last
    };
    [[nodiscard]] Stream* find(Ssrc ssrc);
    [[nodiscard]] const Stream* find(Ssrc ssrc) const;
    void apply_report(Stream& stream);
    static void start_over(Stream& stream, RtpTimestamp timestamp);
    [[nodiscard]] Duration target(const Stream& stream, Time now) const;

    std::vector<Stream> streams_;
    std::optional<rtcp::NtpTime> ntp_origin_;  ///< of the first report, to count in nanoseconds
};

}  // namespace rivero::rtp
