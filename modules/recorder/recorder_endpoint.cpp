// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "recorder_endpoint.hpp"

#include "rivero/base/log.hpp"

namespace rivero::recorder {
namespace {

using remote::ErrorCode;
using remote::RpcError;

Profile profile_of(MediaProfile profile) {
    using P = MediaProfile;
    switch (profile) {
        case P::webm:
            return {FileFormat::webm, true, true};
        case P::webm_video_only:
            return {FileFormat::webm, false, true};
        case P::webm_audio_only:
            return {FileFormat::webm, true, false};
        case P::mkv:
            return {FileFormat::mkv, true, true};
        case P::mkv_video_only:
            return {FileFormat::mkv, false, true};
        case P::mkv_audio_only:
            return {FileFormat::mkv, true, false};
        case P::mp4:
            return {FileFormat::mp4, true, true};
        case P::mp4_video_only:
            return {FileFormat::mp4, false, true};
        case P::mp4_audio_only:
            return {FileFormat::mp4, true, false};
        case P::jpeg_video_only:
        case P::kurento_split_recorder:
        case P::flv:
            break;
    }
    throw RpcError{ErrorCode::media_object_illegal_param, std::string{"mediaProfile "} +
                                                              remote::name_of(profile) +
                                                              " is not available in this server"};
}

}  // namespace

RecorderEndpoint::RecorderEndpoint(remote::ObjectInit init, media::MediaPipeline& pipeline,
                                   std::shared_ptr<ThreadPool> files, const std::string& uri,
                                   MediaProfile profile, bool stop_on_end_of_stream)
    : UriEndpoint{std::move(init), pipeline, uri},
      files_{std::move(files)},
      profile_{profile_of(profile)},
      stop_on_end_of_stream_{stop_on_end_of_stream} {
    audio_ = media::make_on_worker<RecordSink>(graph(), MediaType::audio,
                                               accepted(profile_, MediaType::audio));
    video_ = media::make_on_worker<RecordSink>(graph(), MediaType::video,
                                               accepted(profile_, MediaType::video));
    if (profile_.audio) add_input(audio_);
    if (profile_.video) add_input(video_);
    core_.emplace(worker(), audio_, video_);
}

RecorderEndpoint::~RecorderEndpoint() = default;

RecorderCore::Events RecorderEndpoint::core_events() {
    RecorderCore::Events events;
    events.recording = on_strand(*this, [](RecorderEndpoint& self) {
        self.become(media::UriEndpointState::start);
        self.raise(RecordingStarted{});
    });
    events.paused = on_strand(*this, [](RecorderEndpoint& self) {
        self.become(media::UriEndpointState::pause);
        self.raise(Paused{});
    });
    events.stopped = on_strand(*this, [](RecorderEndpoint& self) { self.on_stopped(); });
    events.failed = on_strand(*this, [](RecorderEndpoint& self, const RecordingError& error) {
        self.raise_error(std::string{event_type(error.kind)}, error.message);
    });
    events.ended = on_strand(*this, [](RecorderEndpoint& self) {
        if (self.stop_on_end_of_stream_) self.stop();
    });
    return events;
}

void RecorderEndpoint::record() {
    if (phase_ == Phase::armed) {
        if (std::exchange(paused_, false)) core_->post([](RecorderCore& core) { core.resume(); });
        return;
    }
    if (phase_ != Phase::fresh) {
        log_topic("module.recorder")
            ->warn("{}: has recorded already; a new file wants a new object", id());
        return;
    }
    auto path = path_of_uri(address());
    if (!path)
        throw RpcError{ErrorCode::media_object_illegal_param,
                       "'" + address() + "' cannot be recorded to: " + path.error().message};
    phase_ = Phase::armed;
    Recording::Settings settings;
    settings.path = *path;
    settings.profile = profile_;
    core_->post([settings = std::move(settings), files = files_->make_strand(),
                 events = core_events(), paused = paused_,
                 &w = worker()](RecorderCore& core) mutable {
        core.start(w, std::move(files), std::move(settings), std::move(events));
        if (paused) core.pause();
    });
    paused_ = false;
}

void RecorderEndpoint::pause() {
    if (phase_ == Phase::stopping || phase_ == Phase::done) {
        log_topic("module.recorder")->warn("{}: pause after the end of the recording", id());
        return;
    }
    if (std::exchange(paused_, true)) return;
    if (phase_ == Phase::armed) core_->post([](RecorderCore& core) { core.pause(); });
}

void RecorderEndpoint::stop() {
    if (phase_ != Phase::armed) return;
    phase_ = Phase::stopping;
    core_->post([](RecorderCore& core) { core.stop(); });
}

remote::Future<remote::Done> RecorderEndpoint::stop_and_wait() {
    stop();
    if (phase_ != Phase::stopping) return remote::Done{};
    waiting_.emplace_back();
    return waiting_.back().future();
}

void RecorderEndpoint::on_stopped() {
    phase_ = Phase::done;
    become(media::UriEndpointState::stop);
    raise(Stopped{});
    for (auto& promise : std::exchange(waiting_, {})) promise.set({});
}

void RecorderEndpoint::release() {
    stop();
    UriEndpoint::release();
}

}  // namespace rivero::recorder
