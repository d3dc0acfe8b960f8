// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "recorder_core.hpp"

namespace rivero::recorder {

void RecordSink::set_recording(Recording* recording) {
    recording_ = recording;
    renegotiate();
}

std::vector<media::Acceptable> RecordSink::accepts() const {
    std::vector<media::Acceptable> wishes;
    if (!recording_) return wishes;
    for (Codec codec : codecs_) wishes.push_back(media::Acceptable::frames(codec));
    return wishes;
}

void RecordSink::on_format(const media::Format& format) {
    codec_ = format.codec;
    codec_data_ = {};
    if (format.caps) {
        const GstStructure* structure = gst_caps_get_structure(format.caps.get(), 0);
        if (const GValue* value = gst_structure_get_value(structure, "codec_data"))
            codec_data_ = gst::Buffer::share(gst_value_get_buffer(value));
    }
    if (type() == MediaType::video) request_keyframe();
}

void RecordSink::on_frame(const gst::Frame& frame) {
    if (recording_ && codec_) recording_->push(*codec_, frame, codec_data_);
}

RecorderCore::RecorderCore(std::shared_ptr<RecordSink> audio, std::shared_ptr<RecordSink> video)
    : audio_{std::move(audio)}, video_{std::move(video)} {}

RecorderCore::~RecorderCore() {
    for (auto& sink : {audio_, video_}) {
        sink->on_ended = {};
        sink->set_recording(nullptr);
    }
}

void RecorderCore::start(Loop& worker, std::shared_ptr<Loop> files, Recording::Settings settings,
                         Events events) {
    files_ = std::move(files);
    events_ = std::move(events);
    RecordingEvents out;
    out.recording = [this] { events_.recording(); };
    out.paused = [this] { events_.paused(); };
    out.stopped = [this] { events_.stopped(); };
    out.failed = [this](const RecordingError& error) { events_.failed(error); };
    out.need_keyframe = [video = video_] { video->request_keyframe(); };
    recording_ = std::make_unique<Recording>(worker, *files_, std::move(settings), std::move(out));
    for (auto& sink : {audio_, video_}) {
        sink->on_ended = [this, type = sink->type()] { note_end(type); };
        sink->set_recording(recording_.get());
    }
}

void RecorderCore::note_end(MediaType type) {
    (type == MediaType::audio ? audio_ended_ : video_ended_) = true;
    const bool audio = audio_ended_ || !audio_->attached();
    const bool video = video_ended_ || !video_->attached();
    if (audio && video) events_.ended();
}

void RecorderCore::pause() {
    if (recording_) recording_->pause();
}

void RecorderCore::resume() {
    if (!recording_) return;
    recording_->resume();
    video_->request_keyframe();
}

void RecorderCore::stop() {
    if (recording_) recording_->stop();
    for (auto& sink : {audio_, video_}) sink->set_recording(nullptr);
}

}  // namespace rivero::recorder
