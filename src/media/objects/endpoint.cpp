// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/media/endpoint.hpp"

#include <algorithm>

namespace rivero::media {
namespace {

using remote::ErrorCode;
using remote::RpcError;

void refuse_negative(const char* what, int kbps) {
    if (kbps < 0)
        throw RpcError{ErrorCode::media_object_illegal_param,
                       std::string{what} + ": " + std::to_string(kbps) + " kbit/s is below 0"};
}

}  // namespace

void SdpEndpoint::set_max_audio_recv_bandwidth(int kbps) {
    refuse_negative("maxAudioRecvBandwidth", kbps);
    max_audio_recv_kbps_ = kbps;
}

void SdpEndpoint::set_max_video_recv_bandwidth(int kbps) {
    refuse_negative("maxVideoRecvBandwidth", kbps);
    max_video_recv_kbps_ = kbps;
}

std::string SdpEndpoint::generate_offer(std::optional<OfferOptions> options) {
    // A later offer may take the place of one that was never answered, or a peer that refuses it
    // would block all further changes; but not the first one, which clients expect to be the only
    // one.
    if (offered_ && !negotiated_)
        throw RpcError{ErrorCode::sdp_already_negotiated,
                       "'" + id() + "' has made an offer already"};
    auto offer = make_offer(options.value_or(OfferOptions{}));
    if (!offer)
        throw RpcError{ErrorCode::sdp_generate_offer_error, "no offer: " + offer.error().message};
    offered_ = true;
    return *offer;
}

std::string SdpEndpoint::process_offer(const std::string& offer) {
    if (offer.empty()) throw RpcError{ErrorCode::sdp_parse_error, "the offer is empty"};
    if (offer.size() > kMaxSdpSize)
        throw RpcError{ErrorCode::sdp_parse_error,
                       "the offer is longer than " + std::to_string(kMaxSdpSize) + " bytes"};
    check_readable(offer);
    if (offered_)
        throw RpcError{ErrorCode::sdp_already_negotiated,
                       "'" + id() + "' waits for the answer to its own offer"};
    auto answer = answer_offer(offer);
    if (!answer)
        throw RpcError{ErrorCode::sdp_process_offer_error,
                       "the offer cannot be answered: " + answer.error().message};
    answer_seen_ = false;
    if (!std::exchange(negotiated_, true)) raise(MediaSessionStarted{});
    return *answer;
}

std::string SdpEndpoint::process_answer(const std::string& answer) {
    if (answer.empty()) throw RpcError{ErrorCode::sdp_parse_error, "the answer is empty"};
    if (!offered_ && !answer_seen_)
        throw RpcError{ErrorCode::sdp_not_offer_generated, "'" + id() + "' has made no offer"};
    if (answer.size() > kMaxSdpSize)
        throw RpcError{ErrorCode::sdp_parse_error,
                       "the answer is longer than " + std::to_string(kMaxSdpSize) + " bytes"};
    check_readable(answer);
    if (!offered_)
        throw RpcError{ErrorCode::sdp_answer_already_processed,
                       "'" + id() + "' has got its answer already"};
    offered_ = false;
    answer_seen_ = true;
    auto applied = apply_answer(answer);
    if (!applied) {
        drop_offer();
        throw RpcError{ErrorCode::sdp_process_answer_error,
                       "the answer cannot be applied: " + applied.error().message};
    }
    if (!std::exchange(negotiated_, true)) raise(MediaSessionStarted{});
    return local_description();
}

std::string SdpEndpoint::get_local_session_descriptor() {
    if (!offered_ && !negotiated_)
        throw RpcError{ErrorCode::sdp_no_local_sdp, "'" + id() + "' has no local description yet"};
    return local_description();
}

std::string SdpEndpoint::get_remote_session_descriptor() {
    if (!negotiated_)
        throw RpcError{ErrorCode::sdp_no_remote_sdp,
                       "'" + id() + "' has no remote description yet"};
    return remote_description();
}

BaseRtpEndpoint::BaseRtpEndpoint(remote::ObjectInit init, MediaPipeline& pipeline)
    : SdpEndpoint{std::move(init), pipeline} {
    if (auto rtc = services().settings.find("rtc"); rtc != services().settings.end())
        mtu_ = rtc->value("mtu", mtu_);
}

void BaseRtpEndpoint::set_max_video_recv_bandwidth(int kbps) {
    SdpEndpoint::set_max_video_recv_bandwidth(kbps);
    if (kbps != 0) min_video_recv_kbps_ = std::min(min_video_recv_kbps_, kbps);
    on_bandwidth_changed();
}

void BaseRtpEndpoint::set_min_video_recv_bandwidth(int kbps) {
    refuse_negative("minVideoRecvBandwidth", kbps);
    const int max = get_max_video_recv_bandwidth();
    min_video_recv_kbps_ = max == 0 ? kbps : std::min(kbps, max);
    on_bandwidth_changed();
}

void BaseRtpEndpoint::set_min_video_send_bandwidth(int kbps) {
    refuse_negative("minVideoSendBandwidth", kbps);
    min_video_send_kbps_ = max_video_send_kbps_ == 0 ? kbps : std::min(kbps, max_video_send_kbps_);
    on_bandwidth_changed();
}

void BaseRtpEndpoint::set_max_video_send_bandwidth(int kbps) {
    refuse_negative("maxVideoSendBandwidth", kbps);
    max_video_send_kbps_ = kbps == 0 ? 0 : std::max(kbps, min_video_send_kbps_);
    limits_video_send_ = kbps != 0;
    on_bandwidth_changed();
}

void BaseRtpEndpoint::set_mtu(int bytes) {
    // 576: what every IPv4 host takes, less is of no use; 1500: what our buffers are made for.
    if (bytes < 576 || bytes > 1500)
        throw RpcError{ErrorCode::media_object_illegal_param,
                       "mtu: " + std::to_string(bytes) + " is not in 576..1500"};
    mtu_ = bytes;
    on_bandwidth_changed();
}

void BaseRtpEndpoint::set_remb_params(const RembParams& params) {
    auto check = [](const char* name, const auto& value, double least, double most) {
        if (value && !(static_cast<double>(*value) >= least && static_cast<double>(*value) <= most))
            throw RpcError{ErrorCode::media_object_illegal_param,
                           std::string{"rembParams: "} + name + ": " + std::to_string(*value) +
                               " is not in " + std::to_string(static_cast<std::int64_t>(least)) +
                               ".." + std::to_string(static_cast<std::int64_t>(most))};
    };
    check("packetsRecvIntervalTop", params.packetsRecvIntervalTop, 1, 1'000'000);
    check("exponentialFactor", params.exponentialFactor, 0, 10);
    check("linealFactorMin", params.linealFactorMin, 0, 1'000'000'000);
    check("linealFactorGrade", params.linealFactorGrade, 1, 1'000'000);
    check("decrementFactor", params.decrementFactor, 0, 1);
    check("thresholdFactor", params.thresholdFactor, 0, 1);
    check("upLosses", params.upLosses, 0, 256);
    check("rembOnConnect", params.rembOnConnect, 0, 2'147'483'647);
    auto take = [](auto& to, const auto& from) {
        if (from) to = from;
    };
    take(remb_params_.packetsRecvIntervalTop, params.packetsRecvIntervalTop);
    take(remb_params_.exponentialFactor, params.exponentialFactor);
    take(remb_params_.linealFactorMin, params.linealFactorMin);
    take(remb_params_.linealFactorGrade, params.linealFactorGrade);
    take(remb_params_.decrementFactor, params.decrementFactor);
    take(remb_params_.thresholdFactor, params.thresholdFactor);
    take(remb_params_.upLosses, params.upLosses);
    take(remb_params_.rembOnConnect, params.rembOnConnect);
    on_bandwidth_changed();
}

void BaseRtpEndpoint::become(MediaState state) {
    if (state == media_state_) return;
    const MediaState old = std::exchange(media_state_, state);
    raise(MediaStateChanged{old, state});
}

void BaseRtpEndpoint::become(ConnectionState state) {
    if (state == connection_state_) return;
    const ConnectionState old = std::exchange(connection_state_, state);
    raise(ConnectionStateChanged{old, state});
}

namespace {

std::string with_slashes(const std::string& uri) {
    std::string text;
    std::size_t done = 0;
    for (std::size_t at; (at = uri.find("%2F", done)) != std::string::npos; done = at + 3) {
        text.append(uri, done, at - done);
        text += '/';
    }
    return text.append(uri, done);
}

bool has_scheme(const std::string& uri) {
    const auto colon = uri.find("://");
    if (colon == std::string::npos || colon == 0) return false;
    return std::all_of(
        uri.begin(), uri.begin() + static_cast<std::ptrdiff_t>(colon),
        [](unsigned char c) { return std::isalnum(c) || c == '+' || c == '-' || c == '.'; });
}

}  // namespace

UriEndpoint::UriEndpoint(remote::ObjectInit init, MediaPipeline& pipeline, const std::string& uri)
    : Endpoint{std::move(init), pipeline}, uri_{with_slashes(uri)} {
    address_ = uri_;
    if (!has_scheme(uri_)) {
        std::string base = "file:///var/lib/rivero";
        if (auto setting = services().settings.find("uri"); setting != services().settings.end())
            base = setting->value("defaultPath", base);
        while (base.ends_with('/')) base.pop_back();
        address_ = base + (uri_.starts_with('/') ? "" : "/") + uri_;
    }
}

void UriEndpoint::become(UriEndpointState state) {
    if (state == state_) return;
    state_ = state;
    raise(UriEndpointStateChanged{state});
}

}  // namespace rivero::media
