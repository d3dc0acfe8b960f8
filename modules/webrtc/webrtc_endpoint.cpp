// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "webrtc_endpoint.hpp"

#include "dscp.hpp"
#include "rivero/base/uuid.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cctype>
#include <chrono>

namespace rivero::webrtc {
namespace {

using remote::ErrorCode;
using remote::RpcError;

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

void WebRtcEndpoint::set_max_video_send_size(int width, int height) {
    const std::string size = std::to_string(width) + 'x' + std::to_string(height);
    if (width < 0 || height < 0)
        throw RpcError{ErrorCode::media_object_illegal_param,
                       "maxVideoSendSize: " + size + " has a side below 0"};
    if ((width == 0) != (height == 0))
        throw RpcError{ErrorCode::media_object_illegal_param,
                       "maxVideoSendSize: " + size + " has one side only; 0x0 is no limit"};
    max_video_send_size_ = {width, height};
    on_bandwidth_changed();
}

void WebRtcEndpoint::on_bandwidth_changed() {
    const VideoLimits receive{Bitrate::kbps(get_min_video_recv_bandwidth()),
                              Bitrate::kbps(get_max_video_recv_bandwidth())};
    const VideoLimits send{Bitrate::kbps(get_min_video_send_bandwidth()),
                           Bitrate::kbps(limits_video_send() ? get_max_video_send_bandwidth() : 0)};
    const auto& params = get_remb_params();
    Peer::Limits limits{receive, send, {}, {}, {}, static_cast<std::size_t>(get_mtu())};
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
    if (const auto [width, height] = max_video_send_size_; width != 0)
        limits.largest =
            area(static_cast<std::uint32_t>(width), static_cast<std::uint32_t>(height));
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

}  // namespace rivero::webrtc
