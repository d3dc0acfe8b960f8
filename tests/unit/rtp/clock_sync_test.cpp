// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/rtp/clock_sync.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace rivero::rtp {
namespace {

using std::chrono::duration;
using std::chrono::duration_cast;
using std::chrono::milliseconds;

constexpr Time t0{5'000s};
constexpr Ssrc kAudio{1};
constexpr Ssrc kVideo{2};

double ms(Duration d) {
    return duration<double, std::milli>{d}.count();
}

/// One stream of a simulated sender: what is captured at a true time gets a timestamp of a clock
/// that drifts, and arrives after a delay.
struct FakeStream {
    Ssrc ssrc;
    int rate;
    Duration interval;
    std::uint32_t first_timestamp;
    Duration delay;      ///< shortest way from capture to us: encoder and network
    Duration jitter{0};  ///< on top, equally distributed
    double drift = 0;    ///< of the media clock against ours: 1e-4 is 100 ppm fast
    bool reports = true;
    Duration report_noise{0};

    [[nodiscard]] RtpTimestamp timestamp(Duration since_start) const {
        const double seconds = duration<double>{since_start}.count() * (1 + drift);
        return RtpTimestamp{first_timestamp +
                            static_cast<std::uint32_t>(std::llround(seconds * rate))};
    }
};

class ClockSyncTest : public testing::Test {
protected:
    /// Runs all streams for a while, with a report of each every two seconds. Leaves the errors of
    /// the last capture times (given out minus true) in `errors_`.
    void run(std::vector<FakeStream> streams, Duration from, Duration until) {
        errors_.assign(streams.size(), Duration::zero());
        std::vector<Duration> next(streams.size(), from);
        Duration next_report = from + 2s;
        for (Duration now = from; now < until; now += 1ms) {
            for (std::size_t i = 0; i < streams.size(); ++i) {
                const auto& stream = streams[i];
                if (now < next[i]) continue;
                next[i] += stream.interval;
                Duration delay = stream.delay;
                if (stream.jitter > 0ms)
                    delay += Duration{static_cast<std::int64_t>(
                        random_() % static_cast<std::uint64_t>(stream.jitter.count()))};
                const Time captured =
                    sync_.capture_time(stream.ssrc, t0 + now + delay, stream.timestamp(now));
                errors_[i] = captured - (t0 + now);
            }
            if (now < next_report) continue;
            next_report += 2s;
            for (const auto& stream : streams) {
                if (!stream.reports) continue;
                Duration noise{0};
                if (stream.report_noise > 0ms)
                    noise = Duration{static_cast<std::int64_t>(
                        random_() % static_cast<std::uint64_t>(stream.report_noise.count()))};
                sync_.on_sender_report(stream.ssrc, wall_clock(now + noise), stream.timestamp(now));
            }
        }
    }
    rtcp::NtpTime wall_clock(Duration since_start) const {
        return rtcp::to_ntp(std::chrono::system_clock::time_point{
            duration_cast<std::chrono::system_clock::duration>(1'700'000'000s + wall_offset_ +
                                                               since_start)});
    }
    void add(const FakeStream& stream) { sync_.add_stream(stream.ssrc, stream.rate); }

    /// Wraps after 21 s.
    FakeStream audio_{kAudio, 48'000, 20ms, 0xfff00000, 30ms};
    FakeStream video_{kVideo, 90'000, 33ms, 12'345, 110ms};
    Duration wall_offset_{0};
    std::mt19937 random_{1};
    ClockSync sync_;
    std::vector<Duration> errors_;
};

TEST_F(ClockSyncTest, UnknownStreamsAreCapturedWhenTheyArrive) {
    EXPECT_EQ(sync_.capture_time(kAudio, t0, RtpTimestamp{1}), t0);
}

TEST_F(ClockSyncTest, StandsOnTheArrivalBeforeAnyReport) {
    add(audio_);
    EXPECT_EQ(sync_.capture_time(kAudio, t0, RtpTimestamp{0xffffff00}), t0);
    EXPECT_EQ(sync_.capture_time(kAudio, t0 + 20ms, RtpTimestamp{0xffffff00 + 960}), t0 + 20ms);
    EXPECT_EQ(sync_.capture_time(kAudio, t0 + 70ms, RtpTimestamp{0xffffff00 + 1920}), t0 + 40ms)
        << "30 ms late is the network's fault";
}

TEST_F(ClockSyncTest, AllPacketsOfAFrameHaveOneCaptureTime) {
    add(video_);
    video_.jitter = 30ms;
    run({video_}, 0s, 1s);
    const Time first = sync_.capture_time(kVideo, t0 + 2s, RtpTimestamp{200'000});
    EXPECT_EQ(sync_.capture_time(kVideo, t0 + 2s + 15ms, RtpTimestamp{200'000}), first);
}

TEST_F(ClockSyncTest, SmoothsJitter) {
    add(audio_);
    audio_.jitter = 60ms;
    run({audio_}, 0s, 20s);
    EXPECT_NEAR(ms(errors_[0]), 30, 2);
}

TEST_F(ClockSyncTest, ReportsBringAudioAndVideoTogether) {
    add(audio_);
    add(video_);
    run({audio_, video_}, 0s, 1900ms);
    EXPECT_NEAR(ms(errors_[1] - errors_[0]), 80, 1) << "video is 80 ms longer on its way";
    EXPECT_FALSE(sync_.synchronized(kVideo));
    run({audio_, video_}, 2s, 20s);
    EXPECT_TRUE(sync_.synchronized(kVideo));
    EXPECT_NEAR(ms(errors_[1] - errors_[0]), 0, 1);
    EXPECT_NEAR(ms(errors_[0]), 30, 1) << "the shorter way sets the time";
}

TEST_F(ClockSyncTest, TheChangeOverIsSlow) {
    add(audio_);
    add(video_);
    run({audio_, video_}, 0s, 3s);
    // One frame is 33 ms; 5 % of that is the most it may be shortened by.
    Time before = sync_.capture_time(kVideo, t0 + 3s + 110ms, video_.timestamp(3s));
    Duration shortest = 1h;
    for (Duration now = 3033ms; now < 12s; now += 33ms) {
        (void)sync_.capture_time(kAudio, t0 + now + 30ms, audio_.timestamp(now));
        const Time captured = sync_.capture_time(kVideo, t0 + now + 110ms, video_.timestamp(now));
        shortest = std::min(shortest, captured - before);
        before = captured;
    }
    EXPECT_GT(ms(shortest), 33 * 0.95 - 0.1);
    EXPECT_LT(ms(shortest), 33);
}

struct SyncCase {
    const char* name;
    Duration audio_jitter;
    Duration video_jitter;
    double audio_drift;
    double video_drift;
    Duration report_noise;
    double allowed_ms;
};
void PrintTo(const SyncCase& c, std::ostream* out) {
    *out << c.name;
}
class LipSyncTest : public ClockSyncTest, public testing::WithParamInterface<SyncCase> {};

TEST_P(LipSyncTest, HoldsForMinutes) {
    const auto& tested = GetParam();
    audio_.jitter = tested.audio_jitter;
    video_.jitter = tested.video_jitter;
    audio_.drift = tested.audio_drift;
    video_.drift = tested.video_drift;
    audio_.report_noise = video_.report_noise = tested.report_noise;
    add(audio_);
    add(video_);
    for (Duration from = 0s; from < 300s; from += 20s) {
        run({audio_, video_}, from, from + 20s);
        if (from == 0s) continue;
        EXPECT_NEAR(ms(errors_[1] - errors_[0]), 0, tested.allowed_ms) << "at " << ms(from) / 1000;
        EXPECT_NEAR(ms(errors_[0]), 30, 5 + tested.allowed_ms) << "at " << ms(from) / 1000;
    }
}

INSTANTIATE_TEST_SUITE_P(
    Conditions, LipSyncTest,
    testing::Values(SyncCase{"Calm", 0ms, 0ms, 0, 0, 0ms, 1},
                    SyncCase{"Jitter", 40ms, 80ms, 0, 0, 0ms, 3},
                    SyncCase{"ClocksDriftApart", 0ms, 0ms, 2e-4, -2e-4, 0ms, 6},
                    SyncCase{"ClocksDriftTogether", 0ms, 0ms, 3e-4, 3e-4, 0ms, 3},
                    SyncCase{"NoisyReports", 0ms, 0ms, 0, 0, 10ms, 6},
                    SyncCase{"AllTogether", 40ms, 80ms, 1e-4, -1e-4, 10ms, 12}),
    [](const auto& tested) { return tested.param.name; });

TEST_F(ClockSyncTest, AStepOfTheSendersWallClockMovesNothing) {
    add(audio_);
    add(video_);
    run({audio_, video_}, 0s, 20s);
    Duration now = 20s;
    for (const Duration step : {Duration{1h}, Duration{-26h}, Duration{300ms}}) {
        wall_offset_ += step;
        run({audio_, video_}, now, now + 20s);
        now += 20s;
        EXPECT_NEAR(ms(errors_[0]), 30, 2) << ms(step);
        EXPECT_NEAR(ms(errors_[1]), 30, 2) << ms(step);
    }
}

TEST_F(ClockSyncTest, AStreamWithAnotherWallClockStaysOnItsArrival) {
    add(audio_);
    add(video_);
    run({audio_, video_}, 0s, 2500ms);
    sync_.on_sender_report(kVideo, wall_clock(10h), video_.timestamp(2s));
    video_.reports = false;
    run({audio_, video_}, 2500ms, 20s);
    EXPECT_NEAR(ms(errors_[0]), 30, 1);
    EXPECT_NEAR(ms(errors_[1]), 110, 1);
}

TEST_F(ClockSyncTest, OneStreamAloneIsNotMovedByItsReports) {
    add(video_);
    run({video_}, 0s, 10s);
    EXPECT_NEAR(ms(errors_[0]), 110, 1);
    sync_.on_sender_report(kVideo, rtcp::NtpTime{~0ULL}, RtpTimestamp{0x7fffffff});
    run({video_}, 10s, 12s);
    EXPECT_NEAR(ms(errors_[0]), 110, 1);
}

TEST_F(ClockSyncTest, AReportBeforeTheFirstPacketCounts) {
    add(audio_);
    add(video_);
    sync_.on_sender_report(kAudio, wall_clock(0s), audio_.timestamp(0s));
    sync_.on_sender_report(kVideo, wall_clock(0s), video_.timestamp(0s));
    audio_.reports = video_.reports = false;
    run({audio_, video_}, 100ms, 400ms);
    EXPECT_NEAR(ms(errors_[1] - errors_[0]), 0, 5) << "no slew: nothing was given out before";
}

TEST_F(ClockSyncTest, ReportsWithoutAWallClockAreIgnored) {
    add(audio_);
    sync_.on_sender_report(kAudio, rtcp::NtpTime{}, RtpTimestamp{0});
    run({audio_}, 0s, 1s);
    EXPECT_FALSE(sync_.synchronized(kAudio));
}

TEST_F(ClockSyncTest, ARestartWithOtherTimestampsIsANewBeginning) {
    add(audio_);
    run({audio_}, 0s, 10s);
    for (const std::uint32_t first : {0x12345678U, 0x92345678U, 0x02345678U}) {
        audio_.first_timestamp = first;
        run({audio_}, 10s, 12s);
        EXPECT_NEAR(ms(errors_[0]), 30, 1) << std::hex << first;
    }
}

TEST_F(ClockSyncTest, AJumpIsTakenWhenItIsWrongByMoreThanASecond) {
    add(audio_);
    audio_.reports = false;
    audio_.delay = 2030ms;
    run({audio_}, 0s, 5s);
    audio_.delay = 30ms;
    run({audio_}, 5s, 5040ms);
    EXPECT_NEAR(ms(errors_[0]), 30, 1);
}

TEST_F(ClockSyncTest, FollowsALongerWayWithinTheWindow) {
    add(audio_);
    run({audio_}, 0s, 10s);
    audio_.delay = 150ms;
    run({audio_}, 10s, 40s);
    EXPECT_NEAR(ms(errors_[0]), 150, 2);
}

TEST_F(ClockSyncTest, AStreamThatHasGoneQuietSetsNoTime) {
    add(audio_);
    add(video_);
    run({audio_, video_}, 0s, 20s);
    EXPECT_NEAR(ms(errors_[1]), 30, 1);
    run({video_}, 20s, 60s);
    EXPECT_NEAR(ms(errors_[0]), 110, 2);
}

TEST_F(ClockSyncTest, SurvivesAnyTimestampAndReport) {
    add(audio_);
    add(video_);
    sync_.add_stream(Ssrc{3}, 0);
    for (int i = 0; i < 50'000; ++i) {
        const Ssrc ssrc{static_cast<std::uint32_t>(1 + random_() % 3)};
        (void)sync_.capture_time(ssrc, t0 + milliseconds{i},
                                 RtpTimestamp{static_cast<std::uint32_t>(random_())});
        if (i % 7 == 0)
            sync_.on_sender_report(ssrc, rtcp::NtpTime{std::uint64_t{random_()} << 32 | random_()},
                                   RtpTimestamp{static_cast<std::uint32_t>(random_())});
    }
    // Just below what counts as a new time base, forever.
    for (int i = 0; i < 200'000; ++i)
        (void)sync_.capture_time(Ssrc{3}, t0 + 50s + milliseconds{i},
                                 RtpTimestamp{static_cast<std::uint32_t>(i) * 4900});
}

TEST_F(ClockSyncTest, HoldsOnlySoManyStreams) {
    for (std::uint32_t i = 0; i < ClockSync::kMaxStreams; ++i)
        EXPECT_TRUE(sync_.add_stream(Ssrc{i}, 8000));
    EXPECT_FALSE(sync_.add_stream(Ssrc{1000}, 8000));
    sync_.remove_stream(Ssrc{5});
    EXPECT_FALSE(sync_.add_stream(Ssrc{6}, 8000)) << "is there already";
    EXPECT_TRUE(sync_.add_stream(Ssrc{1000}, 8000));
}

}  // namespace
}  // namespace rivero::rtp
