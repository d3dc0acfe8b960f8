// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bwe/controller.hpp"
#include "bwe/pacer.hpp"
#include "network.hpp"
#include "rivero/rtp/twcc_recorder.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <stdexcept>
#include <vector>

namespace rivero::test {

/// A sender that makes 30 frames a second of what the controller allows (or of a fixed rate), a
/// pacer, a bad network, and a receiver that sends transport-wide feedback. Virtual time in steps
/// of 1 ms.
class Simulation {
public:
    explicit Simulation(const Network::Settings& forward, unsigned seed = 1)
        : network{forward, seed} {}

    struct Sample {
        Duration at;
        double estimate;
        Duration queue;  ///< in the bottleneck
    };

    void run(Duration time) {
        const Time end = now_ + time;
        for (; now_ < end; now_ += 1ms) step();
    }
    [[nodiscard]] double estimate() const { return static_cast<double>(controller.estimate().bps); }
    [[nodiscard]] Duration elapsed() const { return now_ - kStart; }

    bwe::Controller controller;
    bwe::Pacer<std::size_t> pacer;
    Network network;
    double max_rate = 2'500'000;  ///< of the encoder
    std::optional<double> fixed_rate;
    std::optional<double> wanted;  ///< else what is sent at most
    double padding_sent = 0;
    std::vector<Sample> samples;  ///< every 50 ms

private:
    static constexpr Time kStart{100s};
    static constexpr std::size_t kPacket = 1200;

    void step() {
        for (auto it = arrivals_.begin(); it != arrivals_.end() && it->first <= now_;
             it = arrivals_.erase(it))
            recorder_.on_packet(it->first + kReceiverClock, it->second, Ssrc{1});
        for (auto& feedback : recorder_.poll(now_ + kReceiverClock))
            feedbacks_.emplace(now_ + network.settings().delay, feedback);
        for (auto it = feedbacks_.begin(); it != feedbacks_.end() && it->first <= now_;
             it = feedbacks_.erase(it))
            controller.on_feedback(now_, it->second);
        controller.set_wanted(
            Bitrate{static_cast<std::int64_t>(wanted.value_or(fixed_rate.value_or(max_rate)))});
        pacer.set_rate(2.5 * estimate());
        while (auto bytes = pacer.pop(now_)) transmit(*bytes);
        if (now_ >= next_frame_) {
            next_frame_ = now_ + 33ms;
            auto left = static_cast<std::size_t>(
                fixed_rate.value_or(std::min(estimate(), max_rate)) / 8 * 0.033);
            for (; left > 0; left -= std::min(left, kPacket)) {
                const auto bytes = std::min(left, kPacket);
                if (pacer.admit(now_, bwe::Priority::video, bytes)) {
                    transmit(bytes);
                } else if (!pacer.push(bwe::Priority::video, bytes, bytes)) {
                    throw std::runtime_error{"more is queued than a pacer takes"};
                }
            }
        }
        for (auto due = controller.padding_due(now_, true); due > 0;
             due -= std::min(due, kPacket / 2)) {
            padding_sent += static_cast<double>(kPacket) / 2;
            transmit(kPacket / 2);
        }
        if ((now_ - kStart) % 50ms == Duration{})
            samples.push_back({elapsed(), estimate(), network.queue()});
    }
    void transmit(std::size_t bytes) {
        const SeqNum seq = controller.on_sent(now_, bytes);
        for (Time arrival : network.send(now_, bytes)) arrivals_.emplace(arrival, seq);
    }

    static constexpr Duration kReceiverClock = 12345s;
    Time now_ = kStart;
    Time next_frame_ = kStart;
    rtp::TwccRecorder recorder_{Ssrc{9}, 50ms};
    std::multimap<Time, SeqNum> arrivals_;
    std::multimap<Time, rtcp::TransportFeedback> feedbacks_;
};

}  // namespace rivero::test
