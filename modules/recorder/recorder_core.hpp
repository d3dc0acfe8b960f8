// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "recording.hpp"
#include "rivero/media/graph.hpp"
#include "rivero/media/sink.hpp"

#include <functional>
#include <memory>
#include <optional>

namespace rivero::recorder {

class RecorderCore;

/// Takes one kind of media for a recording, only while there is one: without it nobody transcodes
/// for us.
class RecordSink final : public media::Sink {
public:
    RecordSink(MediaType type, std::vector<Codec> codecs)
        : Sink{type}, codecs_{std::move(codecs)} {}

    /// Null: not recording.
    void set_recording(Recording* recording);
    std::function<void()> on_ended;

    [[nodiscard]] std::vector<media::Acceptable> accepts() const override;
    void on_format(const media::Format& format) override;
    void on_frame(const gst::Frame& frame) override;
    void on_end_of_stream() override {
        if (on_ended) on_ended();
    }

private:
    std::vector<Codec> codecs_;
    Recording* recording_ = nullptr;
    std::optional<Codec> codec_;
    gst::Buffer codec_data_;
};

/// The part of a recorder that belongs to the RTC worker: its sinks and its recording.
class RecorderCore {
public:
    struct Events {
        std::function<void()> recording, paused, stopped;
        std::function<void(RecordingError)> failed;
        std::function<void()> ended;  ///< all that comes in has ended
    };

    RecorderCore(std::shared_ptr<RecordSink> audio, std::shared_ptr<RecordSink> video);
    ~RecorderCore();

    void start(Loop& worker, std::shared_ptr<Loop> files, Recording::Settings settings,
               Events events);
    void pause();
    void resume();
    void stop();

private:
    void note_end(MediaType type);

    std::shared_ptr<RecordSink> audio_, video_;
    std::shared_ptr<Loop> files_;
    std::unique_ptr<Recording> recording_;
    Events events_;
    bool audio_ended_ = false, video_ended_ = false;
};

}  // namespace rivero::recorder
