// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "gateway/transaction.hpp"

#include "gateway/newref.hpp"
#include "manual_loop.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

namespace rivero::gateway {
namespace {

const Json kResponses = Json::parse(R"([{"result":{"value":"id0"}},{"result":{}},
                                        {"result":{"value":{"a":[1]}}}])");

struct Injected {
    const char* name;
    const char* params;
    const char* after;
};
class Newref : public testing::TestWithParam<Injected> {};

TEST_P(Newref, IsReplacedByTheResult) {
    Json params = Json::parse(GetParam().params);
    std::size_t budget = 1000;
    inject_results(params, kResponses, budget);
    EXPECT_EQ(params, Json::parse(GetParam().after));
}

INSTANTIATE_TEST_SUITE_P(
    Places, Newref,
    testing::Values(Injected{"Member", R"({"object":"newref:0"})", R"({"object":"id0"})"},
                    Injected{"Nested", R"({"p":{"q":["newref:0",1]}})", R"({"p":{"q":["id0",1]}})"},
                    Injected{"AnyValue", R"({"p":"newref:2"})", R"({"p":{"a":[1]}})"},
                    Injected{"DigitsFirst", R"({"p":"newref:0x"})", R"({"p":"id0"})"},
                    Injected{"OnlyAtTheStart", R"({"p":"a newref:0"})", R"({"p":"a newref:0"})"},
                    Injected{"TheWordAlone", R"({"p":"newref:"})", R"({"p":"newref:"})"},
                    Injected{"NotInKeys", R"({"newref:0":1})", R"({"newref:0":1})"}),
    [](const auto& row) { return row.param.name; });

struct BadRef {
    const char* name;
    const char* ref;
    const char* message;
};
class BadNewref : public testing::TestWithParam<BadRef> {};

TEST_P(BadNewref, IsMalformed) {
    Json params{{"p", GetParam().ref}};
    std::size_t budget = 1000;
    try {
        inject_results(params, kResponses, budget);
        FAIL();
    } catch (const RpcError& error) {
        EXPECT_EQ(error.error().code, 40008);
        EXPECT_EQ(error.error().message, GetParam().message);
    }
}

INSTANTIATE_TEST_SUITE_P(
    Refs, BadNewref,
    testing::Values(BadRef{"NoNumber", "newref:x", "Invalid index of newref 'newref:x'"},
                    BadRef{"Negative", "newref:-1", "Invalid index of newref 'newref:-1'"},
                    BadRef{"NoResultYet", "newref:3", "Result not found on request 3"},
                    BadRef{"NoValue", "newref:1", "Result not found on request 1"}),
    [](const auto& row) { return row.param.name; });

TEST(NewrefBudget, StopsGrowth) {
    Json params{{"p", "newref:0"}, {"q", "newref:0"}};
    std::size_t budget = 5;
    EXPECT_THROW(inject_results(params, kResponses, budget), RpcError);
}

/// Runs a transaction whose operations are answered by the test.
class TransactionTest : public testing::Test {
protected:
    void run(const char* operations) {
        Transaction::run(
            loop, memory, Json::parse(operations), "s",
            [this](std::string method, Json params, Reply reply) {
                asked.push_back(method + ' ' + params.dump());
                if (answer_at_once) {
                    reply(Json{{"value", value}});
                } else {
                    pending = std::move(reply);
                }
            },
            [this](Outcome outcome) { result = std::move(outcome); });
        if (!stepwise) loop.run();
    }
    static std::string pings(int count) {
        Json operations = Json::array();
        for (int i = 0; i < count; ++i)
            operations.push_back({{"id", i}, {"jsonrpc", "2.0"}, {"method", "ping"}});
        return operations.dump();
    }
    void answer(Outcome outcome) { std::exchange(pending, nullptr)(std::move(outcome)); }

    test::ManualLoop loop;
    std::shared_ptr<InputBudget> memory = std::make_shared<InputBudget>(std::size_t{64} << 20);
    bool answer_at_once = false, stepwise = false;
    std::string value = "v";
    std::vector<std::string> asked;
    Reply pending;
    std::optional<Outcome> result;
};

TEST_F(TransactionTest, RunsOneAfterAnotherWithTheSession) {
    run(R"([{"id":0,"jsonrpc":"2.0","method":"create","params":{"sessionId":"other"}},
            {"id":1,"jsonrpc":"2.0","method":"invoke","params":{"object":"newref:0"}}])");
    EXPECT_EQ(asked, std::vector<std::string>{R"(create {"sessionId":"s"})"});
    answer(Json{{"value", "X"}});
    EXPECT_EQ(asked.back(), R"(invoke {"object":"X","sessionId":"s"})");
    EXPECT_FALSE(result);
    answer(Json{{"value", nullptr}});
    EXPECT_EQ((*result)->dump(), R"([{"id":0,"jsonrpc":"2.0","result":{"value":"X"}},)"
                                 R"({"id":1,"jsonrpc":"2.0","result":{"value":null}}])");
}

TEST_F(TransactionTest, EndsAtTheFirstFailureAndIsStillASuccess) {
    run(R"([{"id":0,"jsonrpc":"2.0","method":"a"},{"id":1,"jsonrpc":"2.0","method":"b"}])");
    answer(tl::unexpected{ErrorObject{40101, "no", {}}});
    EXPECT_EQ(asked.size(), 1u);
    EXPECT_EQ((*result)->dump(),
              R"([{"error":{"code":40101,"message":"no"},"id":0,"jsonrpc":"2.0"}])");
}

TEST_F(TransactionTest, OfNothingGivesNothing) {
    run("[]");
    EXPECT_EQ((*result)->dump(), "[]");
}

TEST_F(TransactionTest, AWrongIdFailsAsAWholeAfterWhatRanBefore) {
    answer_at_once = true;
    for (const char* second : {R"({"id":7,"jsonrpc":"2.0","method":"b"})", "5", "{}",
                               R"({"id":"1","jsonrpc":"2.0","method":"b"})"}) {
        asked.clear();
        run((std::string{R"([{"id":0,"jsonrpc":"2.0","method":"a"},)"} + second + "]").c_str());
        EXPECT_EQ(asked.size(), 1u);
        EXPECT_EQ(result->error().code, 40008);
        EXPECT_EQ(result->error().message, "Id of request '1' should be '1'");
    }
}

TEST_F(TransactionTest, AnEntryThatIsNoRequestFailsWithItsId) {
    run(R"([{"id":0,"method":"a"}])");
    EXPECT_EQ((*result)->at(0)["error"]["code"], jsonrpc::kInvalidRequest);
    EXPECT_EQ((*result)->at(0)["id"], 0);
}

TEST_F(TransactionTest, TenThousandThatAnswerAtOnceDoNotFillTheStack) {
    answer_at_once = true;
    run(pings(10'000).c_str());
    EXPECT_EQ((*result)->size(), 10'000u);
}

TEST_F(TransactionTest, LetsOthersHaveTheirTurn) {
    answer_at_once = stepwise = true;
    run(pings(100).c_str());
    EXPECT_LT(asked.size(), 20u);
    EXPECT_FALSE(result);
    bool other = false;
    loop.post([&] { other = !result; });
    loop.run();
    EXPECT_TRUE(other) << "who came after it was served before its end";
    EXPECT_EQ((*result)->size(), 100u);
}

TEST_F(TransactionTest, ItsResultsAreBounded) {
    answer_at_once = true;
    value.assign(1 << 20, 'x');
    run(pings(100).c_str());
    ASSERT_TRUE(*result);
    EXPECT_EQ((*result)->size(), 16u) << "15 that fit, and the one that did not";
    EXPECT_EQ((*result)->back()["error"]["code"], 40009);
    EXPECT_EQ(asked.size(), 16u);
}

TEST_F(TransactionTest, WhatItHoldsIsChargedUntilItEnds) {
    value.assign(1000, 'x');
    run(pings(3).c_str());
    const std::size_t before = memory->held();
    EXPECT_GT(before, 3 * 100U) << "its operations";
    answer(Json{{"value", value}});
    EXPECT_GT(memory->held(), before + 1000) << "and its results";
    answer(Json{{"value", value}});
    answer(Json{{"value", value}});
    EXPECT_EQ((*result)->size(), 3U);
    EXPECT_EQ(memory->held(), 0U);
    run(R"([{"id":7}])");
    EXPECT_EQ(result->error().code, 40008);
    EXPECT_EQ(memory->held(), 0U);
}

TEST_F(TransactionTest, GivesWayWhenOthersNeedTheMemory) {
    memory = std::make_shared<InputBudget>(20'000);
    InputBudget::Share message{memory, [] { FAIL() << "it began later"; }};
    run(pings(10).c_str());
    answer(Json{{"value", "v"}});
    EXPECT_TRUE(message.grow(19'000));
    EXPECT_EQ(memory->held(), 19'000U);
    loop.run();
    EXPECT_EQ(result->error().code, 40009);
    EXPECT_EQ(result->error().message,
              "There is no memory left for this transaction; 1 of its operations ran");
    answer(Json{{"value", "late"}});
    EXPECT_EQ(asked.size(), 2U) << "nothing runs any more";
}

TEST_F(TransactionTest, GivesWayItselfWhenItIsTooLarge) {
    answer_at_once = true;
    memory = std::make_shared<InputBudget>(20'000);
    run(pings(1000).c_str());
    EXPECT_EQ(result->error().code, 40009);
    EXPECT_TRUE(asked.empty());
    value.assign(19'000, 'x');
    run(pings(10).c_str());
    EXPECT_EQ(result->error().code, 40009);
    EXPECT_EQ(asked.size(), 1U) << "whose result was too much";
    EXPECT_EQ(memory->held(), 0U);
}

TEST_F(TransactionTest, TooManyOperationsAreRefusedBeforeTheFirst) {
    answer_at_once = true;
    run(pings(Transaction::kMaxOperations + 1).c_str());
    EXPECT_EQ(result->error().code, 40009);
    EXPECT_TRUE(asked.empty());
}

}  // namespace
}  // namespace rivero::gateway
