// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "bwe/controller.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace rivero::bwe {
namespace {

/// No probe lasts longer: what it has brought by then has to do.
constexpr Duration kMaxProbeTime = 100ms;
constexpr Duration kProbeTick = 2ms;
/// A probe that finds so much more than the link let through before tells of another link, or of a
/// receiver that was busy and read it at once: the next one tells which.
constexpr double kMoreRoom = 1.15;
constexpr Duration kConfirmed = 1s;

}  // namespace

Controller::Controller(const Settings& settings)
    : settings_{settings},
      max_{static_cast<double>(settings.max.bps)},
      aimd_{static_cast<double>(settings.start.bps)},
      loss_{static_cast<double>(settings.start.bps)},
      estimate_{static_cast<double>(settings.start.bps)} {
    aimd_.set_min(static_cast<double>(settings.min.bps));
    loss_.set_min(static_cast<double>(settings.min.bps));
    aimd_.set_max(max_);
}

void Controller::restart() {
    auto sent = std::move(sent_);
    const auto remb = remb_;
    const double max = max_;
    *this = Controller{settings_};
    sent_ = std::move(sent);
    remb_ = remb;
    max_ = max;
}

SeqNum Controller::on_sent(Time now, std::size_t bytes) {
    limit_.on_sent(now, bytes, estimate_);
    int probe = 0;
    if (probe_) {
        probe = probe_->probe.id;
        probe_->bytes += bytes;
        ++probe_->packets;
    }
    prober_.start(now, estimate_);
    return sent_.add(now, bytes, probe);
}

void Controller::set_rtt(Duration rtt) {
    rtt_ = rtt;
    aimd_.set_rtt(rtt);
    loss_.set_rtt(rtt);
}

void Controller::on_feedback(Time now, const rtcp::TransportFeedback& feedback) {
    const auto& results = sent_.on_feedback(feedback);
    if (results.empty()) return;
    last_feedback_ = now;
    arrived_.clear();
    int lost = 0;
    for (const auto& result : results) {
        if (result.received) {
            arrived_.push_back(result);
        } else {
            ++lost;
        }
    }
    loss_.on_feedback(now, lost, static_cast<int>(results.size()));
    std::stable_sort(
        arrived_.begin(), arrived_.end(),
        [](const PacketResult& a, const PacketResult& b) { return *a.received < *b.received; });
    std::optional<double> probed;
    acknowledged_.set_application_limited(limit_.limited());
    for (const auto& packet : arrived_) {
        acknowledged_.on_packet(*packet.received, packet.bytes);
        bottleneck_.on_packet(packet.sent, *packet.received, packet.bytes);
        if (auto delta = inter_arrival_.on_packet(packet.sent, *packet.received))
            trendline_.update(delta->sent, delta->received, *packet.received);
        if (packet.probe == 0) continue;
        const Probe* probe = prober_.find(packet.probe);
        if (!probe) continue;
        if (auto measured = probe_estimator_.on_packet(packet, *probe)) {
            probed = measured;
            prober_.on_result(now, *probe, *measured);
        }
    }
    update_delay_based(now, probed);
    const double allowed = loss_.update(now, aimd_.rate());
    if (loss_.loss() > 0.10) prober_.on_congestion(now);
    estimate_ = std::min(allowed, max_);
}

void Controller::update_delay_based(Time now, std::optional<double> probed) {
    const auto acknowledged = acknowledged_.bps();
    const Link link{bottleneck_.bps(now), bottleneck_.standing()};
    if (trendline_.usage() == Usage::over) {
        prober_.on_congestion(now);
        if (acknowledged) {
            if (aimd_.may_decrease(now, std::max(*acknowledged, link.bps.value_or(0))))
                aimd_.update(now, Usage::over, acknowledged, limit_.limited(), link);
        } else if (!halved_ || now - *halved_ > 200ms) {
            // Full before anything was measured: the start was too high.
            aimd_.set_rate(now, aimd_.rate() / 2);
            halved_ = now;
        }
        return;
    }
    if (probed) {
        const double believed = on_probed(now, *probed, link.bps);
        if (believed > aimd_.rate()) {
            aimd_.set_rate(now, std::min(believed, max_));
            loss_.set_rate(aimd_.rate());
        }
    }
    aimd_.update(now, trendline_.usage(), acknowledged, limit_.limited(),
                 Link{bottleneck_.bps(now), link.standing});
}

double Controller::on_probed(Time now, double probed, std::optional<double> bottleneck) {
    if (!bottleneck || probed <= kMoreRoom * *bottleneck) {
        more_room_.reset();
        return probed;
    }
    if (more_room_ && now - *more_room_ < kConfirmed) {
        bottleneck_.forget();
        more_room_.reset();
        return probed;
    }
    more_room_ = now;
    return kMoreRoom * *bottleneck;
}

Bitrate Controller::estimate() const {
    double bps = std::min(estimate_, max_);
    if (remb_) bps = std::min(bps, static_cast<double>(remb_->bps));
    return Bitrate{static_cast<std::int64_t>(bps)};
}

std::optional<Bitrate> Controller::acknowledged() const {
    if (!acknowledged_.bps()) return std::nullopt;
    return Bitrate{static_cast<std::int64_t>(*acknowledged_.bps())};
}

std::size_t Controller::padding_due(Time now, bool can_pad) {
    if (probe_) {
        const bool enough = probe_->bytes >= probe_->probe.min_bytes &&
                            probe_->packets >= probe_->probe.min_packets;
        if (enough || now - probe_->started > kMaxProbeTime || !can_pad) probe_.reset();
    }
    if (!probe_ && can_pad) {
        if (auto probe = prober_.poll(now, std::min(estimate_, max_)))
            probe_ = ActiveProbe{*probe, now, 0, 0};
    }
    if (!probe_) return 0;
    const double seconds =
        std::chrono::duration<double>(now + kProbeTick - probe_->started).count();
    const auto due = static_cast<std::size_t>(probe_->probe.bps / 8 * seconds);
    return due > probe_->bytes ? due - probe_->bytes : 0;
}

}  // namespace rivero::bwe
