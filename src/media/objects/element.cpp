// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/media/element.hpp"

#include "media/objects/dot.hpp"

#include <algorithm>

namespace rivero::media {
namespace {

using remote::ErrorCode;
using remote::RpcError;

/// Names of inputs come from clients, who may invent them.
constexpr std::size_t kMaxInputs = 64;
constexpr MediaType kAllTypes[] = {MediaType::audio, MediaType::video, MediaType::data};

Acceptable acceptable(const std::optional<Codec>& codec) {
    return codec ? Acceptable::frames(*codec) : Acceptable::raw();
}

}  // namespace

MediaElement::MediaElement(remote::ObjectInit init, MediaPipeline& pipeline)
    : MediaObject{std::move(init)}, pipeline_{pipeline}, keeps_pipeline_{pipeline.shared_from_this()} {
    const auto media = services().settings.find("media");
    if (media == services().settings.end()) return;
    // Checked when the settings were read: they are in order.
    min_encoder_bitrate_ = media->value("minEncoderBitrate", min_encoder_bitrate_);
    max_encoder_bitrate_ = media->value("maxEncoderBitrate", max_encoder_bitrate_);
    if (const int bps = media->value("encoderBitrate", 0); bps > 0)
        encoder_bitrate_ = std::clamp(bps, min_encoder_bitrate_, max_encoder_bitrate_);
}

MediaElement::~MediaElement() = default;

std::shared_ptr<Source> MediaElement::add_output(MediaType type, std::function<void()> request_keyframe,
                                                 const std::string& description,
                                                 std::function<bool()> makes_keyframes) {
    Source::Upstream upstream;
    upstream.request_keyframe = std::move(request_keyframe);
    upstream.makes_keyframes = std::move(makes_keyframes);
    upstream.on_transcoding = on_strand(*this, [type, description](MediaElement& self, bool transcoding) {
        self.transcoding_[{type, description}] = transcoding;
        self.raise(MediaTranscodingStateChanged{
            transcoding ? MediaTranscodingState::transcoding : MediaTranscodingState::not_transcoding, description, type});
    });
    auto source = make_on_worker<Source>(graph(), graph(), type, std::move(upstream));
    source->flow.on_change = on_strand(*this, [type, description](MediaElement& self, bool flowing) {
        self.flowing_out_[{type, description}] = flowing;
        self.raise(MediaFlowOutStateChanged{flowing ? MediaFlowState::flowing : MediaFlowState::not_flowing, description, type});
    });
    outputs_.push_back({type, description, source});
    apply_encoder_limits();  // what was set before there was this output, by the client or the operator
    return source;
}

void MediaElement::add_input(std::shared_ptr<Sink> sink, const std::string& description) {
    const MediaType type = sink->type();
    sink->flow.on_change = on_strand(*this, [type, description](MediaElement& self, bool flowing) {
        self.flowing_in_[{type, description}] = flowing;
        self.raise(MediaFlowInStateChanged{flowing ? MediaFlowState::flowing : MediaFlowState::not_flowing, description, type});
    });
    sink->on_problem = on_strand(*this, [](MediaElement& self, const std::string& what) {
        self.raise_error("STREAM_ERROR_FAILED", what);
    });
    inputs_[{type, description}].sink = std::move(sink);
}

std::shared_ptr<Source> MediaElement::find_output(MediaType type, const std::string& description) const {
    for (auto& output : outputs_)
        if (output.type == type && output.description == description) return output.source;
    return nullptr;
}

void MediaElement::connect(MediaElement& sink, std::optional<MediaType> type,
                           std::optional<std::string> source_description,
                           std::optional<std::string> sink_description) {
    if (&sink.pipeline_ != &pipeline_)
        throw RpcError{ErrorCode::connect_error, "'" + id() + "' and '" + sink.id() + "' are in different pipelines"};
    const std::string from = source_description.value_or("default");
    const std::string to = sink_description.value_or("default");
    if (outputs_.empty() || (type && *type != MediaType::data && !find_output(*type, from)))
        throw RpcError{ErrorCode::connect_error, "'" + id() + "' offers no " +
                                                     (type ? remote::name_of(*type) : std::string{"media"}) +
                                                     " with the description '" + from + "'"};
    for (MediaType each : kAllTypes)
        if (!type || *type == each) connect_one(sink, each, from, to);
    on_connections_changed();
    sink.on_connections_changed();
}

void MediaElement::connect_one(MediaElement& sink, MediaType type, const std::string& from, const std::string& to) {
    if (sink.inputs_.size() >= kMaxInputs && sink.inputs_.count({type, to}) == 0)
        throw RpcError{ErrorCode::connect_error, "'" + sink.id() + "' has no input '" + to + "'"};
    Input& input = sink.inputs_[{type, to}];
    if (input.source) input.source->disconnect_one(sink, type, input.source_description, to);
    input.source = this;
    input.source_description = from;
    outgoing_.push_back({&sink, type, from, to});
    if (auto source = find_output(type, from); source && input.sink)
        worker().post([source, to_sink = input.sink] { source->attach(*to_sink); });
    raise(ElementConnected{std::static_pointer_cast<MediaElement>(sink.shared_from_this()), type, from, to});
}

void MediaElement::disconnect(MediaElement& sink, std::optional<MediaType> type,
                              std::optional<std::string> source_description,
                              std::optional<std::string> sink_description) {
    for (MediaType each : kAllTypes)
        if (!type || *type == each)
            disconnect_one(sink, each, source_description.value_or("default"), sink_description.value_or("default"));
    on_connections_changed();
    sink.on_connections_changed();
}

void MediaElement::disconnect_one(MediaElement& sink, MediaType type, const std::string& from, const std::string& to) {
    std::erase_if(outgoing_, [&](const Outgoing& o) {
        return o.sink == &sink && o.type == type && o.source_description == from && o.sink_description == to;
    });
    auto input = sink.inputs_.find({type, to});
    if (input != sink.inputs_.end() && input->second.source == this && input->second.source_description == from) {
        input->second.source = nullptr;
        if (auto source = find_output(type, from); source && input->second.sink)
            worker().post([source, from_sink = input->second.sink] { source->detach(*from_sink); });
    }
    raise(ElementDisconnected{std::static_pointer_cast<MediaElement>(sink.shared_from_this()), type, from, to});
}

void MediaElement::release() {
    for (const Outgoing& out : std::vector<Outgoing>{outgoing_})
        disconnect_one(*out.sink, out.type, out.source_description, out.sink_description);
    for (auto& [port, input] : inputs_)
        if (input.source) input.source->disconnect_one(*this, port.first, input.source_description, port.second);
    MediaObject::release();
}

std::vector<ElementConnectionData> MediaElement::get_source_connections(std::optional<MediaType> type,
                                                                        std::optional<std::string> description) const {
    auto self = std::static_pointer_cast<MediaElement>(const_cast<MediaElement*>(this)->shared_from_this());
    std::vector<ElementConnectionData> list;
    for (auto& [port, input] : inputs_) {
        if (!input.source || (type && *type != port.first) || (description && *description != port.second)) continue;
        list.push_back({std::static_pointer_cast<MediaElement>(input.source->shared_from_this()), self, port.first,
                        input.source_description, port.second});
    }
    return list;
}

std::vector<ElementConnectionData> MediaElement::get_sink_connections(std::optional<MediaType> type,
                                                                      std::optional<std::string> description) const {
    auto self = std::static_pointer_cast<MediaElement>(const_cast<MediaElement*>(this)->shared_from_this());
    std::vector<ElementConnectionData> list;
    // Clients see them in the alphabetical order of the types.
    for (MediaType each : {MediaType::audio, MediaType::data, MediaType::video}) {
        for (auto& out : outgoing_) {
            if (out.type != each || (type && *type != each) || (description && *description != out.source_description))
                continue;
            list.push_back({self, std::static_pointer_cast<MediaElement>(out.sink->shared_from_this()), each,
                            out.source_description, out.sink_description});
        }
    }
    return list;
}

void MediaElement::set_audio_format(const AudioCaps& caps) {
    std::optional<Codec> codec;
    switch (caps.codec) {
        case AudioCodec::opus: codec = Codec::opus; break;
        case AudioCodec::pcmu: codec = Codec::pcmu; break;
        case AudioCodec::pcma: codec = Codec::pcma; break;
        case AudioCodec::raw: break;
    }
    force_format(MediaType::audio, acceptable(codec));
}

void MediaElement::set_video_format(const VideoCaps& caps) {
    std::optional<Codec> codec;
    switch (caps.codec) {
        case VideoCodec::vp8: codec = Codec::vp8; break;
        case VideoCodec::vp9: codec = Codec::vp9; break;
        case VideoCodec::h264: codec = Codec::h264; break;
        case VideoCodec::h265: codec = Codec::h265; break;
        case VideoCodec::av1: codec = Codec::av1; break;
        case VideoCodec::raw: break;
    }
    force_format(MediaType::video, acceptable(codec));
}

void MediaElement::force_format(MediaType, const Acceptable&) {
    throw RpcError{ErrorCode::media_object_illegal_param,
                   "'" + id() + "' takes the format that it has negotiated; put a PassThrough before it to force one"};
}

remote::Future<std::string> MediaElement::get_gstreamer_dot(std::optional<GstreamerDotDetails>) {
    return draw(id(), {this});
}

void MediaElement::dump_gstreamer_dot(std::optional<GstreamerDotDetails> details) {
    dump(id(), get_gstreamer_dot(details));
}

remote::Future<StatsReport> MediaElement::get_stats(std::optional<MediaType>) { return StatsReport{nullptr}; }

namespace {

bool lookup(const std::map<std::pair<MediaType, std::string>, bool>& states, MediaType type,
            const std::string& description) {
    if (type == MediaType::data)
        throw RpcError{ErrorCode::media_object_illegal_param, "the flow of DATA is not observed"};
    auto found = states.find({type, description});
    return found != states.end() && found->second;
}

}  // namespace

bool MediaElement::is_media_flowing_in(MediaType type, const std::string& description) const {
    return lookup(flowing_in_, type, description);
}
bool MediaElement::is_media_flowing_out(MediaType type, const std::string& description) const {
    return lookup(flowing_out_, type, description);
}
bool MediaElement::is_media_transcoding(MediaType type, const std::string& bin) const {
    return lookup(transcoding_, type, bin);
}

namespace {

void refuse_negative(const char* what, int bps) {
    if (bps < 0)
        throw RpcError{ErrorCode::media_object_illegal_param,
                       std::string{what} + ": " + std::to_string(bps) + " bit/s is below 0"};
}

}  // namespace

void MediaElement::set_encoder_bitrate(int bps) {
    refuse_negative("encoderBitrate", bps);
    encoder_bitrate_ = std::clamp(bps, min_encoder_bitrate_, max_encoder_bitrate_);
    apply_encoder_limits();
}

void MediaElement::set_min_encoder_bitrate(int bps) {
    refuse_negative("minEncoderBitrate", bps);
    min_encoder_bitrate_ = std::min(bps, max_encoder_bitrate_);
    if (encoder_bitrate_) encoder_bitrate_ = std::max(*encoder_bitrate_, min_encoder_bitrate_);
    apply_encoder_limits();
}

void MediaElement::set_max_encoder_bitrate(int bps) {
    refuse_negative("maxEncoderBitrate", bps);
    // 0 is what the settings file of the predecessor called unlimited.
    max_encoder_bitrate_ = bps == 0 ? 2147483647 : std::max(bps, min_encoder_bitrate_);
    if (encoder_bitrate_) encoder_bitrate_ = std::min(*encoder_bitrate_, max_encoder_bitrate_);
    apply_encoder_limits();
}

void MediaElement::apply_encoder_limits() {
    EncoderLimits limits;
    if (encoder_bitrate_) limits.target = Bitrate{*encoder_bitrate_};
    limits.min = Bitrate{min_encoder_bitrate_};
    limits.max = Bitrate{max_encoder_bitrate_};
    for (auto& output : outputs_)
        if (output.type == MediaType::video)
            worker().post([source = output.source, limits] { source->set_encoder_limits(limits); });
}

}  // namespace rivero::media
