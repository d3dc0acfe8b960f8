// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/rtp/packet.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace rivero::rtp {
namespace {

void use(PacketPool& pool, std::size_t at_once, std::size_t times) {
    for (std::size_t i = 0; i < times; ++i) {
        std::vector<PacketPtr> packets;
        for (std::size_t j = 0; j < at_once; ++j) packets.push_back(pool.make());
    }
}

TEST(PacketPool, UsesPacketsAgain) {
    PacketPool pool;
    const Packet* first = pool.make().get();
    EXPECT_EQ(pool.in_use(), 0u);
    EXPECT_EQ(pool.unused(), 1u);
    EXPECT_EQ(pool.make().get(), first);
}

TEST(PacketPool, GivesBackWhatOnlyAPeakNeeded) {
    PacketPool pool;
    use(pool, 3000, 1);
    EXPECT_EQ(pool.unused(), 3000u);
    for (int period = 0; period < 12; ++period) use(pool, 100, PacketPool::kPeriod / 100 + 1);
    EXPECT_LT(pool.unused(), 250u);
    EXPECT_GE(pool.unused(), 100u);
}

TEST(PacketPool, KeepsWhatIsNeededAgainAndAgain) {
    PacketPool pool;
    for (int period = 0; period < 12; ++period) use(pool, 1000, PacketPool::kPeriod / 1000 + 1);
    EXPECT_EQ(pool.unused(), 1000u);
    use(pool, 5000, 1);
    EXPECT_LE(pool.unused(), 4096u) << "the most that is kept";
}

}  // namespace
}  // namespace rivero::rtp
