// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "bwe/receive_side.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>

namespace rivero::bwe {
namespace {

using SendTime = std::chrono::duration<std::int64_t, std::ratio<1, 1 << 18>>;
constexpr std::int64_t kWrap = 1 << 24;  // 64 s
constexpr Duration kHalvedAgain = 200ms;
constexpr Duration kMaxStrayed = 5s;  // between the two clocks, from one packet to the next
constexpr std::int64_t kMaxUnits = std::int64_t{1} << 40;

}  // namespace

void ReceiveSide::on_packet(Time arrival, std::uint32_t sent, std::size_t bytes) {
    // The nearest to the one before.
    std::int64_t difference = last_sent_ ? (std::int64_t{sent} - *last_sent_) & (kWrap - 1) : 0;
    if (difference >= kWrap / 2) difference -= kWrap;
    if (last_sent_) {
        // Its clock was set, or it was silent for longer than the stamp can tell. And what can be
        // calculated with, some weeks, begins again then.
        const Duration strayed =
            std::chrono::duration_cast<Duration>(SendTime{difference}) - (arrival - last_arrival_);
        if (std::chrono::abs(strayed) > kMaxStrayed || std::abs(sent_units_) > kMaxUnits) {
            begin_anew();
            difference = 0;
        }
    }
    last_sent_ = sent;
    last_arrival_ = arrival;
    sent_units_ += difference;
    const Time left = sent_at();
    const Duration received = arrival.time_since_epoch();
    acknowledged_.on_packet(received, bytes);
    bottleneck_.on_packet(left, received, bytes);
    const auto delta = inter_arrival_.on_packet(left, received);
    if (!delta) return;
    trendline_.update(delta->sent, delta->received, received);
    update(arrival);
}

Time ReceiveSide::sent_at() const {
    return Time{std::chrono::duration_cast<Duration>(SendTime{sent_units_})};
}

void ReceiveSide::begin_anew() {
    sent_units_ = 0;
    inter_arrival_.reset();
    trendline_ = {};
    bottleneck_ = {};
}

void ReceiveSide::update(Time now) {
    const auto acknowledged = acknowledged_.bps();
    const Link link{bottleneck_.bps(sent_at()), bottleneck_.standing()};
    if (trendline_.usage() != Usage::over) {
        aimd_.update(now, trendline_.usage(), acknowledged, false, link);
    } else if (acknowledged) {
        if (aimd_.may_decrease(now, std::max(*acknowledged, link.bps.value_or(0))))
            aimd_.update(now, Usage::over, acknowledged, false, link);
    } else if (!halved_ || now - *halved_ > kHalvedAgain) {
        aimd_.set_rate(now, aimd_.rate() / 2);
        halved_ = now;
    }
}

std::optional<Bitrate> ReceiveSide::estimate() const {
    if (!last_sent_) return std::nullopt;
    return Bitrate{static_cast<std::int64_t>(aimd_.rate())};
}

std::optional<Bitrate> ReceiveSide::link() const {
    const auto bps = bottleneck_.bps(sent_at());
    if (!bps) return std::nullopt;
    return Bitrate{static_cast<std::int64_t>(*bps)};
}

}  // namespace rivero::bwe
