// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "transport/ice/host_resolver.hpp"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <netdb.h>
#include <sys/socket.h>
#include <thread>

namespace rivero::transport {

/// Shared with the threads: getaddrinfo() cannot be interrupted, and nobody shall wait for it.
struct HostResolver::State {
    /// Belongs to the loop that asked.
    struct Request {
        Answer answer;
        void finish(std::vector<std::string> addresses) {
            if (auto once = std::exchange(answer, nullptr)) once(std::move(addresses));
        }
    };
    struct Job {
        Loop* loop;
        std::string host;
        Time until;
        std::shared_ptr<Request> request;
    };

    Lookup lookup;
    std::size_t max_threads;
    std::size_t max_waiting;

    std::mutex mutex;
    std::condition_variable wake;
    std::deque<Job> jobs;
    std::size_t threads = 0;
    std::size_t idle = 0;
    bool closed = false;

    static void work(const std::shared_ptr<State>& self) {
        std::unique_lock lock{self->mutex};
        for (;;) {
            ++self->idle;
            self->wake.wait(lock, [&] { return self->closed || !self->jobs.empty(); });
            --self->idle;
            if (self->closed) return;
            Job job = std::move(self->jobs.front());
            self->jobs.pop_front();
            if (Clock::now() >= job.until) {
                // Nobody waits any more; but the request belongs to its loop.
                job.loop->post([request = std::move(job.request)] {});
                continue;
            }
            lock.unlock();
            auto addresses = self->lookup(job.host);
            lock.lock();
            // Under the lock, so that the loop is there: it outlives the resolver.
            if (self->closed) return;
            job.loop->post([request = std::move(job.request), found = std::move(addresses)] {
                request->finish(found);
            });
        }
    }
};

HostResolver::HostResolver(Lookup lookup, std::size_t threads, std::size_t max_waiting)
    : state_{std::make_shared<State>()} {
    state_->lookup = std::move(lookup);
    state_->max_threads = threads;
    state_->max_waiting = max_waiting;
}

HostResolver::~HostResolver() {
    std::lock_guard lock{state_->mutex};
    state_->closed = true;
    state_->jobs.clear();
    state_->wake.notify_all();
}

void HostResolver::resolve(Loop& loop, const std::string& host, Answer answer, Duration limit) {
    auto request = std::make_shared<State::Request>();
    request->answer = std::move(answer);
    std::unique_lock lock{state_->mutex};
    if (state_->jobs.size() >= state_->max_waiting) {
        lock.unlock();
        loop.post([request] { request->finish({}); });
        return;
    }
    loop.post_after(limit, [request] { request->finish({}); }).detach();
    state_->jobs.push_back({&loop, host, Clock::now() + limit, std::move(request)});
    if (state_->idle == 0 && state_->threads < state_->max_threads) {
        ++state_->threads;
        std::thread{[state = state_] { State::work(state); }}.detach();
    }
    state_->wake.notify_one();
}

std::vector<std::string> HostResolver::ask_system(const std::string& host) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_DGRAM;
    addrinfo* found = nullptr;
    if (getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) return {};
    std::unique_ptr<addrinfo, void (*)(addrinfo*)> owned{found, freeaddrinfo};
    std::vector<std::string> ipv4;
    std::vector<std::string> ipv6;
    for (const addrinfo* one = found; one; one = one->ai_next) {
        std::array<char, NI_MAXHOST> text{};
        if (getnameinfo(one->ai_addr, one->ai_addrlen, text.data(), text.size(), nullptr, 0,
                        NI_NUMERICHOST) != 0) {
            continue;
        }
        (one->ai_family == AF_INET ? ipv4 : ipv6).emplace_back(text.data());
    }
    ipv4.insert(ipv4.end(), ipv6.begin(), ipv6.end());
    return ipv4;
}

}  // namespace rivero::transport
