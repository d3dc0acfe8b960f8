// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/rtp/nack_generator.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
    EXPECT_EQ(nack.next_deadline(), t0 + 80ms);
    EXPECT_THAT(nack.poll(t0 + 80ms), IsEmpty());
    EXPECT_TRUE(nack.take_gave_up());
    EXPECT_FALSE(nack.take_gave_up());
    EXPECT_EQ(nack.next_deadline(), std::nullopt);
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

}  // namespace
}  // namespace rivero::rtp
