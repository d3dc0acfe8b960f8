// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "gateway/resource_watch.hpp"

#include <gtest/gtest.h>

#include <sys/resource.h>
#include <unistd.h>

namespace rivero::gateway {
namespace {

class ResourceWatchTest : public testing::Test {
protected:
    std::map<pid_t, ResourceUse> system{
        {1, {.threads = 10, .files = 80, .max_threads = 0, .max_files = 100}},
        {2, {.threads = 10, .files = 81, .max_threads = 0, .max_files = 100}},
        {3, {.threads = 10, .files = 999, .max_threads = 0, .max_files = 0}}};
    int looks = 0;
    ResourceWatch watch{0.8, [this](pid_t pid) -> std::optional<ResourceUse> {
                            ++looks;
                            const auto found = system.find(pid);
                            if (found == system.end()) return std::nullopt;
                            return found->second;
                        }};
    const Time t0{1h};
};

TEST_F(ResourceWatchTest, ComplainsAboveTheLimitOnly) {
    EXPECT_EQ(watch.scarce(t0, 1), "");
    EXPECT_EQ(watch.scarce(t0, 2), "81 of 100 files are open");
    EXPECT_EQ(watch.scarce(t0, 3), "") << "unlimited";
    EXPECT_EQ(watch.scarce(t0, 4), "") << "gone";
}

TEST_F(ResourceWatchTest, LooksFourTimesASecond) {
    EXPECT_EQ(watch.scarce(t0, 1), "");
    system[1].files = 90;
    EXPECT_EQ(watch.scarce(t0 + 249ms, 1), "");
    EXPECT_EQ(looks, 1);
    EXPECT_EQ(watch.scarce(t0 + 250ms, 1), "90 of 100 files are open");
    system[1].files = 10;
    EXPECT_EQ(watch.scarce(t0 + 1s, 1), "");
}

TEST_F(ResourceWatchTest, CountsTheThreadsOfAll) {
    system = {{1, {.threads = 40, .files = 1, .max_threads = 100, .max_files = 0}},
              {2, {.threads = 40, .files = 1, .max_threads = 100, .max_files = 0}}};
    EXPECT_EQ(watch.scarce_threads(t0, {1, 2, 9}), "");
    system[2].threads = 41;
    EXPECT_EQ(watch.scarce_threads(t0 + 1s, {1, 2}), "81 of 100 threads run");
}

TEST(ResourceUse, IsThatOfTheProcess) {
    const auto before = resource_use(getpid()).value();
    const int fd = dup(0);
    const auto after = resource_use(getpid()).value();
    close(fd);
    EXPECT_EQ(after.files, before.files + 1);
    EXPECT_GE(after.threads, 1u);
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    EXPECT_EQ(after.max_files, limit.rlim_cur == RLIM_INFINITY ? 0 : limit.rlim_cur);
    EXPECT_FALSE(resource_use(999'999'999));
}

}  // namespace
}  // namespace rivero::gateway
