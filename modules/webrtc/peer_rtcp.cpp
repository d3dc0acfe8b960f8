// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "leg.hpp"
#include "peer.hpp"
#include "rivero/rtcp/build.hpp"
#include "rivero/rtcp/parse.hpp"
#include "room_for_video.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

// What the peer reports, and what it is told.

namespace rivero::webrtc {
namespace {

/// A sender is not asked for less, however narrow the way to its receivers is.
constexpr Bitrate kLeastForwarded = Bitrate::kbps(100);
/// What can be forwarded holds for so long when somebody comes of whom it is not known yet: his
/// first feedback tells. Longer than from one report to the next.
constexpr Duration kForwardedHolds = 1500ms;
/// What reports say about the round trip counts for so long.
constexpr Duration kRttFresh = 15s;

}  // namespace

SendTrack* Peer::sender_of(Ssrc ssrc) {
    for (SendTrack* track : {audio_in_.get(), video_in_.get()})
        if (track->ssrc() == ssrc || track->rtx_ssrc() == ssrc) return track;
    return nullptr;
}

void Peer::on_rtcp(Leg& leg, Bytes datagram, Time arrival) {
    const auto compound = rtcp::parse_compound(datagram);
    if (!compound) {
        ++dropped_;
        return;
    }
    dropped_ += static_cast<std::uint64_t>(compound->malformed);
    if (!last_rtcp_) events_.on_media_state(true);
    last_rtcp_ = arrival;
    for (const auto& message : compound->messages) handle(leg, message, arrival);
}

void Peer::handle(Leg& leg, const rtcp::Message& message, Time now) {
    struct Visitor {
        Peer& peer;
        Leg& leg;
        Time now;
        void operator()(const rtcp::SenderReport& sr) const {
            peer.audio_.on_sender_report(now, sr);
            peer.video_.on_sender_report(now, sr);
            peer.on_reports(sr.blocks, now);
        }
        void operator()(const rtcp::ReceiverReport& rr) const { peer.on_reports(rr.blocks, now); }
        void operator()(const rtcp::SourceDescription&) const {}
        void operator()(const rtcp::Bye& bye) const {
            for (Ssrc ssrc : bye.sources) {
                leg.demuxer.forget(ssrc);
                peer.audio_.on_bye(ssrc);
                peer.video_.on_bye(ssrc);
            }
            if (peer.audio_.ssrcs().empty() && peer.video_.ssrcs().empty() &&
                std::exchange(peer.last_rtcp_, std::nullopt))
                peer.events_.on_media_state(false);
        }
        void operator()(const rtcp::GenericNack& nack) const {
            if (SendTrack* track = peer.sender_of(nack.media)) track->on_nack(now, nack);
        }
        void operator()(const rtcp::TransportFeedback& feedback) const {
            leg.control.on_feedback(now, feedback);
            peer.video_in_->on_feedback(leg.control, feedback);
            peer.apply_send_limits();
        }
        void operator()(const rtcp::PictureLoss& pli) const {
            if (SendTrack* track = peer.sender_of(pli.media))
                track->on_keyframe_request(now, SendTrack::KeyframeRequest::pli);
        }
        void operator()(const rtcp::FullIntraRequest& fir) const {
            for (const auto& entry : fir.entries)
                if (SendTrack* track = peer.sender_of(entry.media))
                    track->on_keyframe_request(now, SendTrack::KeyframeRequest::fir);
        }
        void operator()(const rtcp::Remb& remb) const {
            // Values that fall, or that have come up to it, end what holds for the beginning.
            const auto& start = peer.limits_.remb_on_connect;
            if (!start || remb.bitrate >= *start ||
                (peer.remb_received_ && remb.bitrate < *peer.remb_received_))
                peer.connect_phase_ = false;
            peer.remb_received_ = remb.bitrate;
            peer.remb_received_at_ = now;
            leg.control.on_remb(std::min(remb.bitrate, kNoLimit));
            peer.apply_send_limits();
        }
    };
    std::visit(Visitor{*this, leg, now}, message);
}

void Peer::on_reports(const std::vector<rtcp::ReportBlock>& blocks, Time now) {
    for (const auto& block : blocks) {
        SendTrack* track = sender_of(block.ssrc);
        if (!track || track->ssrc() != block.ssrc) continue;
        const auto before = track->state().rtt_measurements();
        track->on_report_block(now, block);
        if (track->state().rtt_measurements() == before) continue;
        const Duration rtt = *track->state().rtt();
        rtt_reported_ = now;
        audio_.set_rtt(rtt);
        video_.set_rtt(rtt);
        audio_in_->set_rtt(rtt);
        video_in_->set_rtt(rtt);
        for (auto& leg : legs_) leg->control.set_rtt(rtt);
    }
}

void Peer::measure_by_ice(Leg& leg, Time now) {
    if (rtt_reported_ != Time{} && now - rtt_reported_ < kRttFresh) return;
    const auto rtt = leg.transport.ice().round_trip();
    if (!rtt) return;
    leg.control.set_rtt(*rtt);
    for (std::size_t m_line : leg.sections) {
        ReceiveTrack* track = track_of(m_line);
        if (!track) continue;
        track->set_rtt(*rtt);
        (track == &audio_ ? *audio_in_ : *video_in_).set_rtt(*rtt);
    }
}

Ssrc Peer::feedback_ssrc() const {
    for (const SendTrack* track : {audio_in_.get(), video_in_.get()})
        if (track->sends()) return track->ssrc();
    return settings_->rtcp_ssrc;
}

void Peer::add_reports(Leg& leg, Time now, std::vector<rtcp::Message>& out) {
    const auto wall_clock = rtcp::to_ntp(std::chrono::system_clock::now());
    std::vector<rtcp::ReportBlock> blocks;
    std::vector<SendTrack*> senders;
    for (std::size_t m_line : leg.sections) {
        if (ReceiveTrack* track = track_of(m_line)) track->report(now, blocks);
        const auto& section = session_->sections[m_line];
        if (section.kind != MediaType::data && section.send)
            senders.push_back(section.kind == MediaType::audio ? audio_in_.get() : video_in_.get());
    }
    if (blocks.size() > rtcp::kMaxItems) blocks.resize(rtcp::kMaxItems);
    rtcp::SourceDescription names;
    bool blocks_sent = false;
    for (SendTrack* track : senders) {
        auto sr = track->make_report(now, wall_clock);
        if (!sr) continue;
        if (!std::exchange(blocks_sent, true)) sr->blocks = blocks;
        names.chunks.push_back({track->ssrc(), settings_->cname});
        out.push_back(std::move(*sr));
    }
    if (!blocks_sent) {
        out.push_back(rtcp::ReceiverReport{feedback_ssrc(), blocks});
        names.chunks.push_back({feedback_ssrc(), settings_->cname});
    }
    out.push_back(std::move(names));
}

bool Peer::takes_remb(const Leg& leg) const {
    const auto* video = session_->section(MediaType::video);
    return video && video->receive && legs_[video->transport].get() == &leg;
}

std::optional<Bitrate> Peer::most_wanted(Time now) {
    std::optional<Bitrate> most;
    if (limits_.receive.max.bps != 0) most = limits_.receive.max;
    // Nor more than anybody can take: what is too much for all of them is lost behind us. What a
    // sender takes from it is for its sound and its headers, too.
    if (const auto forward = video_.forward_limit()) {
        forwarded_ = forward;
        forwarded_at_ = now;
    } else if (now - forwarded_at_ > kForwardedHolds) {
        forwarded_.reset();
    }
    if (forwarded_) {
        const auto* audio = session_->section(MediaType::audio);
        const bool shared = audio && audio_.receives() &&
                            audio->transport == session_->section(MediaType::video)->transport;
        const Bitrate least = std::max(kLeastForwarded, limits_.receive.min);
        most = std::min(most.value_or(kNoLimit),
                        std::max(whole_for_video(*forwarded_, shared), least));
    }
    return most;
}

void Peer::update_remb(const Leg& leg, Time now) {
    const std::uint64_t bytes = video_.bytes();
    RembEstimator::Interval interval;
    if (remb_at_ != Time{} && now > remb_at_) {
        interval.time = now - remb_at_;
        if (bytes >= bytes_at_remb_)
            interval.bps = 8.0 * static_cast<double>(bytes - bytes_at_remb_) /
                           std::chrono::duration<double>(interval.time).count();
    }
    bytes_at_remb_ = bytes;
    remb_at_ = now;
    const auto seen = video_.last_interval();
    interval.packets = seen.packets;
    interval.lost = seen.lost;
    interval.by_delay = leg.receive_side.estimate();
    interval.link = leg.receive_side.link();
    remb_.update(interval);
}

void Peer::add_remb(bool report, Time now, std::vector<rtcp::Message>& out) {
    const auto* video = session_->section(MediaType::video);
    const bool offered = std::any_of(video->codecs.begin(), video->codecs.end(),
                                     [](auto& c) { return c.feedback.remb; });
    const auto ssrcs = video_.ssrcs();
    if (!offered || ssrcs.empty()) return;
    const Leg& leg = *legs_[video->transport];
    auto most = most_wanted(now);
    if (!leg.transport_cc) {
        // It estimates nothing itself: it goes by what we see of its packets.
        Bitrate carried = remb_.estimate();
        if (const auto delay = leg.receive_side.estimate()) carried = std::min(carried, *delay);
        carried = std::max(carried, limits_.receive.min);
        most = std::min(most.value_or(carried), carried);
    }
    if (!most && !remb_sent_) return;
    const Bitrate wanted = most.value_or(kNoLimit);  // what we said before does not hold any more
    const Bitrate before = remb_sent_.value_or(kNoLimit);
    if (!report && std::abs(wanted.bps - before.bps) <= before.bps / 20) return;
    remb_sent_ = wanted;
    out.push_back(rtcp::Remb{feedback_ssrc(), wanted, ssrcs});
}

void Peer::add_feedback(Leg& leg, Time now, std::vector<rtcp::Message>& out) {
    for (std::size_t m_line : leg.sections)
        if (ReceiveTrack* track = track_of(m_line)) track->poll(now, feedback_ssrc(), out);
    for (auto& feedback : leg.twcc.poll(now)) out.push_back(std::move(feedback));
}

void Peer::send(Leg& leg, const std::vector<rtcp::Message>& messages, bool has_report) {
    std::array<std::uint8_t, kMaxCompound> buffer;
    auto begin = [&](rtcp::CompoundBuilder& compound) {
        // RFC 3550 section 6.1 wants a report first, unless RFC 5506 was negotiated.
        return leg.reduced_size || compound.add(rtcp::ReceiverReport{feedback_ssrc(), {}});
    };
    rtcp::CompoundBuilder compound{buffer};
    if (!has_report && !begin(compound)) return;
    for (const auto& message : messages) {
        if (compound.add(message)) continue;
        if (!compound.empty()) leg.transport.send_rtcp(compound.datagram());
        compound = rtcp::CompoundBuilder{buffer};
        // What fits into no datagram is left out; those behind it are not its fault.
        if (!begin(compound)) return;
        static_cast<void>(compound.add(message));
    }
    if (!compound.empty()) leg.transport.send_rtcp(compound.datagram());
}

}  // namespace rivero::webrtc
