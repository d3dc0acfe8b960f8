// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "gateway/request_cache.hpp"

#include <gtest/gtest.h>

namespace rivero::gateway {
namespace {

const Time t0{};

Text text(const std::string& s) {
    return std::make_shared<const std::string>(s);
}

TEST(RequestCache, KnowsAnAnswerForTwentySeconds) {
    RequestCache cache{1 << 20};
    const auto key = RequestCache::key("s", "1");
    EXPECT_EQ(cache.find(t0, key), nullptr);
    cache.store(t0, key, text("first"));
    cache.store(t0, key, text("second"));
    EXPECT_EQ(*cache.find(t0 + 20s - 1ns, key), "first");
    EXPECT_EQ(cache.find(t0 + 20s, key), nullptr);
    EXPECT_EQ(cache.bytes(), 0u);
}

TEST(RequestCache, TellsSessionsAndIdsApart) {
    EXPECT_NE(RequestCache::key("a", "1 2"), RequestCache::key("a 1", "2"));
    EXPECT_NE(RequestCache::key("a", "1"), RequestCache::key("b", "1"));
}

TEST(RequestCache, DropsTheOldestWhenItIsFull) {
    RequestCache cache{10'000};
    for (int i = 0; i < 100; ++i)
        cache.store(t0, RequestCache::key("s", std::to_string(i)), text(std::string(500, 'x')));
    EXPECT_LE(cache.bytes(), 10'000u);
    EXPECT_EQ(cache.find(t0, RequestCache::key("s", "0")), nullptr);
    EXPECT_NE(cache.find(t0, RequestCache::key("s", "99")), nullptr);
    cache.store(t0, RequestCache::key("s", "huge"), text(std::string(20'000, 'x')));
    EXPECT_EQ(cache.find(t0, RequestCache::key("s", "huge")), nullptr);
    EXPECT_NE(cache.find(t0, RequestCache::key("s", "99")), nullptr);
}

TEST(RequestCache, LetsARepeatWaitForTheFirst) {
    RequestCache cache{1 << 20};
    const auto key = RequestCache::key("s", "1");
    std::string got;
    EXPECT_FALSE(cache.join(key, [](const Text&, const std::string&) {}));
    cache.start(key);
    EXPECT_TRUE(cache.join(key, [&](const Text& t, const std::string&) { got = *t; }));
    for (auto& waiter : cache.finish(key)) waiter(text("answer"), "");
    EXPECT_EQ(got, "answer");
    EXPECT_FALSE(cache.join(key, [](const Text&, const std::string&) {}));
}

}  // namespace
}  // namespace rivero::gateway
