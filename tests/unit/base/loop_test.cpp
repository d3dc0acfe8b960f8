// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/base/loop.hpp"

#include "base/epoll_loop.hpp"
#include "base/timer_queue.hpp"
#include "rivero/base/thread_loop.hpp"
#include "rivero/base/thread_pool.hpp"

#include <gtest/gtest.h>

#include <array>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <unistd.h>
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

TEST(TimerQueue, WhatMayBeLateIsRunByWhoeverIsAwakeButNotBeforeItsTime) {
    TimerQueue timers;
    Time t0{};
    std::vector<int> ran;
    Timer late = timers.add(t0 + 10ms, t0 + 30ms, [&] { ran.push_back(1); });
    Timer exact = timers.add(t0 + 40ms, [&] { ran.push_back(2); });
    EXPECT_EQ(timers.next_deadline(), t0 + 30ms);
    timers.run_due(t0 + 9ms);
    EXPECT_TRUE(ran.empty());
    timers.run_due(t0 + 12ms);  // awake for something else
    EXPECT_EQ(ran, (std::vector{1}));
    EXPECT_EQ(timers.next_deadline(), t0 + 40ms);
}

TEST(TimerQueue, CancelledTimersDoNotPileUp) {
    TimerQueue timers;
    Time t0{};
    int ran = 0;
    std::vector<Timer> live;
    for (int i = 0; i < 10000; ++i) {
        Timer timer = timers.add(t0 + std::chrono::milliseconds{i}, [&] { ++ran; });
        if (i % 1000 == 0) live.push_back(std::move(timer));
    }
    timers.run_due(t0 + 10s);
    EXPECT_EQ(ran, 10);
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

/// Both ends of a pipe, closed at the end.
struct Pipe {
    Pipe() { EXPECT_EQ(::pipe(ends.data()), 0); }
    ~Pipe() {
        ::close(ends[0]);
        ::close(ends[1]);
    }
    void write() const { EXPECT_EQ(::write(ends[1], "x", 1), 1); }
    void read() const {
        char byte = 0;
        EXPECT_EQ(::read(ends[0], &byte, 1), 1);
    }
    std::array<int, 2> ends{};
};

TEST(EpollLoop, ATurnRunsDescriptorsThenTasksThenTimersThenItsEnd) {
    EpollLoop loop;
    loop.adopt_thread();
    Pipe pipe;
    std::vector<std::string> ran;
    auto send = loop.at_turn_end(IoLoop::TurnEnd::send, [&] { ran.emplace_back("send"); });
    auto hand_out =
        loop.at_turn_end(IoLoop::TurnEnd::hand_out, [&] { ran.emplace_back("hand out"); });
    auto watch = loop.watch(pipe.ends[0], [&] {
        pipe.read();
        ran.emplace_back("descriptor");
    });
    pipe.write();
    loop.post([&] { ran.emplace_back("task"); });
    Timer timer = loop.post_after(0ms, [&] { ran.emplace_back("timer"); });
    loop.turn(true);
    // What the thread has done before its turn ends first.
    EXPECT_EQ(ran, (std::vector<std::string>{"hand out", "send", "descriptor", "task", "timer",
                                             "hand out", "send"}));
    ran.clear();
    hand_out.reset();
    loop.turn(false);
    EXPECT_EQ(ran, (std::vector<std::string>{"send", "send"}));
}

TEST(EpollLoop, ADescriptorIsNotServedAfterItsWatchIsGone) {
    EpollLoop loop;
    loop.adopt_thread();
    Pipe one;
    Pipe two;
    std::unique_ptr<IoLoop::Watch> first, second;
    int served = 0;
    // Whichever comes first ends the other, of which the kernel has told in the same turn.
    first = loop.watch(one.ends[0], [&] {
        ++served;
        one.read();
        second.reset();
    });
    second = loop.watch(two.ends[0], [&] {
        ++served;
        two.read();
        first.reset();
    });
    one.write();
    two.write();
    for (int i = 0; i < 3; ++i) loop.turn(false);
    EXPECT_EQ(served, 1);
}

TEST(EpollLoop, TellsOfRoomToWriteOnlyWhileThatIsWanted) {
    EpollLoop loop;
    loop.adopt_thread();
    Pipe pipe;
    int called = 0;
    auto watch = loop.watch(pipe.ends[1], [&] { ++called; });
    loop.turn(false);
    EXPECT_EQ(called, 0);
    watch->want_write(true);
    loop.turn(false);
    EXPECT_EQ(called, 1);
    watch->want_write(false);
    loop.turn(false);
    EXPECT_EQ(called, 1);
}

TEST(EpollLoop, TasksOfOtherThreadsWakeItAndAllRunBeforeItEnds) {
    EpollLoop loop;
    int counter = 0;  // unguarded: only the loop touches it
    std::thread runner{[&] { loop.run(); }};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&] {
            for (int i = 0; i < 1000; ++i) loop.post([&] { ++counter; });
        });
    for (auto& thread : threads) thread.join();
    loop.stop();
    runner.join();
    EXPECT_EQ(counter, 4000);
}

}  // namespace
}  // namespace rivero
