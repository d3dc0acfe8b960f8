// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/base/units.hpp"

#include <gtest/gtest.h>

namespace rivero {
namespace {

TEST(SeqNum, ComparesAcrossTheWrap) {
    EXPECT_TRUE(newer(SeqNum{0}, SeqNum{65535}));
    EXPECT_FALSE(newer(SeqNum{65535}, SeqNum{0}));
    EXPECT_EQ(next(SeqNum{65535}), SeqNum{0});
    EXPECT_EQ(distance(SeqNum{65534}, SeqNum{2}), 4);
}

TEST(SeqUnwrapper, CountsRollOversForwardsAndBackwards) {
    SeqUnwrapper unwrap;
    EXPECT_EQ(unwrap.unwrap(SeqNum{65534}), ExtSeqNum{65534});
    EXPECT_EQ(unwrap.unwrap(SeqNum{1}), ExtSeqNum{65537});
    EXPECT_EQ(unwrap.unwrap(SeqNum{65535}), ExtSeqNum{65535});
    EXPECT_EQ(unwrap.unwrap(SeqNum{2}), ExtSeqNum{65538});
}

}  // namespace
}  // namespace rivero
