// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/gst/frame_queue.hpp"

#include "rivero/gst/init.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace rivero::gst {
namespace {

/// Runs what was posted when the test says so.
class ManualLoop final : public Loop {
public:
    void post(Task task) override { tasks.push_back(std::move(task)); }
    [[nodiscard]] bool is_current() const override { return true; }
    Timer post_after(Duration, Task) override { return {}; }
    void run() {
        for (auto batch = std::exchange(tasks, {}); Task & task : batch) task();
    }
    std::vector<Task> tasks;
};

Frame frame(int number, bool keyframe) {
    Frame f;
    f.pts = Time{} + std::chrono::milliseconds{number};
    f.keyframe = keyframe;
    return f;
}

class FrameQueueTest : public testing::Test {
protected:
    FrameQueue::Consumer remember() {
        return [this](Frame f, const Caps&) {
            auto number =
                std::chrono::duration_cast<std::chrono::milliseconds>(f.pts.time_since_epoch());
            seen.push_back(static_cast<int>(number.count()) * (f.discontinuity ? -1 : 1));
        };
    }
    ManualLoop loop;
    std::vector<int> seen;  // numbers, negative behind a hole
};

TEST_F(FrameQueueTest, ManyFramesCostOneWakeUpAndKeepTheirOrder) {
    FrameQueue queue{loop, 10, remember()};
    for (int i = 1; i <= 3; ++i) queue.push(frame(i, true), {});
    EXPECT_EQ(loop.tasks.size(), 1u);
    loop.run();
    EXPECT_EQ(seen, (std::vector{1, 2, 3}));
    queue.push(frame(4, true), {});
    EXPECT_EQ(loop.tasks.size(), 1u);
    loop.run();
    EXPECT_EQ(seen.back(), 4);
}

TEST_F(FrameQueueTest, DropsTheOldestFrameThatIsNoKeyFrame) {
    FrameQueue queue{loop, 3, remember()};
    queue.push(frame(1, true), {});
    for (int i = 2; i <= 5; ++i) queue.push(frame(i, false), {});
    EXPECT_EQ(queue.dropped(), 2u);
    loop.run();
    EXPECT_EQ(seen, (std::vector{1, -4, 5}));
}

TEST_F(FrameQueueTest, DropsTheOldestWhereAllAreKeyFrames) {
    FrameQueue queue{loop, 2, remember()};
    for (int i = 1; i <= 4; ++i) queue.push(frame(i, true), {});
    loop.run();
    EXPECT_EQ(seen, (std::vector{-3, 4}));
}

TEST_F(FrameQueueTest, MayBeDestroyedByItsConsumer) {
    int calls = 0;
    std::unique_ptr<FrameQueue> queue;
    queue = std::make_unique<FrameQueue>(loop, 5, [&](Frame, const Caps&) {
        ++calls;
        queue.reset();
    });
    queue->push(frame(1, true), {});
    queue->push(frame(2, true), {});
    loop.run();
    EXPECT_EQ(calls, 1);
}

TEST_F(FrameQueueTest, GivesEachFrameItsCaps) {
    initialise();
    auto small = *caps_from_text("video/x-raw, width=(int)2");
    auto large = *caps_from_text("video/x-raw, width=(int)4");
    std::vector<Caps> caps;
    FrameQueue queue{loop, 5, [&](Frame, const Caps& c) { caps.push_back(c); }};
    queue.push(frame(1, true), small);
    queue.push(frame(2, true), large);
    loop.run();
    EXPECT_EQ(caps, (std::vector{small, large}));
}

}  // namespace
}  // namespace rivero::gst
