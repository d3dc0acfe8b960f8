// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/media/declare.hpp"

#include "media/objects/server_manager.hpp"
#include "rivero/media/endpoint.hpp"
#include "rivero/media/hub_port.hpp"
#include "rivero/media/rtc_stats.hpp"
#include "rivero/remote/builder.hpp"

namespace rivero::media {

using remote::arg;
using remote::doc;
using remote::remote_class;
using remote::returns;

namespace {

/// `details` of all that draw pictures.
arg details() {
    return arg("details").says(
        "What is shown besides elements, formats, conversions and connections: kinds of media "
        "(SHOW_MEDIA_TYPE), formats with "
        "all their fields (SHOW_CAPS_DETAILS), what the application has set "
        "(SHOW_NON_DEFAULT_PARAMS), what flows "
        "(SHOW_STATES), everything that can be set (SHOW_FULL_PARAMS); SHOW_ALL is the first four, "
        "SHOW_VERBOSE all of it and "
        "what you get without this parameter.");
}

const doc kDumps{
    "Writes the picture to a file named after the id, in the directory that the environment "
    "variable GST_DEBUG_DUMP_DOT_DIR "
    "of the server names. MEDIA_OBJECT_OPERATION_NOT_SUPPORTED when it names none."};

template <class E>
remote::EventType base_event(const char* base, remote::TypeCollector& types) {
    const auto d = describe(Identity<E>{});
    return {d.name, d.doc, base, remote::Value<E>::properties(types)};
}

}  // namespace

void declare_core(remote::Registry& registry, const Services& services) {
    registry.add_module("core", "7.3.0");
    registry.add_module("elements", "7.3.0");
    registry.add_module("filters", "7.3.0");
    registry.add_event("core", base_event<RaiseBase>("", registry.types()));
    registry.add_event("core", base_event<Media>("RaiseBase", registry.types()));

    remote_class<MediaObject>(
        "MediaObject",
        doc("Whatever clients create: has an id, a name, tags, a parent and children."))
        .fixed("mediaPipeline", &MediaObject::get_media_pipeline,
               doc("The pipeline that the object belongs to; a pipeline's is itself."))
        .fixed("parent", &MediaObject::get_parent,
               doc("The object that was named when this one was created; none for a pipeline."))
        .fixed("id", &MediaObject::get_id, doc("Unique in the server and for ever."))
        .read_only("children", &MediaObject::get_children,
                   doc("The objects that have this one as parent."))
        .property("name", &MediaObject::get_name, &MediaObject::set_name,
                  doc("For people; the id until it is set."))
        .property("sendTagsInEvents", &MediaObject::get_send_tags_in_events,
                  &MediaObject::set_send_tags_in_events,
                  doc("Whether events of this object carry its tags."), false)
        .fixed("creationTime", &MediaObject::get_creation_time, doc("Seconds since 1970."))
        .method("addTag", &MediaObject::add_tag, arg("key").says("Name of the tag."),
                arg("value").says("Its text."),
                doc("Keeps a note with the object; replaces one of the same name. At most 1000, of "
                    "64 KiB each."))
        .method("removeTag", &MediaObject::remove_tag, arg("key").says("Name of the tag."),
                doc("Forgets a note; nothing happens when there is none."))
        .method(
            "getTag", &MediaObject::get_tag, arg("key").says("Name of the tag."),
            doc("Reads a note. MEDIA_OBJECT_TAG_KEY_NOT_FOUND when there is none of this name."),
            returns("Its text."))
        .method("getTags", &MediaObject::get_tags, doc("Reads all notes."),
                returns("The notes in the order of their names."))
        .event<ErrorEvent>()
        .add_to(registry);

    remote_class<MediaPipeline>("MediaPipeline",
                                doc("Holds elements that may be connected with each other. Its "
                                    "elements run from the moment they are created."))
        .extends<MediaObject>()
        .constructor_with<>(
            [&services](remote::ObjectInit init) {
                return remote::make_on_strand<MediaPipeline>(std::move(init), services);
            },
            doc("An empty pipeline."))
        .property("latencyStats", &MediaPipeline::get_latency_stats,
                  &MediaPipeline::set_latency_stats,
                  doc("Whether elements, those that are there and those to come, measure how long "
                      "media is under way; getStats() tells."),
                  false)
        .method("getGstreamerDot", &MediaPipeline::get_gstreamer_dot, details(),
                doc("Draws the elements, their formats, conversions and connections."),
                returns("The picture in the DOT language, for `dot -Tsvg`."))
        .method("dumpGstreamerDot", &MediaPipeline::dump_gstreamer_dot, details(), kDumps)
        .add_to(registry);

    remote_class<MediaElement>("MediaElement",
                               doc("Something that media goes into, comes out of, or both."))
        .extends<MediaObject>()
        .method("getSourceConnections", &MediaElement::get_source_connections,
                arg("mediaType").says("Only this kind."),
                arg("description").says("Only this input."),
                doc("Looks up the connections that feed this element."),
                returns("The connections in the order AUDIO, DATA, VIDEO."))
        .method("getSinkConnections", &MediaElement::get_sink_connections,
                arg("mediaType").says("Only this kind."),
                arg("description").says("Only this output."),
                doc("Looks up the connections that this element feeds."),
                returns("The connections in the order AUDIO, DATA, VIDEO."))
        .method("connect", &MediaElement::connect,
                arg("sink").says("Who receives; of the same pipeline."),
                arg("mediaType").says("Which kind; all when absent."),
                arg("sourceMediaDescription").says("Output of this element."),
                arg("sinkMediaDescription").says("Input of the receiver."),
                doc("Feeds another element, from when there is media. An input has one source: an "
                    "earlier one is disconnected. An output may feed many. CONNECT_ERROR when the "
                    "elements are in different pipelines or this one has no such output."))
        .method("disconnect", &MediaElement::disconnect,
                arg("sink").says("Who no longer receives."),
                arg("mediaType").says("Which kind; all when absent."),
                arg("sourceMediaDescription").says("Output of this element."),
                arg("sinkMediaDescription").says("Input of the receiver."),
                doc("Feeds another element no longer. What was not connected is no error."))
        .method("setAudioFormat", &MediaElement::set_audio_format, arg("caps").says("The format."),
                doc("Only sound in this encoding comes in from now on. Elements that take "
                    "anything, as PassThrough, filters and ports of hubs do, get it by conversion; "
                    "endpoints use it of what they have negotiated."))
        .method("setVideoFormat", &MediaElement::set_video_format, arg("caps").says("The format."),
                doc("Only pictures in this encoding come in from now on; see setAudioFormat."))
        .method("dumpGstreamerDot", &MediaElement::dump_gstreamer_dot, details(), kDumps)
        .method("getGstreamerDot", &MediaElement::get_gstreamer_dot, details(),
                doc("Draws the element, what it makes and for whom it converts."),
                returns("The picture in the DOT language, for `dot -Tsvg`."))
        .method("getStats", &MediaElement::all_stats, arg("mediaType").says("Only this kind."),
                doc("Takes the statistics of the element. ElementStats or EndpointStats, under the "
                    "id of the element, is among them while the pipeline has latencyStats."),
                returns("Statistics by their ids; null when there are none."))
        .method("isMediaFlowingIn", &MediaElement::is_media_flowing_in,
                arg("mediaType").says("AUDIO or VIDEO."),
                (arg("sinkMediaDescription") = "default").says("Which input."),
                doc("Asks whether media has come in during the last two to four seconds. "
                    "MEDIA_OBJECT_ILLEGAL_PARAM_ERROR for DATA."),
                returns("False also for an input that does not exist."))
        .method("isMediaFlowingOut", &MediaElement::is_media_flowing_out,
                arg("mediaType").says("AUDIO or VIDEO."),
                (arg("sourceMediaDescription") = "default").says("Which output."),
                doc("Asks whether media has come out during the last two to four seconds, whether "
                    "anybody takes it or not. MEDIA_OBJECT_ILLEGAL_PARAM_ERROR for DATA."),
                returns("False also for an output that does not exist."))
        .method("isMediaTranscoding", &MediaElement::is_media_transcoding,
                arg("mediaType").says("AUDIO or VIDEO."),
                (arg("binName") = "default")
                    .says("Which output; a name that is none of them asks for all."),
                doc("Asks whether media is decoded and encoded for some receiver of this element. "
                    "MEDIA_OBJECT_ILLEGAL_PARAM_ERROR for DATA."),
                returns("True as long as one is served in this way."))
        .property("encoderBitrate", &MediaElement::get_encoder_bitrate,
                  &MediaElement::set_encoder_bitrate,
                  doc("What a video encoder of this element aims at, in bit/s. Until it is set the "
                      "encoder goes by the size of the picture."))
        .property("minEncoderBitrate", &MediaElement::get_min_encoder_bitrate,
                  &MediaElement::set_min_encoder_bitrate,
                  doc("The least that a video encoder goes down to, in bit/s."))
        .property("maxEncoderBitrate", &MediaElement::get_max_encoder_bitrate,
                  &MediaElement::set_max_encoder_bitrate,
                  doc("The most that a video encoder goes up to, in bit/s."))
        .event<ElementConnected>()
        .event<ElementDisconnected>()
        .event<MediaFlowInStateChanged>()
        .event<MediaFlowOutStateChanged>()
        .event<MediaTranscodingStateChanged>()
        .add_to(registry);

    remote_class<Endpoint>("Endpoint", doc("Where media enters or leaves a pipeline."))
        .extends<MediaElement>()
        .add_to(registry);
    remote_class<Filter>("Filter", doc("Works on media that passes through."))
        .extends<MediaElement>()
        .add_to(registry);
    remote_class<SessionEndpoint>("SessionEndpoint",
                                  doc("An endpoint with a session between server and peer."))
        .extends<Endpoint>()
        .event<MediaSessionStarted>()
        .event<MediaSessionTerminated>()
        .add_to(registry);

    remote_class<SdpEndpoint>(
        "SdpEndpoint",
        doc("Negotiates its session with SDP, as the side that offers or the one that answers."))
        .extends<SessionEndpoint>()
        .property("maxAudioRecvBandwidth", &SdpEndpoint::get_max_audio_recv_bandwidth,
                  &SdpEndpoint::set_max_audio_recv_bandwidth,
                  doc("What offers allow for audio, in kbit/s; 0 for no limit."))
        .property("maxVideoRecvBandwidth", &SdpEndpoint::get_max_video_recv_bandwidth,
                  &SdpEndpoint::set_max_video_recv_bandwidth,
                  doc("The most video that the peer is to send, in kbit/s; 0 for no limit."))
        .method("generateOffer", &SdpEndpoint::generate_offer,
                arg("options").says("Which sections it has."),
                doc("Makes an SDP offer. SDP_END_POINT_ALREADY_NEGOTIATED when there was an offer "
                    "already."),
                returns("The offer."))
        .method("processOffer", &SdpEndpoint::process_offer, arg("offer").says("The peer's SDP."),
                doc("Takes the peer's offer and answers it. SDP_PARSE_ERROR, "
                    "SDP_END_POINT_PROCESS_OFFER_ERROR, SDP_END_POINT_ALREADY_NEGOTIATED."),
                returns("The answer, for the peer."))
        .method(
            "processAnswer", &SdpEndpoint::process_answer, arg("answer").says("The peer's SDP."),
            doc("Takes the peer's answer to generateOffer(). SDP_END_POINT_NOT_OFFER_GENERATED, "
                "SDP_END_POINT_ANSWER_ALREADY_PROCCESED, SDP_END_POINT_PROCESS_ANSWER_ERROR."),
            returns("Our SDP, with the candidates found so far."))
        .method("getLocalSessionDescriptor", &SdpEndpoint::get_local_session_descriptor,
                doc("Reads our side of the session. SDP_END_POINT_NO_LOCAL_SDP_ERROR before there "
                    "is one."),
                returns("Our SDP, with the candidates found so far."))
        .method("getRemoteSessionDescriptor", &SdpEndpoint::get_remote_session_descriptor,
                doc("Reads the peer's side of the session. SDP_END_POINT_NO_REMOTE_SDP_ERROR "
                    "before there is one."),
                returns("The peer's SDP, with the candidates added so far."))
        .add_to(registry);

    remote_class<BaseRtpEndpoint>("BaseRtpEndpoint",
                                  doc("An endpoint that speaks RTP with its peer."))
        .extends<SdpEndpoint>()
        .property("minVideoRecvBandwidth", &BaseRtpEndpoint::get_min_video_recv_bandwidth,
                  &BaseRtpEndpoint::set_min_video_recv_bandwidth,
                  doc("The least that the peer is asked to send, in kbit/s."))
        .property("minVideoSendBandwidth", &BaseRtpEndpoint::get_min_video_send_bandwidth,
                  &BaseRtpEndpoint::set_min_video_send_bandwidth,
                  doc("The least that encoders for this peer go down to, in kbit/s."))
        .property("maxVideoSendBandwidth", &BaseRtpEndpoint::get_max_video_send_bandwidth,
                  &BaseRtpEndpoint::set_max_video_send_bandwidth,
                  doc("The most that encoders for this peer go up to, in kbit/s; 0 for no limit. "
                      "Of several encodings of a picture the best below it is passed through; a "
                      "single one keeps its rate."))
        .read_only("mediaState", &BaseRtpEndpoint::get_media_state,
                   doc("Whether RTCP of the peer is seen."))
        .read_only("connectionState", &BaseRtpEndpoint::get_connection_state,
                   doc("Whether all transports are connected."))
        .property("mtu", &BaseRtpEndpoint::get_mtu, &BaseRtpEndpoint::set_mtu,
                  doc("Size of the RTP packets that the server makes, in bytes, 576 to 1500."))
        .property("rembParams", &BaseRtpEndpoint::get_remb_params,
                  &BaseRtpEndpoint::set_remb_params,
                  doc("How the receive estimate reacts to loss."))
        .method("requestKeyframe", &BaseRtpEndpoint::request_keyframe,
                doc("Asks whoever feeds this endpoint for a key frame. "
                    "MEDIA_OBJECT_OPERATION_NOT_SUPPORTED when nobody does."))
        .event<MediaStateChanged>()
        .event<ConnectionStateChanged>()
        .add_to(registry);

    remote_class<UriEndpoint>("UriEndpoint", doc("Reads from or writes to a URI."))
        .extends<Endpoint>()
        .fixed("uri", &UriEndpoint::get_uri,
               doc("As it was given, with `/` for `%2F`. One without a scheme is below the setting "
                   "uri.defaultPath."))
        .read_only("state", &UriEndpoint::get_state, doc("What the endpoint does."))
        .method(
            "pause", &UriEndpoint::pause,
            doc("Stands still until it is started again. Nothing happens when it does so already."))
        .method("stop", &UriEndpoint::stop,
                doc("Ends; a start begins anew. Nothing happens when it has ended already."))
        .event<UriEndpointStateChanged>()
        .add_to(registry);

    remote_class<Hub>("Hub", doc("Joins streams; elements are connected to its ports."))
        .extends<MediaObject>()
        .method(
            "getGstreamerDot", &Hub::get_gstreamer_dot, details(),
            doc("Draws the ports, what comes in and leaves there, and the conversions between."),
            returns("The picture in the DOT language, for `dot -Tsvg`."))
        .method("dumpGstreamerDot", &Hub::dump_gstreamer_dot, details(), kDumps)
        .add_to(registry);

    remote_class<HubPort>("HubPort",
                          doc("Where elements are connected with a hub: what they send here goes "
                              "to the hub, and what the hub makes for this port leaves here."))
        .extends<MediaElement>()
        .constructor<Hub&>(arg("hub").says("Whose port it is."),
                           doc("A further port of a hub. It goes with the hub."))
        .add_to(registry);

    remote_class<ServerManager>("ServerManager",
                                doc("The server as a whole. There is one, `manager_ServerManager`; "
                                    "it cannot be created or released."))
        .extends<MediaObject>()
        .read_only("info", &ServerManager::get_info, doc("Version and modules."))
        .read_only("pipelines", &ServerManager::get_pipelines,
                   doc("The pipelines of all sessions."))
        .read_only("sessions", &ServerManager::get_sessions, doc("The ids of all sessions."))
        .read_only("metadata", &ServerManager::get_metadata,
                   doc("What the operator has put into the setting of this name, as JSON; empty "
                       "when there is nothing."))
        .method(
            "getKmd", &ServerManager::get_kmd,
            arg("moduleName").says("One of those in the server's info."),
            doc("Reads the descriptor of a module: all that clients can create, call and hear."),
            returns("The descriptor as JSON."))
        .method("getCpuCount", &ServerManager::get_cpu_count,
                doc("Counts the processors that the server may use."), returns("Their number."))
        .method("getUsedCpu", &ServerManager::get_used_cpu,
                arg("interval").suggests(1000).says("How long to measure, in ms."),
                doc("Measures how busy the server is."), returns("Percent of one processor."))
        .method("getUsedMemory", &ServerManager::get_used_memory,
                doc("Reads how much memory the server has."), returns("KiB."))
        .event<ObjectCreated>()
        .event<ObjectDestroyed>()
        .add_to(registry);

    // What only values mention whose type is known when they are made: getStats(), settings,
    // filters.
    auto& types = registry.types();
    remote::Value<EndpointStats>::collect(types);
    remote::Value<RtcInboundRTPStreamStats>::collect(types);
    remote::Value<RtcOutboundRTPStreamStats>::collect(types);
    remote::Value<RtcPeerConnectionStats>::collect(types);
    remote::Value<RtcDataChannelStats>::collect(types);
    remote::Value<RtcCertificateStats>::collect(types);
    remote::Value<RtcCodec>::collect(types);
    remote::Value<RtcIceCandidateAttributes>::collect(types);
    remote::Value<RtcIceCandidatePairStats>::collect(types);
    remote::Value<RtcMediaStreamStats>::collect(types);
    remote::Value<RtcMediaStreamTrackStats>::collect(types);
    remote::Value<RtcTransportStats>::collect(types);
    remote::Value<CodecConfiguration>::collect(types);
    remote::Value<FilterType>::collect(types);
}

}  // namespace rivero::media
