// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "stats.hpp"

#include <algorithm>
#include <chrono>
#include <string>

namespace rivero::webrtc {
namespace {

Json entry(const char* cpp_type, const char* type, const std::string& id) {
    using namespace std::chrono;
    return {{"__module__", "kurento"},
            {"__type__", cpp_type},
            {"id", id},
            {"type", type},
            {"timestampMillis",
             duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count()}};
}

Json stream_entry(const char* cpp_type, const char* type, const std::string& id, Ssrc ssrc,
                  const std::string& transport_id) {
    Json j = entry(cpp_type, type, id);
    j["ssrc"] = std::to_string(ssrc.value);
    j["associateStatsId"] = "";
    j["isRemote"] = false;
    j["mediaTrackId"] = "";
    j["transportId"] = transport_id;
    j["codecId"] = "";
    j["sliCount"] = 0;
    return j;
}

void add_connection(const Peer& peer, Json& out) {
    if (!peer.negotiated()) return;
    const std::string id = "peer-connection";
    Json j = entry("RTCPeerConnectionStats", "session", id);
    // No channel is negotiated, so none was ever open.
    j["dataChannelsOpened"] = 0;
    j["dataChannelsClosed"] = 0;
    out[id] = std::move(j);
}

double seconds(Duration duration) {
    return std::chrono::duration<double>(duration).count();
}

/// On the wall clock, in ms since 1970.
double wall_ms(Time at) {
    using namespace std::chrono;
    const auto ago = duration<double, std::milli>(Clock::now() - at).count();
    return duration<double, std::milli>(system_clock::now().time_since_epoch()).count() - ago;
}

void add_rates(Json& j, std::optional<double> bytes_per_second,
               std::optional<double> pictures_per_second) {
    if (bytes_per_second) j["bitrate"] = 8 * *bytes_per_second;
    if (pictures_per_second) j["framesPerSecond"] = *pictures_per_second;
}

void add_freezes(Json& j, const rtp::FreezeMeter& meter) {
    j["freezeCount"] = meter.freezes();
    j["totalFreezesDuration"] = seconds(meter.frozen());
}

/// What is there of video only, or of audio only, has no entry with the other.
void add_received(MediaType type, const ReceiveTrack::StreamStats& s, Json& j) {
    j["kind"] = type == MediaType::audio ? "audio" : "video";
    j["headerBytesReceived"] = s.counters.header_bytes;
    if (s.counters.last_arrival)
        j["lastPacketReceivedTimestamp"] = wall_ms(*s.counters.last_arrival);
    add_rates(j, s.bytes_per_second,
              type == MediaType::video ? s.pictures_per_second : std::nullopt);
    j["retransmittedPacketsReceived"] = s.recovered;
    if (type == MediaType::audio) {
        if (s.audio_level) j["audioLevel"] = rtp::linear_level(*s.audio_level);
        j["fecPacketsReceived"] = s.redundant;
        j["fecPacketsDiscarded"] = s.redundant_unused;
        return;
    }
    j["framesReceived"] = s.pictures.pictures();
    j["keyFramesReceived"] = s.keyframes;
    if (s.width != 0) {
        j["frameWidth"] = s.width;
        j["frameHeight"] = s.height;
    }
    add_freezes(j, s.pictures);
}

void add_sent(MediaType type, const SendTrack& track, Json& j) {
    const auto& state = track.state();
    const auto& counters = track.counters();
    j["kind"] = type == MediaType::audio ? "audio" : "video";
    j["headerBytesSent"] = state.counters().header_bytes;
    add_rates(j, track.bytes_per_second(),
              type == MediaType::video ? track.pictures_per_second() : std::nullopt);
    // Probes repeat packets that nobody misses.
    const auto without = [](std::uint64_t all, std::uint64_t part) {
        return all - std::min(all, part);
    };
    j["retransmittedPacketsSent"] =
        without(state.counters().retransmitted_packets, counters.probes);
    j["retransmittedBytesSent"] =
        without(state.counters().retransmitted_bytes, counters.probe_bytes);
    if (state.remote()) j["jitter"] = state.remote()->jitter_seconds;
    j["totalRoundTripTime"] = seconds(state.total_rtt());
    j["roundTripTimeMeasurements"] = state.rtt_measurements();
    if (type == MediaType::audio) return;
    j["framesSent"] = counters.pictures;
    j["keyFramesSent"] = counters.keyframes;
    j["packetsHeldBack"] = counters.held_back;
    if (const auto layer = track.layer())
        j["scalabilityMode"] =
            'L' + std::to_string(layer->spatial + 1) + 'T' + std::to_string(layer->temporal + 1);
    if (track.source() && track.source()->encodings() && track.attached() && !track.converted())
        j["encodingIndex"] = track.selection().current;
    if (track.pictures().measured()) add_freezes(j, track.pictures().freezes());
}

void add_inbound(const Peer& peer, MediaType type, Json& out) {
    const ReceiveTrack& track = peer.receive(type);
    if (!track.receives()) return;
    for (const auto& s : track.stats()) {
        const std::string id = "inbound-" + std::to_string(s.ssrc.value);
        Json j = stream_entry("RTCInboundRTPStreamStats", "inboundrtp", id, s.ssrc,
                              peer.transport_name(type));
        j["mediaTrackId"] = track.section()->remote_track;
        j["codecId"] = std::string{encoding_name(s.codec)};
        if (!s.rid.empty()) j["rid"] = s.rid;
        j["packetsReceived"] = s.counters.packets;
        j["bytesReceived"] = s.counters.payload_bytes;
        j["packetsLost"] = s.counters.lost;
        j["jitter"] = s.counters.jitter_seconds;
        j["fractionLost"] = 256.0 * s.fraction_lost;
        j["nackCount"] = s.nacks;
        j["pliCount"] = s.plis;
        j["firCount"] = s.firs;
        add_received(type, s, j);
        j["remb"] = type == MediaType::video && peer.remb_sent() ? peer.remb_sent()->bps : 0;
        out[id] = std::move(j);
    }
}

void add_outbound(const Peer& peer, MediaType type, Json& out) {
    const SendTrack& track = peer.send(type);
    if (!track.sends()) return;
    const auto& state = track.state();
    const std::string id = "outbound-" + std::to_string(state.ssrc().value);
    Json j = stream_entry("RTCOutboundRTPStreamStats", "outboundrtp", id, state.ssrc(),
                          peer.transport_name(type));
    if (track.format() && track.format()->codec)
        j["codecId"] = std::string{encoding_name(*track.format()->codec)};
    j["packetsSent"] = state.counters().packets;
    j["bytesSent"] = state.counters().payload_bytes;
    const auto remb = type == MediaType::video ? peer.remb_received() : std::nullopt;
    // What the way to the peer is thought to carry, or less when an encoder for it has a limit.
    std::optional<Bitrate> target = peer.send_estimate();
    if (track.converted() && track.receive_limit())
        target = std::min(target.value_or(*track.receive_limit()), *track.receive_limit());
    j["targetBitrate"] = target ? static_cast<double>(target->bps) : 0.0;
    j["roundTripTime"] = state.rtt() ? std::chrono::duration<double>(*state.rtt()).count() : 0.0;
    j["packetsLost"] = state.remote() ? state.remote()->lost : 0;
    j["fractionLost"] = state.remote() ? 256.0 * state.remote()->fraction_lost : 0.0;
    j["nackCount"] = track.counters().nacks;
    j["pliCount"] = track.counters().plis;
    j["firCount"] = track.counters().firs;
    j["remb"] = remb ? remb->bps : 0;
    add_sent(type, track, j);
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
    if (!type || *type == MediaType::data) add_connection(peer, out);
    // An empty map travels as null.
    return out.empty() ? Json{} : out;
}

}  // namespace rivero::webrtc
