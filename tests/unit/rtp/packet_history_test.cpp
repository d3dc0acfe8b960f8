// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/rtp/packet_history.hpp"

#include "make_packet.hpp"

#include <gtest/gtest.h>

namespace rivero::rtp {
namespace {

constexpr Time t0{1000s};

class PacketHistoryTest : public testing::Test {
protected:
    void add(std::int64_t seq, Duration at = 0ms, std::size_t size = 100) {
        history_.add(make_packet(pool_, seq, t0 + at, size));
    }
    bool has(std::int64_t seq) const {
        const PacketPtr found = history_.find(ExtSeqNum{seq});
        return found && found->seq == ExtSeqNum{seq};
    }

    PacketPool pool_;
    PacketHistory history_{{.max_packets = 256, .max_bytes = 30'000, .max_age = 1s}};
};

TEST_F(PacketHistoryTest, FindsWhatCameInAnyOrder) {
    for (const std::int64_t seq : {10, 13, 12, 9}) add(seq);
    for (const std::int64_t seq : {9, 10, 12, 13}) EXPECT_TRUE(has(seq)) << seq;
    for (const std::int64_t seq : {8, 11, 14, 10 + 256, 10 - 256}) EXPECT_FALSE(has(seq)) << seq;
}

TEST_F(PacketHistoryTest, KeepsSoManyPackets) {
    for (std::int64_t seq = -5; seq < 1000; ++seq) add(seq, 0ms, 10);
    EXPECT_EQ(history_.packets(), 256u);
    EXPECT_EQ(pool_.in_use(), 256u);
    EXPECT_FALSE(has(743));
    EXPECT_TRUE(has(744));
    EXPECT_TRUE(has(999));
}

TEST_F(PacketHistoryTest, KeepsSoManyBytes) {
    for (std::int64_t seq = 0; seq < 100; ++seq) add(seq, 0ms, 1000);
    EXPECT_EQ(history_.bytes(), 30'000u);
    EXPECT_FALSE(has(69));
    EXPECT_TRUE(has(70));
}

TEST_F(PacketHistoryTest, KeepsThemSoLong) {
    add(1, 0ms);
    add(2, 600ms);
    add(3, 1100ms);
    EXPECT_FALSE(has(1));
    EXPECT_TRUE(has(2));
    history_.expire(t0 + 1601ms);
    EXPECT_FALSE(has(2));
    EXPECT_TRUE(has(3));
}

TEST_F(PacketHistoryTest, AJumpForwardLetsGoOfAllBefore) {
    add(1);
    add(1'000'000);
    EXPECT_EQ(pool_.in_use(), 1u);
    EXPECT_TRUE(has(1'000'000));
    add(1'000'000 - 256);
    EXPECT_FALSE(has(1'000'000 - 256)) << "too old to fit beside the newest";
    add(1'000'000 - 255);
    EXPECT_TRUE(has(1'000'000 - 255));
}

TEST_F(PacketHistoryTest, KeepsTheFirstOfTwoWithOneNumber) {
    add(1, 0ms, 100);
    add(1, 0ms, 200);
    EXPECT_EQ(history_.bytes(), 100u);
    EXPECT_EQ(history_.packets(), 1u);
}

TEST_F(PacketHistoryTest, StartsAgainAfterClear) {
    add(100);
    history_.clear();
    EXPECT_EQ(pool_.in_use(), 0u);
    EXPECT_FALSE(has(100));
    add(5);
    EXPECT_TRUE(has(5));
}

}  // namespace
}  // namespace rivero::rtp
