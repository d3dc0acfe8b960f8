// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "bwe/acknowledged_rate.hpp"
#include "bwe/aimd.hpp"
#include "bwe/application_limit.hpp"
#include "bwe/bottleneck.hpp"
#include "bwe/inter_arrival.hpp"
#include "bwe/loss_based.hpp"
#include "bwe/probe_estimator.hpp"
#include "bwe/prober.hpp"
#include "bwe/sent_packets.hpp"
#include "bwe/trendline.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

namespace rivero {
namespace {

using bwe::Usage;
constexpr Time t0{100s};

rtcp::TransportFeedback feedback(SeqNum base, std::uint16_t count, std::int32_t reference,
                                 std::vector<rtcp::TransportFeedback::Received> received) {
    rtcp::TransportFeedback f;
    f.base = base;
    f.count = count;
    f.reference_time = reference;
    f.received = std::move(received);
    return f;
}

std::string fates(const std::vector<bwe::PacketResult>& results) {
    std::string text;
    for (auto& r : results) text += std::to_string(r.seq) + (r.received ? "+ " : "- ");
    return text;
}

TEST(SentPackets, TellsEachFateOnceAndALateArrivalAfterItsLoss) {
    bwe::SentPackets sent;
    for (int i = 0; i < 5; ++i) (void)sent.add(t0 + i * 1ms, 100, 0);  // 1...5
    EXPECT_EQ(sent.bytes_in_flight(), 500u);
    EXPECT_EQ(
        fates(sent.on_feedback(feedback(SeqNum{1}, 3, 10, {{SeqNum{1}, 0ms}, {SeqNum{3}, 2ms}}))),
        "1+ 2- 3+ ");
    EXPECT_EQ(sent.bytes_in_flight(), 200u);
    EXPECT_EQ(fates(sent.on_feedback(feedback(
                  SeqNum{1}, 4, 10, {{SeqNum{1}, 0ms}, {SeqNum{2}, 5ms}, {SeqNum{4}, 6ms}}))),
              "2+ 4+ ");
    EXPECT_EQ(sent.bytes_in_flight(), 100u);
}

TEST(SentPackets, RefusesFeedbackForWhatWasNeverSent) {
    bwe::SentPackets sent;
    (void)sent.add(t0, 100, 0);
    EXPECT_TRUE(sent.on_feedback(feedback(SeqNum{1}, 2, 0, {{SeqNum{1}, 0ms}})).empty());
    EXPECT_TRUE(sent.on_feedback(feedback(SeqNum{30000}, 65535, 0, {})).empty());
}

TEST(SentPackets, NumbersAndReferenceTimesWrap) {
    bwe::SentPackets sent;
    SeqNum seq;
    for (int i = 0; i < 70000; ++i) seq = sent.add(t0 + i * 10us, 100, 0);
    EXPECT_EQ(seq, SeqNum{static_cast<std::uint16_t>(70000)});
    const auto first = sent.on_feedback(feedback(SeqNum{4463}, 1, 0x7fffff, {{SeqNum{4463}, 0ms}}));
    ASSERT_EQ(fates(first), "69999+ ");
    const Duration before = *first[0].received;
    const auto second =
        sent.on_feedback(feedback(SeqNum{4464}, 1, -0x800000, {{SeqNum{4464}, 0ms}}));
    ASSERT_EQ(fates(second), "70000+ ");
    EXPECT_EQ(*second[0].received - before, 64ms);
}

TEST(SentPackets, KeepsABoundedNumber) {
    bwe::SentPackets sent;
    for (int i = 0; i < 20000; ++i) (void)sent.add(t0, 1, 0);
    EXPECT_EQ(sent.bytes_in_flight(), bwe::SentPackets::kMaxPackets);
    (void)sent.add(t0 + 11s, 1, 0);
    EXPECT_EQ(sent.bytes_in_flight(), 1u);
}

TEST(InterArrival, ComparesTheLastPacketsOfGroups) {
    bwe::InterArrival inter;
    EXPECT_FALSE(inter.on_packet(t0, 0ms));
    EXPECT_FALSE(inter.on_packet(t0 + 3ms, 4ms));  // the same burst
    EXPECT_FALSE(inter.on_packet(t0 + 30ms, 35ms));
    const auto delta = inter.on_packet(t0 + 60ms, 70ms);
    ASSERT_TRUE(delta);
    EXPECT_EQ(delta->sent, Duration{27ms});
    EXPECT_EQ(delta->received, Duration{31ms});
}

TEST(InterArrival, PacketsThatWereHeldUpTogetherAreOneGroup) {
    bwe::InterArrival inter;
    EXPECT_FALSE(inter.on_packet(t0, 0ms));
    EXPECT_FALSE(inter.on_packet(t0 + 20ms, 60ms));
    EXPECT_FALSE(inter.on_packet(t0 + 40ms, 61ms));
    EXPECT_FALSE(inter.on_packet(t0 + 60ms, 62ms));
    const auto delta = inter.on_packet(t0 + 100ms, 100ms);
    ASSERT_TRUE(delta);
    EXPECT_EQ(delta->sent, Duration{60ms});
    EXPECT_EQ(delta->received, Duration{62ms});
}

TEST(InterArrival, BeginsAnewWhenTheReceiversClockIsSet) {
    bwe::InterArrival inter;
    EXPECT_FALSE(inter.on_packet(t0, 0ms));
    EXPECT_FALSE(inter.on_packet(t0 + 30ms, 30ms));
    EXPECT_TRUE(inter.on_packet(t0 + 60ms, 10s)) << "of the two before";
    EXPECT_FALSE(inter.on_packet(t0 + 90ms, 10030ms));
    EXPECT_FALSE(inter.on_packet(t0 + 120ms, 10060ms)) << "three begin a new row";
    EXPECT_FALSE(inter.on_packet(t0 + 150ms, 10090ms));
    EXPECT_TRUE(inter.on_packet(t0 + 180ms, 10120ms));
}

/// Groups every 20 ms whose delay grows by `growth` each.
Usage usage_after(bwe::Trendline& trendline, int groups, Duration growth, Duration& now) {
    for (int i = 0; i < groups; ++i) {
        now += 20ms + growth;
        trendline.update(20ms, 20ms + growth, now);
    }
    return trendline.usage();
}

TEST(Trendline, AGrowingQueueIsOveruseADrainingOneUnderuse) {
    bwe::Trendline trendline;
    Duration now{};
    EXPECT_EQ(usage_after(trendline, 60, 0ms, now), Usage::normal);
    EXPECT_EQ(usage_after(trendline, 15, 5ms, now), Usage::over);
    EXPECT_EQ(usage_after(trendline, 30, -5ms, now), Usage::under);
    EXPECT_EQ(usage_after(trendline, 200, 0ms, now), Usage::normal);
}

TEST(Trendline, TheThresholdFollowsAJitteryLink) {
    bwe::Trendline trendline;
    Duration now{};
    for (int i = 0; i < 300; ++i) {
        const Duration jitter = i % 2 ? 8ms : -8ms;
        now += 20ms + jitter;
        trendline.update(20ms, 20ms + jitter, now);
        EXPECT_NE(trendline.usage(), Usage::over);
    }
    EXPECT_GE(trendline.threshold(), 6);
}

TEST(Aimd, FallsToAPartOfWhatArrivesAndRisesAgain) {
    bwe::Aimd aimd{1'000'000};
    EXPECT_NEAR(aimd.update(t0, Usage::over, 600'000.0, false), 510'000, 1);
    EXPECT_NEAR(aimd.update(t0 + 100ms, Usage::under, 600'000.0, false), 510'000, 1);
    double last = aimd.update(t0 + 200ms, Usage::normal, 510'000.0, false);
    for (int i = 0; i < 20; ++i) {
        const double rate = aimd.update(t0 + 300ms + i * 100ms, Usage::normal, 510'000.0, false);
        EXPECT_GT(rate, last);
        last = rate;
    }
    EXPECT_LT(last, 600'000) << "carefully near the rate at which the link was full";
}

TEST(Aimd, DoesNotRiseOnWhatWasNotTried) {
    bwe::Aimd aimd{300'000};
    for (int i = 0; i < 600; ++i) aimd.update(t0 + i * 100ms, Usage::normal, 300'000.0, false);
    EXPECT_NEAR(aimd.rate(), 460'000, 1);
    bwe::Aimd limited{300'000};
    for (int i = 0; i < 600; ++i) limited.update(t0 + i * 100ms, Usage::normal, 300'000.0, true);
    EXPECT_EQ(limited.rate(), 300'000);
}

TEST(Aimd, ReturnsQuicklyToWhatTheLinkWasSeenToCarryAndCarefullyBeyond) {
    bwe::Aimd aimd{350'000};
    Time now = t0;
    const auto rises_for = [&](Duration time, const bwe::Link& link) {
        for (const Time end = now + time; now < end;)
            aimd.update(now += 20ms, Usage::normal, 480'000.0, false, link);
        return aimd.rate();
    };
    EXPECT_LT(rises_for(500ms, {}), 380'000) << "nothing is known of the link";
    EXPECT_LT(rises_for(500ms, {500'000.0, 150ms}), 380'000) << "a queue stands";
    EXPECT_GT(rises_for(400ms, {500'000.0}), 424'000);
    EXPECT_LT(rises_for(1s, {500'000.0}), 490'000);
}

TEST(Aimd, KeepsWhatTheLinkWasSeenToCarryThoughLittleArrives) {
    bwe::Aimd above{550'000};
    EXPECT_NEAR(above.update(t0, Usage::over, 300'000.0, false, {500'000.0}), 425'000, 1);
    bwe::Aimd queue{550'000};
    EXPECT_NEAR(queue.update(t0, Usage::over, 300'000.0, false, {500'000.0, 400ms}), 350'000, 1);
    bwe::Aimd within{420'000};
    EXPECT_NEAR(within.update(t0, Usage::over, 200'000.0, true, {500'000.0}), 420'000, 1)
        << "a burst, not the rate, made the queue grow";
    for (int i = 1; i <= 6; ++i)
        within.update(t0 + i * 100ms, Usage::over, 200'000.0, true, {500'000.0});
    EXPECT_LT(within.rate(), 360'000) << "but it goes on";
}

TEST(Aimd, GoesLittleAboveWhatTheLinkWasSeenToCarry) {
    bwe::Aimd below{450'000};
    bwe::Aimd above{800'000};
    for (int i = 0; i < 100; ++i) {
        below.update(t0 + i * 100ms, Usage::normal, 450'000.0, false, {500'000.0});
        above.update(t0 + i * 100ms, Usage::normal, 450'000.0, true, {500'000.0});
    }
    EXPECT_NEAR(below.rate(), 575'000, 1);
    below.update(t0 + 20s, Usage::normal, 500'000.0, false, {600'000.0, 150ms});
    EXPECT_NEAR(below.rate(), 575'000, 1) << "the queue first";
    EXPECT_NEAR(above.rate(), 575'000, 5'000);
}

/// Packets of 1000 bytes, `count` at a time each `interval`, over a link of so many bit/s.
void send_bursts(bwe::Bottleneck& bottleneck, double bps, int count, Duration interval,
                 Duration time) {
    constexpr Duration kOtherClock = 777s;
    Duration busy_until{};
    for (Duration at{}; at < time; at += interval) {
        for (int i = 0; i < count; ++i) {
            busy_until = std::max(busy_until, at) + std::chrono::duration_cast<Duration>(
                                                        std::chrono::duration<double>(8000 / bps));
            bottleneck.on_packet(t0 + at, kOtherClock + busy_until + 20ms, 1000);
        }
    }
}

TEST(Bottleneck, IsMeasuredByABurstThoughLittleIsSentOnTheWhole) {
    bwe::Bottleneck bottleneck;
    EXPECT_FALSE(bottleneck.bps(t0));
    send_bursts(bottleneck, 500'000, 8, 500ms, 3s);  // 128 kbit/s
    ASSERT_TRUE(bottleneck.bps(t0 + 3s));
    EXPECT_NEAR(*bottleneck.bps(t0 + 3s), 500'000, 20'000);
    EXPECT_LT(bottleneck.standing(), 20ms) << "the queue comes and goes";
    EXPECT_FALSE(bottleneck.bps(t0 + 15s)) << "too long ago";
}

TEST(Bottleneck, TellsOfAQueueThatStands) {
    bwe::Bottleneck bottleneck;
    send_bursts(bottleneck, 500'000, 1, 15ms, 3s);  // 533 kbit/s
    EXPECT_NEAR(*bottleneck.bps(t0 + 3s), 500'000, 20'000);
    EXPECT_GT(bottleneck.standing(), 150ms);
}

TEST(Bottleneck, IsUnknownWithoutAQueue) {
    bwe::Bottleneck bottleneck;
    send_bursts(bottleneck, 500'000, 1, 20ms, 3s);
    EXPECT_FALSE(bottleneck.bps(t0 + 3s));
}

TEST(Bottleneck, IsNotWhatAReceiverReadsAtOnceAfterAPause) {
    bwe::Bottleneck bottleneck;
    for (int i = 0; i < 200; ++i) {
        const Duration read = (i / 10 + 1) * 200ms;  // every 200 ms, what has come since
        bottleneck.on_packet(t0 + i * 20ms, read, 1000);
    }
    EXPECT_FALSE(bottleneck.bps(t0 + 4s));
}

TEST(Bottleneck, IsNotSlowerBecauseTheReceiverPausedMeanwhile) {
    bwe::Bottleneck bottleneck;
    // 8 packets every 500 ms over 500 kbit/s; nothing is read for 80 ms within each burst.
    for (int burst = 0; burst < 6; ++burst) {
        for (int i = 0; i < 8; ++i) {
            Duration read = burst * 500ms + (i + 1) * 16ms;
            const Duration pause = burst * 500ms + 40ms;
            if (read > pause) read = std::max(read, pause + 80ms);
            bottleneck.on_packet(t0 + burst * 500ms, read, 1000);
        }
    }
    EXPECT_FALSE(bottleneck.bps(t0 + 3s));
}

TEST(Bottleneck, OutlivesClocksThatAreSet) {
    bwe::Bottleneck bottleneck;
    send_bursts(bottleneck, 500'000, 8, 500ms, 3s);
    bottleneck.on_packet(t0 + 3s, 5s, 1000);  // minutes back
    bottleneck.on_packet(t0 + 3s, 7200s, 1000);
    send_bursts(bottleneck, 300'000, 8, 500ms, 3s);
    EXPECT_NEAR(*bottleneck.bps(t0 + 3s), 300'000, 20'000);
}

TEST(AcknowledgedRate, FollowsAStepWithinASecond) {
    bwe::AcknowledgedRate rate;
    Duration now{};
    auto feed = [&](double bps, Duration time) {
        const Duration interval =
            std::chrono::duration_cast<Duration>(std::chrono::duration<double>(1000 * 8 / bps));
        for (const Duration end = now + time; now < end; now += interval) rate.on_packet(now, 1000);
    };
    feed(1'000'000, 2s);
    EXPECT_NEAR(*rate.bps(), 1'000'000, 50'000);
    feed(300'000, 1500ms);
    EXPECT_NEAR(*rate.bps(), 300'000, 100'000);
    feed(2'000'000, 2s);
    EXPECT_NEAR(*rate.bps(), 2'000'000, 400'000);
}

struct LossCase {
    const char* name;
    int lost_of_100;
    double low, high;  ///< of the rate after 5 s, which began at 1 Mbit/s
};
class LossBased : public testing::TestWithParam<LossCase> {};
TEST_P(LossBased, FollowsTheLoss) {
    bwe::LossBased loss{1'000'000};
    for (int i = 0; i < 50; ++i) {
        loss.on_feedback(t0 + i * 100ms, GetParam().lost_of_100, 100);
        loss.update(t0 + i * 100ms, 10'000'000);
    }
    EXPECT_GE(loss.rate(), GetParam().low);
    EXPECT_LE(loss.rate(), GetParam().high);
}
INSTANTIATE_TEST_SUITE_P(Draft, LossBased,
                         testing::Values(LossCase{"None", 0, 1'300'000, 1'600'000},
                                         LossCase{"Little", 5, 1'000'000, 1'000'000},
                                         LossCase{"Much", 30, 150'000, 400'000}),
                         [](auto& i) { return i.param.name; });

TEST(ProbeEstimator, MeasuresWhatTheLinkCarried) {
    bwe::ProbeEstimator estimator;
    const bwe::Probe probe{1, 2'000'000, 5000, 5};
    std::optional<double> measured;
    // Sent at 2 Mbit/s, received at 1: a packet of 1000 bytes every 4 and every 8 ms.
    for (int i = 0; i < 6 && !measured; ++i)
        measured = estimator.on_packet({i, t0 + i * 4ms, 1000, 1, Duration{i * 8ms}}, probe);
    ASSERT_TRUE(measured);
    EXPECT_NEAR(*measured, 950'000, 1000);
}

TEST(ProbeEstimator, SaysNothingOfABurstThatAQueueLetGo) {
    bwe::ProbeEstimator estimator;
    const bwe::Probe probe{1, 2'000'000, 5000, 5};
    for (int i = 0; i < 6; ++i)
        EXPECT_FALSE(estimator.on_packet({i, t0 + i * 4ms, 1000, 1, Duration{i * 1ms}}, probe));
}

TEST(Prober, LooksHigherWhileItFindsWhatItLooksFor) {
    bwe::Prober prober;
    prober.set_wanted(5'000'000);
    EXPECT_FALSE(prober.poll(t0, 300'000)) << "nothing is sent yet";
    prober.start(t0, 300'000);
    const auto first = prober.poll(t0, 300'000);
    ASSERT_TRUE(first);
    EXPECT_EQ(first->bps, 900'000);
    const auto second = prober.poll(t0 + 20ms, 300'000);
    ASSERT_TRUE(second);
    EXPECT_EQ(second->bps, 1'800'000);
    EXPECT_FALSE(prober.poll(t0 + 40ms, 300'000)) << "the results are awaited";
    prober.on_result(t0 + 100ms, *second, 1'700'000);
    const auto third = prober.poll(t0 + 100ms, 1'700'000);
    ASSERT_TRUE(third);
    EXPECT_EQ(third->bps, 3'400'000);
    prober.on_result(t0 + 200ms, *third, 1'900'000);
    EXPECT_FALSE(prober.poll(t0 + 200ms, 1'900'000)) << "that was the limit";
    EXPECT_TRUE(prober.poll(t0 + 5s, 1'900'000));
}

TEST(Prober, IsSilentWhileTheEstimateSufficesAndAfterCongestion) {
    bwe::Prober prober;
    prober.set_wanted(500'000);
    prober.start(t0, 600'000);
    for (int i = 0; i < 100; ++i) EXPECT_FALSE(prober.poll(t0 + i * 100ms, 600'000));
    prober.set_wanted(2'000'000);
    prober.on_congestion(t0 + 20s);
    EXPECT_FALSE(prober.poll(t0 + 21s, 600'000));
    EXPECT_TRUE(prober.poll(t0 + 22s, 600'000));
}

TEST(ApplicationLimit, IsReachedByASenderOfLittleAndLeftByOneOfMuch) {
    bwe::ApplicationLimit limit;
    Time now = t0;
    auto send = [&](double bps, Duration time) {
        for (const Time end = now + time; now < end; now += 10ms)
            limit.on_sent(now, static_cast<std::size_t>(bps / 800), 1'000'000);
    };
    send(900'000, 2s);
    EXPECT_FALSE(limit.limited());
    send(100'000, 2s);
    EXPECT_TRUE(limit.limited());
    send(900'000, 2s);
    EXPECT_FALSE(limit.limited());
}

}  // namespace
}  // namespace rivero
