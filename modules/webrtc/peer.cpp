// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "peer.hpp"

#include "extension_kinds.hpp"
#include "leg.hpp"
#include "rivero/base/log.hpp"
#include "rivero/rtcp/build.hpp"
#include "rivero/rtp/header.hpp"
#include "room_for_video.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace rivero::webrtc {
namespace {

constexpr Duration kReportInterval = 1s;
constexpr Duration kFirstReport = 300ms;
/// By so much these may be late, to leave with what the worker is awake for anyway: the packets
/// that feedback tells of come every few milliseconds.
constexpr Duration kFeedbackSlack = 10ms;
constexpr Duration kReportSlack = 50ms;
constexpr Duration kNextService = 1ms;
/// RTCP comes at least every five seconds; after three times this nobody is there.
constexpr Duration kRtcpTimeout = 15s;
/// A sender hears so soon that less, or more, can be forwarded.
constexpr Duration kRembInterval = 200ms;
/// What a packet takes of the link besides what was decrypted: the tag, UDP, IP.
constexpr std::size_t kBelowRtp = 16 + 8 + 20;
/// A REMB that is not repeated says nothing any more.
constexpr Duration kRembTimeout = 10s;
constexpr std::size_t kMaxEarlyCandidates = 100;
/// What video without layers is worth looking for room for.
constexpr Bitrate kWantedForVideo = Bitrate::kbps(3000);

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

/// The extension `ufrag` of a candidate that a browser trickles. As libwebrtc writes it; RFC 8839
/// section 5.1 lets it.
std::optional<std::string_view> ufrag_of(std::string_view candidate) {
    constexpr std::string_view kName = " ufrag ";
    const auto at = candidate.find(kName);
    if (at == std::string_view::npos) return std::nullopt;
    const auto value = candidate.substr(at + kName.size());
    return value.substr(0, value.find(' '));
}

}  // namespace

Peer::Peer(media::Graph& graph, gst::GlibLoop& worker, Context& shared, PeerEvents events,
           std::shared_ptr<media::Source> audio_out, std::shared_ptr<media::Source> video_out,
           std::shared_ptr<SendTrack> audio_in, std::shared_ptr<SendTrack> video_in)
    : graph_{graph},
      worker_{worker},
      shared_{shared},
      events_{std::move(events)},
      audio_{MediaType::audio, std::move(audio_out), clock_, graph.packets},
      video_{MediaType::video, std::move(video_out), clock_, graph.packets},
      audio_in_{std::move(audio_in)},
      video_in_{std::move(video_in)} {
    audio_.on_speech = [this](bool speaking, rtp::AudioLevel level) {
        events_.on_speech(speaking, rtp::linear_level(level));
    };
}

Peer::Leg::~Leg() {
    transport.set_listener(nullptr);
    const auto& counters = transport.counters();
    const auto& hellos = transport.hellos();
    const auto* receiver = transport.srtp_receiver();
    const auto srtp = receiver ? receiver->counters() : transport::SrtpReceiver::Counters{};
    log_topic("module.webrtc")
        ->debug(
            "transport {}: datagrams of no protocol {}, too early {}; hellos challenged {}, "
            "begun {}, refused {}, of nothing {}; packets for nobody {}; SRTP not authentic {}, "
            "repeated {}, malformed {}, of too many streams {}; feedback not heard {}",
            id, counters.unknown, counters.early_dtls + counters.early_media, hellos.challenged,
            hellos.begun, hellos.refused, hellos.dropped + counters.strange_dtls, peer_.dropped_,
            srtp.unauthenticated, srtp.replayed, srtp.malformed, srtp.refused_streams,
            control.feedback_ignored());
}

Peer::~Peer() {
    audio_in_->leave();
    video_in_->leave();
    legs_.clear();  // they look at other members
}

Peer::Leg& Peer::add_leg(std::size_t id, const transport::IceCredentials& local) {
    auto ice = settings_->ice;
    ice.local = local;
    legs_.push_back(std::make_unique<Leg>(*this, id, std::move(ice)));
    if (gathering_)
        if (auto gathered = legs_.back()->transport.ice().gather(); !gathered)
            events_.on_error(gathered.error().message);
    return *legs_.back();
}

void Peer::open(Settings settings, transport::DtlsContext dtls) {
    settings_ = std::move(settings);
    dtls_ = std::move(dtls);
    add_leg(0, settings_->ice.local);
}

void Peer::configure(const sdp::NegotiatedSession& session,
                     const std::vector<transport::IceCredentials>& local) {
    session_ = session;
    auto old = std::exchange(legs_, {});
    for (std::size_t i = 0; i < session.transports.size(); ++i) {
        const auto id = session.transports[i].id;
        auto known =
            std::find_if(old.begin(), old.end(), [&](auto& leg) { return leg && leg->id == id; });
        if (known == old.end())
            add_leg(id, local[i]);
        else
            legs_.push_back(std::move(*known));
        configure_receiving(*legs_[i], session.transports[i]);
    }
    for (MediaType type : {MediaType::audio, MediaType::video}) {
        const auto* section = session.section(type);
        (type == MediaType::audio ? audio_ : video_)
            .configure(section ? *section : sdp::NegotiatedSection{});
        configure_sending(type);
    }
    // Nobody sends over these any more, and what they say is of no interest.
    for (auto& leg : old) {
        if (!leg) continue;
        leg->transport.set_listener(nullptr);
        leg->transport.close();
    }
    old.clear();
    for (std::size_t i = 0; i < session.transports.size(); ++i)
        configure_ice(*legs_[i], session.transports[i], local[i]);
    for (auto& early : std::exchange(early_candidates_, {}))
        add_candidate(early.m_line, early.text);
    apply_send_limits();
    arm(Clock::now());
}

void Peer::configure_receiving(Leg& leg, const sdp::NegotiatedTransport& transport) {
    leg.sections = transport.sections;
    std::vector<rtp::Demuxer::Section> sections;
    leg.extensions = {};
    leg.transport_cc = false;
    leg.reduced_size = true;
    for (std::size_t m_line : transport.sections) {
        const auto& section = session_->sections[m_line];
        rtp::Demuxer::Section demuxed{section.mid, {}, {}};
        for (const auto& codec : section.codecs) {
            demuxed.payload_types.push_back(codec.payload_type);
            if (codec.rtx) demuxed.payload_types.push_back(*codec.rtx);
            if (codec.red) demuxed.payload_types.push_back(*codec.red);
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

void Peer::configure_sending(MediaType type) {
    SendTrack& sender = type == MediaType::audio ? *audio_in_ : *video_in_;
    const auto* section = session_->section(type);
    if (!section) {
        sender.configure({}, nullptr);
        sender.set_connected(false);
        return;
    }
    Leg* leg = legs_[section->transport].get();
    sender.configure(*section, &leg->control);
    if (type == MediaType::video) leg->control.set_padding(&sender);
    sender.set_connected(leg->connected);
    sender.set_silent(leg->silent);
}

void Peer::configure_ice(Leg& leg, const sdp::NegotiatedTransport& transport,
                         const transport::IceCredentials& local) {
    auto& ice = leg.transport.ice();
    if (session_->remote_ice_lite) ice.set_remote_lite();
    // Browsers make their transport anew when its tag is rejected, with the credentials of before:
    // Firefox takes new ones of ours for an error.
    if (ice.local_credentials().ufrag != local.ufrag || transport.tag_rejected) {
        if (auto restarted = ice.restart(local); !restarted)
            events_.on_error(restarted.error().message);
        leg.remote_credentials = {};
    }
    const transport::IceCredentials remote{transport.remote_ufrag, transport.remote_pwd};
    if (leg.remote_credentials.ufrag != remote.ufrag || leg.remote_credentials.pwd != remote.pwd) {
        leg.remote_credentials = remote;
        if (auto accepted = ice.set_remote_credentials(remote); !accepted)
            events_.on_error(accepted.error().message);
    }
    for (const auto& candidate : transport.remote_candidates) {
        // Garbage among the candidates is the peer's loss only.
        if (!ice.add_remote_candidate(sdp::print(candidate))) ++dropped_;
    }
    if (transport.end_of_candidates) ice.end_of_remote_candidates();
    // Only the first time: the association outlives all negotiations.
    leg.transport.start_dtls(transport.setup == sdp::Setup::active ? transport::DtlsRole::client
                                                                   : transport::DtlsRole::server,
                             fingerprints_of(transport));
}

Result<void> Peer::gather() {
    if (gathering_) return {};
    for (auto& leg : legs_)
        if (auto gathered = leg->transport.ice().gather(); !gathered) return gathered;
    gathering_ = true;
    return {};
}

void Peer::add_candidate(std::size_t m_line, const std::string& candidate) {
    auto keep = [&] {
        if (early_candidates_.size() >= kMaxEarlyCandidates)
            early_candidates_.erase(early_candidates_.begin());
        early_candidates_.push_back({m_line, candidate});
    };
    if (!session_) return keep();
    if (m_line >= session_->sections.size() || !session_->sections[m_line].accepted) return;
    Leg& leg = *legs_[session_->sections[m_line].transport];
    // A candidate may overtake the description that restarts ICE: browsers say to which one it
    // belongs.
    if (const auto ufrag = ufrag_of(candidate); ufrag && *ufrag != leg.remote_credentials.ufrag)
        return keep();
    if (!leg.transport.ice().add_remote_candidate(candidate)) ++dropped_;
}

void Peer::request_keyframe(MediaType type) {
    if (type != MediaType::video) return;
    video_.request_keyframe(Clock::now());
    // Not at once: one message of a receiver can ask for hundreds.
    wake_by(video_.next_deadline());
}

void Peer::set_limits(const Limits& limits) {
    limits_ = limits;
    remb_.set(limits.remb);
    audio_in_->set_mtu(limits.mtu);
    video_in_->set_mtu(limits.mtu);
    video_in_->set_largest(limits.largest);
    apply_send_limits();
}

void Peer::apply_send_limits() {
    const auto* video = session_ ? session_->section(MediaType::video) : nullptr;
    Bitrate most = limits_.send.max;
    if (video && video->remote_bandwidth && video->remote_bandwidth->bps > 0)
        most = most.bps == 0 ? *video->remote_bandwidth : std::min(most, *video->remote_bandwidth);
    std::optional<Bitrate> limit;
    if (video) {
        SendControl& control = legs_[video->transport]->control;
        const media::Encodings* encodings =
            video_in_->source() ? video_in_->source()->encodings() : nullptr;
        Bitrate wanted{0};
        if (video_in_->sends() && video_in_->attached()) {
            wanted = encodings
                         ? Bitrate{encodings->best_rate(video_in_->size_limit()).bps * 13 / 10}
                         : kWantedForVideo;
            if (most.bps != 0) wanted = std::min(wanted, most);
            wanted.bps += kRoomForAudio.bps;
        }
        control.set_wanted(wanted);
        // A guess is good enough to begin with some encoding, but no reason to hold back what is
        // the only one.
        if (control.measured() || encodings)
            if (const auto estimate = control.estimate())
                limit = room_for_video(*estimate, audio_in_->sends());
    }
    if (connect_phase_ && limits_.remb_on_connect)
        limit = std::max(limit.value_or(Bitrate{0}), *limits_.remb_on_connect);
    if (limit) limit = std::max(*limit, limits_.send.min);
    if (most.bps != 0) limit = std::min(limit.value_or(most), most);
    // The estimate changes with each feedback; what goes by it need not.
    const auto before = video_in_->receive_limit();
    if (before && limit && *limit != most && std::abs(before->bps - limit->bps) < before->bps / 20)
        return;
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
    if (!leg.connected) audio_.end_speech();
    const Time now = Clock::now();
    if (!session_) return;
    tell_senders(leg);
    if (leg.connected) {
        measure_by_ice(leg, now);
        next_report_ = now + kFirstReport;
        arm(now);
    }
}

void Peer::on_ice(Leg& leg, transport::IceState state) {
    using transport::IceState;
    // While it looks for a way it may have one still: a restart keeps the old pair until then.
    const bool answers = state == IceState::connected || state == IceState::ready;
    if (!answers && state != IceState::failed) return;
    leg.silent = !answers;
    if (session_) tell_senders(leg);
}

void Peer::tell_senders(const Leg& leg) {
    for (std::size_t m_line : leg.sections) {
        const auto& section = session_->sections[m_line];
        if (section.kind == MediaType::data) continue;
        SendTrack& sender = section.kind == MediaType::audio ? *audio_in_ : *video_in_;
        sender.set_silent(leg.silent);
        sender.set_connected(leg.connected);
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
    if (!leg.transport_cc && extensions.abs_send_time)
        leg.receive_side.on_packet(arrival, *extensions.abs_send_time, datagram.size() + kBelowRtp);
    const auto* route = leg.demuxer.route(*header, extensions);
    ReceiveTrack* track = route && route->section < leg.sections.size()
                              ? track_of(leg.sections[route->section])
                              : nullptr;
    if (!track) {
        ++dropped_;
        return;
    }
    track->on_packet(arrival, *header, extensions, *route, std::move(packet));
    wake_by(track->next_deadline());
    wake_by(leg.twcc.next_deadline(), kFeedbackSlack);
    if (!leg.transport_cc && remb_sent_ && leg.receive_side.estimate() &&
        leg.receive_side.estimate()->bps < remb_sent_->bps * 9 / 10)
        wake_by(remb_checked_ + kRembInterval, kFeedbackSlack);
}

ReceiveTrack* Peer::track_of(std::size_t section) {
    if (!session_ || section >= session_->sections.size()) return nullptr;
    switch (session_->sections[section].kind) {
        case MediaType::audio:
            return &audio_;
        case MediaType::video:
            return &video_;
        case MediaType::data:
            break;
    }
    return nullptr;
}

std::string Peer::transport_name(MediaType type) const {
    const auto* section = session_ ? session_->section(type) : nullptr;
    return section ? std::to_string(legs_[section->transport]->id + 1) : "";
}

void Peer::wake_by(std::optional<Time> deadline, Duration slack) {
    if (!deadline) return;
    const Time latest = *deadline + slack;
    if (timer_due_ && *timer_due_ <= *deadline && timer_latest_ <= latest) return;
    timer_latest_ = timer_due_ ? std::min(timer_latest_, latest) : latest;
    timer_due_ = timer_due_ ? std::min(*timer_due_, *deadline) : *deadline;
    timer_ = graph_.worker.post_within(std::max<Duration>(*timer_due_ - Clock::now(), 0ms),
                                       std::max<Duration>(timer_latest_ - *timer_due_, 0ms),
                                       [this] { service(); });
}

void Peer::arm(Time now) {
    // Of what service() can do something about, and not at once again: whatever is due by then,
    // this peer must not take the worker for itself.
    const auto later = [now](std::optional<Time> deadline) {
        return deadline ? std::optional{std::max(*deadline, now + kNextService)} : deadline;
    };
    bool connected = false;
    for (auto& leg : legs_) {
        if (!leg->connected) continue;
        connected = true;
        for (std::size_t m_line : leg->sections)
            if (const ReceiveTrack* track = track_of(m_line))
                wake_by(later(track->next_deadline()));
        wake_by(later(leg->twcc.next_deadline()), kFeedbackSlack);
    }
    if (connected) wake_by(later(next_report_), kReportSlack);
}

void Peer::service() {
    timer_.cancel();
    timer_due_.reset();
    const Time now = Clock::now();
    const bool report = now >= next_report_;
    for (auto& leg : legs_) {
        if (!leg->connected) continue;
        std::vector<rtcp::Message> messages;
        if (report) {
            measure_by_ice(*leg, now);
            add_reports(*leg, now, messages);
        }
        if (takes_remb(*leg)) {
            if (report && !leg->transport_cc) update_remb(*leg, now);
            if (report || now - remb_checked_ >= kRembInterval) {
                remb_checked_ = now;
                add_remb(report, now, messages);
            }
        }
        add_feedback(*leg, now, messages);
        if (!messages.empty()) send(*leg, messages, report);
    }
    if (report) {
        next_report_ = now + kReportInterval;
        if (last_rtcp_ && now - *last_rtcp_ > kRtcpTimeout) {
            last_rtcp_.reset();
            events_.on_media_state(false);
        }
        if (remb_received_ && now - remb_received_at_ > kRembTimeout) {
            remb_received_.reset();
            for (auto& leg : legs_) leg->control.on_remb({});
            apply_send_limits();
        }
    }
    arm(now);
}

}  // namespace rivero::webrtc
