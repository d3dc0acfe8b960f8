// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "gateway/answer_queue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rivero::gateway {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pointee;

Text text(const std::string& s) {
    return std::make_shared<const std::string>(s);
}

TEST(AnswerQueue, AnswersInTheOrderOfTheRequests) {
    AnswerQueue queue;
    const auto a = queue.open();
    const auto b = queue.open();
    const auto c = queue.open();
    EXPECT_THAT(queue.close(b, text("b")), IsEmpty());
    EXPECT_THAT(queue.close(a, text("a")),
                ElementsAre(Pointee(std::string("a")), Pointee(std::string("b"))));
    EXPECT_EQ(queue.size(), 1u);
    const auto d = queue.open();
    EXPECT_THAT(queue.close(d, text("d")), IsEmpty());
    EXPECT_THAT(queue.close(c, text("c")),
                ElementsAre(Pointee(std::string("c")), Pointee(std::string("d"))));
}

TEST(AnswerQueue, ANotificationTakesItsPlaceButSendsNothing) {
    AnswerQueue queue;
    const auto a = queue.open();
    const auto b = queue.open();
    EXPECT_THAT(queue.close(b, text("b")), IsEmpty());
    EXPECT_THAT(queue.close(a, nullptr), ElementsAre(Pointee(std::string("b"))));
}

}  // namespace
}  // namespace rivero::gateway
