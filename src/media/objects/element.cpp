// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/media/element.hpp"

#include "media/objects/dot.hpp"
#include "rivero/media/stats.hpp"

#include <algorithm>
#include <chrono>

namespace rivero::media {
namespace {

using remote::ErrorCode;
using remote::RpcError;

constexpr const char* kDefault = "default";
constexpr std::size_t kMaxInputs = 64;
/// The order in which they are connected and their events come.
constexpr MediaType kAllTypes[] = {MediaType::audio, MediaType::video, MediaType::data};
/// Clients see connections in the alphabetical order of the types.
constexpr MediaType kConnectionOrder[] = {MediaType::audio, MediaType::data, MediaType::video};

Acceptable acceptable(const std::optional<Codec>& codec) {
    return codec ? Acceptable::frames(*codec) : Acceptable::raw();
}

}  // namespace

MediaElement::MediaElement(remote::ObjectInit init, MediaPipeline& pipeline)
    : MediaObject{std::move(init)},
      pipeline_{pipeline},
      keeps_pipeline_{pipeline.shared_from_this()} {
    const auto media = services().settings.find("media");
    if (media == services().settings.end()) return;
    // Checked when the settings were read: they are in order.
    min_encoder_bitrate_ = media->value("minEncoderBitrate", min_encoder_bitrate_);
    max_encoder_bitrate_ = media->value("maxEncoderBitrate", max_encoder_bitrate_);
    if (const int bps = media->value("encoderBitrate", 0); bps > 0)
        encoder_bitrate_ = std::clamp(bps, min_encoder_bitrate_, max_encoder_bitrate_);
    encoder_limits_set_ = encoder_bitrate_ || min_encoder_bitrate_ != 0 ||
                          max_encoder_bitrate_ != kUnlimitedEncoderBitrate;
}

MediaElement::~MediaElement() = default;

std::shared_ptr<Source> MediaElement::add_output(MediaType type,
                                                 std::function<void()> request_keyframe,
                                                 const std::string& description,
                                                 std::function<bool()> makes_keyframes) {
    Source::Upstream upstream;
    upstream.request_keyframe = std::move(request_keyframe);
    upstream.makes_keyframes = std::move(makes_keyframes);
    auto source = make_on_worker<Source>(graph(), graph(), type, std::move(upstream));
    set_output(type, source, description);
    return source;
}

void MediaElement::set_output(MediaType type, std::shared_ptr<Source> source,
                              const std::string& description) {
    OutputPort* port = find_output(type, description);
    if (!port) port = &outputs_.emplace_back(OutputPort{type, description, nullptr, nullptr});
    if (source && port->source == source) return;
    auto before = std::exchange(port->source, source);
    port->observer = watch(type, description);
    if (!source) on_flow_out(type, description, false);

    std::vector<std::shared_ptr<Sink>> sinks;
    for (const Outgoing& out : outgoing_) {
        if (out.type != type || out.source_description != description) continue;
        auto input = out.sink->inputs_.find({type, out.sink_description});
        if (input != out.sink->inputs_.end() && input->second.sink)
            sinks.push_back(input->second.sink);
    }
    const auto limits = encoder_limits_set_ && type == MediaType::video
                            ? std::optional{encoder_limits()}
                            : std::nullopt;
    worker().post([before = std::move(before), source, sinks = std::move(sinks),
                   observer = port->observer, limits, measure = pipeline_.get_latency_stats()] {
        for (auto& sink : sinks) {
            if (source) {
                source->attach(*sink);  // takes it from the one before
            } else if (before) {
                before->detach(*sink);
            }
        }
        if (!source) return;
        if (limits) source->set_encoder_limits(*limits);
        if (measure) source->measure_latency(true);
        if (observer) source->observe(observer);
    });
}

std::shared_ptr<const Source::Observer> MediaElement::watch(MediaType type,
                                                            const std::string& description) {
    if (type == MediaType::data) return nullptr;
    // What is still under way from a source that was the output before does not count.
    const std::uint64_t watch = ++watches_;
    watched_[{type, description}] = watch;
    auto observer = std::make_shared<Source::Observer>();
    observer->on_flow =
        on_strand(*this, [type, description, watch](MediaElement& self, bool flowing) {
            if (self.watched_[{type, description}] == watch)
                self.on_flow_out(type, description, flowing);
        });
    observer->on_transcoding =
        on_strand(*this, [type, description, watch](MediaElement& self, bool transcoding) {
            if (self.watched_[{type, description}] == watch)
                self.on_transcoding(type, description, transcoding);
        });
    return observer;
}

void MediaElement::on_flow_out(MediaType type, const std::string& description, bool flowing) {
    bool& known = flowing_out_[{type, description}];
    if (known == flowing) return;
    known = flowing;
    raise(MediaFlowOutStateChanged{flowing ? MediaFlowState::flowing : MediaFlowState::not_flowing,
                                   description, type});
}

void MediaElement::on_transcoding(MediaType type, const std::string& description,
                                  bool transcoding) {
    const auto [known, first] = transcoding_.try_emplace({type, description}, transcoding);
    if (!first && known->second == transcoding) return;
    known->second = transcoding;
    raise(MediaTranscodingStateChanged{
        transcoding ? MediaTranscodingState::transcoding : MediaTranscodingState::not_transcoding,
        description, type});
}

void MediaElement::add_input(std::shared_ptr<Sink> sink, const std::string& description) {
    const MediaType type = sink->type();
    if (type != MediaType::data) {
        sink->flow.on_change =
            on_strand(*this, [type, description](MediaElement& self, bool flowing) {
                self.flowing_in_[{type, description}] = flowing;
                self.raise(MediaFlowInStateChanged{
                    flowing ? MediaFlowState::flowing : MediaFlowState::not_flowing, description,
                    type});
            });
    }
    sink->on_problem = on_strand(*this, [](MediaElement& self, const std::string& what) {
        self.raise_error("STREAM_ERROR_FAILED", what);
    });
    if (pipeline_.get_latency_stats()) worker().post([sink] { sink->measure_latency(true); });
    Input& input = inputs_[{type, description}];
    input.sink = std::move(sink);
    if (!input.source) return;
    // Somebody was connected before there was anything to connect to.
    OutputPort* output = input.source->find_output(type, input.source_description);
    if (output && output->source)
        worker().post([source = output->source, to = input.sink] { source->attach(*to); });
}

std::vector<MediaElement::InputPort> MediaElement::inputs() const {
    std::vector<InputPort> list;
    for (auto& [port, input] : inputs_)
        if (input.sink) list.push_back({port.first, port.second, input.sink});
    return list;
}

MediaElement::OutputPort* MediaElement::find_output(MediaType type,
                                                    const std::string& description) {
    for (auto& output : outputs_)
        if (output.type == type && output.description == description) return &output;
    return nullptr;
}

void MediaElement::connect(MediaElement& sink, std::optional<MediaType> type,
                           std::optional<std::string> source_description,
                           std::optional<std::string> sink_description) {
    if (&sink.pipeline_ != &pipeline_)
        throw RpcError{ErrorCode::connect_error,
                       "'" + id() + "' and '" + sink.id() + "' are in different pipelines"};
    const std::string from = source_description.value_or(kDefault);
    const std::string to = sink_description.value_or(kDefault);
    // DATA may be connected before anybody has or wants a channel.
    const bool may_come_later = !type || (*type == MediaType::data && from == kDefault);
    if (outputs_.empty() || (!may_come_later && !find_output(*type, from)))
        throw RpcError{ErrorCode::connect_error,
                       "'" + id() + "' offers no " +
                           (type ? remote::name_of(*type) : std::string{"media"}) +
                           " with the description '" + from + "'"};
    // An input may come later, too, but clients cannot invent as many as they like.
    for (MediaType each : kAllTypes)
        if ((!type || *type == each) && sink.inputs_.size() >= kMaxInputs &&
            sink.inputs_.count({each, to}) == 0)
            throw RpcError{ErrorCode::connect_error, "'" + sink.id() + "' takes no " +
                                                         remote::name_of(each) +
                                                         " with the description '" + to + "'"};
    for (MediaType each : kAllTypes)
        if (!type || *type == each) connect_one(sink, each, from, to);
    on_connections_changed();
    sink.on_connections_changed();
}

void MediaElement::connect_one(MediaElement& sink, MediaType type, const std::string& from,
                               const std::string& to) {
    Input& input = sink.inputs_[{type, to}];
    if (input.source) input.source->disconnect_one(sink, type, input.source_description, to);
    input.source = this;
    input.source_description = from;
    outgoing_.push_back({&sink, type, from, to});
    if (OutputPort* output = find_output(type, from); output && output->source && input.sink)
        worker().post(
            [source = output->source, to_sink = input.sink] { source->attach(*to_sink); });
    raise(ElementConnected{std::static_pointer_cast<MediaElement>(sink.shared_from_this()), type,
                           from, to});
}

void MediaElement::disconnect(MediaElement& sink, std::optional<MediaType> type,
                              std::optional<std::string> source_description,
                              std::optional<std::string> sink_description) {
    for (MediaType each : kAllTypes)
        if (!type || *type == each)
            disconnect_one(sink, each, source_description.value_or(kDefault),
                           sink_description.value_or(kDefault));
    on_connections_changed();
    sink.on_connections_changed();
}

void MediaElement::disconnect_one(MediaElement& sink, MediaType type, const std::string& from,
                                  const std::string& to) {
    std::erase_if(outgoing_, [&](const Outgoing& o) {
        return o.sink == &sink && o.type == type && o.source_description == from &&
               o.sink_description == to;
    });
    auto input = sink.inputs_.find({type, to});
    if (input != sink.inputs_.end() && input->second.source == this &&
        input->second.source_description == from) {
        input->second.source = nullptr;
        if (OutputPort* output = find_output(type, from);
            output && output->source && input->second.sink)
            worker().post([source = output->source, from_sink = input->second.sink] {
                source->detach(*from_sink);
            });
    }
    raise(ElementDisconnected{std::static_pointer_cast<MediaElement>(sink.shared_from_this()), type,
                              from, to});
}

void MediaElement::release() {
    for (const Outgoing& out : std::vector<Outgoing>{outgoing_})
        disconnect_one(*out.sink, out.type, out.source_description, out.sink_description);
    for (auto& [port, input] : inputs_)
        if (input.source)
            input.source->disconnect_one(*this, port.first, input.source_description, port.second);
    MediaObject::release();
}

std::vector<ElementConnectionData> MediaElement::get_source_connections(
    std::optional<MediaType> type, std::optional<std::string> description) const {
    auto self =
        std::static_pointer_cast<MediaElement>(const_cast<MediaElement*>(this)->shared_from_this());
    std::vector<ElementConnectionData> list;
    for (MediaType each : kConnectionOrder) {
        for (auto& [port, input] : inputs_) {
            if (port.first != each || !input.source || (type && *type != each) ||
                (description && *description != port.second))
                continue;
            list.push_back(
                {std::static_pointer_cast<MediaElement>(input.source->shared_from_this()), self,
                 each, input.source_description, port.second});
        }
    }
    return list;
}

std::vector<ElementConnectionData> MediaElement::get_sink_connections(
    std::optional<MediaType> type, std::optional<std::string> description) const {
    auto self =
        std::static_pointer_cast<MediaElement>(const_cast<MediaElement*>(this)->shared_from_this());
    std::vector<ElementConnectionData> list;
    for (MediaType each : kConnectionOrder) {
        for (auto& out : outgoing_) {
            if (out.type != each || (type && *type != each) ||
                (description && *description != out.source_description))
                continue;
            list.push_back({self,
                            std::static_pointer_cast<MediaElement>(out.sink->shared_from_this()),
                            each, out.source_description, out.sink_description});
        }
    }
    return list;
}

void MediaElement::set_audio_format(const AudioCaps& caps) {
    std::optional<Codec> codec;
    switch (caps.codec) {
        case AudioCodec::opus:
            codec = Codec::opus;
            break;
        case AudioCodec::pcmu:
            codec = Codec::pcmu;
            break;
        case AudioCodec::pcma:
            codec = Codec::pcma;
            break;
        case AudioCodec::raw:
            break;
    }
    if (caps.bitrate < 0)
        throw RpcError{ErrorCode::media_object_illegal_param,
                       "bitrate: " + std::to_string(caps.bitrate) + " bit/s is below 0"};
    Acceptable format = acceptable(codec);
    if (caps.bitrate > 0) format.bitrate = Bitrate{caps.bitrate};
    force_format(MediaType::audio, format);
}

void MediaElement::set_video_format(const VideoCaps& caps) {
    std::optional<Codec> codec;
    switch (caps.codec) {
        case VideoCodec::vp8:
            codec = Codec::vp8;
            break;
        case VideoCodec::vp9:
            codec = Codec::vp9;
            break;
        case VideoCodec::h264:
            codec = Codec::h264;
            break;
        case VideoCodec::h265:
            codec = Codec::h265;
            break;
        case VideoCodec::av1:
            codec = Codec::av1;
            break;
        case VideoCodec::raw:
            break;
    }
    const auto [numerator, denominator] = caps.framerate;
    if (numerator < 0 || denominator < 0 || (denominator == 0 && numerator != 0))
        throw RpcError{ErrorCode::media_object_illegal_param,
                       "framerate: " + std::to_string(numerator) + '/' +
                           std::to_string(denominator) + " is no rate"};
    Acceptable format = acceptable(codec);
    if (numerator > 0) format.max_framerate = static_cast<double>(numerator) / denominator;
    force_format(MediaType::video, format);
}

void MediaElement::force_format(MediaType type, const Acceptable& format) {
    bool any = false;
    for (auto& [port, input] : inputs_) {
        if (port.first != type || !input.sink) continue;
        any = true;
        worker().post([sink = input.sink, format] { sink->restrict_to(format); });
    }
    if (!any)
        throw RpcError{ErrorCode::media_object_illegal_param,
                       "'" + id() + "' takes no " + std::string{remote::name_of(type)}};
}

remote::Future<std::string> MediaElement::get_gstreamer_dot(
    std::optional<GstreamerDotDetails> details) {
    return draw(*this, {this}, details);
}

remote::Future<remote::Done> MediaElement::dump_gstreamer_dot(
    std::optional<GstreamerDotDetails> details) {
    return dump(*this, graph(), [&] { return get_gstreamer_dot(details); });
}

remote::Future<StatsReport> MediaElement::get_stats(std::optional<MediaType>) {
    return StatsReport{nullptr};
}

namespace {

const char* word(MediaType type) {
    switch (type) {
        case MediaType::audio:
            return "audio";
        case MediaType::video:
            return "video";
        case MediaType::data:
            return "data";
    }
    return "";
}

}  // namespace

remote::Future<StatsReport> MediaElement::all_stats(std::optional<MediaType> type) {
    auto own = get_stats(type);
    if (!pipeline_.get_latency_stats()) return own;
    auto promise = std::make_shared<remote::Promise<StatsReport>>();
    auto all = promise->future();
    own.then([promise, &worker = worker(), ports = inputs(), id = id(), endpoint = is_endpoint(),
              type](remote::Outcome<StatsReport> report) {
        if (!report) return promise->fail(report.error().code(), report.error().what());
        worker.post(
            [promise, ports, id, endpoint, type, report = std::move(report->json)]() mutable {
                using namespace std::chrono;
                EndpointStats stats;
                stats.id = id;
                stats.type = endpoint ? StatsType::endpoint : StatsType::element;
                stats.timestampMillis =
                    duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
                for (auto& port : ports) {
                    const SinkLatency* latency = port.sink->latency();
                    if (!latency || (type && *type != port.type)) continue;
                    const std::string name =
                        std::string{"sink_"} + word(port.type) + "_" + port.description;
                    if (auto ns = latency->input.ns())
                        stats.inputLatency.push_back({name, port.type, *ns});
                    if (auto ns = latency->through.ns())
                        stats.E2ELatency.push_back({name, port.type, *ns});
                }
                report[id] = endpoint ? remote::Value<EndpointStats>::encode(stats)
                                      : remote::Value<ElementStats>::encode(stats);
                promise->set({std::move(report)});
            });
    });
    return all;
}

void MediaElement::measure_latency(bool on) {
    std::vector<OutputPort> sources = inner_sources();
    sources.insert(sources.end(), outputs_.begin(), outputs_.end());
    for (auto& output : sources)
        if (output.source)
            worker().post([source = output.source, on] { source->measure_latency(on); });
    for (auto& [port, input] : inputs_)
        if (input.sink) worker().post([sink = input.sink, on] { sink->measure_latency(on); });
}

namespace {

bool lookup(const std::map<std::pair<MediaType, std::string>, bool>& states, MediaType type,
            const std::string& description) {
    if (type == MediaType::data)
        throw RpcError{ErrorCode::media_object_illegal_param,
                       "the flow of DATA is not observed, only that of AUDIO and VIDEO"};
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
    if (transcoding_.count({type, bin}) != 0 || type == MediaType::data)
        return lookup(transcoding_, type, bin);
    // Names of bins have always been the server's own invention: one that is none of ours asks for
    // the whole.
    return std::any_of(transcoding_.begin(), transcoding_.end(),
                       [type](auto& state) { return state.first.first == type && state.second; });
}

namespace {

void refuse_negative(const char* what, int bps) {
    if (bps < 0)
        throw RpcError{ErrorCode::media_object_illegal_param,
                       std::string{what} + ": " + std::to_string(bps) + " bit/s is below 0"};
}

}  // namespace

int MediaElement::get_encoder_bitrate() const {
    return encoder_bitrate_.value_or(
        std::clamp(kDefaultEncoderBitrate, min_encoder_bitrate_, max_encoder_bitrate_));
}

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
    max_encoder_bitrate_ =
        bps == 0 ? kUnlimitedEncoderBitrate : std::max(bps, min_encoder_bitrate_);
    if (encoder_bitrate_) encoder_bitrate_ = std::min(*encoder_bitrate_, max_encoder_bitrate_);
    apply_encoder_limits();
}

EncoderLimits MediaElement::encoder_limits() const {
    EncoderLimits limits;
    if (encoder_bitrate_) limits.target = Bitrate{*encoder_bitrate_};
    limits.min = Bitrate{min_encoder_bitrate_};
    limits.max = Bitrate{max_encoder_bitrate_};
    return limits;
}

void MediaElement::apply_encoder_limits() {
    encoder_limits_set_ = true;
    for (auto& output : outputs_)
        if (output.type == MediaType::video && output.source)
            worker().post([source = output.source, limits = encoder_limits()] {
                source->set_encoder_limits(limits);
            });
}

}  // namespace rivero::media
