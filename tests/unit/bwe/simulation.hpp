// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bwe/controller.hpp"
#include "bwe/pacer.hpp"
#include "bwe/pacing_rate.hpp"
#include "network.hpp"
#include "rivero/rtp/twcc_recorder.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <random>
#include <stdexcept>
#include <vector>

namespace rivero::test {

/// A sender that makes frames of what the controller allows (or of a fixed rate), a pacer, a bad
/// network, and a receiver that sends transport-wide feedback. Virtual time in steps of 1 ms.
class Simulation {
public:
    explicit Simulation(const Network::Settings& forward, unsigned seed = 1)
        : network{forward, seed}, random_{seed} {}

    static constexpr std::size_t kPacket = 1200;
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
    /// Somebody else's encoder, behind the server: hears of the estimate so often, makes this part
    /// of it, in pictures that differ in size by up to this part.
    Duration told_every{};
    double use = 1;
    double uneven = 0;
    Duration frame_interval = 33ms;
    bool audio = false;  ///< 50 packets of 100 bytes each second
    std::size_t audio_sent = 0, audio_lost = 0;
    /// Nobody can slow the encoder down: what finds no room is left out, until there is room again.
    bool leaves_out = false;
    bwe::PacingRate pacing;
    std::size_t padding_packet = kPacket / 2;  ///< bytes
    double padding_sent = 0;
    std::vector<Sample> samples;  ///< every 50 ms

private:
    static constexpr Time kStart{100s};

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
        pacer.set_rate(static_cast<double>(pacing.at(now_, controller.estimate()).bps));
        while (auto bytes = pacer.pop(now_)) transmit(*bytes);
        if (now_ >= next_told_) {
            told_ = estimate();
            next_told_ = now_ + told_every;
        }
        if (audio && (now_ - kStart) % 20ms == Duration{} &&
            pacer.admit(now_, bwe::Priority::audio, 100)) {
            ++audio_sent;
            if (!transmit(100)) ++audio_lost;
        }
        if (now_ >= next_frame_) {
            next_frame_ = now_ + frame_interval;
            auto left = static_cast<std::size_t>(
                fixed_rate.value_or(std::min(use * told_, max_rate)) / 8 *
                std::chrono::duration<double>(frame_interval).count() *
                (1 + uneven * std::uniform_real_distribution<>{-1, 1}(random_)));
            if (leaves_out && pacer.full()) pacing.left_out(now_);
            left_out_ = leaves_out && (pacer.full() || (left_out_ && pacer.delay() > 100ms));
            if (left_out_) left = 0;
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
             due -= std::min(due, padding_packet)) {
            padding_sent += static_cast<double>(padding_packet);
            transmit(padding_packet);
        }
        if ((now_ - kStart) % 50ms == Duration{})
            samples.push_back({elapsed(), estimate(), network.queue()});
    }
    /// @return whether it arrives
    bool transmit(std::size_t bytes) {
        const SeqNum seq = controller.on_sent(now_, bytes);
        const auto arrivals = network.send(now_, bytes);
        for (Time arrival : arrivals) arrivals_.emplace(arrival, seq);
        return !arrivals.empty();
    }

    static constexpr Duration kReceiverClock = 12345s;
    Time now_ = kStart;
    Time next_frame_ = kStart;
    Time next_told_ = kStart;
    double told_ = 0;
    bool left_out_ = false;
    std::mt19937 random_;
    rtp::TwccRecorder recorder_{Ssrc{9}, 50ms};
    std::multimap<Time, SeqNum> arrivals_;
    std::multimap<Time, rtcp::TransportFeedback> feedbacks_;
};

}  // namespace rivero::test
