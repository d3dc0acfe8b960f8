// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/media/types.hpp"

/// Events of core classes. `source`, `timestampMillis`, `tags` and `type` are added when they are
/// raised.
namespace rivero::media {

class MediaObject;

/// What all events have; never raised itself.
struct RaiseBase {
    std::shared_ptr<MediaObject> source;
    std::string timestampMillis;
    std::vector<Tag> tags;
};
/// What all events have that are about media; never raised itself.
struct Media {
    std::string type;
};
inline auto describe(Identity<Media>) {
    return structure<Media>("Media", "What events have that are about media.",
                            field("type", &Media::type, "Name of the event."))
        .extending("RaiseBase");
}

struct ErrorEvent {
    std::string description;
    int errorCode = 0;
    std::string type;
};
inline auto describe(Identity<ErrorEvent>) {
    return structure<ErrorEvent>(
               "Error", "Something went wrong inside this object; the others go on.",
               field("description", &ErrorEvent::description, "What happened, in a sentence."),
               field("errorCode", &ErrorEvent::errorCode,
                     "Number of the media engine; 0 without one."),
               field("type", &ErrorEvent::type, "A name for the kind of error."))
        .extending("RaiseBase");
}

struct ElementConnected {
    std::shared_ptr<MediaElement> sink;
    MediaType mediaType{};
    std::string sourceMediaDescription, sinkMediaDescription;
};
struct ElementDisconnected {
    std::shared_ptr<MediaElement> sink;
    MediaType mediaType{};
    std::string sourceMediaDescription, sinkMediaDescription;
};

struct MediaFlowInStateChanged {
    MediaFlowState state{};
    std::string padName;
    MediaType mediaType{};
};
inline auto describe(Identity<MediaFlowInStateChanged>) {
    using E = MediaFlowInStateChanged;
    return structure<E>("MediaFlowInStateChanged",
                        "Media has begun or ceased to come into the element.",
                        field("state", &E::state, "Whether it flows now."),
                        field("padName", &E::padName, "Media description of the input."),
                        field("mediaType", &E::mediaType, "Which kind of media."));
}
struct MediaFlowOutStateChanged {
    MediaFlowState state{};
    std::string padName;
    MediaType mediaType{};
};
inline auto describe(Identity<MediaFlowOutStateChanged>) {
    using E = MediaFlowOutStateChanged;
    return structure<E>("MediaFlowOutStateChanged",
                        "Media has begun or ceased to come out of the element.",
                        field("state", &E::state, "Whether it flows now."),
                        field("padName", &E::padName, "Media description of the output."),
                        field("mediaType", &E::mediaType, "Which kind of media."));
}

struct MediaTranscodingStateChanged {
    MediaTranscodingState state{};
    std::string binName;
    MediaType mediaType{};
};
inline auto describe(Identity<MediaTranscodingStateChanged>) {
    using E = MediaTranscodingStateChanged;
    return structure<E>("MediaTranscodingStateChanged",
                        "Media that leaves the element is converted for a receiver, or no longer.",
                        field("state", &E::state, "Whether it is converted now."),
                        field("binName", &E::binName, "Media description of the output."),
                        field("mediaType", &E::mediaType, "Which kind of media."));
}

struct MediaStateChanged {
    MediaState oldState{}, newState{};
};
inline auto describe(Identity<MediaStateChanged>) {
    return structure<MediaStateChanged>("MediaStateChanged",
                                        "RTCP of the peer is seen, or no longer.",
                                        field("oldState", &MediaStateChanged::oldState, "Before."),
                                        field("newState", &MediaStateChanged::newState, "Now."));
}
struct ConnectionStateChanged {
    ConnectionState oldState{}, newState{};
};
inline auto describe(Identity<ConnectionStateChanged>) {
    return structure<ConnectionStateChanged>(
        "ConnectionStateChanged", "Media can pass between server and peer, or no longer.",
        field("oldState", &ConnectionStateChanged::oldState, "Before."),
        field("newState", &ConnectionStateChanged::newState, "Now."));
}

struct MediaSessionStarted {};
inline auto describe(Identity<MediaSessionStarted>) {
    return structure<MediaSessionStarted>("MediaSessionStarted",
                                          "Both sides have agreed on a session.");
}
struct MediaSessionTerminated {};
inline auto describe(Identity<MediaSessionTerminated>) {
    return structure<MediaSessionTerminated>("MediaSessionTerminated",
                                             "The session with the peer is over.");
}
struct UriEndpointStateChanged {
    UriEndpointState state{};
};
inline auto describe(Identity<UriEndpointStateChanged>) {
    return structure<UriEndpointStateChanged>(
        "UriEndpointStateChanged", "The endpoint has started, paused or stopped.",
        field("state", &UriEndpointStateChanged::state, "What it does now."));
}

}  // namespace rivero::media
