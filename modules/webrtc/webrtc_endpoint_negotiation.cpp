// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "webrtc_endpoint.hpp"

#include <algorithm>
#include <utility>

// Offers, answers and the peer's candidates.

namespace rivero::webrtc {
namespace {

using remote::ErrorCode;
using remote::RpcError;

sdp::SessionDescription read(const std::string& text) {
    auto parsed = sdp::parse(text);
    if (!parsed)
        throw RpcError{ErrorCode::sdp_parse_error,
                       "the SDP cannot be read: " + parsed.error().message};
    return *parsed;
}

}  // namespace

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

}  // namespace rivero::webrtc
