// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "peer.hpp"

#include "extension_kinds.hpp"
#include "leg.hpp"
#include "rivero/rtcp/build.hpp"
#include "rivero/rtcp/parse.hpp"
#include "rivero/rtp/header.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace rivero::webrtc {
namespace {

constexpr Duration kReportInterval = 1s;
constexpr Duration kFirstReport = 300ms;
/// RTCP comes at least every five seconds; after three times this nobody is there.
constexpr Duration kRtcpTimeout = 15s;
constexpr std::size_t kMaxEarlyCandidates = 100;
constexpr std::size_t kMaxCompound = 1200;
/// What video without layers is worth looking for room for.
constexpr Bitrate kWantedForVideo = Bitrate::kbps(3000);
constexpr Bitrate kRoomForAudio = Bitrate::kbps(50);
/// A sender is not asked for less, however narrow the way to its receivers is.
constexpr Bitrate kLeastForwarded = Bitrate::kbps(100);
constexpr Bitrate kNoLimit = Bitrate::kbps(1'000'000);

std::vector<transport::Fingerprint> fingerprints_of(const sdp::NegotiatedTransport& t) {
    std::vector<transport::Fingerprint> list;
    for (const auto& f : t.remote_fingerprints) {
        transport::Fingerprint print;
        if (f.algorithm == "sha-256") {
            print.hash = transport::FingerprintHash::sha256;
        } else if (f.algorithm == "sha-384") {
            print.hash = transport::FingerprintHash::sha384;
        } else if (f.algorithm == "sha-512") {
            print.hash = transport::FingerprintHash::sha512;
        } else {
            continue;  // SHA-1 and the like can be forged
        }
        print.digest = f.value;
        list.push_back(std::move(print));
    }
    return list;
}

}  // namespace

Peer::Peer(media::Graph& graph, GMainContext* context, transport::HostResolver& resolver, PeerEvents events,
           std::shared_ptr<media::Source> audio_out, std::shared_ptr<media::Source> video_out,
           std::shared_ptr<SendTrack> audio_in, std::shared_ptr<SendTrack> video_in)
    : graph_{graph},
      context_{context},
      resolver_{resolver},
      events_{std::move(events)},
      audio_{MediaType::audio, std::move(audio_out), clock_},
      video_{MediaType::video, std::move(video_out), clock_},
      audio_in_{std::move(audio_in)},
      video_in_{std::move(video_in)} {}

Peer::~Peer() {
    audio_in_->leave();
    video_in_->leave();
}

Peer::Leg& Peer::add_leg() {
    legs_.push_back(std::make_unique<Leg>(*this, legs_.size(), settings_->ice));
    if (gathering_)
        if (auto gathered = legs_.back()->transport.ice().gather(); !gathered) events_.on_error(gathered.error().message);
    return *legs_.back();
}

void Peer::open(Settings settings, transport::DtlsContext dtls) {
    settings_ = std::move(settings);
    dtls_ = std::move(dtls);
    add_leg();
}

void Peer::configure(const sdp::NegotiatedSession& session) {
    session_ = session;
    while (legs_.size() < session.transports.size()) add_leg();

    for (std::size_t i = 0; i < session.transports.size(); ++i) {
        const auto& negotiated = session.transports[i];
        Leg& leg = *legs_[i];
        leg.sections = negotiated.sections;
        std::vector<rtp::Demuxer::Section> sections;
        leg.extensions = {};
        leg.transport_cc = false;
        leg.reduced_size = !negotiated.sections.empty();
        for (std::size_t m_line : negotiated.sections) {
            const auto& section = session.sections[m_line];
            rtp::Demuxer::Section demuxed{section.mid, {}, {}};
            for (const auto& codec : section.codecs) {
                demuxed.payload_types.push_back(codec.payload_type);
                if (codec.rtx) demuxed.payload_types.push_back(*codec.rtx);
                leg.transport_cc = leg.transport_cc || codec.feedback.transport_cc;
            }
            for (const auto& remote : section.remote_sources) {
                demuxed.ssrcs.push_back(remote.ssrc);
                if (remote.rtx) demuxed.ssrcs.push_back(*remote.rtx);
            }
            for (const auto& e : section.extensions)
                if (e.receive)
                    if (auto kind = extension_kind(e.extension)) leg.extensions.add(*kind, e.id);
            leg.reduced_size = leg.reduced_size && section.rtcp_rsize;
            sections.push_back(std::move(demuxed));
        }
        leg.demuxer.set_sections(std::move(sections));
        leg.control.configure(leg.transport_cc);
    }

    for (const auto& section : session.sections) {
        if (section.kind == MediaType::data || !section.accepted) continue;
        Leg* leg = legs_[section.transport].get();
        (section.kind == MediaType::audio ? audio_ : video_).configure(section);
        SendTrack& sender = section.kind == MediaType::audio ? *audio_in_ : *video_in_;
        sender.configure(section, &leg->control);
        if (section.kind == MediaType::video) leg->control.set_padding(&sender);
    }

    for (std::size_t i = 0; i < session.transports.size(); ++i) {
        const auto& negotiated = session.transports[i];
        Leg& leg = *legs_[i];
        auto accepted = leg.transport.ice().set_remote_credentials({negotiated.remote_ufrag, negotiated.remote_pwd});
        if (!accepted) events_.on_error(accepted.error().message);
        for (const auto& candidate : negotiated.remote_candidates) {
            // Garbage among the candidates is the peer's loss only.
            if (!leg.transport.ice().add_remote_candidate(sdp::print(candidate))) ++dropped_;
        }
        if (negotiated.end_of_candidates) leg.transport.ice().end_of_remote_candidates();
        leg.transport.start_dtls(
            negotiated.setup == sdp::Setup::active ? transport::DtlsRole::client : transport::DtlsRole::server,
            fingerprints_of(negotiated));
    }
    for (auto& early : std::exchange(early_candidates_, {})) add_candidate(early.m_line, early.text);
}

void Peer::gather() {
    if (gathering_) return;
    gathering_ = true;
    for (auto& leg : legs_)
        if (auto gathered = leg->transport.ice().gather(); !gathered) events_.on_error(gathered.error().message);
}

void Peer::add_candidate(std::size_t m_line, const std::string& candidate) {
    if (!session_) {
        if (early_candidates_.size() < kMaxEarlyCandidates) early_candidates_.push_back({m_line, candidate});
        return;
    }
    if (m_line >= session_->sections.size() || !session_->sections[m_line].accepted) return;
    auto& ice = legs_[session_->sections[m_line].transport]->transport.ice();
    if (!ice.add_remote_candidate(candidate)) ++dropped_;
}

void Peer::request_keyframe(MediaType type) {
    if (type != MediaType::video) return;
    video_.request_keyframe(Clock::now());
    service();
}

void Peer::set_limits(VideoLimits receive, VideoLimits send) {
    limits_ = receive;
    send_limits_ = send;
    apply_send_limits();
}

void Peer::apply_send_limits() {
    const auto* video = session_ ? session_->section(MediaType::video) : nullptr;
    std::optional<Bitrate> limit;
    if (video) {
        SendControl& control = legs_[video->transport]->control;
        const media::Encodings* encodings = video_in_->source() ? video_in_->source()->encodings() : nullptr;
        Bitrate wanted{0};
        if (video_in_->sends() && video_in_->attached()) {
            wanted = encodings ? Bitrate{encodings->best_rate().bps * 13 / 10} : kWantedForVideo;
            if (send_limits_.max.bps != 0) wanted = std::min(wanted, send_limits_.max);
            wanted.bps += kRoomForAudio.bps;
        }
        control.set_wanted(wanted);
        // A guess is good enough to begin with some encoding, but no reason to hold back what is the only one.
        if (control.measured() || encodings) limit = control.estimate();
        if (limit && audio_in_->sends()) limit->bps -= std::min(kRoomForAudio.bps, limit->bps / 4);
    }
    if (limit) limit = std::max(*limit, send_limits_.min);
    if (send_limits_.max.bps != 0) limit = std::min(limit.value_or(send_limits_.max), send_limits_.max);
    // The estimate changes with each feedback; what goes by it need not.
    const auto before = video_in_->receive_limit();
    if (before && limit && *limit != send_limits_.max && std::abs(before->bps - limit->bps) < before->bps / 20) return;
    video_in_->set_receive_limit(limit);
}

std::optional<Bitrate> Peer::send_estimate() const {
    const auto* video = session_ ? session_->section(MediaType::video) : nullptr;
    const auto* any = video ? video : session_ ? session_->section(MediaType::audio) : nullptr;
    return any ? legs_[any->transport]->control.estimate() : std::nullopt;
}

void Peer::close() {
    std::array<std::uint8_t, kMaxCompound + transport::SrtpSender::kRtcpOverhead> buffer;
    for (auto& leg : legs_) {
        if (!leg->connected) continue;
        rtcp::CompoundBuilder compound{MutableBytes{buffer}.first(kMaxCompound)};
        rtcp::Bye bye;
        for (SendTrack* track : {audio_in_.get(), video_in_.get()})
            if (track->sends()) bye.sources.push_back(track->ssrc());
        if (bye.sources.empty()) bye.sources.push_back(settings_->rtcp_ssrc);
        if (compound.add(rtcp::ReceiverReport{feedback_ssrc(), {}}) && compound.add(bye))
            leg->transport.send_rtcp(compound.datagram());
        leg->transport.close();
    }
}

void Peer::on_dtls(Leg& leg, transport::DtlsState state) {
    leg.connected = state == transport::DtlsState::connected;
    const Time now = Clock::now();
    if (!session_) return;
    for (std::size_t m_line : leg.sections) {
        const auto& section = session_->sections[m_line];
        if (section.kind == MediaType::data) continue;
        (section.kind == MediaType::audio ? *audio_in_ : *video_in_).set_connected(leg.connected);
    }
    if (leg.connected) {
        next_report_ = now + kFirstReport;
        arm(now);
    }
}

void Peer::on_rtp(Leg& leg, MutableBytes datagram, Time arrival) {
    if (datagram.size() > rtp::Packet::kCapacity) {
        ++dropped_;
        return;
    }
    auto packet = graph_.packets.make();
    std::memcpy(packet->storage().data(), datagram.data(), datagram.size());
    const auto header = rtp::parse_header(Bytes{packet->storage()}.first(datagram.size()));
    if (!header) {
        ++dropped_;
        return;
    }
    const auto extensions = rtp::read_extensions(*header, leg.extensions);
    if (leg.transport_cc && extensions.transport_seq_num)
        leg.twcc.on_packet(arrival, *extensions.transport_seq_num, header->ssrc);
    const auto* route = leg.demuxer.route(*header, extensions);
    ReceiveTrack* track = route && route->section < leg.sections.size() ? track_of(leg.sections[route->section]) : nullptr;
    if (!track) {
        ++dropped_;
        return;
    }
    track->on_packet(arrival, *header, extensions, *route, std::move(packet));
    wake_by(track->next_deadline());
    wake_by(leg.twcc.next_deadline());
}

ReceiveTrack* Peer::track_of(std::size_t section) {
    if (!session_ || section >= session_->sections.size()) return nullptr;
    switch (session_->sections[section].kind) {
        case MediaType::audio: return &audio_;
        case MediaType::video: return &video_;
        case MediaType::data: break;
    }
    return nullptr;
}

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
        }
        void operator()(const rtcp::GenericNack& nack) const {
            if (SendTrack* track = peer.sender_of(nack.media)) track->on_nack(now, nack);
        }
        void operator()(const rtcp::TransportFeedback& feedback) const {
            leg.control.on_feedback(now, feedback);
            peer.apply_send_limits();
        }
        void operator()(const rtcp::PictureLoss& pli) const {
            if (SendTrack* track = peer.sender_of(pli.media)) track->on_keyframe_request();
        }
        void operator()(const rtcp::FullIntraRequest& fir) const {
            for (const auto& entry : fir.entries)
                if (SendTrack* track = peer.sender_of(entry.media)) track->on_keyframe_request();
        }
        void operator()(const rtcp::Remb& remb) const {
            peer.remb_received_ = remb.bitrate;
            leg.control.on_remb(remb.bitrate);
            peer.apply_send_limits();
        }
    };
    std::visit(Visitor{*this, leg, now}, message);
}

void Peer::on_reports(const std::vector<rtcp::ReportBlock>& blocks, Time now) {
    for (const auto& block : blocks) {
        SendTrack* track = sender_of(block.ssrc);
        if (!track || track->ssrc() != block.ssrc) continue;
        track->on_report_block(now, block);
        if (auto rtt = track->state().rtt()) {
            audio_.set_rtt(*rtt);
            video_.set_rtt(*rtt);
            audio_in_->set_rtt(*rtt);
            video_in_->set_rtt(*rtt);
            for (auto& leg : legs_) leg->control.set_rtt(*rtt);
        }
    }
}

Ssrc Peer::feedback_ssrc() const {
    for (const SendTrack* track : {audio_in_.get(), video_in_.get()})
        if (track->sends()) return track->ssrc();
    return settings_->rtcp_ssrc;
}

void Peer::wake_by(std::optional<Time> deadline) {
    if (!deadline || (timer_due_ && *timer_due_ <= *deadline)) return;
    timer_due_ = deadline;
    timer_ = graph_.worker.post_after(std::max<Duration>(*deadline - Clock::now(), 0ms), [this] { service(); });
}

void Peer::arm(Time) {
    if (std::none_of(legs_.begin(), legs_.end(), [](auto& leg) { return leg->connected; })) return;
    wake_by(next_report_);
    wake_by(audio_.next_deadline());
    wake_by(video_.next_deadline());
    for (auto& leg : legs_) wake_by(leg->twcc.next_deadline());
}

void Peer::service() {
    timer_.cancel();
    timer_due_.reset();
    const Time now = Clock::now();
    const bool report = now >= next_report_;
    for (auto& leg : legs_) {
        if (!leg->connected) continue;
        std::vector<rtcp::Message> messages;
        if (report) add_reports(*leg, now, messages);
        add_feedback(*leg, now, messages);
        if (!messages.empty()) send(*leg, messages, report);
    }
    if (report) {
        next_report_ = now + kReportInterval;
        if (last_rtcp_ && now - *last_rtcp_ > kRtcpTimeout) {
            last_rtcp_.reset();
            events_.on_media_state(false);
        }
    }
    arm(now);
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
    const auto* video = session_->section(MediaType::video);
    if (video && video->receive && legs_[video->transport].get() == &leg) {
        double lost = 0;
        for (auto& block : blocks) lost = std::max(lost, block.fraction_lost / 256.0);
        estimate_ = estimate_.value_or(0);
        add_remb(now, out);
        // A peer without transport-wide feedback goes by this estimate; it follows loss. draft-ietf-rmcat-gcc section 6.
        if (lost > 0.1) estimate_ = *estimate_ * (1 - 0.5 * lost);
        if (lost < 0.02) estimate_ = *estimate_ * 1.08;
    }
}

void Peer::add_remb(Time now, std::vector<rtcp::Message>& out) {
    const auto* video = session_->section(MediaType::video);
    const bool offered = std::any_of(video->codecs.begin(), video->codecs.end(), [](auto& c) { return c.feedback.remb; });
    const auto ssrcs = video_.ssrcs();
    if (!offered || ssrcs.empty()) return;
    const Leg& leg = *legs_[video->transport];
    const std::uint64_t bytes = video_.bytes();
    const double seconds = std::chrono::duration<double>(now - remb_at_).count();
    const double rate = remb_at_ == Time{} || bytes < bytes_at_remb_ || seconds <= 0
                            ? 0
                            : 8.0 * static_cast<double>(bytes - bytes_at_remb_) / seconds;
    bytes_at_remb_ = bytes;
    remb_at_ = now;
    Bitrate wanted{0};
    if (leg.transport_cc) {
        // Its own estimate is better than ours; we only say what we do not want to exceed.
        std::optional<Bitrate> most;
        if (limits_.max.bps != 0) most = limits_.max;
        // Nor more than anybody can take: what is too much for all of them is lost behind us.
        if (const auto forward = video_.forward_limit()) {
            const Bitrate least = std::max(kLeastForwarded, limits_.min);
            most = std::min(most.value_or(kNoLimit), std::max(*forward, least));
        }
        if (!most && !remb_sent_) return;
        wanted = most.value_or(kNoLimit);  // what we said before does not hold any more
    } else {
        constexpr double kStart = 2'000'000;
        if (*estimate_ < 30'000) estimate_ = std::max(kStart, 2 * rate);
        estimate_ = std::min(*estimate_, std::max(kStart, 2 * rate));
        wanted = Bitrate{static_cast<std::int64_t>(*estimate_)};
        wanted = std::max(wanted, limits_.min);
        if (limits_.max.bps != 0) wanted = std::min(wanted, limits_.max);
    }
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
        leg.transport.send_rtcp(compound.datagram());
        compound = rtcp::CompoundBuilder{buffer};
        if (!begin(compound) || !compound.add(message)) return;
    }
    if (!compound.empty()) leg.transport.send_rtcp(compound.datagram());
}

}  // namespace rivero::webrtc
