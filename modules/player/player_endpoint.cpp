// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "player_endpoint.hpp"

#include "rivero/base/log.hpp"

namespace rivero::player {
namespace {

using remote::ErrorCode;
using remote::RpcError;

/// What leaves a file as it is. The rest (MP3, Vorbis, MPEG-2, ...) is decoded.
const std::vector<Codec> kEncoded{Codec::vp8,  Codec::vp9,  Codec::h264, Codec::h265, Codec::av1,
                                  Codec::opus, Codec::pcmu, Codec::pcma, Codec::aac};

std::string text_of(const gst::Caps& caps, const char* field) {
    if (!caps) return {};
    const char* text = gst_structure_get_string(gst_caps_get_structure(caps.get(), 0), field);
    return text ? text : "";
}

media::Format format_of(const PlaybackStream& stream) {
    media::Format format;
    format.type = stream.kind;
    format.packing = stream.codec ? media::Packing::frames : media::Packing::raw;
    format.codec = stream.codec;
    format.caps = stream.caps;
    if (stream.codec == Codec::h264) {
        const std::string profile = text_of(stream.caps, "profile");
        format.profile = profile == "constrained-baseline" ? "42e01f"
                         : profile == "baseline"           ? "42001f"
                         : profile == "main"               ? "4d001f"
                                                           : "64001f";
        // Files of the higher profiles nearly always have B-frames, which browsers do not expect in
        // RTP.
        format.reordered = profile != "constrained-baseline" && profile != "baseline";
    }
    return format;
}

}  // namespace

PlayerEndpoint::PlayerEndpoint(
    remote::ObjectInit init, media::MediaPipeline& pipeline, const std::string& uri,
    bool /*use_encoded_media: encoded streams are never decoded without need*/,
    int network_cache_ms)
    : UriEndpoint{std::move(init), pipeline, uri} {
    if (network_cache_ms < 0)
        throw RpcError{ErrorCode::media_object_illegal_param,
                       "networkCache: " + std::to_string(network_cache_ms) + " ms is below 0"};
    audio_ = add_output(MediaType::audio);
    video_ = add_output(MediaType::video);
    PlaybackOptions options;
    options.encoded = kEncoded;
    options.network_cache = std::chrono::milliseconds{network_cache_ms};
    if (auto player = services().settings.find("player"); player != services().settings.end())
        options.rtsp_port_range = player->value("rtspClientPortRange", options.rtsp_port_range);
    playback_.emplace(worker(), address(), std::move(options), playback_events());
}

PlayerEndpoint::~PlayerEndpoint() = default;

Playback::Events PlayerEndpoint::playback_events() {
    Playback::Events events;
    events.on_stream = [audio = audio_, video = video_](const PlaybackStream& stream) {
        (stream.kind == MediaType::audio ? audio : video)->set_format(format_of(stream));
    };
    events.on_frame = [audio = audio_, video = video_](MediaType type, const gst::Frame& frame) {
        (type == MediaType::audio ? audio : video)->push(frame);
    };
    auto ended = on_strand(*this, [](PlayerEndpoint& self) {
        self.playback_->stop();
        self.become(media::UriEndpointState::stop);
        self.raise(EndOfStream{});
    });
    events.on_end_of_stream = [audio = audio_, video = video_, ended] {
        audio->end_of_stream();
        video->end_of_stream();
        ended();
    };
    events.on_error = on_strand(*this, [](PlayerEndpoint& self, const PlaybackError& error) {
        self.playback_->stop();  // the next play() opens it anew
        switch (error.kind) {
            case PlaybackError::Kind::invalid_uri:
                return self.raise_error("INVALID_URI", "Invalid URI: " + error.description);
            case PlaybackError::Kind::invalid_media:
                return self.raise_error("INVALID_MEDIA", "Invalid Media: " + error.description);
            case PlaybackError::Kind::other:
                return self.raise_error("UNEXPECTED_ELEMENT_ERROR", error.description, error.code);
        }
    });
    return events;
}

void PlayerEndpoint::play() {
    become(media::UriEndpointState::start);
    playback_->play();
}

void PlayerEndpoint::pause() {
    playback_->pause();
    become(media::UriEndpointState::pause);
}

void PlayerEndpoint::stop() {
    playback_->stop();
    become(media::UriEndpointState::stop);
}

WireVideoInfo PlayerEndpoint::get_video_info() const {
    const VideoInfo info = playback_->video_info();
    return {info.is_seekable, info.seekable_init, info.seekable_end, info.duration};
}

void PlayerEndpoint::set_position(std::int64_t ms) {
    auto done = playback_->set_position(std::chrono::milliseconds{ms});
    if (!done) throw RpcError{ErrorCode::player_seek_fail, "Seek fails: " + done.error().message};
}

void PlayerEndpoint::release() {
    playback_->stop();
    UriEndpoint::release();
}

}  // namespace rivero::player
