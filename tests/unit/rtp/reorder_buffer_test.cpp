// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/rtp/reorder_buffer.hpp"

#include "make_packet.hpp"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace rivero::rtp {
namespace {

constexpr Time t0{1000s};

class ReorderBufferTest : public testing::Test {
protected:
    using Out = std::vector<std::pair<std::int64_t, std::int64_t>>;  // number, missing before

    void push(std::int64_t seq, Duration at = 0ms) {
        buffer_.push(t0 + at, make_packet(pool_, seq, t0 + at));
    }
    Out pop(Duration at = 0ms) {
        Out out;
        while (const auto ordered = buffer_.pop(t0 + at))
            out.emplace_back(ordered->packet->seq.value, ordered->missing_before);
        return out;
    }

    PacketPool pool_;
    ReorderBuffer buffer_{{.max_wait = 100ms, .max_packets = 4}};
};

TEST_F(ReorderBufferTest, LetsThroughWhatIsInOrder) {
    push(5);
    push(6);
    EXPECT_EQ(pop(), (Out{{5, 0}, {6, 0}}));
    EXPECT_EQ(buffer_.next_deadline(), std::nullopt);
}

TEST_F(ReorderBufferTest, PutsInOrder) {
    push(5);
    push(7);
    push(8);
    EXPECT_EQ(pop(), (Out{{5, 0}}));
    EXPECT_EQ(buffer_.next_deadline(), t0 + 100ms);
    push(6, 50ms);
    EXPECT_EQ(pop(50ms), (Out{{6, 0}, {7, 0}, {8, 0}}));
}

TEST_F(ReorderBufferTest, WaitsOnlySoLongAndTellsWhatIsMissing) {
    push(5);
    (void)pop();
    push(8, 10ms);
    EXPECT_EQ(buffer_.next_deadline(), t0 + 110ms);
    EXPECT_EQ(pop(109ms), Out{});
    EXPECT_EQ(pop(110ms), (Out{{8, 2}}));
    push(7, 120ms);
    EXPECT_EQ(pop(120ms), Out{});
    EXPECT_EQ(buffer_.late(), 1u);
    EXPECT_EQ(pool_.in_use(), 0u);
}

TEST_F(ReorderBufferTest, EachGapHasItsOwnTime) {
    push(5);
    (void)pop();
    push(7, 0ms);
    push(9, 60ms);
    EXPECT_EQ(pop(100ms), (Out{{7, 1}}));
    EXPECT_EQ(buffer_.next_deadline(), t0 + 160ms);
    push(8, 120ms);
    EXPECT_EQ(pop(120ms), (Out{{8, 0}, {9, 0}}));
}

TEST_F(ReorderBufferTest, AGapIsAsOldAsThePacketThatShowedItFirst) {
    push(5);
    (void)pop();
    push(9, 0ms);
    push(7, 90ms);  // 6 has been missing since 9 came
    EXPECT_EQ(pop(99ms), Out{});
    EXPECT_EQ(pop(100ms), (Out{{7, 1}, {9, 1}}));
}

TEST_F(ReorderBufferTest, HoldsOnlySoManyPackets) {
    push(5);
    (void)pop();
    for (std::int64_t seq = 7; seq <= 10; ++seq) push(seq);
    EXPECT_EQ(pop(), Out{});
    push(11);
    EXPECT_EQ(pop(), (Out{{7, 1}, {8, 0}, {9, 0}, {10, 0}, {11, 0}}));
}

TEST_F(ReorderBufferTest, DropsDuplicates) {
    push(5);
    (void)pop();
    push(7);
    push(7);
    push(5);
    EXPECT_EQ(buffer_.size(), 1u);
}

TEST_F(ReorderBufferTest, BeginsAnewAfterClear) {
    push(500);
    (void)pop();
    buffer_.clear();
    push(3);
    EXPECT_EQ(pop(), (Out{{3, 0}}));
}

}  // namespace
}  // namespace rivero::rtp
