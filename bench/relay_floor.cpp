// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0

// What a packet costs that is only received and sent again: the floor for a server that does all
// the rest, too. A sender paces pictures as rtcload does (30 a second, five or six packets, two
// each 5 ms); they go to 1, 50 and 150 receivers. Not a test: numbers to look at.
//     cmake --build --preset release --target bench_floor && build/release/bench_floor [SECONDS]

#include "rivero/base/clock.hpp"
#include "transport/udp/udp_socket.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace rivero::transport {
namespace {

using Sockets = std::vector<std::unique_ptr<UdpSocket>>;

constexpr std::size_t kPacket = 1150;
constexpr Duration kPicture = 33'333us, kTick = 5ms, kDrain = 500us;

std::unique_ptr<UdpSocket> open_socket() {
    auto socket = UdpSocket::open(*SocketAddress::parse("127.0.0.1", 0));
    if (!socket) {
        std::fprintf(stderr, "bench_floor: %s\n", socket.error().message.c_str());
        std::exit(1);
    }
    return std::move(*socket);
}

/// A process that ends with this one.
template <class F>
pid_t start(F work) {
    const pid_t pid = fork();
    if (pid != 0) return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    work();
    std::_Exit(0);
}

void send_one(UdpSocket& from, const SendBatch::Destination& to, SendBatch::Lane& lane) {
    static_cast<void>(from.batch().room());
    from.batch().commit(to, lane, kPacket);
}

[[noreturn]] void play_sender(UdpSocket& socket, const SocketAddress& relay) {
    const auto to = socket.destination(relay, socket.bound(), {});
    SendBatch::Lane lane;
    socket.batch().disable_segmentation();
    for (int picture = 0;; ++picture) {
        const Time end = Clock::now() + kPicture;
        for (int left = picture % 3 == 0 ? 6 : 5; left > 0; left -= 2) {
            for (int i = 0; i < std::min(left, 2); ++i) send_one(socket, to, lane);
            socket.batch().flush();
            std::this_thread::sleep_for(kTick);
        }
        std::this_thread::sleep_until(end);
    }
}

[[noreturn]] void play_receivers(Sockets& sockets) {
    for (;;) {
        std::this_thread::sleep_for(kDrain);
        for (auto& socket : sockets)
            while (socket->receive([](const auto&) {}) != 0) {
            }
    }
}

double cpu_us() {
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

void measure(std::size_t receivers, Duration time) {
    auto relay = open_socket();
    auto source = open_socket();
    Sockets sinks;
    std::vector<SendBatch::Destination> to;
    for (std::size_t i = 0; i < receivers; ++i) {
        sinks.push_back(open_socket());
        to.push_back(relay->destination(sinks.back()->bound(), relay->bound(), {}));
    }
    const std::array children{start([&] { play_sender(*source, relay->bound()); }),
                              start([&] { play_receivers(sinks); })};
    std::vector<SendBatch::Lane> lanes(receivers);
    std::size_t packets = 0, turns = 0;
    const double before = cpu_us();
    for (const Time end = Clock::now() + time; Clock::now() < end; ++turns) {
        pollfd ready{relay->fd(), POLLIN, 0};
        if (poll(&ready, 1, 1000) <= 0) continue;
        const std::size_t came = relay->receive([](const auto&) {});
        // Each receiver has all of the turn in one go, as in the server.
        for (std::size_t i = 0; i < receivers; ++i)
            for (std::size_t n = 0; n < came; ++n) send_one(*relay, to[i], lanes[i]);
        relay->batch().flush();
        packets += came * receivers;
    }
    const double used = cpu_us() - before;
    for (const pid_t child : children) {
        kill(child, SIGKILL);
        waitpid(child, nullptr, 0);
    }
    std::printf(
        "1x%-4zu %6.2f us per delivered packet, %6.1f per turn, %.2f packets for each receiver and "
        "turn\n",
        receivers, used / static_cast<double>(packets), used / static_cast<double>(turns),
        static_cast<double>(packets) / static_cast<double>(receivers * turns));
}

}  // namespace
}  // namespace rivero::transport

int main(int argc, char** argv) {
    const int seconds = argc > 1 ? std::atoi(argv[1]) : 5;
    for (const std::size_t receivers : {1U, 50U, 150U})
        rivero::transport::measure(receivers, std::chrono::seconds{seconds});
    return 0;
}
