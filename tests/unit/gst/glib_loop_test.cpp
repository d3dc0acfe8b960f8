// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/gst/glib_loop.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>
#include <vector>

namespace rivero::gst {
namespace {

TEST(GlibLoop, RunsTasksInOrderOnItsThread) {
    GlibLoop loop{"test"};
    EXPECT_FALSE(loop.is_current());
    std::promise<std::vector<int>> done;
    auto order = std::make_shared<std::vector<int>>();
    loop.post([&, order] {
        order->push_back(loop.is_current() ? 1 : -1);
        loop.post([&, order] {
            order->push_back(3);
            done.set_value(*order);
        });
    });
    loop.post([order] { order->push_back(2); });
    EXPECT_EQ(done.get_future().get(), (std::vector{1, 2, 3}));
}

TEST(GlibLoop, TimersRunByTimeAndNotWhenCancelled) {
    GlibLoop loop{"test"};
    std::promise<std::vector<int>> done;
    auto order = std::make_shared<std::vector<int>>();
    loop.post([&, order] {
        Timer gone = loop.post_after(0ms, [order] { order->push_back(9); });
        loop.post_after(3ms,
                        [&, order] {
                            order->push_back(2);
                            done.set_value(*order);
                        })
            .detach();
        loop.post_after(1ms, [order] { order->push_back(1); }).detach();
    });
    EXPECT_EQ(done.get_future().get(), (std::vector{1, 2}));
}

TEST(GlibLoop, TimerSetFromAnAttachedSourceRuns) {
    GlibLoop loop{"test"};
    std::promise<bool> done;
    auto work = [&] {
        bool here = loop.is_current();
        loop.post_after(1ms, [&, here] { done.set_value(here); }).detach();
    };
    GSourceFunc call = [](gpointer data) -> gboolean {
        (*static_cast<decltype(work)*>(data))();
        return G_SOURCE_REMOVE;
    };
    auto idle = Ref<GSource>::adopt(g_idle_source_new());
    g_source_set_callback(idle.get(), call, &work, nullptr);
    g_source_attach(idle.get(), loop.context());
    EXPECT_TRUE(done.get_future().get());
}

TEST(GlibLoop, RunsAllThatWasPostedByManyThreadsBeforeItEnds) {
    int counter = 0;  // unguarded: only the loop touches it
    {
        GlibLoop loop{"test"};
        std::vector<std::thread> threads;
        for (int t = 0; t < 4; ++t) {
            threads.emplace_back([&] {
                for (int i = 0; i < 1000; ++i) loop.post([&] { ++counter; });
            });
        }
        for (auto& thread : threads) thread.join();
    }
    EXPECT_EQ(counter, 4000);
}

}  // namespace
}  // namespace rivero::gst
