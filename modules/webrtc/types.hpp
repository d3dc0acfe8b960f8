// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/media/types.hpp"

#include <string>

/// Complex types and events of WebRtcEndpoint, spelled as clients know them.
namespace rivero::webrtc {

using remote::Enumeration;
using remote::field;
using remote::Identity;
using remote::structure;

enum class CertificateKeyType { rsa, ecdsa };
inline auto describe(Identity<CertificateKeyType>) {
    return Enumeration<CertificateKeyType>{
        "CertificateKeyType",
        "Algorithm of the DTLS certificate.",
        {{CertificateKeyType::rsa, "RSA"}, {CertificateKeyType::ecdsa, "ECDSA"}},
        "kurento",
        "elements"};
}

/// How packets are marked for routers; the names are those of the client API.
enum class DscpValue {
    no_dscp,
    no_value,
    audio_verylow,
    audio_low,
    audio_medium,
    audio_high,
    video_verylow,
    video_low,
    video_medium,
    video_medium_throughput,
    video_high,
    video_high_throughput,
    data_verylow,
    data_low,
    data_medium,
    data_high,
    chrome_high,
    chrome_medium,
    chrome_low,
    chrome_verylow,
    cs0,
    cs1,
    cs2,
    cs3,
    cs4,
    cs5,
    cs6,
    cs7,
    af11,
    af12,
    af13,
    af21,
    af22,
    af23,
    af31,
    af32,
    af33,
    af41,
    af42,
    af43,
    ef,
    voiceadmit,
    le
};
inline auto describe(Identity<DscpValue>) {
    using D = DscpValue;
    return Enumeration<D>{
        "DSCPValue",
        "Differentiated services code point of the packets that are sent. RFC 8837, RFC 2474.",
        {{D::no_dscp, "NO_DSCP"},
         {D::no_value, "NO_VALUE"},
         {D::audio_verylow, "AUDIO_VERYLOW"},
         {D::audio_low, "AUDIO_LOW"},
         {D::audio_medium, "AUDIO_MEDIUM"},
         {D::audio_high, "AUDIO_HIGH"},
         {D::video_verylow, "VIDEO_VERYLOW"},
         {D::video_low, "VIDEO_LOW"},
         {D::video_medium, "VIDEO_MEDIUM"},
         {D::video_medium_throughput, "VIDEO_MEDIUM_THROUGHPUT"},
         {D::video_high, "VIDEO_HIGH"},
         {D::video_high_throughput, "VIDEO_HIGH_THROUGHPUT"},
         {D::data_verylow, "DATA_VERYLOW"},
         {D::data_low, "DATA_LOW"},
         {D::data_medium, "DATA_MEDIUM"},
         {D::data_high, "DATA_HIGH"},
         {D::chrome_high, "CHROME_HIGH"},
         {D::chrome_medium, "CHROME_MEDIUM"},
         {D::chrome_low, "CHROME_LOW"},
         {D::chrome_verylow, "CHROME_VERYLOW"},
         {D::cs0, "CS0"},
         {D::cs1, "CS1"},
         {D::cs2, "CS2"},
         {D::cs3, "CS3"},
         {D::cs4, "CS4"},
         {D::cs5, "CS5"},
         {D::cs6, "CS6"},
         {D::cs7, "CS7"},
         {D::af11, "AF11"},
         {D::af12, "AF12"},
         {D::af13, "AF13"},
         {D::af21, "AF21"},
         {D::af22, "AF22"},
         {D::af23, "AF23"},
         {D::af31, "AF31"},
         {D::af32, "AF32"},
         {D::af33, "AF33"},
         {D::af41, "AF41"},
         {D::af42, "AF42"},
         {D::af43, "AF43"},
         {D::ef, "EF"},
         {D::voiceadmit, "VOICEADMIT"},
         {D::le, "LE"}},
        "kurento",
        "elements"};
}

struct IceCandidate {
    std::string candidate;
    std::string sdpMid;
    int sdpMLineIndex = 0;
};
inline auto describe(Identity<IceCandidate>) {
    return structure<IceCandidate>(
               "IceCandidate", "An address at which a peer may be reached. RFC 8839 section 5.1.",
               field("candidate", &IceCandidate::candidate,
                     "`candidate:...`; empty for the end of candidates."),
               field("sdpMid", &IceCandidate::sdpMid, "Identification of the media section."),
               field("sdpMLineIndex", &IceCandidate::sdpMLineIndex,
                     "Number of the media section, from 0."))
        .in("kurento", "elements");
}

struct IceCandidatePair {
    std::string streamId;
    int componentId = 1;
    std::string localCandidate, remoteCandidate;
};
inline auto describe(Identity<IceCandidatePair>) {
    using P = IceCandidatePair;
    return structure<P>("IceCandidatePair", "The addresses that a transport uses.",
                        field("streamId", &P::streamId, "The transport, from 1."),
                        field("componentId", &P::componentId, "1: RTP and RTCP share one."),
                        field("localCandidate", &P::localCandidate, "Ours."),
                        field("remoteCandidate", &P::remoteCandidate, "The peer's."))
        .in("kurento", "elements");
}

struct VideoSize {
    int width = 0, height = 0;
};
inline auto describe(Identity<VideoSize>) {
    return structure<VideoSize>("VideoSize", "How large a picture is. Not in Kurento.",
                                field("width", &VideoSize::width, "In pixels."),
                                field("height", &VideoSize::height, "In pixels."))
        .in("kurento", "elements");
}

enum class IceComponentState { disconnected, gathering, connecting, connected, ready, failed };
inline auto describe(Identity<IceComponentState>) {
    using S = IceComponentState;
    return Enumeration<S>{"IceComponentState",
                          "How far ICE has come.",
                          {{S::disconnected, "DISCONNECTED"},
                           {S::gathering, "GATHERING"},
                           {S::connecting, "CONNECTING"},
                           {S::connected, "CONNECTED"},
                           {S::ready, "READY"},
                           {S::failed, "FAILED"}},
                          "kurento",
                          "elements"};
}

struct IceConnection {
    std::string streamId;
    int componentId = 1;
    IceComponentState state{};
};
inline auto describe(Identity<IceConnection>) {
    using C = IceConnection;
    return structure<C>("IceConnection", "The ICE state of a transport.",
                        field("streamId", &C::streamId, "The transport, from 1."),
                        field("componentId", &C::componentId, "1: RTP and RTCP share one."),
                        field("state", &C::state, "How far it has come."))
        .in("kurento", "elements");
}

enum class DtlsConnectionState { fresh, closed, failed, connecting, connected };
inline auto describe(Identity<DtlsConnectionState>) {
    using S = DtlsConnectionState;
    return Enumeration<S>{"DtlsConnectionState",
                          "How far DTLS has come.",
                          {{S::fresh, "NEW"},
                           {S::closed, "CLOSED"},
                           {S::failed, "FAILED"},
                           {S::connecting, "CONNECTING"},
                           {S::connected, "CONNECTED"}},
                          "kurento",
                          "elements"};
}

struct DtlsConnection {
    std::string streamId, componentId, connectionId;
    DtlsConnectionState state{};
};
inline auto describe(Identity<DtlsConnection>) {
    using C = DtlsConnection;
    return structure<C>("DtlsConnection", "The DTLS state of a transport.",
                        field("streamId", &C::streamId, "The transport, from 1."),
                        field("componentId", &C::componentId, "1: RTP and RTCP share one."),
                        field("connectionId", &C::connectionId, "Name of the association."),
                        field("state", &C::state, "How far it has come."))
        .in("kurento", "elements");
}

struct IceCandidateFound {
    IceCandidate candidate;
};
inline auto describe(Identity<IceCandidateFound>) {
    return structure<IceCandidateFound>(
        "IceCandidateFound", "A local candidate, to be told to the peer.",
        field("candidate", &IceCandidateFound::candidate, "The candidate."));
}
struct IceGatheringDone {};
inline auto describe(Identity<IceGatheringDone>) {
    return structure<IceGatheringDone>("IceGatheringDone", "All local candidates have been found.");
}
struct IceComponentStateChanged {
    int streamId = 1, componentId = 1;
    IceComponentState state{};
};
inline auto describe(Identity<IceComponentStateChanged>) {
    using E = IceComponentStateChanged;
    return structure<E>("IceComponentStateChanged", "ICE has come to another state.",
                        field("streamId", &E::streamId, "The transport, from 1."),
                        field("componentId", &E::componentId, "1: RTP and RTCP share one."),
                        field("state", &E::state, "How far it has come."));
}
struct NewCandidatePairSelected {
    IceCandidatePair candidatePair;
};
inline auto describe(Identity<NewCandidatePairSelected>) {
    return structure<NewCandidatePairSelected>(
        "NewCandidatePairSelected", "Packets now go between these addresses.",
        field("candidatePair", &NewCandidatePairSelected::candidatePair, "The addresses."));
}
struct DtlsConnectionStateChange {
    std::string streamId, componentId, connectionId;
    DtlsConnectionState state{};
};
inline auto describe(Identity<DtlsConnectionStateChange>) {
    using E = DtlsConnectionStateChange;
    return structure<E>("DtlsConnectionStateChange", "DTLS has come to another state.",
                        field("streamId", &E::streamId, "The transport, from 1."),
                        field("componentId", &E::componentId, "1: RTP and RTCP share one."),
                        field("connectionId", &E::connectionId, "Name of the association."),
                        field("state", &E::state, "How far it has come."));
}
struct SpeakingStateChanged {
    bool speaking = false;
    double audioLevel = 0;
};
inline auto describe(Identity<SpeakingStateChanged>) {
    using E = SpeakingStateChanged;
    return structure<E>(
        "SpeakingStateChanged",
        "Somebody begins or ceases to speak at the peer, as far as its packets state their audio "
        "level (RFC 6464). Not known to Kurento.",
        field("speaking", &E::speaking, "Whether somebody speaks now."),
        field("audioLevel", &E::audioLevel, "How loud it is, from 0 to 1; linear."));
}
struct DataChannelOpened {
    int channelId = 0;
};
inline auto describe(Identity<DataChannelOpened>) {
    return structure<DataChannelOpened>(
        "DataChannelOpened", "A data channel can be used.",
        field("channelId", &DataChannelOpened::channelId, "Its SCTP stream."));
}
struct DataChannelClosed {
    int channelId = 0;
};
inline auto describe(Identity<DataChannelClosed>) {
    return structure<DataChannelClosed>(
        "DataChannelClosed", "A data channel has been closed.",
        field("channelId", &DataChannelClosed::channelId, "Its SCTP stream."));
}

}  // namespace rivero::webrtc
