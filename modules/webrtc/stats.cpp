// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "stats.hpp"

#include <chrono>
#include <string>

namespace rivero::webrtc {
namespace {

Json entry(const char* cpp_type, const char* type, const std::string& id, Ssrc ssrc) {
    using namespace std::chrono;
    return {{"__module__", "kurento"},
            {"__type__", cpp_type},
            {"id", id},
            {"type", type},
            {"timestampMillis", duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count()},
            {"ssrc", std::to_string(ssrc.value)},
            {"associateStatsId", ""},
            {"isRemote", false},
            {"mediaTrackId", ""},
            {"transportId", ""},
            {"codecId", ""},
            {"sliCount", 0}};
}

void add_inbound(const Peer& peer, MediaType type, Json& out) {
    const ReceiveTrack& track = peer.receive(type);
    if (!track.receives()) return;
    for (const auto& s : track.stats()) {
        const std::string id = "inbound-" + std::to_string(s.ssrc.value);
        Json j = entry("RTCInboundRTPStreamStats", "inboundrtp", id, s.ssrc);
        j["codecId"] = std::string{encoding_name(s.codec)};
        if (!s.rid.empty()) j["rid"] = s.rid;
        j["packetsReceived"] = s.counters.packets;
        j["bytesReceived"] = s.counters.payload_bytes;
        j["packetsLost"] = s.counters.lost;
        j["jitter"] = s.counters.jitter_seconds;
        const double expected = static_cast<double>(s.counters.packets) + static_cast<double>(std::max<std::int64_t>(0, s.counters.lost));
        j["fractionLost"] = expected > 0 ? 256.0 * static_cast<double>(std::max<std::int64_t>(0, s.counters.lost)) / expected : 0.0;
        j["nackCount"] = s.nacks;
        j["pliCount"] = track.plis_sent();
        j["firCount"] = track.firs_sent();
        j["remb"] = peer.remb_sent() ? peer.remb_sent()->bps : 0;
        out[id] = std::move(j);
    }
}

void add_outbound(const Peer& peer, MediaType type, Json& out) {
    const SendTrack& track = peer.send(type);
    if (!track.sends()) return;
    const auto& state = track.state();
    const std::string id = "outbound-" + std::to_string(state.ssrc().value);
    Json j = entry("RTCOutboundRTPStreamStats", "outboundrtp", id, state.ssrc());
    if (track.format() && track.format()->codec) j["codecId"] = std::string{encoding_name(*track.format()->codec)};
    j["packetsSent"] = state.counters().packets;
    j["bytesSent"] = state.counters().payload_bytes;
    j["targetBitrate"] = peer.send_estimate() ? static_cast<double>(peer.send_estimate()->bps) : 0.0;
    j["roundTripTime"] = state.rtt() ? std::chrono::duration<double>(*state.rtt()).count() : 0.0;
    j["packetsLost"] = state.remote() ? state.remote()->lost : 0;
    j["fractionLost"] = state.remote() ? 256.0 * state.remote()->fraction_lost : 0.0;
    j["nackCount"] = track.counters().nacks;
    j["pliCount"] = track.counters().keyframe_requests_pli;
    j["firCount"] = 0;
    j["remb"] = peer.remb_received() ? peer.remb_received()->bps : 0;
    out[id] = std::move(j);
}

}  // namespace

Json rtc_stats(const Peer& peer, std::optional<MediaType> type) {
    Json out = Json::object();
    for (MediaType each : {MediaType::audio, MediaType::video}) {
        if (type && *type != each) continue;
        add_inbound(peer, each, out);
        add_outbound(peer, each, out);
    }
    // An empty map travels as null.
    return out.empty() ? Json{} : out;
}

}  // namespace rivero::webrtc
