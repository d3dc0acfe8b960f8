// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/media/object.hpp"
#include "rivero/media/pipeline.hpp"
#include "rivero/media/sink.hpp"
#include "rivero/media/source.hpp"
#include "rivero/remote/future.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace rivero::media {

using StatsReport = remote::Prepared<StatsMap>;

/// Something that media goes into, comes out of, or both. What moves media (Source, Sink and what is behind them) lives
/// on the RTC worker; what answers clients is here, on the strand.
class MediaElement : public MediaObject {
public:
    static constexpr const char* kClassName = "MediaElement";

    MediaElement(remote::ObjectInit init, MediaPipeline& pipeline);
    ~MediaElement() override;

    void connect(MediaElement& sink, std::optional<MediaType> type, std::optional<std::string> source_description,
                 std::optional<std::string> sink_description);
    void disconnect(MediaElement& sink, std::optional<MediaType> type, std::optional<std::string> source_description,
                    std::optional<std::string> sink_description);
    /// Connections that come in.
    [[nodiscard]] std::vector<ElementConnectionData> get_source_connections(std::optional<MediaType> type,
                                                                            std::optional<std::string> description) const;
    /// Connections that go out.
    [[nodiscard]] std::vector<ElementConnectionData> get_sink_connections(std::optional<MediaType> type,
                                                                          std::optional<std::string> description) const;
    void set_audio_format(const AudioCaps& caps);
    void set_video_format(const VideoCaps& caps);
    [[nodiscard]] remote::Future<std::string> get_gstreamer_dot(std::optional<GstreamerDotDetails> details);
    void dump_gstreamer_dot(std::optional<GstreamerDotDetails> details);
    [[nodiscard]] virtual remote::Future<StatsReport> get_stats(std::optional<MediaType> type);
    [[nodiscard]] bool is_media_flowing_in(MediaType type, const std::string& description) const;
    [[nodiscard]] bool is_media_flowing_out(MediaType type, const std::string& description) const;
    [[nodiscard]] bool is_media_transcoding(MediaType type, const std::string& bin) const;

    [[nodiscard]] int get_encoder_bitrate() const { return encoder_bitrate_.value_or(kDefaultEncoderBitrate); }
    void set_encoder_bitrate(int bps);
    [[nodiscard]] int get_min_encoder_bitrate() const { return min_encoder_bitrate_; }
    void set_min_encoder_bitrate(int bps);
    [[nodiscard]] int get_max_encoder_bitrate() const { return max_encoder_bitrate_; }
    void set_max_encoder_bitrate(int bps);

    static constexpr int kDefaultEncoderBitrate = 300000;

    void release() override;

    [[nodiscard]] MediaPipeline& pipeline() const { return pipeline_; }
    [[nodiscard]] const Services& services() const { return pipeline_.services(); }

    struct OutputPort {
        MediaType type;
        std::string description;
        std::shared_ptr<Source> source;
    };
    [[nodiscard]] const std::vector<OutputPort>& outputs() const { return outputs_; }

protected:
    /// An output of the element, with flow and transcoding events wired. To be kept by whoever pushes.
    /// @param request_keyframe, makes_keyframes see Source::Upstream; they run on the worker
    std::shared_ptr<Source> add_output(MediaType type, std::function<void()> request_keyframe = {},
                                       const std::string& description = "default",
                                       std::function<bool()> makes_keyframes = {});
    /// An input of the element, with flow events wired.
    void add_input(std::shared_ptr<Sink> sink, const std::string& description = "default");
    [[nodiscard]] Graph& graph() const { return services().graph; }
    [[nodiscard]] Loop& worker() const { return services().graph.worker; }
    /// Elements that convert on their input side do so; the others refuse.
    virtual void force_format(MediaType type, const Acceptable& format);
    /// A connection of this element's has come or gone.
    virtual void on_connections_changed() {}

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
    void connect_one(MediaElement& sink, MediaType type, const std::string& from, const std::string& to);
    void disconnect_one(MediaElement& sink, MediaType type, const std::string& from, const std::string& to);
    [[nodiscard]] std::shared_ptr<Source> find_output(MediaType type, const std::string& description) const;
    void apply_encoder_limits();

    MediaPipeline& pipeline_;
    std::shared_ptr<Object> keeps_pipeline_;
    std::vector<OutputPort> outputs_;
    std::map<Port, Input> inputs_;
    std::vector<Outgoing> outgoing_;
    std::map<Port, bool> flowing_in_, flowing_out_, transcoding_;
    std::optional<int> encoder_bitrate_;
    int min_encoder_bitrate_ = 0;
    int max_encoder_bitrate_ = 2147483647;
};

inline auto describe(Identity<ElementConnected>) {
    using E = ElementConnected;
    return structure<E>("ElementConnected", "This element now feeds another.", field("sink", &E::sink, "The receiver."),
                        field("mediaType", &E::mediaType, "Which kind of media."),
                        field("sourceMediaDescription", &E::sourceMediaDescription, "Output of this element."),
                        field("sinkMediaDescription", &E::sinkMediaDescription, "Input of the receiver."));
}
inline auto describe(Identity<ElementDisconnected>) {
    using E = ElementDisconnected;
    return structure<E>("ElementDisconnected", "This element no longer feeds another.",
                        field("sink", &E::sink, "The receiver."), field("mediaType", &E::mediaType, "Which kind of media."),
                        field("sourceMediaDescription", &E::sourceMediaDescription, "Output of this element."),
                        field("sinkMediaDescription", &E::sinkMediaDescription, "Input of the receiver."));
}
inline auto describe(Identity<ElementConnectionData>) {
    using D = ElementConnectionData;
    return structure<D>("ElementConnectionData", "A connection between two elements.",
                        field("source", &D::source, "The element that gives."),
                        field("sink", &D::sink, "The element that takes."), field("type", &D::type, "Which kind of media."),
                        field("sourceDescription", &D::sourceDescription, "Output of the source."),
                        field("sinkDescription", &D::sinkDescription, "Input of the sink."));
}

}  // namespace rivero::media
