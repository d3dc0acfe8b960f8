// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/media/module.hpp"

#include "context.hpp"
#include "webrtc_endpoint.hpp"

namespace {

using namespace rivero;
using remote::arg;
using remote::doc;
using remote::remote_class;
using webrtc::WebRtcEndpoint;

void declare(Module& module) {
    auto context = std::make_shared<webrtc::Context>(module.services());
    auto make = [context](remote::ObjectInit init, media::MediaPipeline& pipeline, bool recvonly,
                          bool sendonly, bool use_data_channels, webrtc::CertificateKeyType key,
                          webrtc::DscpValue dscp) {
        return remote::make_on_strand<WebRtcEndpoint>(
            std::move(init), pipeline, context,
            WebRtcEndpoint::Options{recvonly, sendonly, use_data_channels, key, dscp});
    };
    module.add(
        remote_class<WebRtcEndpoint>(
            "WebRtcEndpoint",
            doc("The server's end of a peer connection with a browser: ICE, DTLS, SRTP."))
            .extends<media::BaseRtpEndpoint>()
            .in_module("kurento", "elements")
            .constructor_with<media::MediaPipeline&, bool, bool, bool, webrtc::CertificateKeyType,
                              webrtc::DscpValue>(
                make, arg("mediaPipeline").says("Where it is created."),
                (arg("recvonly") = false).says("Whether its offers only ask for media."),
                (arg("sendonly") = false)
                    .says("Whether its offers only announce media; counts more than recvonly."),
                (arg("useDataChannels") = false)
                    .says("Whether its SDP has a section for data channels."),
                (arg("certificateKeyType") = "ECDSA").says("Algorithm of the DTLS certificate."),
                (arg("qosDscp") = "NO_VALUE")
                    .says("How its packets are marked for routers; NO_VALUE leaves them unmarked."))
            .property("networkInterfaces", &WebRtcEndpoint::get_network_interfaces,
                      &WebRtcEndpoint::set_network_interfaces,
                      doc("Names of the interfaces whose addresses are offered, separated by "
                          "commas; empty: all."))
            .property("iceTcp", &WebRtcEndpoint::get_ice_tcp, &WebRtcEndpoint::set_ice_tcp,
                      doc("Whether TCP candidates are offered, too. RFC 6544."))
            .property("stunServerAddress", &WebRtcEndpoint::get_stun_server_address,
                      &WebRtcEndpoint::set_stun_server_address,
                      doc("STUN server for server-reflexive candidates; empty: none."))
            .property("stunServerPort", &WebRtcEndpoint::get_stun_server_port,
                      &WebRtcEndpoint::set_stun_server_port, doc("Its port."))
            .property(
                "turnUrl", &WebRtcEndpoint::get_turn_url, &WebRtcEndpoint::set_turn_url,
                doc("TURN server, `user:password@host:port?transport=udp|tcp|tls`; empty: none."))
            .property("externalIPv4", &WebRtcEndpoint::get_external_ipv4,
                      &WebRtcEndpoint::set_external_ipv4,
                      doc("Stands in host candidates instead of the server's own address, for a "
                          "server behind a 1:1 NAT."))
            .property("externalIPv6", &WebRtcEndpoint::get_external_ipv6,
                      &WebRtcEndpoint::set_external_ipv6, doc("The same for IPv6."))
            .read_only("maxVideoSendSize", &WebRtcEndpoint::get_max_video_send_size,
                       doc("What setMaxVideoSendSize was told; 0x0: no limit. Not in Kurento."))
            .read_only("ICECandidatePairs", &WebRtcEndpoint::get_ice_candidate_pairs,
                       doc("The addresses in use, one pair per transport."))
            .read_only("IceConnectionState", &WebRtcEndpoint::get_ice_connection_state,
                       doc("ICE state of each transport."))
            .read_only("DtlsConnectionState", &WebRtcEndpoint::get_dtls_connection_state,
                       doc("DTLS state of each transport."))
            .method(
                "gatherCandidates", &WebRtcEndpoint::gather_candidates,
                doc("Starts to look for local candidates, which come as IceCandidateFound. Before "
                    "there is a description it is kept in mind. ICE_GATHER_CANDIDATES_ERROR "
                    "when no interface has an address that can be used."))
            .method("addIceCandidate", &WebRtcEndpoint::add_ice_candidate,
                    arg("candidate").says("A candidate of the peer's."),
                    doc("Tells a remote candidate, before or after the SDP. "
                        "ICE_ADD_CANDIDATE_ERROR for a section that does not exist; "
                        "text that is no candidate is ignored."))
            .method("setMaxVideoSendSize", &WebRtcEndpoint::set_max_video_send_size,
                    arg("width").says("In pixels; 0 with height 0: no limit."),
                    arg("height").says("In pixels."),
                    doc("Tells how large a picture the peer has a use for, by the area: of several "
                        "encodings or layers of a picture it gets the best that is no larger, at "
                        "least the smallest; a single one stays as it is. What the peer's SDP says "
                        "of that counts as well. At once, and for all later negotiations. "
                        "MEDIA_OBJECT_ILLEGAL_PARAM_ERROR for a side below 0 or one side only. "
                        "Not in Kurento."))
            .method("createDataChannel", &WebRtcEndpoint::create_data_channel,
                    arg("label").says("Its name."),
                    arg("ordered").says(
                        "Whether messages arrive in the order in which they were sent."),
                    arg("maxPacketLifeTime")
                        .says("How long a message is sent again, in ms; negative: not limited."),
                    arg("maxRetransmits")
                        .says("How often a message is sent again; negative: not limited."),
                    arg("protocol").says("Its subprotocol."),
                    doc("Opens a data channel. MEDIA_OBJECT_OPERATION_NOT_SUPPORTED without "
                        "useDataChannels."))
            .method("closeDataChannel", &WebRtcEndpoint::close_data_channel,
                    arg("channelId").says("Its SCTP stream."), doc("Closes a data channel."))
            .event<webrtc::IceCandidateFound>()
            .event<webrtc::IceGatheringDone>()
            .event<webrtc::IceComponentStateChanged>()
            .event<webrtc::DtlsConnectionStateChange>()
            .event<webrtc::SpeakingStateChanged>()
            .event<webrtc::DataChannelOpened>()
            .event<webrtc::DataChannelClosed>()
            .event<webrtc::NewCandidatePairSelected>());
}

}  // namespace

RIVERO_MODULE("webrtc", "1.0.0", declare)
