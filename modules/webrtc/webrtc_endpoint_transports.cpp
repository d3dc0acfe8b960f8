// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/base/log.hpp"
#include "stats.hpp"
#include "webrtc_endpoint.hpp"

#include <algorithm>
#include <utility>

// What the transports tell: candidates, states and statistics.

namespace rivero::webrtc {
namespace {

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

}  // namespace

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
