// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "webrtc_endpoint.hpp"

#include "rivero/base/log.hpp"
#include "rivero/base/uuid.hpp"
#include "stats.hpp"

#include <algorithm>
#include <chrono>
#include <sstream>

namespace rivero::webrtc {
namespace {

using remote::ErrorCode;
using remote::RpcError;

/// RFC 8837 and the names of the client API; nothing for "leave it as it is".
std::optional<std::uint8_t> dscp_code(DscpValue value) {
    using D = DscpValue;
    switch (value) {
        case D::no_dscp: case D::no_value: return std::nullopt;
        case D::audio_verylow: case D::video_verylow: case D::data_verylow: case D::le: return 1;
        case D::audio_low: case D::video_low: case D::data_low: case D::chrome_low: case D::cs0: return 0;
        case D::audio_medium: case D::audio_high: case D::ef: return 46;
        case D::video_medium: case D::video_high: case D::af42: return 36;
        case D::video_medium_throughput: case D::af43: return 38;
        case D::video_high_throughput: case D::af41: return 34;
        case D::data_medium: case D::af11: return 10;
        case D::data_high: case D::af21: return 18;
        case D::chrome_high: case D::chrome_medium: case D::cs7: return 56;
        case D::chrome_verylow: case D::cs1: return 8;
        case D::cs2: return 16;
        case D::cs3: return 24;
        case D::cs4: return 32;
        case D::cs5: return 40;
        case D::cs6: return 48;
        case D::af12: return 12;
        case D::af13: return 14;
        case D::af22: return 20;
        case D::af23: return 22;
        case D::af31: return 26;
        case D::af32: return 28;
        case D::af33: return 30;
        case D::voiceadmit: return 44;
    }
    return std::nullopt;
}

IceComponentState state_of(transport::IceState state) {
    switch (state) {
        case transport::IceState::disconnected: return IceComponentState::disconnected;
        case transport::IceState::gathering: return IceComponentState::gathering;
        case transport::IceState::connecting: return IceComponentState::connecting;
        case transport::IceState::connected: return IceComponentState::connected;
        case transport::IceState::ready: return IceComponentState::ready;
        case transport::IceState::failed: return IceComponentState::failed;
    }
    return IceComponentState::failed;
}

DtlsConnectionState state_of(transport::DtlsState state) {
    switch (state) {
        case transport::DtlsState::fresh: return DtlsConnectionState::fresh;
        case transport::DtlsState::connecting: return DtlsConnectionState::connecting;
        case transport::DtlsState::connected: return DtlsConnectionState::connected;
        case transport::DtlsState::closed: return DtlsConnectionState::closed;
        case transport::DtlsState::failed: return DtlsConnectionState::failed;
    }
    return DtlsConnectionState::failed;
}

std::vector<std::string> words(std::string list) {
    std::replace(list.begin(), list.end(), ',', ' ');
    std::istringstream in{list};
    std::vector<std::string> out;
    for (std::string word; in >> word;) out.push_back(word);
    return out;
}

sdp::SessionDescription read(const std::string& text) {
    auto parsed = sdp::parse(text);
    if (!parsed) throw RpcError{ErrorCode::sdp_parse_error, "the SDP cannot be read: " + parsed.error().message};
    return *parsed;
}

}  // namespace

WebRtcEndpoint::WebRtcEndpoint(remote::ObjectInit init, media::MediaPipeline& pipeline, std::shared_ptr<Context> context,
                               const Options& options)
    : BaseRtpEndpoint{std::move(init), pipeline},
      context_{std::move(context)},
      options_{options},
      settings_{context_->defaults()},
      capabilities_{sdp::webrtc_defaults()},
      credentials_{transport::IceCredentials::generate()} {
    capabilities_.simulcast = true;
    capabilities_.session_id = std::to_string(random_u32());
    capabilities_.cname = make_uuid();
    capabilities_.stream = make_uuid();
    capabilities_.ice_ufrag = credentials_.ufrag;
    capabilities_.ice_pwd = credentials_.pwd;
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

    audio_in_ = media::make_on_worker<SendTrack>(graph(), MediaType::audio, capabilities_.audio.ssrc, capabilities_.audio.rtx_ssrc);
    video_in_ = media::make_on_worker<SendTrack>(graph(), MediaType::video, capabilities_.video.ssrc, capabilities_.video.rtx_ssrc);
    add_input(audio_in_);
    add_input(video_in_);
    // The source asks the peer, which needs the source: it learns of the peer by this cell, on the worker.
    auto peer_cell = std::make_shared<std::weak_ptr<Peer>>();
    auto audio_out = add_output(MediaType::audio);
    auto video_out = add_output(MediaType::video, [peer_cell] {
        if (auto peer = peer_cell->lock()) peer->request_keyframe(MediaType::video);
    });
    peer_.emplace(worker(), graph(), services().worker.context(), context_->resolver(), peer_events(), audio_out, video_out,
                  audio_in_, video_in_);
    worker().post([peer_cell, weak = peer_->weak()] { *peer_cell = weak; });
}

WebRtcEndpoint::~WebRtcEndpoint() = default;

void WebRtcEndpoint::release() {
    peer_->post([](Peer& peer) { peer.close(); });
    BaseRtpEndpoint::release();
}

PeerEvents WebRtcEndpoint::peer_events() {
    PeerEvents events;
    events.on_candidate = on_strand(*this, [](WebRtcEndpoint& self, std::size_t t, const std::string& c) { self.on_candidate(t, c); });
    events.on_gathering_done = on_strand(*this, [](WebRtcEndpoint& self, std::size_t t) { self.on_gathering_done(t); });
    events.on_ice_state = on_strand(*this, [](WebRtcEndpoint& self, std::size_t t, transport::IceState s) { self.on_ice_state(t, s); });
    events.on_selected_pair = on_strand(*this, [](WebRtcEndpoint& self, std::size_t t, const std::string& local, const std::string& remote) {
        self.on_selected_pair(t, local, remote);
    });
    events.on_dtls_state = on_strand(*this, [](WebRtcEndpoint& self, std::size_t t, transport::DtlsState s, const std::string& reason) {
        self.on_dtls_state(t, s, reason);
    });
    events.on_media_state = on_strand(*this, [](WebRtcEndpoint& self, bool active) {
        self.become(active ? media::MediaState::connected : media::MediaState::disconnected);
    });
    events.on_error = on_strand(*this, [](WebRtcEndpoint& self, const std::string& what) {
        self.raise_error("UNEXPECTED_ELEMENT_ERROR", what);
    });
    return events;
}

void WebRtcEndpoint::set_stun_server_port(int port) {
    if (port < 1 || port > 65535)
        throw RpcError{ErrorCode::media_object_illegal_param, "stunServerPort: " + std::to_string(port) + " is not in 1..65535"};
    settings_.stun_server_port = port;
}

void WebRtcEndpoint::set_turn_url(const std::string& url) {
    if (!url.empty()) {
        if (auto parsed = transport::TurnServer::parse(url); !parsed)
            throw RpcError{ErrorCode::media_object_illegal_param, "turnUrl: " + parsed.error().message};
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
    ice.local = credentials_;
    ice.tcp = settings_.ice_tcp;
    ice.min_port = static_cast<std::uint16_t>(settings_.min_port);
    ice.max_port = static_cast<std::uint16_t>(settings_.max_port);
    ice.interfaces = words(settings_.network_interfaces);
    ice.include_loopback = settings_.include_loopback;
    if (!settings_.stun_server_address.empty())
        ice.stun = transport::StunServer{settings_.stun_server_address, static_cast<std::uint16_t>(settings_.stun_server_port)};
    if (!settings_.turn_url.empty())
        if (auto turn = transport::TurnServer::parse(settings_.turn_url)) ice.turn.push_back(*turn);
    if (!settings_.external_ipv4.empty()) ice.external_ipv4 = settings_.external_ipv4;
    if (!settings_.external_ipv6.empty()) ice.external_ipv6 = settings_.external_ipv6;
    ice.dscp = dscp_code(options_.dscp);
    peer_->post([settings = std::move(settings), dtls = context_->dtls(options_.key)](Peer& peer) mutable {
        peer.open(std::move(settings), std::move(dtls));
    });
    if (gather_wanted_) peer_->post([](Peer& peer) { peer.gather(); });
}

Result<std::string> WebRtcEndpoint::make_offer(const media::OfferOptions& options) {
    capabilities_.audio.bandwidth.reset();
    capabilities_.video.bandwidth.reset();
    if (get_max_audio_recv_bandwidth() > 0) capabilities_.audio.bandwidth = Bitrate::kbps(get_max_audio_recv_bandwidth());
    if (get_max_video_recv_bandwidth() > 0) capabilities_.video.bandwidth = Bitrate::kbps(get_max_video_recv_bandwidth());
    sdp::OfferOptions wanted;
    wanted.audio = options.offerToReceiveAudio.value_or(true);
    wanted.video = options.offerToReceiveVideo.value_or(true);
    local_ = sdp::make_offer(capabilities_, wanted);
    open_peer(true);
    return sdp::print(*local_);
}

Result<std::string> WebRtcEndpoint::answer_offer(const std::string& offer) {
    auto remote = read(offer);
    auto negotiated = sdp::answer_offer(remote, capabilities_);
    if (!negotiated) return tl::unexpected{negotiated.error()};
    remote_ = std::move(remote);
    local_ = std::move(negotiated->answer);
    open_peer(false);
    use(negotiated->session);
    return sdp::print(*local_);
}

Result<void> WebRtcEndpoint::apply_answer(const std::string& answer) {
    auto remote = read(answer);
    auto session = sdp::apply_answer(*local_, remote, capabilities_);
    if (!session) return tl::unexpected{session.error()};
    remote_ = std::move(remote);
    use(*session);
    return {};
}

void WebRtcEndpoint::use(const sdp::NegotiatedSession& session) {
    session_ = session;
    peer_->post([session](Peer& peer) { peer.configure(session); });
    on_bandwidth_changed();
}

void WebRtcEndpoint::check_readable(const std::string& sdp) { static_cast<void>(read(sdp)); }

std::string WebRtcEndpoint::local_description() {
    sdp::SessionDescription description = *local_;
    for (auto& [index, state] : transports_) {
        const auto m_line = static_cast<std::size_t>(section_of(index).second);
        if (m_line >= description.media.size() || description.media[m_line].port == 0) continue;
        auto& section = description.media[m_line];
        section.candidates = state.candidates;
        section.end_of_candidates = state.gathered;
    }
    return sdp::print(description);
}

std::string WebRtcEndpoint::remote_description() {
    sdp::SessionDescription description = *remote_;
    for (const auto& candidate : remote_candidates_) {
        const auto m_line = static_cast<std::size_t>(candidate.sdpMLineIndex);
        if (m_line >= description.media.size()) continue;
        if (auto parsed = sdp::parse_candidate(candidate.candidate)) description.media[m_line].candidates.push_back(*parsed);
    }
    return sdp::print(description);
}

void WebRtcEndpoint::on_bandwidth_changed() {
    const VideoLimits receive{Bitrate::kbps(get_min_video_recv_bandwidth()), Bitrate::kbps(get_max_video_recv_bandwidth())};
    const VideoLimits send{Bitrate::kbps(get_min_video_send_bandwidth()),
                           Bitrate::kbps(limits_video_send() ? get_max_video_send_bandwidth() : 0)};
    peer_->post([receive, send](Peer& peer) { peer.set_limits(receive, send); });
}

void WebRtcEndpoint::gather_candidates() {
    gather_wanted_ = true;
    // Before there is anything to negotiate the wish is kept: candidates come as soon as they can.
    if (opened_) peer_->post([](Peer& peer) { peer.gather(); });
}

void WebRtcEndpoint::add_ice_candidate(const IceCandidate& candidate) {
    constexpr std::size_t kMaxCandidates = 256;
    if (candidate.candidate.empty()) return;  // end of candidates
    const bool known = session_.has_value();
    if (candidate.sdpMLineIndex < 0 ||
        (known && static_cast<std::size_t>(candidate.sdpMLineIndex) >= session_->sections.size())) {
        throw RpcError{ErrorCode::ice_add_candidate_error,
                       "'" + id() + "' has no media section " + std::to_string(candidate.sdpMLineIndex)};
    }
    // Text that is no candidate is ignored, as browsers of the future may send what we do not know. RFC 8839 section 5.1.
    if (!sdp::parse_candidate(candidate.candidate)) return;
    if (remote_candidates_.size() >= kMaxCandidates) return;
    remote_candidates_.push_back(candidate);
    peer_->post([m_line = static_cast<std::size_t>(candidate.sdpMLineIndex), text = candidate.candidate](Peer& peer) {
        peer.add_candidate(m_line, text);
    });
}

void WebRtcEndpoint::create_data_channel(std::optional<std::string>, std::optional<bool>, std::optional<int>,
                                         std::optional<int>, std::optional<std::string>) {
    throw RpcError{ErrorCode::media_object_operation_not_supported, "data channels are not supported by this server yet"};
}

void WebRtcEndpoint::close_data_channel(int) {
    throw RpcError{ErrorCode::media_object_operation_not_supported, "data channels are not supported by this server yet"};
}

void WebRtcEndpoint::request_keyframe() {
    if (!session_ || get_source_connections(MediaType::video, std::nullopt).empty())
        throw RpcError{ErrorCode::media_object_operation_not_supported, "'" + id() + "' gets no video from anybody"};
    worker().post([sink = video_in_] { sink->request_keyframe(); });
}

remote::Future<media::StatsReport> WebRtcEndpoint::get_stats(std::optional<MediaType> type) {
    auto promise = std::make_shared<remote::Promise<media::StatsReport>>();
    auto future = promise->future();
    peer_->post([promise, type](Peer& peer) { promise->set({rtc_stats(peer, type)}); });
    return future;
}

std::pair<std::string, int> WebRtcEndpoint::section_of(std::size_t transport) const {
    if (session_ && transport < session_->transports.size() && !session_->transports[transport].sections.empty()) {
        const auto index = session_->transports[transport].sections.front();
        return {session_->sections[index].mid, static_cast<int>(index)};
    }
    if (local_ && !local_->media.empty()) return {local_->media.front().mid.value_or(""), 0};
    return {"", 0};
}

void WebRtcEndpoint::on_candidate(std::size_t transport, const std::string& candidate) {
    const auto [mid, index] = section_of(transport);
    if (auto parsed = sdp::parse_candidate(candidate)) transports_[transport].candidates.push_back(*parsed);
    raise(IceCandidateFound{{candidate, mid, index}});
}

void WebRtcEndpoint::on_gathering_done(std::size_t transport) {
    transports_[transport].gathered = true;
    const bool all = std::all_of(transports_.begin(), transports_.end(), [](auto& t) { return t.second.gathered; });
    if (all && !std::exchange(gathering_done_raised_, true)) raise(IceGatheringDone{});
}

void WebRtcEndpoint::on_ice_state(std::size_t transport, transport::IceState state) {
    transports_[transport].ice = state_of(state);
    raise(IceComponentStateChanged{static_cast<int>(transport) + 1, 1, state_of(state)});
}

void WebRtcEndpoint::on_selected_pair(std::size_t transport, const std::string& local, const std::string& remote) {
    IceCandidatePair pair{std::to_string(transport + 1), 1, local, remote};
    transports_[transport].pair = pair;
    raise(NewCandidatePairSelected{pair});
}

void WebRtcEndpoint::on_dtls_state(std::size_t transport, transport::DtlsState state, const std::string& reason) {
    const std::string stream = std::to_string(transport + 1);
    transports_[transport].dtls = state_of(state);
    raise(DtlsConnectionStateChange{stream, "1", stream + "_1", state_of(state)});
    if (state == transport::DtlsState::failed) {
        log_topic("module.webrtc")->warn("{}: DTLS failed: {}", id(), reason);
        raise_error("UNEXPECTED_ELEMENT_ERROR", "DTLS failed: " + reason);
    }
    const bool all = session_ && std::all_of(transports_.begin(), transports_.end(), [](auto& t) {
                         return t.second.dtls == DtlsConnectionState::connected;
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
    for (auto& [index, state] : transports_) list.push_back({std::to_string(index + 1), 1, state.ice});
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
