// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "send_control.hpp"

#include "send_track.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace rivero::webrtc {
namespace {

/// Of a burst, while nothing is known of the way: what most can take, without filling the buffers
/// of the others for long.
constexpr Bitrate kBurstRate = Bitrate::kbps(10'000);
/// Also to a peer that says less: its sound takes as much, and 0 is no rate for a pacer.
constexpr Bitrate kLeastPace = Bitrate::kbps(30);
/// Longer than this a receiver would wait for a key frame at most.
constexpr Duration kMaxBurst = 500ms;
/// What a packet takes of the link besides RTP: the authentication tag, UDP, IP.
constexpr std::size_t kBelowRtp = 16 + 8 + 20;
/// A peer that promised feedback and has sent none for so long gives none.
constexpr Duration kNoFeedback = 5s;

constexpr Duration kFeedbackWindow = 100ms;
/// Packets that feedback speaks of in this time: a receiver of a gigabit repeats itself twice.
constexpr std::size_t kMaxTold = 65'536;

}  // namespace

void SendControl::configure(bool transport_cc) {
    if (std::exchange(transport_cc_, transport_cc) == transport_cc || transport_cc) return;
    // What was measured tells less with each second, and nothing corrects it any more.
    controller_.restart();
    first_sent_.reset();
    update_rate();
    run();
}

void SendControl::forget(SendTrack& track) {
    if (padding_ == &track) padding_ = nullptr;
    pacer_.erase_if([&](const Queued& queued) { return queued.track == &track; });
}

void SendControl::forget_resends(SendTrack& track) {
    pacer_.erase_if(
        [&](const Queued& queued) { return queued.track == &track && queued.outgoing.again; });
}

std::optional<SeqNum> SendControl::number(Time now, std::size_t bytes) {
    if (!transport_cc_) return std::nullopt;
    if (!first_sent_) first_sent_ = now;
    last_sent_ = now;
    return controller_.on_sent(now, bytes + kBelowRtp);
}

bool SendControl::send(Time now, SendTrack& track, bwe::Priority priority, Outgoing outgoing) {
    const std::size_t bytes = outgoing.empty ? 0 : outgoing.packet->payload().size();
    if (pacer_.admit(now, priority, bytes)) {
        track.transmit(now, outgoing);
        return true;
    }
    if (!pacer_.push(priority, bytes, {&track, std::move(outgoing)})) return false;
    arm(now);
    return true;
}

void SendControl::on_feedback(Time now, const rtcp::TransportFeedback& feedback) {
    if (!transport_cc_) return;
    if (now - feedback_since_ > kFeedbackWindow) {
        feedback_since_ = now;
        told_ = 0;
    }
    // Thirty bytes can speak of 32768 packets, and a datagram holds forty such messages.
    told_ += feedback.count;
    if (told_ > kMaxTold) {
        ++feedback_ignored_;
        return;
    }
    controller_.on_feedback(now, feedback);
    update_rate();
    run();
}

void SendControl::on_remb(std::optional<Bitrate> most) {
    remb_ = most;
    controller_.on_remb(most);
    update_rate();
    run();
}

std::optional<Bitrate> SendControl::estimate() const {
    if (transport_cc_ &&
        (controller_.measured() || !first_sent_ || last_sent_ - *first_sent_ < kNoFeedback))
        return controller_.estimate();
    return remb_;
}

std::optional<Bitrate> SendControl::carried() const {
    return controller_.measured() ? controller_.estimate() : remb_;
}

Bitrate SendControl::pace() const {
    const auto rate = carried();
    return rate ? std::max(pacing_.at(Clock::now(), *rate), kLeastPace) : kBurstRate;
}

void SendControl::left_out(Time now) {
    pacing_.left_out(now);
    update_rate();
}

bool SendControl::takes_at_once(std::size_t bytes) const {
    const double seconds =
        static_cast<double>((bytes + pacer_.bytes()) * 8) / static_cast<double>(pace().bps);
    return !full() && seconds < std::chrono::duration<double>(kMaxBurst).count();
}

void SendControl::begin_burst() {
    if (!std::exchange(burst_, true)) update_rate();
}

void SendControl::update_rate() {
    // Where nothing is known of the way there is no reason to hold anything back but a burst.
    pacer_.set_rate(carried() || burst_ ? static_cast<double>(pace().bps) : 0);
}

void SendControl::run() {
    timer_.cancel();
    timer_due_.reset();
    const Time now = Clock::now();
    while (auto queued = pacer_.pop(now)) queued->track->transmit(now, queued->outgoing);
    if (burst_ && pacer_.packets() == 0) {
        burst_ = false;
        update_rate();
    }
    if (transport_cc_) {
        const bool can_pad = padding_ && padding_->can_pad();
        for (auto due = controller_.padding_due(now, can_pad); due > 0;) {
            const std::size_t sent = padding_->send_padding(now);
            if (sent == 0) break;
            due -= std::min(due, sent);
        }
    }
    arm(now);
}

void SendControl::arm(Time now) {
    auto next = pacer_.next_deadline(now);
    if (controller_.probing() && (!next || now + 2ms < *next)) next = now + 2ms;
    if (!next || (timer_due_ && *timer_due_ <= *next)) return;
    timer_due_ = next;
    timer_ = worker_.post_after(std::max<Duration>(*next - now, 1ms), [this] { run(); });
}

}  // namespace rivero::webrtc
