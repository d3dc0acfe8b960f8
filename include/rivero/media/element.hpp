// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/media/object.hpp"
#include "rivero/media/pipeline.hpp"
#include "rivero/media/sink.hpp"
#include "rivero/media/source.hpp"
#include "rivero/remote/future.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace rivero::media {

using StatsReport = remote::Prepared<StatsMap>;

/// Something that media goes into, comes out of, or both. What moves media (Source, Sink and what
/// is behind them) lives on the RTC worker; what answers clients is here, on the strand.
class MediaElement : public MediaObject {
public:
    static constexpr const char* kClassName = "MediaElement";

    MediaElement(remote::ObjectInit init, MediaPipeline& pipeline);
    ~MediaElement() override;

    void connect(MediaElement& sink, std::optional<MediaType> type,
                 std::optional<std::string> source_description,
                 std::optional<std::string> sink_description);
    void disconnect(MediaElement& sink, std::optional<MediaType> type,
                    std::optional<std::string> source_description,
                    std::optional<std::string> sink_description);
    /// Connections that come in.
    [[nodiscard]] std::vector<ElementConnectionData> get_source_connections(
        std::optional<MediaType> type, std::optional<std::string> description) const;
    /// Connections that go out.
    [[nodiscard]] std::vector<ElementConnectionData> get_sink_connections(
        std::optional<MediaType> type, std::optional<std::string> description) const;
    void set_audio_format(const AudioCaps& caps);
    void set_video_format(const VideoCaps& caps);
    [[nodiscard]] remote::Future<std::string> get_gstreamer_dot(
        std::optional<GstreamerDotDetails> details);
    [[nodiscard]] remote::Future<remote::Done> dump_gstreamer_dot(
        std::optional<GstreamerDotDetails> details);
    /// What clients get: get_stats() and, while it is measured, latency.
    [[nodiscard]] remote::Future<StatsReport> all_stats(std::optional<MediaType> type);
    /// What an element has to tell of itself, by id; null: nothing.
    [[nodiscard]] virtual remote::Future<StatsReport> get_stats(std::optional<MediaType> type);
    [[nodiscard]] bool is_media_flowing_in(MediaType type, const std::string& description) const;
    [[nodiscard]] bool is_media_flowing_out(MediaType type, const std::string& description) const;
    /// @param bin an output of this kind; any other name asks for all of them
    [[nodiscard]] bool is_media_transcoding(MediaType type, const std::string& bin) const;

    [[nodiscard]] int get_encoder_bitrate() const;
    void set_encoder_bitrate(int bps);
    [[nodiscard]] int get_min_encoder_bitrate() const { return min_encoder_bitrate_; }
    void set_min_encoder_bitrate(int bps);
    [[nodiscard]] int get_max_encoder_bitrate() const { return max_encoder_bitrate_; }
    void set_max_encoder_bitrate(int bps);

    static constexpr int kDefaultEncoderBitrate = 300000;
    static constexpr int kUnlimitedEncoderBitrate = 2147483647;

    void release() override;

    [[nodiscard]] MediaPipeline& pipeline() const { return pipeline_; }
    [[nodiscard]] const Services& services() const { return pipeline_.services(); }

    struct OutputPort {
        MediaType type;
        std::string description;
        std::shared_ptr<Source> source;  ///< null: nothing comes out now
        std::shared_ptr<const Source::Observer> observer;
    };
    struct InputPort {
        MediaType type;
        std::string description;
        std::shared_ptr<Sink> sink;
    };
    [[nodiscard]] const std::vector<OutputPort>& outputs() const { return outputs_; }
    [[nodiscard]] std::vector<InputPort> inputs() const;
    /// Sources that are inside and that nobody connects to, for the picture.
    [[nodiscard]] virtual std::vector<OutputPort> inner_sources() const { return {}; }
    /// Starts or ends what latencyStats asks for.
    void measure_latency(bool on);

protected:
    /// An output of the element, with flow and transcoding events wired. To be kept by whoever
    /// pushes.
    /// @param request_keyframe, makes_keyframes see Source::Upstream; they run on the worker
    std::shared_ptr<Source> add_output(MediaType type, std::function<void()> request_keyframe = {},
                                       const std::string& description = "default",
                                       std::function<bool()> makes_keyframes = {});
    /// Makes the media of a source the output of this element, in place of what it was before:
    /// whoever is connected gets it from now on. The source may be the output of several elements
    /// at once. Null: nothing comes out.
    void set_output(MediaType type, std::shared_ptr<Source> source,
                    const std::string& description = "default");
    /// An input of the element, with flow events wired.
    void add_input(std::shared_ptr<Sink> sink, const std::string& description = "default");
    [[nodiscard]] Graph& graph() const { return services().graph; }
    [[nodiscard]] Loop& worker() const { return services().graph.worker; }
    /// What comes in is of this format from now on. Elements that take anything get it by
    /// conversion; the others take only this of what they have negotiated.
    virtual void force_format(MediaType type, const Acceptable& format);
    /// A connection of this element's has come or gone.
    virtual void on_connections_changed() {}
    /// Whether its statistics are those of an endpoint.
    [[nodiscard]] virtual bool is_endpoint() const { return false; }

private:
    using Port = std::pair<MediaType, std::string>;
    struct Input {
        std::shared_ptr<Sink> sink;
        MediaElement* source = nullptr;  ///< same strand; it disconnects itself before it goes
        std::string source_description;
    };
    struct Outgoing {
        MediaElement* sink;
        MediaType type;
        std::string source_description, sink_description;
    };
    void connect_one(MediaElement& sink, MediaType type, const std::string& from,
                     const std::string& to);
    void disconnect_one(MediaElement& sink, MediaType type, const std::string& from,
                        const std::string& to);
    [[nodiscard]] OutputPort* find_output(MediaType type, const std::string& description);
    [[nodiscard]] std::shared_ptr<const Source::Observer> watch(MediaType type,
                                                                const std::string& description);
    void on_flow_out(MediaType type, const std::string& description, bool flowing);
    void on_transcoding(MediaType type, const std::string& description, bool transcoding);
    [[nodiscard]] EncoderLimits encoder_limits() const;
    void apply_encoder_limits();

    MediaPipeline& pipeline_;
    std::shared_ptr<Object> keeps_pipeline_;
    std::vector<OutputPort> outputs_;
    std::map<Port, Input> inputs_;
    std::vector<Outgoing> outgoing_;
    std::map<Port, bool> flowing_in_, flowing_out_, transcoding_;
    std::uint64_t watches_ =
        0;  ///< what an earlier source of an output has to say does not count any more
    std::map<Port, std::uint64_t> watched_;
    std::optional<int> encoder_bitrate_;
    bool encoder_limits_set_ = false;
    int min_encoder_bitrate_ = 0;
    int max_encoder_bitrate_ = kUnlimitedEncoderBitrate;
};

inline auto describe(Identity<ElementConnected>) {
    using E = ElementConnected;
    return structure<E>(
        "ElementConnected", "This element now feeds another.",
        field("sink", &E::sink, "The receiver."),
        field("mediaType", &E::mediaType, "Which kind of media."),
        field("sourceMediaDescription", &E::sourceMediaDescription, "Output of this element."),
        field("sinkMediaDescription", &E::sinkMediaDescription, "Input of the receiver."));
}
inline auto describe(Identity<ElementDisconnected>) {
    using E = ElementDisconnected;
    return structure<E>(
        "ElementDisconnected", "This element no longer feeds another.",
        field("sink", &E::sink, "The receiver."),
        field("mediaType", &E::mediaType, "Which kind of media."),
        field("sourceMediaDescription", &E::sourceMediaDescription, "Output of this element."),
        field("sinkMediaDescription", &E::sinkMediaDescription, "Input of the receiver."));
}
inline auto describe(Identity<ElementConnectionData>) {
    using D = ElementConnectionData;
    return structure<D>("ElementConnectionData", "A connection between two elements.",
                        field("source", &D::source, "The element that gives."),
                        field("sink", &D::sink, "The element that takes."),
                        field("type", &D::type, "Which kind of media."),
                        field("sourceDescription", &D::sourceDescription, "Output of the source."),
                        field("sinkDescription", &D::sinkDescription, "Input of the sink."));
}

}  // namespace rivero::media
