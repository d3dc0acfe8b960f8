// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "gateway/subscription_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rivero::gateway {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const Topic kError{"P", "Error"};

TEST(SubscriptionTable, TellsTheHostOnceAndEachSessionOnce) {
    SubscriptionTable table{{}};
    const auto first = table.add("a", kError);
    const auto second = table.add("a", kError);
    const auto third = table.add("b", kError);
    EXPECT_TRUE(first->first);
    EXPECT_FALSE(second->first || third->first);
    EXPECT_NE(first->id, second->id);
    EXPECT_THAT(table.sessions(kError), ElementsAre("a", "b"));

    EXPECT_EQ(table.remove("a", "P", first->id), std::nullopt);
    EXPECT_THAT(table.sessions(kError), ElementsAre("a", "b"));
    EXPECT_EQ(table.remove("a", "P", second->id), std::nullopt);
    EXPECT_THAT(table.sessions(kError), ElementsAre("b"));
    EXPECT_EQ(table.remove("b", "P", third->id), kError);
    EXPECT_FALSE(table.wanted(kError));
}

TEST(SubscriptionTable, RemovesNothingForAWrongIdSessionOrObject) {
    SubscriptionTable table{{}};
    const auto added = table.add("a", kError);
    EXPECT_EQ(table.remove("a", "P", "nonsense"), std::nullopt);
    EXPECT_EQ(table.remove("b", "P", added->id), std::nullopt);
    EXPECT_EQ(table.remove("a", "Q", added->id), std::nullopt);
    EXPECT_TRUE(table.wanted(kError));
}

TEST(SubscriptionTable, DropsAnObjectWithAllItsTopicsOnly) {
    SubscriptionTable table{{}};
    static_cast<void>(table.add("a", kError));
    static_cast<void>(table.add("a", {"P", "IceCandidateFound"}));
    static_cast<void>(table.add("a", {"P/A", "Error"}));
    table.drop_object("P");
    EXPECT_FALSE(table.wanted(kError));
    EXPECT_TRUE(table.wanted({"P/A", "Error"}));
}

TEST(SubscriptionTable, DropsASessionAndNamesWhatNobodyWants) {
    SubscriptionTable table{{}};
    static_cast<void>(table.add("a", kError));
    static_cast<void>(table.add("b", kError));
    static_cast<void>(table.add("a", {"P", "EndOfStream"}));
    EXPECT_THAT(table.drop("b", "P"), IsEmpty());
    EXPECT_THAT(table.drop_session("a"),
                testing::UnorderedElementsAre(kError, Topic{"P", "EndOfStream"}));
    EXPECT_THAT(table.drop_session("a"), IsEmpty());
}

TEST(SubscriptionTable, IsBoundedPerSessionAndInAll) {
    SubscriptionTable table{{.per_session = 2, .in_all = 3}};
    EXPECT_TRUE(table.add("a", kError));
    EXPECT_TRUE(table.add("a", kError));
    EXPECT_FALSE(table.add("a", kError));
    EXPECT_TRUE(table.add("b", kError));
    EXPECT_FALSE(table.add("c", kError));
    table.drop_object("P");
    EXPECT_TRUE(table.add("c", kError));
}

}  // namespace
}  // namespace rivero::gateway
