// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "gateway/session_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rivero::gateway {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr ConnectionId kOld{1};
constexpr ConnectionId kNew{2};

TEST(SessionTable, CollectsOneToTwoPeriodsAfterTheLastUse) {
    SessionTable table{10};
    EXPECT_TRUE(table.use("s"));
    EXPECT_THAT(table.collect(), IsEmpty());
    EXPECT_TRUE(table.keep_alive("s"));
    EXPECT_THAT(table.collect(), IsEmpty());
    EXPECT_THAT(table.collect(), ElementsAre("s"));
    EXPECT_FALSE(table.keep_alive("s"));
}

TEST(SessionTable, AnOpenConnectionKeepsItsSession) {
    SessionTable table{10};
    EXPECT_TRUE(table.use("s"));
    table.bind(kOld, "s", 1);
    for (int i = 0; i < 5; ++i) EXPECT_THAT(table.collect(), IsEmpty());
    table.unbind(kOld);
    EXPECT_THAT(table.collect(), IsEmpty()) << "one whole period to come back";
    EXPECT_THAT(table.collect(), ElementsAre("s"));
}

TEST(SessionTable, ABoundSessionThatUsedNoObjectIsNotKnown) {
    SessionTable table{10};
    table.bind(kOld, "s", 1);
    EXPECT_FALSE(table.known("s"));
    EXPECT_FALSE(table.keep_alive("s"));
}

TEST(SessionTable, TheNewestConnectionGetsTheSession) {
    SessionTable table{10};
    table.bind(kOld, "s", 1);
    table.bind(kNew, "s", 2);
    EXPECT_EQ(table.connection_of("s"), kNew);
    EXPECT_EQ(table.session_of(kOld), nullptr);
}

TEST(SessionTable, ASlowRequestOfTheOldConnectionDoesNotStealItBack) {
    SessionTable table{10};
    table.bind(kOld, "s", 1);
    table.bind(kNew, "s", 3);
    table.bind(kOld, "s", 2);
    EXPECT_EQ(table.connection_of("s"), kNew);
    table.bind(kOld, "s", 4);
    EXPECT_EQ(table.connection_of("s"), kOld);
}

TEST(SessionTable, AConnectionHasOneSession) {
    SessionTable table{10};
    table.bind(kOld, "a", 1);
    table.bind(kOld, "b", 2);
    EXPECT_EQ(table.connection_of("a"), std::nullopt);
    EXPECT_EQ(*table.session_of(kOld), "b");
}

TEST(SessionTable, IsBounded) {
    SessionTable table{2};
    EXPECT_TRUE(table.use("a"));
    EXPECT_TRUE(table.use("b"));
    EXPECT_FALSE(table.use("c"));
    EXPECT_TRUE(table.use("a"));
}

}  // namespace
}  // namespace rivero::gateway
