// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "gateway/object_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rivero::gateway {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

constexpr HostId kOne{1};
constexpr HostId kTwo{2};

/// P holds A, the hub H, and H's port H/1; P-x has a name that sorts between P and P/.
class ObjectTableTest : public testing::Test {
protected:
    ObjectTableTest() {
        for (const char* id : {"P", "P/A", "P/H", "P/H/1"}) EXPECT_TRUE(table.add(id, kOne, "s"));
        EXPECT_TRUE(table.add("P-x", kTwo, "s"));
    }
    ObjectTable table;
};

TEST_F(ObjectTableTest, ReleaseTakesEverythingBelowChildrenFirst) {
    const auto removed = table.release("P");
    EXPECT_THAT(removed.ids, ElementsAre("P/H/1", "P/H", "P/A", "P"));
    EXPECT_THAT(removed.tops, ElementsAre(Pair(kOne, "P")));
    EXPECT_THAT(table.pipelines(), ElementsAre("P-x"));
    EXPECT_EQ(table.load(kOne), 0u);
}

TEST_F(ObjectTableTest, ReleaseOfWhatIsNotThereIsEmpty) {
    EXPECT_THAT(table.release("Q").ids, IsEmpty());
    EXPECT_EQ(table.size(), 5u);
}

TEST_F(ObjectTableTest, AReferenceHoldsTheAncestorsToo) {
    EXPECT_TRUE(table.reference("other", "P/H/1"));
    const auto removed = table.end_session("s");
    EXPECT_THAT(removed.ids, UnorderedElementsAre("P/A", "P-x"));
    EXPECT_TRUE(table.contains("P/H/1"));
    EXPECT_THAT(table.end_session("other").ids, ElementsAre("P/H/1", "P/H", "P"));
}

TEST_F(ObjectTableTest, NewChildrenInheritTheSessionsOfTheirParent) {
    EXPECT_TRUE(table.reference("other", "P"));
    EXPECT_TRUE(table.add("P/B", kOne, "s"));
    static_cast<void>(table.end_session("s"));
    EXPECT_TRUE(table.contains("P/B"));
    EXPECT_FALSE(table.contains("P/A")) << "it was there before the other session came";
}

TEST_F(ObjectTableTest, UnreferenceDropsTheSubtreeForThisSessionOnly) {
    EXPECT_TRUE(table.reference("other", "P/H"));
    const auto removed = table.unreference("s", "P/H");
    EXPECT_THAT(removed.ids, ElementsAre("P/H/1"));
    EXPECT_THAT(removed.tops, ElementsAre(Pair(kOne, "P/H/1")));
    EXPECT_TRUE(table.contains("P/H"));
    EXPECT_THAT(table.unreference("nobody", "P/H").ids, IsEmpty());
}

TEST_F(ObjectTableTest, ReleaseAllOfASessionTakesWhatOthersUse) {
    EXPECT_TRUE(table.reference("other", "P/A"));
    const auto removed = table.release_all_of("s");
    EXPECT_THAT(removed.tops, UnorderedElementsAre(Pair(kOne, "P"), Pair(kTwo, "P-x")));
    EXPECT_EQ(table.size(), 0u);
    EXPECT_THAT(table.end_session("other").ids, IsEmpty());
}

TEST_F(ObjectTableTest, ALostHostTakesItsObjectsAndLeavesNothingToRelease) {
    const auto removed = table.lose_host(kOne);
    EXPECT_THAT(removed.ids, ElementsAre("P/H/1", "P/H", "P/A", "P"));
    EXPECT_THAT(removed.tops, IsEmpty());
    EXPECT_EQ(table.load(kTwo), 1u);
}

TEST_F(ObjectTableTest, AChildOfAReleasedParentIsRefused) {
    static_cast<void>(table.release("P"));
    EXPECT_FALSE(table.add("P/B", kOne, "s"));
    EXPECT_FALSE(table.add("P-x", kTwo, "s")) << "an id is given once";
    EXPECT_FALSE(table.reference("s", "P"));
}

}  // namespace
}  // namespace rivero::gateway
