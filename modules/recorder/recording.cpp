// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "recording.hpp"

#include "output_file.hpp"
#include "rivero/base/assert.hpp"
#include "rivero/base/guarded.hpp"
#include "rivero/base/log.hpp"
#include "timeline.hpp"

#include <array>
#include <atomic>
#include <utility>

namespace rivero::recorder {
namespace {

/// When nothing has come for this long, what is held back for order's sake goes to the file.
constexpr Duration kIdle = 500ms;

constexpr std::size_t index_of(Codec codec) {
    return media_type(codec) == MediaType::video ? 1 : 0;
}

}  // namespace

Result<std::string> path_of_uri(const std::string& uri) {
    gst::ErrorSlot error;
    std::string path = gst::take_text(g_filename_from_uri(uri.c_str(), nullptr, error.out()));
    if (error) return failure(uri + " names no file: " + error.text());
    return path;
}

/// What both loops touch.
struct Recording::Shared {
    explicit Shared(FrameQueue::Limits limits) : queue{limits} {}

    Guarded<FrameQueue> queue;
    std::atomic<std::uint64_t> written = 0;
    std::atomic<std::uint64_t> bytes = 0;
};

/// The half that lives on the loop for files.
class Recording::Writer {
public:
    Writer(Loop& owner, Loop& files, const Settings& settings,
           std::weak_ptr<RecordingEvents> events, std::shared_ptr<Shared> shared)
        : owner_{owner},
          files_{files},
          profile_{settings.profile},
          path_{settings.path},
          events_{std::move(events)},
          shared_{std::move(shared)},
          timeline_{settings.profile.video} {}
    ~Writer() { finish(); }

    void open() {
        auto file = OutputFile::open(path_);
        if (!file) return fail(file.error());
        file_ = std::move(*file);
        container_ = make_container(profile_.format, *file_);
        log_->debug("{}: recording", path_);
        watch_idle();
    }
    void take_frames() {
        while (auto frame = shared_->queue.with([](FrameQueue& queue) { return queue.pop(); })) {
            idle_ = false;
            timeline_.push(std::move(*frame));
            write_ready();
        }
        if (timeline_.take_need_keyframe()) tell(&RecordingEvents::need_keyframe);
    }
    void pause() {
        take_frames();
        flush();
        tell(&RecordingEvents::paused);
    }
    void resume() {
        // Before the first frame there is nothing to go on with: its arrival will tell.
        if (begun_) tell(&RecordingEvents::recording);
    }
    void stop() {
        take_frames();
        finish();
        tell(&RecordingEvents::stopped);
    }

private:
    struct Track {
        std::optional<Repacker> repacker;
        std::optional<Container::TrackIndex> index;
        bool parameters_in_frames = false;
    };

    void watch_idle() {
        idle_timer_ = files_.post_after(kIdle, [this] {
            if (std::exchange(idle_, true)) flush();
            watch_idle();
        });
    }
    void flush() {
        timeline_.release();
        write_ready();
        if (container_) container_->flush();
        check_file();
    }
    void write_ready() {
        while (auto frame = timeline_.pop())
            if (container_) write(*frame);
        check_file();
    }
    void write(const PlacedFrame& placed) {
        const TrackFrame& in = placed.frame;
        Track& track = tracks_[index_of(in.codec)];
        if (!track.repacker) track.repacker.emplace(in.codec);
        if (track.repacker->codec() != in.codec) {
            return fail({RecordingError::Kind::stream,
                         path_ + ": a track of " +
                             std::string{encoding_name(track.repacker->codec())} +
                             " cannot go on as " + std::string{encoding_name(in.codec)}});
        }
        gst::MappedBuffer bytes{in.frame.buffer};
        std::optional<gst::MappedBuffer> codec_data;
        if (in.codec_data) codec_data.emplace(in.codec_data);
        Bytes data = track.repacker->repack(bytes.bytes(), in.frame.keyframe,
                                            codec_data ? codec_data->bytes() : Bytes{});
        if (data.empty()) {
            // A key frame without parameter sets, say: the next one may be better.
            if (in.frame.keyframe && !track.repacker->format() && index_of(in.codec) == 1)
                tell(&RecordingEvents::need_keyframe);
            return;
        }
        if (!track.index) track.index = container_->add_track(*track.repacker->format());
        if (track.repacker->parameters_in_frames() &&
            !std::exchange(track.parameters_in_frames, true))
            container_->parameters_in_frames(*track.index);
        container_->write(*track.index, {data, placed.decode_time, placed.show_time,
                                         placed.duration, in.frame.keyframe});
        if (file_->error()) return;
        shared_->written.fetch_add(1, std::memory_order_relaxed);
        shared_->bytes.store(file_->size(), std::memory_order_relaxed);
        if (!std::exchange(begun_, true)) tell(&RecordingEvents::recording);
    }
    void finish() {
        if (!container_) return;
        idle_timer_.cancel();
        timeline_.release();
        write_ready();
        if (!container_) return;
        container_->finish();
        shared_->bytes.store(file_->size(), std::memory_order_relaxed);
        container_.reset();
        check_file();
        file_.reset();
        log_->debug("{}: closed, {} frames", path_, shared_->written.load());
    }
    /// Gives up a file that takes nothing any more, as whole as it can be left.
    void check_file() {
        if (!file_ || !file_->error()) return;
        fail(*file_->error());
        if (container_) container_->finish();
        container_.reset();
        file_.reset();
    }
    void fail(RecordingError error) {
        if (std::exchange(reported_[static_cast<std::size_t>(error.kind)], true)) return;
        log_->warn("{}", error.message);
        owner_.post([events = events_, error = std::move(error)] {
            if (auto alive = events.lock(); alive && alive->failed) alive->failed(error);
        });
    }
    void tell(std::function<void()> RecordingEvents::*event) {
        owner_.post([events = events_, event] {
            if (auto alive = events.lock(); alive && (*alive).*event) ((*alive).*event)();
        });
    }

    Loop& owner_;
    Loop& files_;
    Profile profile_;
    std::string path_;
    std::weak_ptr<RecordingEvents> events_;
    std::shared_ptr<Shared> shared_;
    std::shared_ptr<spdlog::logger> log_ = log_topic("module.recorder");
    Timeline timeline_;
    std::array<Track, 2> tracks_;  ///< audio, video
    std::unique_ptr<OutputFile> file_;
    std::unique_ptr<Container> container_;
    std::array<bool, 4> reported_{};  ///< by kind of error
    Timer idle_timer_;
    bool idle_ = false;
    bool begun_ = false;
};

Recording::Recording(Loop& owner, Loop& files, Settings settings, RecordingEvents events)
    : owner_{owner},
      profile_{settings.profile},
      events_{std::make_shared<RecordingEvents>(std::move(events))},
      shared_{std::make_shared<Shared>(settings.queue)},
      writer_{std::make_unique<Confined<Writer>>(files, owner, files, settings,
                                                 std::weak_ptr{events_}, shared_)} {
    writer_->post([](Writer& writer) { writer.open(); });
}

// What was pushed is written first: Confined lets queued work run before the writer dies.
Recording::~Recording() = default;

void Recording::push(Codec codec, gst::Frame frame, gst::Buffer codec_data) {
    RIVERO_ASSERT(owner_.is_current(), "a recording belongs to its owner's loop");
    bool wanted = media_type(codec) == MediaType::audio ? profile_.audio : profile_.video;
    if (!wanted || paused_ || stopped_) return;
    bool was_empty = false;
    bool whole = shared_->queue.with([&](FrameQueue& queue) {
        was_empty = queue.empty();
        return queue.push({codec, std::move(frame), std::move(codec_data), segment_});
    });
    if (was_empty) writer_->post([](Writer& writer) { writer.take_frames(); });
    if (!whole && events_->need_keyframe) {
        owner_.post([events = std::weak_ptr{events_}] {
            if (auto alive = events.lock()) alive->need_keyframe();
        });
    }
}

void Recording::pause() {
    if (paused_ || stopped_) return;
    paused_ = true;
    writer_->post([](Writer& writer) { writer.pause(); });
}

void Recording::resume() {
    if (!paused_ || stopped_) return;
    paused_ = false;
    ++segment_;
    writer_->post([](Writer& writer) { writer.resume(); });
}

void Recording::stop() {
    if (std::exchange(stopped_, true)) return;
    writer_->post([](Writer& writer) { writer.stop(); });
}

RecordingCounters Recording::counters() const {
    return {shared_->written.load(std::memory_order_relaxed),
            shared_->bytes.load(std::memory_order_relaxed),
            shared_->queue.with([](const FrameQueue& queue) { return queue.dropped(); })};
}

}  // namespace rivero::recorder
