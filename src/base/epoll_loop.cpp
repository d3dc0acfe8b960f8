// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "base/epoll_loop.hpp"

#include "base/timer_queue.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <ctime>
#include <mutex>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace rivero {
namespace {

constexpr int kEventsPerTurn = 16;

timespec to_timespec(Duration d) {
    const auto ns =
        std::max<std::int64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(d).count(), 0);
    return {static_cast<time_t>(ns / 1'000'000'000), static_cast<long>(ns % 1'000'000'000)};
}

}  // namespace

struct EpollLoop::State {
    /// A descriptor in the epoll set.
    struct Watched final : Watch {
        Watched(State& s, int f, std::function<void()> ready)
            : state{s}, fd{f}, on_ready{std::move(ready)} {
            state.control(EPOLL_CTL_ADD, fd, EPOLLIN, this);
        }
        ~Watched() override {
            state.control(EPOLL_CTL_DEL, fd, 0, this);
            state.forget(this);
        }
        void want_write(bool wanted) override {
            if (std::exchange(writes, wanted) != wanted)
                state.control(EPOLL_CTL_MOD, fd, wanted ? EPOLLIN | EPOLLOUT : EPOLLIN, this);
        }
        State& state;
        int fd;
        bool writes = false;
        std::function<void()> on_ready;
    };
    struct Hook final : Registration {
        Hook(State& s, TurnEnd w, std::function<void()> work)
            : state{s}, when{w}, f{std::move(work)} {
            state.hooks.push_back(this);
        }
        ~Hook() override { std::replace(state.hooks.begin(), state.hooks.end(), this, kNone); }
        static constexpr Hook* kNone = nullptr;
        State& state;
        TurnEnd when;
        std::function<void()> f;
    };

    int epoll = ::epoll_create1(EPOLL_CLOEXEC);
    int wake = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    bool has_pwait2 = true;
    std::atomic<std::thread::id> owner{std::thread::id{}};  ///< nobody yet
    std::mutex mutex;
    std::vector<Task> posted;  // of the mutex: by other threads
    bool ending = false;       // of the mutex
    // The rest is of the loop's thread.
    std::vector<Task> own;  ///< posted by the loop to itself
    std::vector<Task> batch;
    bool woken = false;
    TimerQueue timers;
    std::array<epoll_event, kEventsPerTurn> events;
    int ready = 0;
    std::vector<Hook*> hooks;
    Guest* guest = nullptr;
    int guest_wake = -1;
    std::span<pollfd> guests;  ///< the guest's descriptors in this turn
    std::vector<pollfd> all;   ///< of guest and loop, when the guest has more than its own

    State() {
        RIVERO_ASSERT(epoll >= 0 && wake >= 0, "a process has descriptors for its loops");
        control(EPOLL_CTL_ADD, wake, EPOLLIN, &wake);
    }
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() {
        ::close(wake);
        ::close(epoll);
    }

    void control(int operation, int fd, std::uint32_t wanted, void* who) const {
        epoll_event event{};
        event.events = wanted;
        event.data.ptr = who;
        int result = ::epoll_ctl(epoll, operation, fd, &event);
        // Another file under the same number (dup2): the kernel has forgotten the first.
        if (result != 0 && operation == EPOLL_CTL_MOD && errno == ENOENT)
            result = ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
        RIVERO_ASSERT(result == 0 || operation == EPOLL_CTL_DEL, "a watched descriptor is open");
    }
    void forget(const Watched* gone) {
        for (int i = 0; i < ready; ++i)
            if (events[static_cast<std::size_t>(i)].data.ptr == gone)
                events[static_cast<std::size_t>(i)].data.ptr = nullptr;
    }

    [[nodiscard]] bool is_current() const { return owner.load() == std::this_thread::get_id(); }

    void signal() const {
        const std::uint64_t one = 1;
        // Only fails when it is signalled already.
        [[maybe_unused]] const auto written = ::write(wake, &one, sizeof one);
    }

    /// What is there now; what these tasks post waits for the next turn, so that descriptors and
    /// timers have theirs.
    void run_posted() {
        batch.swap(own);
        if (std::exchange(woken, false)) {
            std::uint64_t count = 0;
            [[maybe_unused]] const auto got = ::read(wake, &count, sizeof count);
            std::lock_guard lock{mutex};
            std::move(posted.begin(), posted.end(), std::back_inserter(batch));
            posted.clear();
        }
        for (Task& task : batch) task();
        batch.clear();
    }

    void end_turn() {
        for (TurnEnd when : {TurnEnd::hand_out, TurnEnd::send})
            for (std::size_t i = 0; i < hooks.size(); ++i)
                if (hooks[i] && hooks[i]->when == when) hooks[i]->f();
        std::erase(hooks, Hook::kNone);
    }

    void wait(bool may_wait) {
        std::optional<Time> deadline = timers.next_deadline();
        if (guest) {
            const auto wishes = guest->before_wait();
            guests = wishes.descriptors;
            for (pollfd& one : guests) one.revents = 0;
            if (wishes.deadline)
                deadline = std::min(deadline.value_or(*wishes.deadline), *wishes.deadline);
        }
        std::optional<Duration> timeout;
        if (!may_wait || !own.empty()) {
            timeout = Duration{0};
        } else if (deadline) {
            timeout = std::max(*deadline - Clock::now(), Duration{0});
        }
        // Its own descriptor is one of ours; it has more only while somebody uses it.
        if (guests.size() > 1) {
            wait_for_both(timeout);
            if (all.back().revents == 0) return;
            timeout = Duration{0};
        }
        wait_for_events(timeout);
    }

    void wait_for_both(std::optional<Duration> timeout) {
        all.assign(guests.begin(), guests.end());
        all.push_back({epoll, POLLIN, 0});
        timespec time{};
        if (timeout) time = to_timespec(*timeout);
        if (::ppoll(all.data(), all.size(), timeout ? &time : nullptr, nullptr) < 0)
            for (auto& one : all) one.revents = 0;
        for (std::size_t i = 0; i < guests.size(); ++i) guests[i].revents = all[i].revents;
    }

    void wait_for_events(std::optional<Duration> timeout) {
        int n = -1;
        if (has_pwait2) {
            timespec time{};
            if (timeout) time = to_timespec(*timeout);
            n = ::epoll_pwait2(epoll, events.data(), kEventsPerTurn, timeout ? &time : nullptr,
                               nullptr);
            // Linux before 5.11, or a container that does not know it.
            if (n < 0 && (errno == ENOSYS || errno == EPERM)) has_pwait2 = false;
        }
        if (!has_pwait2) {
            const auto ms =
                timeout ? std::chrono::ceil<std::chrono::milliseconds>(*timeout).count() : -1;
            n = ::epoll_wait(epoll, events.data(), kEventsPerTurn,
                             static_cast<int>(std::min<std::int64_t>(ms, 3'600'000)));
        }
        ready = std::max(n, 0);  // a signal is a turn with nothing to do
    }

    bool turn(bool may_wait) {
        wait(may_wait);
        const bool served = ready > 0;
        for (int i = 0; i < ready; ++i) {
            void* const who = events[static_cast<std::size_t>(i)].data.ptr;
            if (who == &wake) {
                woken = true;
            } else if (who == &guest_wake) {
                for (pollfd& one : guests)
                    if (one.fd == guest_wake) one.revents = POLLIN;
            } else if (who) {
                static_cast<Watched*>(who)->on_ready();
            }
        }
        ready = 0;
        run_posted();
        const Time now = Clock::now();
        timers.run_due(now);
        if (guest) guest->after_wait(now);
        end_turn();
        return served;
    }
};

EpollLoop::EpollLoop() : state_{std::make_unique<State>()} {}
EpollLoop::~EpollLoop() = default;

void EpollLoop::adopt_thread() {
    state_->owner.store(std::this_thread::get_id());
}

void EpollLoop::set_guest(Guest& guest, int wake) {
    state_->guest = &guest;
    state_->guest_wake = wake;
    state_->control(EPOLL_CTL_ADD, wake, EPOLLIN, &state_->guest_wake);
}

void EpollLoop::run() {
    adopt_thread();
    state_->end_turn();
    for (;;) {
        {
            std::lock_guard lock{state_->mutex};
            if (state_->ending && state_->posted.empty() && state_->own.empty()) break;
        }
        state_->turn(true);
    }
    state_->timers.clear();
}

void EpollLoop::stop() {
    {
        std::lock_guard lock{state_->mutex};
        state_->ending = true;
    }
    state_->signal();
}

bool EpollLoop::turn(bool wait) {
    // What the thread did since the last turn belongs to that one.
    state_->end_turn();
    return state_->turn(wait);
}

void EpollLoop::post(Task task) {
    State& s = *state_;
    if (s.is_current()) {
        s.own.push_back(std::move(task));
        return;
    }
    bool first = false;
    {
        std::lock_guard lock{s.mutex};
        first = s.posted.empty();
        s.posted.push_back(std::move(task));
    }
    if (first) s.signal();
}

bool EpollLoop::is_current() const {
    return state_->is_current();
}

Timer EpollLoop::post_after(Duration delay, Task task) {
    return post_within(delay, Duration{0}, std::move(task));
}

Timer EpollLoop::post_within(Duration delay, Duration slack, Task task) {
    RIVERO_ASSERT(is_current(), "timers are set on their loop");
    const Time due = Clock::now() + delay;
    return state_->timers.add(due, due + slack, std::move(task));
}

std::unique_ptr<IoLoop::Watch> EpollLoop::watch(int fd, std::function<void()> on_ready) {
    RIVERO_ASSERT(is_current(), "descriptors are watched by their loop");
    return std::make_unique<State::Watched>(*state_, fd, std::move(on_ready));
}

std::unique_ptr<IoLoop::Registration> EpollLoop::at_turn_end(TurnEnd when,
                                                             std::function<void()> f) {
    RIVERO_ASSERT(is_current(), "the end of a turn is the loop's");
    return std::make_unique<State::Hook>(*state_, when, std::move(f));
}

}  // namespace rivero
