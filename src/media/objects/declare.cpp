// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/media/declare.hpp"

#include "rivero/media/endpoint.hpp"
#include "rivero/media/hub.hpp"
#include "rivero/remote/builder.hpp"

namespace rivero::media {

using remote::arg;
using remote::doc;
using remote::remote_class;

void declare_core(remote::Registry& registry, const Services& services) {
    registry.add_module("core", "7.3.0");
    registry.add_module("elements", "7.3.0");
    registry.add_module("filters", "7.3.0");

    remote_class<MediaObject>("MediaObject", doc("Whatever clients create: has an id, a name, tags, a parent and children."))
        .fixed("mediaPipeline", &MediaObject::get_media_pipeline, doc("The pipeline that the object belongs to; a pipeline's is itself."))
        .fixed("parent", &MediaObject::get_parent, doc("The object that was named when this one was created; none for a pipeline."))
        .fixed("id", &MediaObject::get_id, doc("Unique in the server and for ever."))
        .read_only("children", &MediaObject::get_children, doc("The objects that have this one as parent."))
        .property("name", &MediaObject::get_name, &MediaObject::set_name, doc("For people; the id until it is set."))
        .property("sendTagsInEvents", &MediaObject::get_send_tags_in_events, &MediaObject::set_send_tags_in_events,
                  doc("Whether events of this object carry its tags."))
        .fixed("creationTime", &MediaObject::get_creation_time, doc("Seconds since 1970."))
        .method("addTag", &MediaObject::add_tag, arg("key").says("Name of the tag."), arg("value").says("Its text."),
                doc("Keeps a note with the object; replaces one of the same name."))
        .method("removeTag", &MediaObject::remove_tag, arg("key").says("Name of the tag."), doc("Forgets a note; nothing happens when there is none."))
        .method("getTag", &MediaObject::get_tag, arg("key").says("Name of the tag."), doc("The text of a note. MEDIA_OBJECT_TAG_KEY_NOT_FOUND when there is none."))
        .method("getTags", &MediaObject::get_tags, doc("All notes, by name."))
        .event<ErrorEvent>()
        .add_to(registry);

    remote_class<MediaPipeline>("MediaPipeline", doc("Holds elements that may be connected with each other. Its elements run from the moment they are created."))
        .extends<MediaObject>()
        .constructor_with<>([&services](remote::ObjectInit init) { return remote::make_on_strand<MediaPipeline>(std::move(init), services); })
        .property("latencyStats", &MediaPipeline::get_latency_stats, &MediaPipeline::set_latency_stats, doc("Whether elements measure how long media is under way."))
        .method("getGstreamerDot", &MediaPipeline::get_gstreamer_dot, arg("details").says("Accepted for compatibility."), doc("A picture of the elements, their formats and connections, in the DOT language."))
        .method("dumpGstreamerDot", &MediaPipeline::dump_gstreamer_dot, arg("details").says("Accepted for compatibility."), doc("Writes the picture into the directory named by GST_DEBUG_DUMP_DOT_DIR on the server."))
        .add_to(registry);

    remote_class<MediaElement>("MediaElement", doc("Something that media goes into, comes out of, or both."))
        .extends<MediaObject>()
        .method("getSourceConnections", &MediaElement::get_source_connections, arg("mediaType").says("Only this kind."), arg("description").says("Only this input."), doc("The connections that feed this element."))
        .method("getSinkConnections", &MediaElement::get_sink_connections, arg("mediaType").says("Only this kind."), arg("description").says("Only this output."), doc("The connections that this element feeds."))
        .method("connect", &MediaElement::connect, arg("sink").says("Who receives; of the same pipeline."), arg("mediaType").says("Which kind; all when absent."), arg("sourceMediaDescription").says("Output of this element."), arg("sinkMediaDescription").says("Input of the receiver."),
                doc("Feeds another element. An input has one source: an earlier one is disconnected. CONNECT_ERROR when the elements are in different pipelines or this one has no such output."))
        .method("disconnect", &MediaElement::disconnect, arg("sink").says("Who no longer receives."), arg("mediaType").says("Which kind; all when absent."), arg("sourceMediaDescription").says("Output of this element."), arg("sinkMediaDescription").says("Input of the receiver."),
                doc("Feeds another element no longer."))
        .method("setAudioFormat", &MediaElement::set_audio_format, arg("caps").says("The format."), doc("Makes sound that comes in be of this format, by conversion where it is not."))
        .method("setVideoFormat", &MediaElement::set_video_format, arg("caps").says("The format."), doc("Makes pictures that come in be of this format, by conversion where they are not."))
        .method("dumpGstreamerDot", &MediaElement::dump_gstreamer_dot, arg("details").says("Accepted for compatibility."), doc("Writes the picture into the directory named by GST_DEBUG_DUMP_DOT_DIR on the server."))
        .method("getGstreamerDot", &MediaElement::get_gstreamer_dot, arg("details").says("Accepted for compatibility."), doc("A picture of the element, what it makes and for whom it converts, in the DOT language."))
        .method("getStats", &MediaElement::get_stats, arg("mediaType").says("Only this kind."), doc("Statistics by their ids; null when there are none."))
        .method("isMediaFlowingIn", &MediaElement::is_media_flowing_in, arg("mediaType").says("AUDIO or VIDEO."), arg("sinkMediaDescription") = "default", doc("Whether media has come in during the last seconds."))
        .method("isMediaFlowingOut", &MediaElement::is_media_flowing_out, arg("mediaType").says("AUDIO or VIDEO."), arg("sourceMediaDescription") = "default", doc("Whether media has come out during the last seconds."))
        .method("isMediaTranscoding", &MediaElement::is_media_transcoding, arg("mediaType").says("AUDIO or VIDEO."), arg("binName") = "default", doc("Whether media is converted for a receiver of this element."))
        .property("encoderBitrate", &MediaElement::get_encoder_bitrate, &MediaElement::set_encoder_bitrate, doc("What a video encoder of this element aims at, in bit/s. Until it is set the encoder goes by the size of the picture."))
        .property("minEncoderBitrate", &MediaElement::get_min_encoder_bitrate, &MediaElement::set_min_encoder_bitrate, doc("The least that a video encoder goes down to, in bit/s."))
        .property("maxEncoderBitrate", &MediaElement::get_max_encoder_bitrate, &MediaElement::set_max_encoder_bitrate, doc("The most that a video encoder goes up to, in bit/s."))
        .event<ElementConnected>()
        .event<ElementDisconnected>()
        .event<MediaFlowInStateChanged>()
        .event<MediaFlowOutStateChanged>()
        .event<MediaTranscodingStateChanged>()
        .add_to(registry);

    remote_class<Endpoint>("Endpoint", doc("Where media enters or leaves a pipeline.")).extends<MediaElement>().add_to(registry);
    remote_class<Filter>("Filter", doc("Works on media that passes through.")).extends<MediaElement>().add_to(registry);
    remote_class<SessionEndpoint>("SessionEndpoint", doc("An endpoint with a session between server and peer."))
        .extends<Endpoint>()
        .event<MediaSessionStarted>()
        .event<MediaSessionTerminated>()
        .add_to(registry);

    remote_class<SdpEndpoint>("SdpEndpoint", doc("Negotiates its session with SDP, as the side that offers or the one that answers."))
        .extends<SessionEndpoint>()
        .property("maxAudioRecvBandwidth", &SdpEndpoint::get_max_audio_recv_bandwidth, &SdpEndpoint::set_max_audio_recv_bandwidth, doc("What offers allow for audio, in kbit/s; 0 for no limit."))
        .property("maxVideoRecvBandwidth", &SdpEndpoint::get_max_video_recv_bandwidth, &SdpEndpoint::set_max_video_recv_bandwidth, doc("The most video that the peer is to send, in kbit/s; 0 for no limit."))
        .method("generateOffer", &SdpEndpoint::generate_offer, arg("options").says("Which sections it has."), doc("An SDP offer. SDP_END_POINT_ALREADY_NEGOTIATED when there was an offer already."))
        .method("processOffer", &SdpEndpoint::process_offer, arg("offer").says("The peer's SDP."), doc("Takes the peer's offer and gives the answer. SDP_PARSE_ERROR, SDP_END_POINT_PROCESS_OFFER_ERROR, SDP_END_POINT_ALREADY_NEGOTIATED."))
        .method("processAnswer", &SdpEndpoint::process_answer, arg("answer").says("The peer's SDP."), doc("Takes the answer to generateOffer() and gives the local description. SDP_END_POINT_NOT_OFFER_GENERATED, SDP_END_POINT_PROCESS_ANSWER_ERROR."))
        .method("getLocalSessionDescriptor", &SdpEndpoint::get_local_session_descriptor, doc("Our SDP, with the candidates found so far."))
        .method("getRemoteSessionDescriptor", &SdpEndpoint::get_remote_session_descriptor, doc("The peer's SDP, with the candidates added so far."))
        .add_to(registry);

    remote_class<BaseRtpEndpoint>("BaseRtpEndpoint", doc("An endpoint that speaks RTP with its peer."))
        .extends<SdpEndpoint>()
        .property("minVideoRecvBandwidth", &BaseRtpEndpoint::get_min_video_recv_bandwidth, &BaseRtpEndpoint::set_min_video_recv_bandwidth, doc("The least that the peer is asked to send, in kbit/s."))
        .property("minVideoSendBandwidth", &BaseRtpEndpoint::get_min_video_send_bandwidth, &BaseRtpEndpoint::set_min_video_send_bandwidth, doc("The least that encoders for this peer go down to, in kbit/s."))
        .property("maxVideoSendBandwidth", &BaseRtpEndpoint::get_max_video_send_bandwidth, &BaseRtpEndpoint::set_max_video_send_bandwidth, doc("The most that encoders for this peer go up to, in kbit/s; 0 for no limit. Of several encodings of a picture the best below it is passed through; a single one keeps its rate."))
        .read_only("mediaState", &BaseRtpEndpoint::get_media_state, doc("Whether RTCP of the peer is seen."))
        .read_only("connectionState", &BaseRtpEndpoint::get_connection_state, doc("Whether all transports are connected."))
        .property("mtu", &BaseRtpEndpoint::get_mtu, &BaseRtpEndpoint::set_mtu, doc("Size of the RTP packets that the server makes, in bytes, 576 to 1500."))
        .property("rembParams", &BaseRtpEndpoint::get_remb_params, &BaseRtpEndpoint::set_remb_params, doc("How the receive estimate reacts to loss."))
        .method("requestKeyframe", &BaseRtpEndpoint::request_keyframe, doc("Asks whoever feeds this endpoint for a key frame. MEDIA_OBJECT_OPERATION_NOT_SUPPORTED when nobody does."))
        .event<MediaStateChanged>()
        .event<ConnectionStateChanged>()
        .add_to(registry);

    remote_class<UriEndpoint>("UriEndpoint", doc("Reads from or writes to a URI."))
        .extends<Endpoint>()
        .fixed("uri", &UriEndpoint::get_uri, doc("As it was given."))
        .read_only("state", &UriEndpoint::get_state, doc("What the endpoint does."))
        .method("pause", &UriEndpoint::pause, doc("Stands still until it is started again."))
        .method("stop", &UriEndpoint::stop, doc("Ends."))
        .event<UriEndpointStateChanged>()
        .add_to(registry);

    remote_class<Hub>("Hub", doc("Joins streams; elements are connected to its ports."))
        .extends<MediaObject>()
        .method("getGstreamerDot", &Hub::get_gstreamer_dot, arg("details").says("Accepted for compatibility."), doc("A picture of the ports, in the DOT language."))
        .method("dumpGstreamerDot", &Hub::dump_gstreamer_dot, arg("details").says("Accepted for compatibility."), doc("Writes the picture into the directory named by GST_DEBUG_DUMP_DOT_DIR on the server."))
        .add_to(registry);
}

}  // namespace rivero::media
