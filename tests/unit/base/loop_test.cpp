// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/base/loop.hpp"

#include "base/timer_queue.hpp"
#include "rivero/base/thread_loop.hpp"
#include "rivero/base/thread_pool.hpp"

#include <gtest/gtest.h>

#include <future>
#include <vector>

namespace rivero {
namespace {

TEST(TimerQueue, RunsByTimeThenByOrderAndSkipsTheCancelled) {
    TimerQueue timers;
    Time t0{};
    std::vector<int> ran;
    Timer b = timers.add(t0 + 20ms, [&] { ran.push_back(2); });
    Timer a = timers.add(t0 + 10ms, [&] { ran.push_back(1); });
    Timer c = timers.add(t0 + 20ms, [&] { ran.push_back(3); });
    Timer gone = timers.add(t0 + 5ms, [&] { ran.push_back(9); });
    gone.cancel();
    EXPECT_EQ(timers.next_deadline(), t0 + 10ms);
    timers.run_due(t0 + 20ms);
    EXPECT_EQ(ran, (std::vector{1, 2, 3}));
    EXPECT_FALSE(a.armed());
    EXPECT_EQ(timers.next_deadline(), std::nullopt);
}

TEST(ThreadLoop, RunsTasksInOrderOnItsThreadAndTimersAfterTheirDelay) {
    ThreadLoop loop{"test"};
    EXPECT_FALSE(loop.is_current());
    std::promise<std::vector<int>> done;
    auto order = std::make_shared<std::vector<int>>();
    auto timer = std::make_shared<Timer>();
    loop.post([&, order, timer] {
        order->push_back(loop.is_current() ? 1 : -1);
        *timer = loop.post_after(1ms, [&, order] {
            order->push_back(3);
            done.set_value(*order);
        });
    });
    loop.post([order] { order->push_back(2); });
    EXPECT_EQ(done.get_future().get(), (std::vector{1, 2, 3}));
    loop.post([timer] { *timer = Timer{}; });
}

TEST(Strand, RunsOneTaskAtATimeHoweverManyThreadsThePoolHas) {
    ThreadPool pool{"test", 3};
    auto strand = pool.make_strand();
    std::promise<int> done;
    int counter = 0;  // unguarded: TSan and the sum would show two tasks at once
    for (int i = 0; i < 1000; ++i) {
        strand->post([&, i] {
            ++counter;
            if (i == 999) done.set_value(counter);
        });
    }
    EXPECT_EQ(done.get_future().get(), 1000);
}

TEST(Strand, TimersRunOnTheStrand) {
    ThreadPool pool{"test", 2};
    auto strand = pool.make_strand();
    std::promise<bool> done;
    auto timer = std::make_shared<Timer>();
    strand->post([&, timer] {
        *timer = strand->post_after(1ms, [&] { done.set_value(strand->is_current()); });
    });
    EXPECT_TRUE(done.get_future().get());
}

TEST(Confined, IgnoresWorkForAnObjectThatIsGoneAndDestroysItOnItsLoop) {
    ThreadLoop loop{"test"};
    struct Tracked {
        Tracked(Loop& l, std::promise<bool>& p) : on{l}, died{p} {}
        ~Tracked() { died.set_value(on.is_current()); }
        Loop& on;
        std::promise<bool>& died;
    };
    std::promise<bool> died;
    { Confined<Tracked> confined{loop, loop, died}; }
    EXPECT_TRUE(died.get_future().get());
}

}  // namespace
}  // namespace rivero
