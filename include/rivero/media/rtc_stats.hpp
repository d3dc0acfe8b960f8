// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/media/stats.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// Statistics of peer connections as getStats() gives them, spelled as clients know them: an early
/// form of the W3C's "Identifiers for WebRTC's Statistics API".
namespace rivero::media {

enum class RtcDataChannelState { connecting, open, closing, closed };
inline auto describe(Identity<RtcDataChannelState>) {
    using E = RtcDataChannelState;
    return Enumeration<E>{"RTCDataChannelState",
                          "Whether a data channel can be used.",
                          {{E::connecting, "connecting"},
                           {E::open, "open"},
                           {E::closing, "closing"},
                           {E::closed, "closed"}}};
}

enum class RtcIceCandidatePairState { frozen, waiting, inprogress, failed, succeeded, cancelled };
inline auto describe(Identity<RtcIceCandidatePairState>) {
    using E = RtcIceCandidatePairState;
    return Enumeration<E>{"RTCStatsIceCandidatePairState",
                          "How far the check of a pair of candidates has come.",
                          {{E::frozen, "frozen"},
                           {E::waiting, "waiting"},
                           {E::inprogress, "inprogress"},
                           {E::failed, "failed"},
                           {E::succeeded, "succeeded"},
                           {E::cancelled, "cancelled"}}};
}

enum class RtcIceCandidateType { host, serverreflexive, peerreflexive, relayed };
inline auto describe(Identity<RtcIceCandidateType>) {
    using E = RtcIceCandidateType;
    return Enumeration<E>{"RTCStatsIceCandidateType",
                          "How a candidate was found.",
                          {{E::host, "host"},
                           {E::serverreflexive, "serverreflexive"},
                           {E::peerreflexive, "peerreflexive"},
                           {E::relayed, "relayed"}}};
}

struct RtcStats : Stats {};
inline auto describe(Identity<RtcStats>) {
    using S = RtcStats;
    return structure<S>("RTCStats", "Statistics of a peer connection.").extending<Stats>();
}

struct RtcRTPStreamStats : RtcStats {
    std::string ssrc;
    std::string associateStatsId;
    bool isRemote = false;
    std::string mediaTrackId;
    std::string transportId;
    std::string codecId;
    std::int64_t firCount = 0;
    std::int64_t pliCount = 0;
    std::int64_t nackCount = 0;
    std::int64_t sliCount = 0;
    std::int64_t remb = 0;
    std::int64_t packetsLost = 0;
    double fractionLost = 0;
};
inline auto describe(Identity<RtcRTPStreamStats>) {
    using S = RtcRTPStreamStats;
    return structure<S>(
               "RTCRTPStreamStats", "What both directions of an RTP stream have.",
               field("ssrc", &S::ssrc, "The SSRC, in decimal."),
               field("associateStatsId", &S::associateStatsId,
                     "Id of the entry about the other end of the same stream; empty."),
               field("isRemote", &S::isRemote, "Whether the peer has counted; false."),
               field("mediaTrackId", &S::mediaTrackId, "Id of the entry about the track; empty."),
               field("transportId", &S::transportId, "Id of the entry about the transport; empty."),
               field("codecId", &S::codecId, "The codec in use."),
               field("firCount", &S::firCount, "Full intra requests (RFC 5104)."),
               field("pliCount", &S::pliCount, "Picture loss indications (RFC 4585)."),
               field("nackCount", &S::nackCount, "NACK messages (RFC 4585)."),
               field("sliCount", &S::sliCount, "Slice loss indications (RFC 4585)."),
               field("remb", &S::remb, "Receiver estimated maximum bitrate, in bit/s."),
               field("packetsLost", &S::packetsLost, "Packets that never came."),
               field("fractionLost", &S::fractionLost, "Of 256 packets, how many were lost."))
        .extending<RtcStats>();
}

struct RtcInboundRTPStreamStats : RtcRTPStreamStats {
    std::int64_t packetsReceived = 0;
    std::int64_t bytesReceived = 0;
    double jitter = 0;
    std::optional<std::string> kind;
    std::optional<std::string> rid;
    std::optional<std::int64_t> headerBytesReceived;
    std::optional<double> lastPacketReceivedTimestamp;
    std::optional<double> bitrate;
    std::optional<std::int64_t> retransmittedPacketsReceived;
    std::optional<std::int64_t> framesReceived;
    std::optional<std::int64_t> keyFramesReceived;
    std::optional<double> framesPerSecond;
    std::optional<std::int64_t> frameWidth;
    std::optional<std::int64_t> frameHeight;
    std::optional<std::int64_t> freezeCount;
    std::optional<double> totalFreezesDuration;
    std::optional<double> audioLevel;
    std::optional<std::int64_t> fecPacketsReceived;
    std::optional<std::int64_t> fecPacketsDiscarded;
};
inline auto describe(Identity<RtcInboundRTPStreamStats>) {
    using S = RtcInboundRTPStreamStats;
    return structure<S>(
               "RTCInboundRTPStreamStats", "An RTP stream that comes in.",
               field("packetsReceived", &S::packetsReceived, "Packets that came."),
               field("bytesReceived", &S::bytesReceived, "Bytes of their payloads."),
               field("jitter", &S::jitter,
                     "Interarrival jitter in seconds (RFC 3550 section 6.4.1)."),
               field("kind", &S::kind, "audio or video."),
               field("rid", &S::rid, "Of several encodings of a picture: which one."),
               field("headerBytesReceived", &S::headerBytesReceived,
                     "Bytes of RTP headers and padding."),
               field("lastPacketReceivedTimestamp", &S::lastPacketReceivedTimestamp,
                     "When the last packet came, in ms since 1970."),
               field("bitrate", &S::bitrate, "Of the payloads in the last second, in bit/s."),
               field("retransmittedPacketsReceived", &S::retransmittedPacketsReceived,
                     "Packets that came because they were asked for again."),
               field("framesReceived", &S::framesReceived, "Pictures that came whole."),
               field("keyFramesReceived", &S::keyFramesReceived,
                     "Key frames that came, whole or not."),
               field("framesPerSecond", &S::framesPerSecond, "Whole pictures in the last second."),
               field("frameWidth", &S::frameWidth, "Width of the last key frame."),
               field("frameHeight", &S::frameHeight, "Height of the last key frame."),
               field("freezeCount", &S::freezeCount,
                     "How often the next whole picture was late: by three times the mean "
                     "interval, and by 150 ms."),
               field("totalFreezesDuration", &S::totalFreezesDuration,
                     "How long that was in all, in seconds."),
               field("audioLevel", &S::audioLevel,
                     "How loud the last packet is, from 0 to 1 (RFC 6464)."),
               field("fecPacketsReceived", &S::fecPacketsReceived,
                     "Redundant packets that came within others (RFC 2198)."),
               field("fecPacketsDiscarded", &S::fecPacketsDiscarded,
                     "Those of them that were not needed."))
        .extending<RtcRTPStreamStats>();
}

struct RtcOutboundRTPStreamStats : RtcRTPStreamStats {
    std::int64_t packetsSent = 0;
    std::int64_t bytesSent = 0;
    double targetBitrate = 0;
    double roundTripTime = 0;
    std::optional<std::string> kind;
    std::optional<std::int64_t> encodingIndex;
    std::optional<std::string> scalabilityMode;
    std::optional<std::int64_t> headerBytesSent;
    std::optional<double> bitrate;
    std::optional<std::int64_t> retransmittedPacketsSent;
    std::optional<std::int64_t> retransmittedBytesSent;
    std::optional<double> jitter;
    std::optional<double> totalRoundTripTime;
    std::optional<std::int64_t> roundTripTimeMeasurements;
    std::optional<std::int64_t> framesSent;
    std::optional<std::int64_t> keyFramesSent;
    std::optional<std::int64_t> packetsHeldBack;
    std::optional<double> framesPerSecond;
    std::optional<std::int64_t> freezeCount;
    std::optional<double> totalFreezesDuration;
};
inline auto describe(Identity<RtcOutboundRTPStreamStats>) {
    using S = RtcOutboundRTPStreamStats;
    return structure<S>(
               "RTCOutboundRTPStreamStats", "An RTP stream that goes out.",
               field("packetsSent", &S::packetsSent, "Packets that were sent."),
               field("bytesSent", &S::bytesSent, "Bytes of their payloads."),
               field("targetBitrate", &S::targetBitrate,
                     "What the peer can take, in bit/s; 0 while it has not said."),
               field("roundTripTime", &S::roundTripTime,
                     "To the peer and back, in seconds; 0 while unknown."),
               field("kind", &S::kind, "audio or video."),
               field("encodingIndex", &S::encodingIndex,
                     "Of several encodings that the sender makes: which one goes out, from "
                     "0 in the order of the sender's list."),
               field("scalabilityMode", &S::scalabilityMode,
                     "Of a picture in layers: those that go out (L2T3: two spatial, three "
                     "temporal ones)."),
               field("headerBytesSent", &S::headerBytesSent, "Bytes of RTP headers."),
               field("bitrate", &S::bitrate, "Of the payloads in the last second, in bit/s."),
               field("retransmittedPacketsSent", &S::retransmittedPacketsSent,
                     "Packets that were sent again because they were asked for."),
               field("retransmittedBytesSent", &S::retransmittedBytesSent,
                     "Bytes of their payloads."),
               field("jitter", &S::jitter, "What the peer says of it, in seconds."),
               field("totalRoundTripTime", &S::totalRoundTripTime,
                     "Sum of all measurements, in seconds."),
               field("roundTripTimeMeasurements", &S::roundTripTimeMeasurements,
                     "How many they are."),
               field("framesSent", &S::framesSent, "Pictures that were sent."),
               field("keyFramesSent", &S::keyFramesSent, "Key frames among them."),
               field("packetsHeldBack", &S::packetsHeldBack,
                     "Packets of pictures that were left out, since the way to the peer "
                     "carries less than they take."),
               field("framesPerSecond", &S::framesPerSecond, "Pictures sent in the last second."),
               field("freezeCount", &S::freezeCount,
                     "How often the next picture came late to the peer, by its "
                     "transport-wide feedback; absent without it."),
               field("totalFreezesDuration", &S::totalFreezesDuration,
                     "How long that was in all, in seconds."))
        .extending<RtcRTPStreamStats>();
}

struct RtcPeerConnectionStats : RtcStats {
    std::int64_t dataChannelsOpened = 0;
    std::int64_t dataChannelsClosed = 0;
};
inline auto describe(Identity<RtcPeerConnectionStats>) {
    using S = RtcPeerConnectionStats;
    return structure<S>("RTCPeerConnectionStats", "A peer connection as a whole.",
                        field("dataChannelsOpened", &S::dataChannelsOpened,
                              "Data channels that were opened so far."),
                        field("dataChannelsClosed", &S::dataChannelsClosed,
                              "Data channels that were closed so far."))
        .extending<RtcStats>();
}

struct RtcDataChannelStats : RtcStats {
    std::string label;
    std::string protocol;
    std::int64_t datachannelid = 0;
    RtcDataChannelState state{};
    std::int64_t messagesSent = 0;
    std::int64_t bytesSent = 0;
    std::int64_t messagesReceived = 0;
    std::int64_t bytesReceived = 0;
};
inline auto describe(Identity<RtcDataChannelStats>) {
    using S = RtcDataChannelStats;
    return structure<S>("RTCDataChannelStats", "A data channel.",
                        field("label", &S::label, "Its label."),
                        field("protocol", &S::protocol, "Its subprotocol."),
                        field("datachannelid", &S::datachannelid, "Its SCTP stream."),
                        field("state", &S::state, "Whether it can be used."),
                        field("messagesSent", &S::messagesSent, "Messages to the peer."),
                        field("bytesSent", &S::bytesSent, "Bytes in them."),
                        field("messagesReceived", &S::messagesReceived, "Messages from the peer."),
                        field("bytesReceived", &S::bytesReceived, "Bytes in them."))
        .extending<RtcStats>();
}

struct RtcCertificateStats : RtcStats {
    std::string fingerprint;
    std::string fingerprintAlgorithm;
    std::string base64Certificate;
    std::string issuerCertificateId;
};
inline auto describe(Identity<RtcCertificateStats>) {
    using S = RtcCertificateStats;
    return structure<S>(
               "RTCCertificateStats", "A certificate of DTLS.",
               field("fingerprint", &S::fingerprint, "Its hash, in hexadecimal."),
               field("fingerprintAlgorithm", &S::fingerprintAlgorithm, "The function of the hash."),
               field("base64Certificate", &S::base64Certificate, "The certificate, DER in base64."),
               field("issuerCertificateId", &S::issuerCertificateId,
                     "Id of the entry about the issuer."))
        .extending<RtcStats>();
}

struct RtcCodec : RtcStats {
    std::int64_t payloadType = 0;
    std::string codec;
    std::int64_t clockRate = 0;
    std::int64_t channels = 0;
    std::string parameters;
};
inline auto describe(Identity<RtcCodec>) {
    using S = RtcCodec;
    return structure<S>("RTCCodec", "A codec that was negotiated.",
                        field("payloadType", &S::payloadType, "Its RTP payload type."),
                        field("codec", &S::codec, "Its MIME type."),
                        field("clockRate", &S::clockRate, "Its RTP clock rate, in Hz."),
                        field("channels", &S::channels, "Channels of sound."),
                        field("parameters", &S::parameters, "Its format parameters."))
        .extending<RtcStats>();
}

struct RtcIceCandidateAttributes : RtcStats {
    std::string ipAddress;
    std::int64_t portNumber = 0;
    std::string transport;
    RtcIceCandidateType candidateType{};
    std::int64_t priority = 0;
    std::string addressSourceUrl;
};
inline auto describe(Identity<RtcIceCandidateAttributes>) {
    using S = RtcIceCandidateAttributes;
    return structure<S>("RTCIceCandidateAttributes", "An ICE candidate.",
                        field("ipAddress", &S::ipAddress, "Its address."),
                        field("portNumber", &S::portNumber, "Its port."),
                        field("transport", &S::transport, "udp or tcp."),
                        field("candidateType", &S::candidateType, "How it was found."),
                        field("priority", &S::priority, "Its priority (RFC 8445 section 5.1.2)."),
                        field("addressSourceUrl", &S::addressSourceUrl, "The server that told it."))
        .extending<RtcStats>();
}

struct RtcIceCandidatePairStats : RtcStats {
    std::string transportId;
    std::string localCandidateId;
    std::string remoteCandidateId;
    RtcIceCandidatePairState state{};
    std::int64_t priority = 0;
    bool nominated = false;
    bool writable = false;
    bool readable = false;
    std::int64_t bytesSent = 0;
    std::int64_t bytesReceived = 0;
    double roundTripTime = 0;
    double availableOutgoingBitrate = 0;
    double availableIncomingBitrate = 0;
};
inline auto describe(Identity<RtcIceCandidatePairStats>) {
    using S = RtcIceCandidatePairStats;
    return structure<S>(
               "RTCIceCandidatePairStats", "A pair of ICE candidates.",
               field("transportId", &S::transportId, "Id of the entry about the transport."),
               field("localCandidateId", &S::localCandidateId,
                     "Id of the entry about our candidate."),
               field("remoteCandidateId", &S::remoteCandidateId,
                     "Id of the entry about the peer's candidate."),
               field("state", &S::state, "How far its check has come."),
               field("priority", &S::priority, "Its priority (RFC 8445 section 6.1.2.3)."),
               field("nominated", &S::nominated, "Whether it was nominated."),
               field("writable", &S::writable, "Whether we have had an answer through it."),
               field("readable", &S::readable, "Whether the peer has asked through it."),
               field("bytesSent", &S::bytesSent, "Bytes to the peer."),
               field("bytesReceived", &S::bytesReceived, "Bytes from the peer."),
               field("roundTripTime", &S::roundTripTime, "To the peer and back, in seconds."),
               field("availableOutgoingBitrate", &S::availableOutgoingBitrate,
                     "What can be sent, in bit/s."),
               field("availableIncomingBitrate", &S::availableIncomingBitrate,
                     "What can be received, in bit/s."))
        .extending<RtcStats>();
}

struct RtcMediaStreamStats : RtcStats {
    std::string streamIdentifier;
    std::vector<std::string> trackIds;
};
inline auto describe(Identity<RtcMediaStreamStats>) {
    using S = RtcMediaStreamStats;
    return structure<S>("RTCMediaStreamStats", "A stream of the peer, as WebRTC groups tracks.",
                        field("streamIdentifier", &S::streamIdentifier, "Its id."),
                        field("trackIds", &S::trackIds, "Ids of the entries about its tracks."))
        .extending<RtcStats>();
}

struct RtcMediaStreamTrackStats : RtcStats {
    std::string trackIdentifier;
    bool remoteSource = false;
    std::vector<std::string> ssrcIds;
    std::int64_t frameWidth = 0;
    std::int64_t frameHeight = 0;
    double framesPerSecond = 0;
    std::int64_t framesSent = 0;
    std::int64_t framesReceived = 0;
    std::int64_t framesDecoded = 0;
    std::int64_t framesDropped = 0;
    std::int64_t framesCorrupted = 0;
    double audioLevel = 0;
    double echoReturnLoss = 0;
    double echoReturnLossEnhancement = 0;
};
inline auto describe(Identity<RtcMediaStreamTrackStats>) {
    using S = RtcMediaStreamTrackStats;
    return structure<S>(
               "RTCMediaStreamTrackStats", "A track.",
               field("trackIdentifier", &S::trackIdentifier, "Its id."),
               field("remoteSource", &S::remoteSource, "Whether it comes from the peer."),
               field("ssrcIds", &S::ssrcIds, "Its SSRCs."),
               field("frameWidth", &S::frameWidth, "Width of the last picture."),
               field("frameHeight", &S::frameHeight, "Height of the last picture."),
               field("framesPerSecond", &S::framesPerSecond, "Pictures in a second."),
               field("framesSent", &S::framesSent, "Pictures that were sent."),
               field("framesReceived", &S::framesReceived, "Pictures that came."),
               field("framesDecoded", &S::framesDecoded, "Pictures that were decoded."),
               field("framesDropped", &S::framesDropped, "Pictures that were dropped."),
               field("framesCorrupted", &S::framesCorrupted, "Pictures that were damaged."),
               field("audioLevel", &S::audioLevel, "From 0 to 1."),
               field("echoReturnLoss", &S::echoReturnLoss, "In dB (ITU-T G.168)."),
               field("echoReturnLossEnhancement", &S::echoReturnLossEnhancement,
                     "In dB (ITU-T G.168)."))
        .extending<RtcStats>();
}

struct RtcTransportStats : RtcStats {
    std::int64_t bytesSent = 0;
    std::int64_t bytesReceived = 0;
    std::string rtcpTransportStatsId;
    bool activeConnection = false;
    std::string selectedCandidatePairId;
    std::string localCertificateId;
    std::string remoteCertificateId;
};
inline auto describe(Identity<RtcTransportStats>) {
    using S = RtcTransportStats;
    return structure<S>("RTCTransportStats", "A transport: ICE with DTLS.",
                        field("bytesSent", &S::bytesSent, "Bytes to the peer."),
                        field("bytesReceived", &S::bytesReceived, "Bytes from the peer."),
                        field("rtcpTransportStatsId", &S::rtcpTransportStatsId,
                              "Id of the entry about the transport of RTCP, when it has its own."),
                        field("activeConnection", &S::activeConnection, "Whether it is in use."),
                        field("selectedCandidatePairId", &S::selectedCandidatePairId,
                              "Id of the entry about the pair in use."),
                        field("localCertificateId", &S::localCertificateId,
                              "Id of the entry about our certificate."),
                        field("remoteCertificateId", &S::remoteCertificateId,
                              "Id of the entry about the peer's certificate."))
        .extending<RtcStats>();
}

}  // namespace rivero::media
