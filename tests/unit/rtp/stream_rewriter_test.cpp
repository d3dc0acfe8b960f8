// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/rtp/stream_rewriter.hpp"

#include <gtest/gtest.h>

namespace rivero::rtp {
namespace {

constexpr Time t0{1000s};
constexpr std::nullopt_t nothing = std::nullopt;

class StreamRewriterTest : public testing::Test {
protected:
    using Out = std::optional<StreamRewriter::Rewritten>;

    Out send(std::int64_t seq, std::uint32_t timestamp = 0, Duration capture = 0ms) {
        return rewriter_.rewrite(ExtSeqNum{seq}, RtpTimestamp{timestamp}, t0 + capture);
    }
    std::optional<int> number(std::int64_t seq) {
        const Out out = send(seq);
        if (!out) return nothing;
        return out->seq.value;
    }
    std::optional<std::int64_t> source(std::uint16_t outgoing) const {
        const auto seq = rewriter_.source_seq(SeqNum{outgoing});
        if (!seq) return nothing;
        return seq->value;
    }
    static Out out(std::uint16_t seq, std::uint32_t timestamp) {
        return StreamRewriter::Rewritten{SeqNum{seq}, RtpTimestamp{timestamp}};
    }

    StreamRewriter rewriter_{90'000, SeqNum{65'534}, RtpTimestamp{0xffffff00}};
};

TEST_F(StreamRewriterTest, StartsWhereItIsToldAndWraps) {
    EXPECT_EQ(send(500, 1000), out(65'534, 0xffffff00));
    EXPECT_EQ(send(501, 1000), out(65'535, 0xffffff00));
    EXPECT_EQ(send(502, 1000 + 0x100), out(0, 0));
    EXPECT_EQ(source(65'535), 501);
    EXPECT_EQ(source(0), 502);
    EXPECT_EQ(source(1), nothing);
}

TEST_F(StreamRewriterTest, LossStaysAGapAndLatePacketsFillIt) {
    EXPECT_EQ(number(500), 65'534);
    EXPECT_EQ(number(503), 1);
    EXPECT_EQ(source(65'535), 501) << "the receiver may ask for what we have not got yet";
    EXPECT_EQ(send(501, 7), out(65'535, 0xffffff07));
    EXPECT_EQ(number(504), 2);
}

TEST_F(StreamRewriterTest, NothingFromBeforeTheFirstPacket) {
    EXPECT_EQ(number(500), 65'534);
    EXPECT_EQ(number(499), nothing);
    EXPECT_EQ(source(65'533), nothing);
}

TEST_F(StreamRewriterTest, WithheldPacketsLeaveNoGap) {
    EXPECT_EQ(number(500), 65'534);
    EXPECT_EQ(rewriter_.withhold(ExtSeqNum{501}, RtpTimestamp{0}), std::nullopt);
    EXPECT_EQ(rewriter_.withhold(ExtSeqNum{502}, RtpTimestamp{0}), std::nullopt);
    EXPECT_EQ(number(503), 65'535);
    EXPECT_EQ(rewriter_.withhold(ExtSeqNum{505}, RtpTimestamp{0}),
              std::nullopt);  // and 504 is late
    EXPECT_EQ(number(506), 1);
    EXPECT_EQ(number(504), 0);
    EXPECT_EQ(number(501), nothing);
    EXPECT_EQ(number(505), nothing);
    const std::int64_t sources[] = {500, 503, 504, 506};
    for (int i = 0; i < 4; ++i)
        EXPECT_EQ(source(static_cast<std::uint16_t>(65'534 + i)), sources[i]);
}

TEST_F(StreamRewriterTest, AGapThatTheReceiverKnowsCannotBeClosed) {
    EXPECT_EQ(number(500), 65'534);
    EXPECT_EQ(number(502), 0);
    // It is withheld, but its number has to go out.
    EXPECT_FALSE(rewriter_.filled(ExtSeqNum{501}));
    EXPECT_EQ(rewriter_.withhold(ExtSeqNum{501}, RtpTimestamp{7}), out(65'535, 0xffffff07));
    EXPECT_TRUE(rewriter_.filled(ExtSeqNum{501}));
    EXPECT_FALSE(rewriter_.filled(ExtSeqNum{502}));
    EXPECT_EQ(rewriter_.withhold(ExtSeqNum{501}, RtpTimestamp{7}), nothing) << "once";
    EXPECT_EQ(number(501), nothing);
    EXPECT_EQ(number(503), 1);
}

TEST_F(StreamRewriterTest, WhatIsMissingBeforeAWithheldOneMayComeHoweverLongTheStream) {
    for (std::int64_t seq = 0; seq < 5000; ++seq) ASSERT_TRUE(send(seq));
    for (std::int64_t seq = 5000; seq < 5100; seq += 4) {
        // seq and seq + 1 are missing.
        EXPECT_EQ(rewriter_.withhold(ExtSeqNum{seq + 2}, RtpTimestamp{0}), nothing);
        ASSERT_TRUE(send(seq + 3));
        EXPECT_FALSE(rewriter_.find(ExtSeqNum{seq}, RtpTimestamp{0})) << "it was never sent";
        EXPECT_FALSE(rewriter_.filled(ExtSeqNum{seq + 1}));
        EXPECT_TRUE(send(seq));
        EXPECT_TRUE(rewriter_.withhold(ExtSeqNum{seq + 1}, RtpTimestamp{0}));
        EXPECT_TRUE(rewriter_.filled(ExtSeqNum{seq + 1}));
        EXPECT_FALSE(rewriter_.filled(ExtSeqNum{seq}));
    }
}

TEST_F(StreamRewriterTest, WithholdingBeforeAnythingWasSentDoesNothing) {
    EXPECT_EQ(rewriter_.withhold(ExtSeqNum{499}, RtpTimestamp{0}), std::nullopt);
    EXPECT_EQ(number(500), 65'534);
}

TEST_F(StreamRewriterTest, ForgetsTheOldestWhereALayerIsWithheldForLong) {
    for (std::int64_t seq = 0; seq < 4000; seq += 2) {
        EXPECT_EQ(number(seq), (65'534 + seq / 2) % 65'536);
        EXPECT_EQ(rewriter_.withhold(ExtSeqNum{seq + 1}, RtpTimestamp{0}), std::nullopt);
    }
    EXPECT_EQ(number(0), nothing);
    const auto newest = rewriter_.find(ExtSeqNum{3998}, RtpTimestamp{0});
    ASSERT_TRUE(newest);
    EXPECT_EQ(newest->seq.value, (65'534 + 1999) % 65'536);
    EXPECT_EQ(source(static_cast<std::uint16_t>(65'534 + 1999)), 3998);
    EXPECT_EQ(source(static_cast<std::uint16_t>(65'534 + 1000)), nothing);
}

TEST_F(StreamRewriterTest, UsesEachNumberOnceAndRepeatsOnlyWhatWasSent) {
    EXPECT_EQ(number(500), 65'534);
    EXPECT_EQ(number(502), 0);
    EXPECT_EQ(number(500), nothing);
    EXPECT_EQ(number(502), nothing);
    EXPECT_TRUE(rewriter_.find(ExtSeqNum{502}, RtpTimestamp{0}));
    EXPECT_FALSE(rewriter_.find(ExtSeqNum{501}, RtpTimestamp{0})) << "it has not come yet";
    EXPECT_EQ(number(501), 65'535);
    EXPECT_TRUE(rewriter_.find(ExtSeqNum{501}, RtpTimestamp{0}));
    EXPECT_EQ(number(501), nothing);
    // What is older than the window can no longer be told from what was sent.
    EXPECT_EQ(number(503), 1);
    EXPECT_EQ(number(505), 3);
    EXPECT_EQ(number(505 + 2048), 2051);
    EXPECT_EQ(number(504), nothing);
    EXPECT_EQ(number(506), 4);
    rewriter_.switch_source(90'000);
    EXPECT_EQ(number(7), 2052);
    EXPECT_EQ(number(7), nothing);
}

TEST_F(StreamRewriterTest, ASwitchGoesOnInNumberAndTime) {
    EXPECT_EQ(send(500, 1000, 0ms), out(65'534, 0xffffff00));
    EXPECT_EQ(send(501, 4000, 33ms), out(65'535, 0xffffff00 + 3000));
    rewriter_.switch_source(90'000);
    EXPECT_EQ(send(9, 777, 133ms), out(0, 0xffffff00 + 3000 + 9000));
    EXPECT_EQ(send(10, 777 + 3000, 166ms), out(1, 0xffffff00 + 3000 + 9000 + 3000));
    EXPECT_EQ(source(65'535), nothing) << "of another source";
    EXPECT_EQ(source(0), 9);
    EXPECT_EQ(number(8), nothing);
}

TEST_F(StreamRewriterTest, TimeNeverStandsStillAcrossASwitch) {
    EXPECT_EQ(send(500, 1000, 100ms), out(65'534, 0xffffff00));
    rewriter_.switch_source(90'000);
    EXPECT_EQ(send(1, 5, 50ms), out(65'535, 0xffffff01)) << "captured before, by another clock";
}

TEST_F(StreamRewriterTest, TimeAdvancesInTheNewClockRate) {
    (void)send(500, 1000, 0ms);
    rewriter_.switch_source(48'000);
    EXPECT_EQ(send(1, 5, 1s), out(65'535, 0xffffff00 + 48'000));
}

TEST_F(StreamRewriterTest, ALateOldPacketDoesNotMoveTheTimeBack) {
    (void)send(500, 1000, 0ms);
    (void)send(502, 91'000, 1s);
    (void)send(501, 1000, 0ms);
    rewriter_.switch_source(90'000);
    EXPECT_EQ(send(1, 5, 2s), out(1, 0xffffff00 + 180'000));
}

TEST_F(StreamRewriterTest, ARestartOfTheSourceLooksLikeASwitch) {
    (void)send(500, 1000, 0ms);
    EXPECT_EQ(send(40'000, 5, 1s), out(65'535, 0xffffff00 + 90'000));
    EXPECT_EQ(number(500), nothing);
}

TEST_F(StreamRewriterTest, FindsTheOldHeaderOfAPacketThatIsSentAgain) {
    (void)send(500, 1000, 0ms);
    EXPECT_EQ(rewriter_.find(ExtSeqNum{500}, RtpTimestamp{1000}), out(65'534, 0xffffff00));
    EXPECT_EQ(rewriter_.find(ExtSeqNum{501}, RtpTimestamp{1000}), nothing);
}

}  // namespace
}  // namespace rivero::rtp
