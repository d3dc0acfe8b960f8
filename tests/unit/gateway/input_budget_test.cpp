// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "gateway/input_budget.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace rivero::gateway {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class InputBudgetTest : public testing::Test {
protected:
    std::unique_ptr<InputBudget::Share> client(const std::string& name) {
        return std::make_unique<InputBudget::Share>(budget,
                                                    [this, name] { refused.push_back(name); });
    }
    std::shared_ptr<InputBudget> budget = std::make_shared<InputBudget>(100);
    std::vector<std::string> refused;
};

TEST_F(InputBudgetTest, IsForAllTogether) {
    auto a = client("a");
    auto b = client("b");
    EXPECT_TRUE(a->grow(60));
    EXPECT_TRUE(b->grow(40));
    EXPECT_EQ(budget->held(), 100u);
    EXPECT_THAT(refused, IsEmpty());
    a->release();
    EXPECT_TRUE(b->grow(100));
    EXPECT_THAT(refused, IsEmpty());
}

TEST_F(InputBudgetTest, WhoBeganFirstGivesWay) {
    auto a = client("a");
    auto b = client("b");
    auto c = client("c");
    EXPECT_TRUE(b->grow(10));
    EXPECT_TRUE(a->grow(30));
    EXPECT_TRUE(b->grow(50));
    EXPECT_TRUE(c->grow(60));
    EXPECT_THAT(refused, ElementsAre("b"));
    EXPECT_EQ(budget->held(), 90u);
    EXPECT_TRUE(c->grow(100));
    EXPECT_THAT(refused, ElementsAre("b", "a"));
}

TEST_F(InputBudgetTest, ThatMayBeWhoAsks) {
    auto a = client("a");
    auto b = client("b");
    EXPECT_TRUE(a->grow(50));
    EXPECT_TRUE(b->grow(50));
    EXPECT_FALSE(a->grow(51));
    EXPECT_THAT(refused, IsEmpty());
    EXPECT_EQ(budget->held(), 50u);
}

TEST_F(InputBudgetTest, ANextMessageBeginsAnew) {
    auto a = client("a");
    auto b = client("b");
    EXPECT_TRUE(a->grow(10));
    EXPECT_TRUE(b->grow(50));
    a->release();
    EXPECT_TRUE(a->grow(60));
    EXPECT_THAT(refused, ElementsAre("b"));
}

TEST_F(InputBudgetTest, AShortMessageIsSparedWhenLongOnesFillIt) {
    auto neighbour = client("neighbour");
    auto a = client("a");
    auto b = client("b");
    EXPECT_TRUE(neighbour->grow(5));
    EXPECT_TRUE(a->grow(60));
    EXPECT_TRUE(b->grow(60));
    EXPECT_THAT(refused, ElementsAre("a"));
    EXPECT_TRUE(neighbour->grow(6));
}

TEST_F(InputBudgetTest, WhoWasRefusedDoesNotPushOthersOutBeforeItIsGone) {
    auto a = client("a");
    auto b = client("b");
    EXPECT_TRUE(a->grow(60));
    EXPECT_TRUE(b->grow(60));
    EXPECT_THAT(refused, ElementsAre("a"));
    EXPECT_FALSE(a->grow(70)) << "a piece that was read meanwhile";
    EXPECT_THAT(refused, ElementsAre("a"));
    EXPECT_EQ(budget->held(), 60u);
}

TEST_F(InputBudgetTest, WhoLeavesHoldsNothing) {
    client("a")->grow(90) ? void() : ADD_FAILURE();
    EXPECT_EQ(budget->held(), 0u);
}

}  // namespace
}  // namespace rivero::gateway
