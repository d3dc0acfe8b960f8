// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/remote/describe.hpp"
#include "rivero/remote/object.hpp"
#include "rivero/rtp/codec.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

/// The complex types of the client API that core classes use, spelled as clients know them.
namespace rivero {

inline auto describe(remote::Identity<MediaType>) {
    return remote::Enumeration<MediaType>{
        "MediaType",
        "A kind of media.",
        {{MediaType::audio, "AUDIO"}, {MediaType::data, "DATA"}, {MediaType::video, "VIDEO"}}};
}

}  // namespace rivero

namespace rivero::media {

using remote::Enumeration;
using remote::field;
using remote::Identity;
using remote::structure;

class MediaElement;

struct Tag {
    std::string key, value;
};
inline auto describe(Identity<Tag>) {
    return structure<Tag>("Tag", "A note that the application keeps with an object.",
                          field("key", &Tag::key, "Its name."),
                          field("value", &Tag::value, "Its text."));
}

enum class MediaFlowState { flowing, not_flowing };
inline auto describe(Identity<MediaFlowState>) {
    return Enumeration<MediaFlowState>{
        "MediaFlowState",
        "Whether media passes.",
        {{MediaFlowState::flowing, "FLOWING"}, {MediaFlowState::not_flowing, "NOT_FLOWING"}}};
}

enum class MediaTranscodingState { transcoding, not_transcoding };
inline auto describe(Identity<MediaTranscodingState>) {
    return Enumeration<MediaTranscodingState>{
        "MediaTranscodingState",
        "Whether media is decoded and encoded on its way out of an element.",
        {{MediaTranscodingState::transcoding, "TRANSCODING"},
         {MediaTranscodingState::not_transcoding, "NOT_TRANSCODING"}}};
}

enum class MediaState { disconnected, connected };
inline auto describe(Identity<MediaState>) {
    return Enumeration<MediaState>{
        "MediaState",
        "Whether RTCP of the peer is seen.",
        {{MediaState::disconnected, "DISCONNECTED"}, {MediaState::connected, "CONNECTED"}}};
}

enum class ConnectionState { disconnected, connected };
inline auto describe(Identity<ConnectionState>) {
    return Enumeration<ConnectionState>{"ConnectionState",
                                        "Whether media could pass between the server and the peer.",
                                        {{ConnectionState::disconnected, "DISCONNECTED"},
                                         {ConnectionState::connected, "CONNECTED"}}};
}

enum class UriEndpointState { stop, start, pause };
inline auto describe(Identity<UriEndpointState>) {
    return Enumeration<UriEndpointState>{"UriEndpointState",
                                         "What an endpoint with a URI does.",
                                         {{UriEndpointState::stop, "STOP"},
                                          {UriEndpointState::start, "START"},
                                          {UriEndpointState::pause, "PAUSE"}}};
}

enum class AudioCodec { opus, pcmu, pcma, raw };
inline auto describe(Identity<AudioCodec>) {
    return Enumeration<AudioCodec>{"AudioCodec",
                                   "An encoding of sound.",
                                   {{AudioCodec::opus, "OPUS"},
                                    {AudioCodec::pcmu, "PCMU"},
                                    {AudioCodec::pcma, "PCMA"},
                                    {AudioCodec::raw, "RAW"}}};
}

enum class VideoCodec { vp8, vp9, h264, h265, av1, raw };
inline auto describe(Identity<VideoCodec>) {
    return Enumeration<VideoCodec>{"VideoCodec",
                                   "An encoding of pictures.",
                                   {{VideoCodec::h265, "H265"},
                                    {VideoCodec::av1, "AV1"},
                                    {VideoCodec::vp9, "VP9"},
                                    {VideoCodec::vp8, "VP8"},
                                    {VideoCodec::h264, "H264"},
                                    {VideoCodec::raw, "RAW"}}};
}

struct Fraction {
    int numerator = 0, denominator = 1;
};
inline auto describe(Identity<Fraction>) {
    return structure<Fraction>(
        "Fraction", "A ratio of two integers.",
        field("numerator", &Fraction::numerator, "What is divided."),
        field("denominator", &Fraction::denominator, "What it is divided by."));
}

struct AudioCaps {
    AudioCodec codec{};
    int bitrate = 0;
};
inline auto describe(Identity<AudioCaps>) {
    return structure<AudioCaps>(
        "AudioCaps", "A format of sound.", field("codec", &AudioCaps::codec, "The encoding."),
        field("bitrate", &AudioCaps::bitrate,
              "What an encoder aims at, in bit/s; 0 leaves it to the encoder. Sound that is not "
              "encoded here keeps its rate."));
}

struct VideoCaps {
    VideoCodec codec{};
    Fraction framerate;
};
inline auto describe(Identity<VideoCaps>) {
    return structure<VideoCaps>("VideoCaps", "A format of pictures.",
                                field("codec", &VideoCaps::codec, "The encoding."),
                                field("framerate", &VideoCaps::framerate,
                                      "The most pictures in a second. Pictures that come more "
                                      "often, or whose rate is not known, are decoded and encoded "
                                      "for it. With numerator 0 they keep their rate."));
}

enum class GstreamerDotDetails {
    show_media_type,
    show_caps_details,
    show_non_default_params,
    show_states,
    show_full_params,
    show_all,
    show_verbose
};
inline auto describe(Identity<GstreamerDotDetails>) {
    using D = GstreamerDotDetails;
    return Enumeration<D>{"GstreamerDotDetails",
                          "How much a picture of the inside shows.",
                          {{D::show_media_type, "SHOW_MEDIA_TYPE"},
                           {D::show_caps_details, "SHOW_CAPS_DETAILS"},
                           {D::show_non_default_params, "SHOW_NON_DEFAULT_PARAMS"},
                           {D::show_states, "SHOW_STATES"},
                           {D::show_full_params, "SHOW_FULL_PARAMS"},
                           {D::show_all, "SHOW_ALL"},
                           {D::show_verbose, "SHOW_VERBOSE"}}};
}

struct RembParams {
    std::optional<int> packetsRecvIntervalTop;
    std::optional<float> exponentialFactor;
    std::optional<int> linealFactorMin;
    std::optional<float> linealFactorGrade;
    std::optional<float> decrementFactor;
    std::optional<float> thresholdFactor;
    std::optional<int> upLosses;
    std::optional<int> rembOnConnect;
};
inline auto describe(Identity<RembParams>) {
    using P = RembParams;
    return structure<P>(
        "RembParams", "How the estimate of what the peer may send reacts to loss (REMB).",
        field("packetsRecvIntervalTop", &P::packetsRecvIntervalTop,
              "Packets of one measuring interval at most.", 100),
        field("exponentialFactor", &P::exponentialFactor,
              "Growth per interval far below the threshold.", 0.04F),
        field("linealFactorMin", &P::linealFactorMin,
              "Least growth per interval near the threshold, in bit/s."),
        field("linealFactorGrade", &P::linealFactorGrade,
              "Intervals in which the rest to the best rate is covered.", 30.0F),
        field("decrementFactor", &P::decrementFactor,
              "What the estimate is multiplied by when loss is high.", 0.5F),
        field("thresholdFactor", &P::thresholdFactor,
              "Fraction of the best rate above which growth is slow.", 0.8F),
        field("upLosses", &P::upLosses, "Lost packets of 256 from which loss counts as high.", 12),
        field("rembOnConnect", &P::rembOnConnect, "The estimate at the beginning, in bit/s.",
              300000));
}

struct OfferOptions {
    std::optional<bool> offerToReceiveAudio, offerToReceiveVideo;
};
inline auto describe(Identity<OfferOptions>) {
    return structure<OfferOptions>("OfferOptions", "What an offer contains.",
                                   field("offerToReceiveAudio", &OfferOptions::offerToReceiveAudio,
                                         "Whether it has an audio section.", true),
                                   field("offerToReceiveVideo", &OfferOptions::offerToReceiveVideo,
                                         "Whether it has a video section.", true));
}

enum class FilterType { audio, autodetect, video };
inline auto describe(Identity<FilterType>) {
    using T = FilterType;
    return Enumeration<T>{
        "FilterType",
        "Which kind of media a filter works on.",
        {{T::audio, "AUDIO"}, {T::autodetect, "AUTODETECT"}, {T::video, "VIDEO"}}};
}

struct CodecConfiguration {
    std::optional<std::string> name;
    std::optional<std::map<std::string, std::string>> properties;
};
inline auto describe(Identity<CodecConfiguration>) {
    using C = CodecConfiguration;
    return structure<C>("CodecConfiguration", "A codec in a list of those that may be negotiated.",
                        field("name", &C::name, "Encoding name and clock rate, `opus/48000/2`."),
                        field("properties", &C::properties, "Format parameters by name."));
}

/// A connection between two elements; ids instead of objects, as on the wire.
struct ElementConnectionData {
    std::shared_ptr<MediaElement> source, sink;
    MediaType type{};
    std::string sourceDescription, sinkDescription;
};

/// A member of getStats(): JSON that is already in its wire form, since the map mixes derived
/// types.
struct StatsMap {
    static constexpr const char* value = "Stats<>";
};

}  // namespace rivero::media
