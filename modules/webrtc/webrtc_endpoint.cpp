// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "webrtc_endpoint.hpp"

#include "rivero/base/log.hpp"
#include "rivero/base/uuid.hpp"
#include "stats.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cctype>
#include <chrono>

namespace rivero::webrtc {
namespace {

using remote::ErrorCode;
using remote::RpcError;

/// RFC 8837 and the names of the client API; nothing for "leave it as it is".
std::optional<std::uint8_t> dscp_code(DscpValue value) {
    using D = DscpValue;
    switch (value) {
        case D::no_dscp:
        case D::no_value:
            return std::nullopt;
        case D::audio_verylow:
        case D::video_verylow:
        case D::data_verylow:
        case D::le:
            return 1;
        case D::audio_low:
        case D::video_low:
        case D::data_low:
        case D::chrome_low:
        case D::cs0:
            return 0;
        case D::audio_medium:
        case D::audio_high:
        case D::ef:
            return 46;
        case D::video_medium:
        case D::video_high:
        case D::af42:
            return 36;
        case D::video_medium_throughput:
        case D::af43:
            return 38;
        case D::video_high_throughput:
        case D::af41:
            return 34;
        case D::data_medium:
        case D::af11:
            return 10;
        case D::data_high:
        case D::af21:
            return 18;
        case D::chrome_high:
        case D::chrome_medium:
        case D::cs7:
            return 56;
        case D::chrome_verylow:
        case D::cs1:
            return 8;
        case D::cs2:
            return 16;
        case D::cs3:
            return 24;
        case D::cs4:
            return 32;
        case D::cs5:
            return 40;
        case D::cs6:
            return 48;
        case D::af12:
            return 12;
        case D::af13:
            return 14;
        case D::af22:
            return 20;
        case D::af23:
            return 22;
        case D::af31:
            return 26;
        case D::af32:
            return 28;
        case D::af33:
            return 30;
        case D::voiceadmit:
            return 44;
    }
    return std::nullopt;
}

IceComponentState state_of(transport::IceState state) {
    switch (state) {
        case transport::IceState::disconnected:
            return IceComponentState::disconnected;
        case transport::IceState::gathering:
            return IceComponentState::gathering;
        case transport::IceState::connecting:
            return IceComponentState::connecting;
        case transport::IceState::connected:
            return IceComponentState::connected;
        case transport::IceState::ready:
            return IceComponentState::ready;
        case transport::IceState::failed:
            return IceComponentState::failed;
    }
    return IceComponentState::failed;
}

DtlsConnectionState state_of(transport::DtlsState state) {
    switch (state) {
        case transport::DtlsState::fresh:
            return DtlsConnectionState::fresh;
        case transport::DtlsState::connecting:
            return DtlsConnectionState::connecting;
        case transport::DtlsState::connected:
            return DtlsConnectionState::connected;
        case transport::DtlsState::closed:
            return DtlsConnectionState::closed;
        case transport::DtlsState::failed:
            return DtlsConnectionState::failed;
    }
    return DtlsConnectionState::failed;
}

bool is_ip(int family, const std::string& text) {
    in6_addr address{};
    return inet_pton(family, text.c_str(), &address) == 1;
}

/// [::1] as in URLs
std::string without_brackets(const std::string& host) {
    return host.starts_with('[') && host.ends_with(']') ? host.substr(1, host.size() - 2) : host;
}

/// RFC 1123 section 2.1. Four numbers are a mistyped address.
bool is_host_name(const std::string& text) {
    return !text.empty() && text.size() <= 253 &&
           std::isalnum(static_cast<unsigned char>(text.front())) &&
           std::any_of(text.begin(), text.end(), [](unsigned char c) { return std::isalpha(c); }) &&
           std::all_of(text.begin(), text.end(), [](unsigned char c) {
               return std::isalnum(c) || c == '-' || c == '.' || c == '_';
           });
}

sdp::SessionDescription read(const std::string& text) {
    auto parsed = sdp::parse(text);
    if (!parsed)
        throw RpcError{ErrorCode::sdp_parse_error,
                       "the SDP cannot be read: " + parsed.error().message};
    return *parsed;
}

}  // namespace

WebRtcEndpoint::WebRtcEndpoint(remote::ObjectInit init, media::MediaPipeline& pipeline,
                               std::shared_ptr<Context> context, const Options& options)
    : BaseRtpEndpoint{std::move(init), pipeline},
      context_{std::move(context)},
      options_{options},
      settings_{context_->defaults()},
      capabilities_{context_->capabilities()} {
    credentials_[0] = transport::IceCredentials::generate();
    capabilities_.simulcast = true;
    capabilities_.session_id = std::to_string(random_u32());
    capabilities_.cname = make_uuid();
    capabilities_.stream = make_uuid();
    capabilities_.ice_ufrag = credentials_[0].ufrag;
    capabilities_.ice_pwd = credentials_[0].pwd;
    const auto fingerprint = context_->dtls(options_.key).certificate().fingerprint();
    capabilities_.fingerprints = {{std::string{fingerprint.algorithm()}, fingerprint.digest}};
    // Both given: sendonly has the last word.
    const auto direction = options_.sendonly   ? sdp::Direction::sendonly
                           : options_.recvonly ? sdp::Direction::recvonly
                                               : sdp::Direction::sendrecv;
    for (sdp::MediaCapabilities* media : {&capabilities_.audio, &capabilities_.video}) {
        media->direction = direction;
        media->ssrc = Ssrc{random_u32()};
        media->rtx_ssrc = Ssrc{random_u32()};
        media->track = make_uuid();
    }

    audio_in_ = media::make_on_worker<SendTrack>(
        graph(), MediaType::audio, capabilities_.audio.ssrc, capabilities_.audio.rtx_ssrc);
    video_in_ = media::make_on_worker<SendTrack>(
        graph(), MediaType::video, capabilities_.video.ssrc, capabilities_.video.rtx_ssrc);
    add_input(audio_in_);
    add_input(video_in_);
    // The source asks the peer, which needs the source: it learns of the peer by this cell, on the
    // worker.
    auto peer_cell = std::make_shared<std::weak_ptr<Peer>>();
    auto audio_out = add_output(MediaType::audio);
    auto video_out = add_output(MediaType::video, [peer_cell] {
        if (auto peer = peer_cell->lock()) peer->request_keyframe(MediaType::video);
    });
    peer_.emplace(worker(), graph(), services().worker, *context_, peer_events(), audio_out,
                  video_out, audio_in_, video_in_);
    worker().post([peer_cell, weak = peer_->weak()] { *peer_cell = weak; });
}

WebRtcEndpoint::~WebRtcEndpoint() = default;

void WebRtcEndpoint::release() {
    peer_->post([](Peer& peer) { peer.close(); });
    BaseRtpEndpoint::release();
}

PeerEvents WebRtcEndpoint::peer_events() {
    PeerEvents events;
    events.on_candidate = on_strand(*this, [](WebRtcEndpoint& self, std::size_t t,
                                              const std::string& c) { self.on_candidate(t, c); });
    events.on_gathering_done =
        on_strand(*this, [](WebRtcEndpoint& self, std::size_t t) { self.on_gathering_done(t); });
    events.on_ice_state = on_strand(*this, [](WebRtcEndpoint& self, std::size_t t,
                                              transport::IceState s) { self.on_ice_state(t, s); });
    events.on_selected_pair = on_strand(
        *this, [](WebRtcEndpoint& self, std::size_t t, const std::string& local,
                  const std::string& remote) { self.on_selected_pair(t, local, remote); });
    events.on_dtls_state =
        on_strand(*this, [](WebRtcEndpoint& self, std::size_t t, transport::DtlsState s,
                            const std::string& reason) { self.on_dtls_state(t, s, reason); });
    events.on_media_state = on_strand(*this, [](WebRtcEndpoint& self, bool active) {
        self.become(active ? media::MediaState::connected : media::MediaState::disconnected);
    });
    events.on_speech = on_strand(*this, [](WebRtcEndpoint& self, bool speaking, double level) {
        self.raise(SpeakingStateChanged{speaking, level});
    });
    events.on_error = on_strand(*this, [](WebRtcEndpoint& self, const std::string& what) {
        self.raise_error("UNEXPECTED_ELEMENT_ERROR", what);
    });
    return events;
}

void WebRtcEndpoint::set_stun_server_address(const std::string& address) {
    const std::string host = without_brackets(address);
    if (!address.empty() && !is_ip(AF_INET, host) && !is_ip(AF_INET6, host) && !is_host_name(host))
        throw RpcError{
            ErrorCode::media_object_illegal_param,
            "stunServerAddress: '" + address + "' is neither an IP address nor a host name"};
    settings_.stun_server_address = address;
}

void WebRtcEndpoint::set_external_ipv4(const std::string& address) {
    if (!address.empty() && !is_ip(AF_INET, address))
        throw RpcError{ErrorCode::media_object_illegal_param,
                       "externalIPv4: '" + address + "' is no IPv4 address"};
    settings_.external_ipv4 = address;
}

void WebRtcEndpoint::set_external_ipv6(const std::string& address) {
    if (!address.empty() && !is_ip(AF_INET6, without_brackets(address)))
        throw RpcError{ErrorCode::media_object_illegal_param,
                       "externalIPv6: '" + address + "' is no IPv6 address"};
    settings_.external_ipv6 = without_brackets(address);
}

void WebRtcEndpoint::set_stun_server_port(int port) {
    if (port < 1 || port > 65535)
        throw RpcError{ErrorCode::media_object_illegal_param,
                       "stunServerPort: " + std::to_string(port) + " is not in 1..65535"};
    settings_.stun_server_port = port;
}

void WebRtcEndpoint::set_turn_url(const std::string& url) {
    if (!url.empty()) {
        if (auto parsed = transport::TurnServer::parse(url); !parsed)
            throw RpcError{ErrorCode::media_object_illegal_param,
                           "turnUrl: " + parsed.error().message};
    }
    settings_.turn_url = url;
}

void WebRtcEndpoint::open_peer(bool controlling) {
    if (std::exchange(opened_, true)) return;
    Peer::Settings settings;
    settings.cname = capabilities_.cname;
    settings.rtcp_ssrc = capabilities_.video.ssrc;
    auto& ice = settings.ice;
    ice.controlling = controlling;
    ice.local = credentials_[0];
    ice.tcp = settings_.ice_tcp;
    ice.any_candidate_name = settings_.resolve_candidates;
    ice.min_port = static_cast<std::uint16_t>(settings_.min_port);
    ice.max_port = static_cast<std::uint16_t>(settings_.max_port);
    ice.interfaces = words(settings_.network_interfaces);
    ice.include_loopback = settings_.include_loopback;
    if (!settings_.stun_server_address.empty())
        ice.stun = transport::StunServer{without_brackets(settings_.stun_server_address),
                                         static_cast<std::uint16_t>(settings_.stun_server_port)};
    if (!settings_.turn_url.empty())
        if (auto turn = transport::TurnServer::parse(settings_.turn_url)) ice.turn.push_back(*turn);
    if (!settings_.external_ipv4.empty()) ice.external_ipv4 = settings_.external_ipv4;
    if (!settings_.external_ipv6.empty()) ice.external_ipv6 = settings_.external_ipv6;
    ice.dscp = options_.dscp == DscpValue::no_value ? settings_.dscp : dscp_code(options_.dscp);
    peer_->post([settings = std::move(settings), dtls = context_->dtls(options_.key)](
                    Peer& peer) mutable { peer.open(std::move(settings), std::move(dtls)); });
    if (!gather_wanted_) return;
    // Nobody waits for an answer any more.
    peer_->post([on_error = peer_events().on_error](Peer& peer) {
        if (auto gathered = peer.gather(); !gathered) on_error(gathered.error().message);
    });
}

void WebRtcEndpoint::prepare_capabilities() {
    capabilities_.session_version = std::to_string(version_++);
    auto limit = [](int kbps) {
        return kbps > 0 ? std::optional{Bitrate::kbps(kbps)} : std::nullopt;
    };
    capabilities_.audio.bandwidth = limit(get_max_audio_recv_bandwidth());
    capabilities_.video.bandwidth = limit(get_max_video_recv_bandwidth());
}

Result<std::string> WebRtcEndpoint::make_offer(const media::OfferOptions& options) {
    prepare_capabilities();
    const sdp::OfferOptions wanted{options.offerToReceiveAudio.value_or(true),
                                   options.offerToReceiveVideo.value_or(true)};
    if (!session_) {
        offer_ = sdp::make_offer(capabilities_, wanted);
    } else {
        offer_ = sdp::make_reoffer(capabilities_, wanted, *local_, *session_);
        // What has no way to the peer any more looks for one anew. RFC 8445 section 9.
        for (const auto& transport : session_->transports) {
            if (transports_[transport.id].ice != IceComponentState::failed) continue;
            const auto fresh = transport::IceCredentials::generate();
            for (auto& section : offer_->media) {
                if (!section.ice_ufrag || *section.ice_ufrag != credentials_[transport.id].ufrag)
                    continue;
                section.ice_ufrag = fresh.ufrag;
                section.ice_pwd = fresh.pwd;
            }
        }
    }
    open_peer(true);
    return print_with_candidates(*offer_);
}

void WebRtcEndpoint::give_credentials(const sdp::NegotiatedSession& session,
                                      sdp::SessionDescription& answer) {
    for (const auto& transport : session.transports) {
        auto& ours = credentials_[transport.id];
        if (transport.ice_restarted || ours.ufrag.empty())
            ours = transport::IceCredentials::generate();
        for (std::size_t index : transport.sections) {
            answer.media[index].ice_ufrag = ours.ufrag;
            answer.media[index].ice_pwd = ours.pwd;
        }
    }
}

Result<std::string> WebRtcEndpoint::answer_offer(const std::string& offer) {
    auto remote = read(offer);
    prepare_capabilities();
    auto negotiated = sdp::answer_offer(remote, capabilities_, session_ ? &*session_ : nullptr);
    if (!negotiated) return tl::unexpected{negotiated.error()};
    give_credentials(negotiated->session, negotiated->answer);
    remote_ = std::move(remote);
    local_ = std::move(negotiated->answer);
    // A peer with ICE lite only answers checks: RFC 8445 section 6.1.1.
    open_peer(negotiated->session.remote_ice_lite);
    use(negotiated->session);
    return print_with_candidates(*local_);
}

Result<void> WebRtcEndpoint::apply_answer(const std::string& answer) {
    auto remote = read(answer);
    auto session =
        sdp::apply_answer(*offer_, remote, capabilities_, session_ ? &*session_ : nullptr);
    if (!session) return tl::unexpected{session.error()};
    std::map<std::size_t, transport::IceCredentials> credentials;
    for (const auto& transport : session->transports) {
        const auto& section = offer_->media[transport.sections.front()];
        auto& ours = credentials[transport.id];
        ours = {section.ice_ufrag.value_or(""), section.ice_pwd.value_or("")};
        if (!session_ || transport.id >= session_->next_transport_id) continue;
        const bool restarted = credentials_[transport.id].ufrag != ours.ufrag;
        if (restarted != transport.ice_restarted)
            return failure(restarted ? "the offer restarts ICE, the answer does not"
                                     : "the answer restarts ICE, which the offer did not");
    }
    credentials_ = std::move(credentials);
    remote_ = std::move(remote);
    local_ = std::move(*offer_);
    offer_.reset();
    use(*session);
    return {};
}

void WebRtcEndpoint::use(const sdp::NegotiatedSession& session) {
    std::erase_if(transports_, [&](auto& known) {
        return std::none_of(session.transports.begin(), session.transports.end(),
                            [&](auto& t) { return t.id == known.first; });
    });
    std::vector<transport::IceCredentials> local;
    for (const auto& transport : session.transports) {
        if (transports_.try_emplace(transport.id).second) gathering_done_raised_ = false;
        local.push_back(credentials_[transport.id]);
    }
    std::erase_if(credentials_, [&](auto& known) {
        return known.first != 0 && !transports_.contains(known.first);
    });
    // Those of before are of no use to anybody.
    if (session.ice_restarted) remote_candidates_.clear();
    session_ = session;
    peer_->post(
        [session, local = std::move(local)](Peer& peer) { peer.configure(session, local); });
    on_bandwidth_changed();
    note_connection();
}

void WebRtcEndpoint::check_readable(const std::string& sdp) {
    static_cast<void>(read(sdp));
}

std::string WebRtcEndpoint::local_description() {
    return print_with_candidates(offer_ ? *offer_ : *local_);
}

std::string WebRtcEndpoint::print_with_candidates(sdp::SessionDescription description) const {
    auto put = [&](std::size_t id, const std::vector<std::size_t>& sections) {
        const auto state = transports_.find(id);
        if (state == transports_.end()) return;
        for (const std::size_t index : sections) {
            if (index >= description.media.size() || description.media[index].port == 0) continue;
            description.media[index].candidates = state->second.candidates;
            description.media[index].end_of_candidates = state->second.gathered;
            return;
        }
    };
    if (!session_) put(0, {0});
    for (const auto& transport :
         session_ ? session_->transports : std::vector<sdp::NegotiatedTransport>{})
        put(transport.id, transport.sections);
    return sdp::print(description);
}

std::string WebRtcEndpoint::remote_description() {
    sdp::SessionDescription description = *remote_;
    for (const auto& candidate : remote_candidates_) {
        const auto m_line = static_cast<std::size_t>(candidate.sdpMLineIndex);
        if (m_line >= description.media.size()) continue;
        auto& known = description.media[m_line].candidates;
        auto parsed = sdp::parse_candidate(candidate.candidate);
        if (parsed && std::find(known.begin(), known.end(), *parsed) == known.end())
            known.push_back(*parsed);
    }
    return sdp::print(description);
}

void WebRtcEndpoint::on_bandwidth_changed() {
    const VideoLimits receive{Bitrate::kbps(get_min_video_recv_bandwidth()),
                              Bitrate::kbps(get_max_video_recv_bandwidth())};
    const VideoLimits send{Bitrate::kbps(get_min_video_send_bandwidth()),
                           Bitrate::kbps(limits_video_send() ? get_max_video_send_bandwidth() : 0)};
    const auto& params = get_remb_params();
    Peer::Limits limits{receive, send, {}, {}, static_cast<std::size_t>(get_mtu())};
    auto& remb = limits.remb;
    remb.packets_per_interval =
        params.packetsRecvIntervalTop.value_or(static_cast<int>(remb.packets_per_interval));
    const auto use = [](double& to, const auto& from) {
        if (from) to = static_cast<double>(*from);
    };
    use(remb.exponential_factor, params.exponentialFactor);
    use(remb.lineal_factor_min, params.linealFactorMin);
    use(remb.lineal_factor_grade, params.linealFactorGrade);
    use(remb.decrement_factor, params.decrementFactor);
    use(remb.threshold_factor, params.thresholdFactor);
    use(remb.up_losses, params.upLosses);
    if (params.rembOnConnect) limits.remb_on_connect = Bitrate{*params.rembOnConnect};
    peer_->post([limits](Peer& peer) { peer.set_limits(limits); });
}

remote::Future<remote::Done> WebRtcEndpoint::gather_candidates() {
    gather_wanted_ = true;
    // Before there is anything to negotiate the wish is kept: candidates come as soon as they can.
    if (!opened_) return remote::Done{};
    auto promise = std::make_shared<remote::Promise<remote::Done>>();
    auto future = promise->future();
    peer_->post([promise](Peer& peer) {
        if (auto gathered = peer.gather(); !gathered) {
            promise->fail(ErrorCode::ice_gather_candidates_error, gathered.error().message);
        } else {
            promise->set({});
        }
    });
    return future;
}

void WebRtcEndpoint::add_ice_candidate(const IceCandidate& candidate) {
    constexpr std::size_t kMaxCandidates = 256;
    if (candidate.candidate.empty()) return;  // end of candidates
    const bool known = session_.has_value();
    if (candidate.sdpMLineIndex < 0 ||
        (known && static_cast<std::size_t>(candidate.sdpMLineIndex) >= session_->sections.size())) {
        throw RpcError{
            ErrorCode::ice_add_candidate_error,
            "'" + id() + "' has no media section " + std::to_string(candidate.sdpMLineIndex)};
    }
    // Text that is no candidate is ignored, as browsers of the future may send what we do not know.
    // RFC 8839 section 5.1.
    if (!sdp::parse_candidate(candidate.candidate)) return;
    if (remote_candidates_.size() >= kMaxCandidates) return;
    remote_candidates_.push_back(candidate);
    peer_->post([m_line = static_cast<std::size_t>(candidate.sdpMLineIndex),
                 text = candidate.candidate](Peer& peer) { peer.add_candidate(m_line, text); });
}

void WebRtcEndpoint::create_data_channel(std::optional<std::string>, std::optional<bool>,
                                         std::optional<int>, std::optional<int>,
                                         std::optional<std::string>) {
    throw RpcError{ErrorCode::media_object_operation_not_supported,
                   "data channels are not supported by this server yet"};
}

void WebRtcEndpoint::close_data_channel(int) {
    throw RpcError{ErrorCode::media_object_operation_not_supported,
                   "data channels are not supported by this server yet"};
}

void WebRtcEndpoint::request_keyframe() {
    if (!session_ || get_source_connections(MediaType::video, std::nullopt).empty())
        throw RpcError{ErrorCode::media_object_operation_not_supported,
                       "'" + id() + "' gets no video from anybody"};
    worker().post([sink = video_in_] { sink->request_keyframe(); });
}

remote::Future<media::StatsReport> WebRtcEndpoint::get_stats(std::optional<MediaType> type) {
    auto promise = std::make_shared<remote::Promise<media::StatsReport>>();
    auto future = promise->future();
    peer_->post([promise, type](Peer& peer) { promise->set({rtc_stats(peer, type)}); });
    return future;
}

std::pair<std::string, int> WebRtcEndpoint::section_of(std::size_t id) const {
    if (session_) {
        for (const auto& transport : session_->transports) {
            if (transport.id != id) continue;
            const auto index = transport.sections.front();
            return {session_->sections[index].mid, static_cast<int>(index)};
        }
        return {"", 0};
    }
    const auto& description = offer_ ? offer_ : local_;
    if (description && !description->media.empty())
        return {description->media.front().mid.value_or(""), 0};
    return {"", 0};
}

/// Events of a transport that has been negotiated away meanwhile are for nobody.
WebRtcEndpoint::TransportState* WebRtcEndpoint::find_transport(std::size_t id) {
    if (!session_) return &transports_[id];
    const auto found = transports_.find(id);
    return found == transports_.end() ? nullptr : &found->second;
}

void WebRtcEndpoint::on_candidate(std::size_t transport, const std::string& candidate) {
    auto* state = find_transport(transport);
    if (!state) return;
    const auto [mid, index] = section_of(transport);
    if (auto parsed = sdp::parse_candidate(candidate)) state->candidates.push_back(*parsed);
    raise(IceCandidateFound{{candidate, mid, index}});
}

void WebRtcEndpoint::on_gathering_done(std::size_t transport) {
    auto* state = find_transport(transport);
    if (!state) return;
    state->gathered = true;
    const bool all = std::all_of(transports_.begin(), transports_.end(),
                                 [](auto& t) { return t.second.gathered; });
    if (all && !std::exchange(gathering_done_raised_, true)) raise(IceGatheringDone{});
}

void WebRtcEndpoint::on_ice_state(std::size_t transport, transport::IceState ice) {
    auto* state = find_transport(transport);
    if (!state) return;
    state->ice = state_of(ice);
    raise(IceComponentStateChanged{static_cast<int>(transport) + 1, 1, state->ice});
    note_connection();
}

void WebRtcEndpoint::on_selected_pair(std::size_t transport, const std::string& local,
                                      const std::string& remote) {
    auto* state = find_transport(transport);
    if (!state) return;
    IceCandidatePair pair{std::to_string(transport + 1), 1, local, remote};
    state->pair = pair;
    raise(NewCandidatePairSelected{pair});
}

void WebRtcEndpoint::on_dtls_state(std::size_t transport, transport::DtlsState dtls,
                                   const std::string& reason) {
    auto* state = find_transport(transport);
    if (!state) return;
    const std::string stream = std::to_string(transport + 1);
    state->dtls = state_of(dtls);
    raise(DtlsConnectionStateChange{stream, "1", stream + "_1", state->dtls});
    if (dtls == transport::DtlsState::failed) {
        log_topic("module.webrtc")->warn("{}: DTLS failed: {}", id(), reason);
        raise_error("UNEXPECTED_ELEMENT_ERROR", "DTLS failed: " + reason);
    }
    note_connection();
}

/// Connected while all transports are: keys are there, and the peer still wants to hear from us.
void WebRtcEndpoint::note_connection() {
    if (!session_) return;
    const bool all =
        !transports_.empty() && std::all_of(transports_.begin(), transports_.end(), [](auto& t) {
            const auto ice = t.second.ice;
            return t.second.dtls == DtlsConnectionState::connected &&
                   ice != IceComponentState::failed && ice != IceComponentState::disconnected;
        });
    become(all ? media::ConnectionState::connected : media::ConnectionState::disconnected);
}

std::vector<IceCandidatePair> WebRtcEndpoint::get_ice_candidate_pairs() const {
    std::vector<IceCandidatePair> list;
    for (auto& [index, state] : transports_)
        if (state.pair) list.push_back(*state.pair);
    return list;
}

std::vector<IceConnection> WebRtcEndpoint::get_ice_connection_state() const {
    std::vector<IceConnection> list;
    for (auto& [index, state] : transports_)
        list.push_back({std::to_string(index + 1), 1, state.ice});
    return list;
}

std::vector<DtlsConnection> WebRtcEndpoint::get_dtls_connection_state() const {
    std::vector<DtlsConnection> list;
    for (auto& [index, state] : transports_) {
        const std::string stream = std::to_string(index + 1);
        list.push_back({stream, "1", stream + "_1", state.dtls});
    }
    return list;
}

}  // namespace rivero::webrtc
