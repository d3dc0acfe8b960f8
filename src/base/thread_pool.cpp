// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/base/thread_pool.hpp"

#include "base/thread_name.hpp"
#include "base/timer_queue.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace rivero {

namespace {

class Strand;
thread_local const Strand* current_strand = nullptr;

}  // namespace

struct ThreadPool::State {
    std::mutex mutex;
    std::condition_variable wake;
    std::deque<std::shared_ptr<Strand>> ready;  // strands with tasks that no thread runs
    TimerQueue timers;                          // each posts to its strand
    bool ending = false;
    bool ended = false;  // nobody is left to run anything: what is posted is dropped
    std::vector<std::thread> threads;

    void run();
};

namespace {

class Strand final : public Loop, public std::enable_shared_from_this<Strand> {
public:
    explicit Strand(std::shared_ptr<ThreadPool::State> pool) : pool_{std::move(pool)} {}

    void post(Task task) override {
        {
            std::lock_guard lock{pool_->mutex};
            if (pool_->ended) return;
            tasks_.push_back(std::move(task));
            if (scheduled_) return;
            scheduled_ = true;
            pool_->ready.push_back(shared_from_this());
        }
        pool_->wake.notify_one();
    }

    [[nodiscard]] bool is_current() const override { return current_strand == this; }

    Timer post_after(Duration delay, Task task) override {
        RIVERO_ASSERT(is_current(), "timers are set on their loop");
        auto alive = std::make_shared<bool>(true);
        // Two flags: the queue's own is its lock's, `alive` is the strand's.
        auto guarded = [alive, task = std::move(task)]() mutable {
            if (!std::exchange(*alive, false)) return;
            task();
        };
        {
            std::lock_guard lock{pool_->mutex};
            pool_->timers
                .add(Clock::now() + delay,
                     [weak = weak_from_this(), guarded = std::move(guarded)]() mutable {
                         if (auto self = weak.lock()) self->post(std::move(guarded));
                     })
                .detach();
        }
        pool_->wake.notify_one();
        return Timer{std::move(alive)};
    }

    /// One thread of the pool at a time. Runs what is there, at most a handful, then lets others
    /// have their turn.
    void run_some() {
        current_strand = this;
        for (int i = 0; i < 16; ++i) {
            Task task;
            {
                std::lock_guard lock{pool_->mutex};
                if (tasks_.empty()) break;
                task = std::move(tasks_.front());
                tasks_.pop_front();
            }
            task();
        }
        current_strand = nullptr;
        std::lock_guard lock{pool_->mutex};
        if (tasks_.empty()) {
            scheduled_ = false;
        } else {
            pool_->ready.push_back(shared_from_this());
            pool_->wake.notify_one();
        }
    }

private:
    std::shared_ptr<ThreadPool::State> pool_;
    std::deque<Task> tasks_;  // under the pool's mutex
    bool scheduled_ = false;  // under the pool's mutex
};

}  // namespace

void ThreadPool::State::run() {
    std::unique_lock lock{mutex};
    for (;;) {
        if (!ready.empty()) {
            auto strand = std::move(ready.front());
            ready.pop_front();
            lock.unlock();
            strand->run_some();
            strand.reset();
            lock.lock();
            continue;
        }
        if (ending) break;
        if (Task due = timers.take_due(Clock::now())) {
            lock.unlock();
            due();
            lock.lock();
            continue;
        }
        if (auto deadline = timers.next_deadline()) {
            wake.wait_until(lock, *deadline);
        } else {
            wake.wait(lock);
        }
    }
}

ThreadPool::ThreadPool(const std::string& name, std::size_t threads)
    : state_{std::make_shared<State>()} {
    for (std::size_t i = 0; i < threads; ++i) {
        state_->threads.emplace_back([state = state_.get(), name] {
            name_this_thread(name);
            state->run();
        });
    }
}

ThreadPool::~ThreadPool() {
    {
        std::lock_guard lock{state_->mutex};
        state_->ending = true;
    }
    state_->wake.notify_all();
    for (std::thread& thread : state_->threads) thread.join();
    std::lock_guard lock{state_->mutex};
    state_->ended = true;
    state_->timers.clear();
    state_->ready.clear();
}

std::shared_ptr<Loop> ThreadPool::make_strand() {
    return std::make_shared<Strand>(state_);
}

}  // namespace rivero
