// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/rtp/nack_generator.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>

namespace rivero::rtp {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr Time t0{1000s};

NackGenerator::Settings at_once() {
    NackGenerator::Settings settings;
    settings.reordering = 0ms;
    return settings;
}

TEST(NackGenerator, AsksAgainAfterOneRoundTripUntilThePacketComes) {
    NackGenerator nack{40ms, at_once()};
    nack.on_packet(t0, ExtSeqNum{5});
    EXPECT_EQ(nack.next_deadline(), std::nullopt);
    nack.on_packet(t0, ExtSeqNum{7});
    EXPECT_EQ(nack.next_deadline(), t0);
    EXPECT_THAT(nack.poll(t0), ElementsAre(SeqNum{6}));
    EXPECT_THAT(nack.poll(t0 + 39ms), IsEmpty());
    EXPECT_EQ(nack.next_deadline(), t0 + 40ms);
    EXPECT_THAT(nack.poll(t0 + 40ms), ElementsAre(SeqNum{6}));
    nack.on_packet(t0 + 41ms, ExtSeqNum{6});
    EXPECT_EQ(nack.next_deadline(), std::nullopt);
    EXPECT_EQ(nack.requested(), 2u);
}

TEST(NackGenerator, IsNeverLateWithWhatIsDueWhateverComesMeanwhile) {
    NackGenerator nack{40ms};
    nack.on_packet(t0, ExtSeqNum{5});
    nack.on_packet(t0, ExtSeqNum{7});
    nack.on_packet(t0 + 3ms, ExtSeqNum{9});
    EXPECT_EQ(nack.next_deadline(), t0 + 5ms);
    nack.on_packet(t0 + 4ms, ExtSeqNum{6});
    EXPECT_LE(nack.next_deadline(), t0 + 8ms);
    EXPECT_THAT(nack.poll(t0 + 5ms), IsEmpty());
    EXPECT_EQ(nack.next_deadline(), t0 + 8ms);
    EXPECT_THAT(nack.poll(t0 + 8ms), ElementsAre(SeqNum{8}));
    EXPECT_EQ(nack.next_deadline(), t0 + 48ms);
    nack.on_keyframe(ExtSeqNum{10});
    EXPECT_EQ(nack.next_deadline(), std::nullopt);
}

TEST(NackGenerator, DoesNotAskForWhatIsOnlyReordered) {
    NackGenerator nack{40ms};
    nack.on_packet(t0, ExtSeqNum{5});
    nack.on_packet(t0, ExtSeqNum{7});
    EXPECT_THAT(nack.poll(t0 + 4ms), IsEmpty());
    nack.on_packet(t0 + 4ms, ExtSeqNum{6});
    EXPECT_THAT(nack.poll(t0 + 1s), IsEmpty());
    EXPECT_EQ(nack.requested(), 0u);
}

TEST(NackGenerator, AsksWithWrappedNumbers) {
    NackGenerator nack{40ms, at_once()};
    nack.on_packet(t0, ExtSeqNum{65'534});
    nack.on_packet(t0, ExtSeqNum{65'537});
    EXPECT_THAT(nack.poll(t0), ElementsAre(SeqNum{65'535}, SeqNum{0}));
}

TEST(NackGenerator, GivesUpAfterTheLastTryWentUnanswered) {
    auto settings = at_once();
    settings.max_tries = 2;
    NackGenerator nack{40ms, settings};
    nack.on_packet(t0, ExtSeqNum{5});
    nack.on_packet(t0, ExtSeqNum{7});
    EXPECT_THAT(nack.poll(t0), ElementsAre(SeqNum{6}));
    EXPECT_THAT(nack.poll(t0 + 40ms), ElementsAre(SeqNum{6}));
    EXPECT_FALSE(nack.take_gave_up());
    EXPECT_EQ(nack.next_deadline(), t0 + 90ms);
    EXPECT_THAT(nack.poll(t0 + 90ms), IsEmpty());
    EXPECT_TRUE(nack.take_gave_up());
    EXPECT_FALSE(nack.take_gave_up());
    EXPECT_EQ(nack.next_deadline(), std::nullopt);
}

TEST(NackGenerator, OutlivesAnOutageOfMoreThanATenthOfASecondHoweverShortTheWay) {
    NackGenerator nack{1ms, at_once()};
    nack.on_packet(t0, ExtSeqNum{5});
    nack.on_packet(t0, ExtSeqNum{7});
    int asked = 0;
    for (Time now = t0; now < t0 + 190ms; now += 1ms)
        asked += static_cast<int>(nack.poll(now).size());
    EXPECT_FALSE(nack.take_gave_up());
    EXPECT_EQ(asked, 8);
}

TEST(NackGenerator, GivesUpWhatIsTooOld) {
    auto settings = at_once();
    settings.max_age = 1s;
    settings.max_tries = 100;
    NackGenerator nack{400ms, settings};
    nack.on_packet(t0, ExtSeqNum{5});
    nack.on_packet(t0, ExtSeqNum{7});
    EXPECT_THAT(nack.poll(t0), ElementsAre(SeqNum{6}));
    EXPECT_THAT(nack.poll(t0 + 1s), IsEmpty());
    EXPECT_TRUE(nack.take_gave_up());
}

TEST(NackGenerator, GivesUpAtOnceWhenTooMuchIsMissing) {
    NackGenerator nack{40ms, at_once()};
    nack.on_packet(t0, ExtSeqNum{0});
    nack.on_packet(t0, ExtSeqNum{1001});
    EXPECT_EQ(nack.missing(), 1000u);
    EXPECT_FALSE(nack.take_gave_up());
    nack.on_packet(t0, ExtSeqNum{1003});
    EXPECT_EQ(nack.missing(), 0u);
    EXPECT_TRUE(nack.take_gave_up());
}

TEST(NackGenerator, AsksForTheRestAtOnceWhenOneNackCannotHoldAll) {
    NackGenerator nack{40ms, at_once()};
    nack.on_packet(t0, ExtSeqNum{0});
    nack.on_packet(t0, ExtSeqNum{301});
    EXPECT_EQ(nack.poll(t0).size(), 250u);
    EXPECT_EQ(nack.next_deadline(), t0);
    EXPECT_EQ(nack.poll(t0).size(), 50u);
    EXPECT_EQ(nack.next_deadline(), t0 + 40ms);
}

TEST(NackGenerator, AKeyFrameMakesTheMissingBeforeItNeedless) {
    NackGenerator nack{40ms, at_once()};
    nack.on_packet(t0, ExtSeqNum{5});
    nack.on_packet(t0, ExtSeqNum{7});
    nack.on_packet(t0, ExtSeqNum{10});
    nack.on_keyframe(ExtSeqNum{9});
    EXPECT_THAT(nack.poll(t0), ElementsAre(SeqNum{9}));
}

/// A minute of video, 200 packets a second, over a link that loses packets, requests and
/// retransmissions at random; 30 ms each way.
TEST(NackGenerator, RepairsFivePercentOfLossInTime) {
    std::mt19937 random{7};
    const auto lost = [&] { return random() % 100 < 5; };
    constexpr int kPackets = 60 * 200;
    constexpr Duration kWay = 30ms;
    NackGenerator nack{2 * kWay};
    std::multimap<Time, std::int64_t> to_receiver, to_sender;
    std::map<std::int64_t, Duration> late;  // behind the time at which it would have come
    std::int64_t sent = 0, asked = 0;
    for (Time now = t0; sent < kPackets || now < t0 + 62s; now += 1ms) {
        if (sent < kPackets && now >= t0 + sent * 5ms) {
            if (!lost()) to_receiver.emplace(now + kWay, sent);
            ++sent;
        }
        const auto take = [&](auto& from, auto use) {
            for (; !from.empty() && from.begin()->first <= now; from.erase(from.begin()))
                use(from.begin()->second);
        };
        take(to_sender, [&](std::int64_t seq) {
            if (!lost()) to_receiver.emplace(now + kWay, seq);
        });
        take(to_receiver, [&](std::int64_t seq) {
            nack.on_packet(now, ExtSeqNum{seq});
            late.emplace(seq, now - (t0 + seq * 5ms + kWay));
        });
        const auto requests = nack.poll(now);
        asked += static_cast<std::int64_t>(requests.size());
        if (lost()) continue;  // all in one packet
        for (const SeqNum seq : requests) {
            const std::int64_t newest = sent;
            to_sender.emplace(now + kWay,
                              newest + distance(SeqNum{static_cast<std::uint16_t>(newest)}, seq));
        }
    }
    // The last ones show their loss by nothing.
    std::int64_t missing = 0;
    for (std::int64_t seq = 0; seq < kPackets - 10; ++seq) {
        const auto came = late.find(seq);
        if (came == late.end() || came->second > 300ms) ++missing;
    }
    EXPECT_LT(missing, kPackets / 1000);
    EXPECT_LT(asked, kPackets * 7 / 100) << "no packet is asked for while it is on its way";
}

}  // namespace
}  // namespace rivero::rtp
