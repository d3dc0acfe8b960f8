// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "playback.hpp"

#include "rivero/base/guarded.hpp"
#include "rivero/base/log.hpp"
#include "rivero/gst/frame_io.hpp"
#include "rivero/gst/frame_queue.hpp"
#include "rivero/gst/init.hpp"
#include "rivero/gst/pipeline.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <utility>

namespace rivero::player {

using gst::BusReport;
using gst::Caps;
using gst::Element;
using gst::Frame;

namespace {

/// How an encoded stream is found and brought into the form that everybody here expects.
struct Carried {
    Codec codec;
    const char* found;   ///< caps at which the demuxer may stop
    const char* parser;  ///< or nullptr
    const char* form;    ///< caps behind the parser
};

constexpr std::array kCarried{
    Carried{Codec::vp8, "video/x-vp8", nullptr, nullptr},
    Carried{Codec::vp9, "video/x-vp9", nullptr, nullptr},
    // MP4 has lengths in front of the units and the parameter sets in the caps.
    Carried{Codec::h264, "video/x-h264", "h264parse",
            "video/x-h264, stream-format=byte-stream, alignment=au"},
    Carried{Codec::h265, "video/x-h265", "h265parse",
            "video/x-h265, stream-format=byte-stream, alignment=au"},
    Carried{Codec::av1, "video/x-av1", "av1parse",
            "video/x-av1, stream-format=obu-stream, alignment=tu"},
    Carried{Codec::opus, "audio/x-opus", nullptr, nullptr},
    Carried{Codec::pcmu, "audio/x-mulaw, rate=8000, channels=1", nullptr, nullptr},
    Carried{Codec::pcma, "audio/x-alaw, rate=8000, channels=1", nullptr, nullptr},
    // AAC in MPEG-TS and in plain files has ADTS headers.
    Carried{Codec::aac, "audio/mpeg, mpegversion=4", "aacparse",
            "audio/mpeg, mpegversion=4, stream-format=raw"},
};

constexpr std::size_t kVideoQueue = 30;
constexpr std::size_t kAudioQueue = 100;
/// How long a jump waits for media that are still being opened.
constexpr GstClockTime kOpeningTime = 5 * GST_SECOND;

/// The encoded stream that these caps announce, if it is one that is wanted.
const Carried* carried_as(const Caps& caps, const std::vector<Codec>& wanted) {
    for (const Carried& c : kCarried) {
        if (std::find(wanted.begin(), wanted.end(), c.codec) == wanted.end()) continue;
        auto found = Caps::adopt(gst_caps_from_string(c.found));
        if (gst_caps_can_intersect(caps.get(), found.get())) return &c;
    }
    return nullptr;
}

Caps caps_to_stop_at(const std::vector<Codec>& wanted) {
    auto caps = Caps::adopt(gst_caps_from_string("video/x-raw(ANY); audio/x-raw(ANY)"));
    for (const Carried& c : kCarried)
        if (std::find(wanted.begin(), wanted.end(), c.codec) != wanted.end())
            gst_caps_append(caps.get(), gst_caps_from_string(c.found));
    return caps;
}

bool is_missing_plugin(const BusReport& report) {
    return report.domain == GST_CORE_ERROR && report.code == GST_CORE_ERROR_MISSING_PLUGIN;
}

PlaybackError error_of(const BusReport& report, const std::string& uri) {
    PlaybackError error;
    if (report.domain == GST_RESOURCE_ERROR) {
        error.kind = PlaybackError::Kind::invalid_uri;
    } else if (report.domain == GST_STREAM_ERROR) {
        error.kind = PlaybackError::Kind::invalid_media;
    } else if (is_missing_plugin(report)) {
        // No element for the scheme, or none for what was found behind it.
        bool known = gst_uri_is_valid(uri.c_str()) &&
                     gst_uri_protocol_is_supported(
                         GST_URI_SRC, gst::take_text(gst_uri_get_protocol(uri.c_str())).c_str());
        error.kind = known ? PlaybackError::Kind::invalid_media : PlaybackError::Kind::invalid_uri;
    }
    error.code = report.code;
    error.description = report.text;
    return error;
}

std::chrono::milliseconds to_ms(gint64 ns) {
    return std::chrono::milliseconds{ns < 0 ? 0 : ns / GST_MSECOND};
}

bool starts_with(GstBuffer* buffer, std::string_view text) {
    return gst_buffer_memcmp(buffer, 0, text.data(), text.size()) == 0;
}

}  // namespace

/// From opening to closing: the GStreamer side of one play() ... stop().
class Playback::Run : public std::enable_shared_from_this<Run> {
public:
    Run(Loop& loop, std::string uri, PlaybackOptions options, std::weak_ptr<const Events> events)
        : loop_{loop},
          uri_{std::move(uri)},
          options_{std::move(options)},
          events_{std::move(events)} {}

    /// Strand. Apart from the constructor, because the call-backs hold this weakly.
    void open() {
        pipeline_ = std::make_unique<gst::PrivatePipeline>(
            "player", loop_,
            gst::PrivatePipeline::Events{
                .on_error = with_this<const BusReport&>(&Run::on_error),
                .on_warning = {},
                .on_eos = with_this<>(&Run::on_eos),
                .on_state = with_this<GstState>(&Run::on_state),
                .on_posting_thread = with_this<GstMessage*>(&Run::on_posting_thread)},
            gst::PrivatePipeline::TimeLine::own);
        auto bin = gst::make_element("uridecodebin");
        if (!bin) {
            fail_later({PlaybackError::Kind::other, bin.error().message, 0});
            return;
        }
        source_ = *bin;
        auto stop_at = caps_to_stop_at(options_.encoded);
        // Streams that are neither audio nor video are not even parsed (expose-all-streams). MP4
        // over HTTP is kept in a file, because its index may stand at its end (download).
        g_object_set(source_.get(), "uri", uri_.c_str(), "caps", stop_at.get(),
                     "expose-all-streams", FALSE, "download", TRUE, "force-sw-decoders", TRUE,
                     nullptr);
        signals_.push_back(gst::Signal::connect<void(GstElement*, GstPad*)>(
            source_.get(), "pad-added", [weak = weak_from_this()](GstElement*, GstPad* pad) {
                if (auto run = weak.lock()) run->on_pad(gst::Pad::share(pad));
            }));
        signals_.push_back(gst::Signal::connect<void(GstElement*)>(
            source_.get(), "no-more-pads", [weak = weak_from_this()](GstElement*) {
                if (auto run = weak.lock()) run->on_no_more_pads();
            }));
        signals_.push_back(gst::Signal::connect<void(GstElement*, GstElement*)>(
            source_.get(), "source-setup",
            [weak = weak_from_this()](GstElement*, GstElement* source) {
                if (auto run = weak.lock()) run->set_up_source(Element::share(source));
            }));
        signals_.push_back(gst::Signal::connect<void(GstBin*, GstBin*, GstElement*)>(
            source_.get(), "deep-element-added",
            [](GstBin*, GstBin*, GstElement* element) { set_up_inner(Element::share(element)); }));
        pipeline_->add(source_);
    }

    /// Strand. Nothing of this run is heard of any more.
    void close() {
        closed_ = true;
        signals_.clear();
        {
            std::lock_guard lock{state_mutex_};
            target_ = GST_STATE_NULL;
        }
        // First without its threads, which still reach it through the pointer.
        (void)pipeline_->set_state(GST_STATE_NULL);
        pipeline_.reset();
        outputs_.with([](Outputs& o) { o = {}; });
    }

    /// Strand.
    void go_to(GstState target) {
        std::lock_guard lock{state_mutex_};
        target_ = target;
        apply_state();
    }

    [[nodiscard]] std::chrono::milliseconds position() const {
        gint64 ns = -1;
        if (!gst_element_query_position(pipeline_->element(), GST_FORMAT_TIME, &ns)) return {};
        return to_ms(ns);
    }

    [[nodiscard]] VideoInfo info() const {
        VideoInfo info;
        gint64 duration = -1;
        if (gst_element_query_duration(pipeline_->element(), GST_FORMAT_TIME, &duration))
            info.duration = to_ms(duration).count();
        auto query = gst::Ref<GstQuery>::adopt(gst_query_new_seeking(GST_FORMAT_TIME));
        if (gst_element_query(pipeline_->element(), query.get())) {
            gboolean seekable = FALSE;
            gint64 from = -1;
            gint64 to = -1;
            gst_query_parse_seeking(query.get(), nullptr, &seekable, &from, &to);
            info.is_seekable = seekable;
            info.seekable_init = to_ms(from).count();
            info.seekable_end = to_ms(to).count();
        }
        return info;
    }

    [[nodiscard]] Result<void> seek(std::chrono::milliseconds position) {
        if (failed_) return failure("cannot seek in " + uri_ + ": it could not be played");
        // A jump before the first frame is there would be lost.
        gst_element_get_state(pipeline_->element(), nullptr, nullptr, kOpeningTime);
        if (!info().is_seekable) return failure("the source of " + uri_ + " cannot seek");
        auto ns = std::chrono::nanoseconds{position}.count();
        if (ns < 0) return failure("cannot seek to a time before the beginning");
        // Encoded frames in front of the target would be cut off with the key frame among them.
        int flags = GST_SEEK_FLAG_FLUSH;
        flags |= has_encoded_video() ? GST_SEEK_FLAG_KEY_UNIT | GST_SEEK_FLAG_SNAP_BEFORE
                                     : GST_SEEK_FLAG_ACCURATE;
        if (!gst_element_seek(pipeline_->element(), 1.0, GST_FORMAT_TIME,
                              static_cast<GstSeekFlags>(flags), GST_SEEK_TYPE_SET, ns,
                              GST_SEEK_TYPE_NONE, -1))
            return failure("seeking to " + std::to_string(position.count()) + " ms in " + uri_ +
                           " failed");
        return {};
    }

    [[nodiscard]] std::string dot() const { return pipeline_->dot(); }

private:
    struct Output {
        std::unique_ptr<gst::FrameQueue> queue;
        std::optional<Codec> codec;
    };
    struct Outputs {
        std::optional<Output> audio;
        std::optional<Output> video;
        [[nodiscard]] std::optional<Output>& of(MediaType kind) {
            return kind == MediaType::audio ? audio : video;
        }
    };

    template <class... Args>
    std::function<void(Args...)> with_this(void (Run::*method)(Args...)) {
        return [weak = weak_from_this(), method](Args... args) {
            if (auto run = weak.lock()) ((*run).*method)(args...);
        };
    }

    /// Loop. Calls a handler unless this run is over.
    template <class F>
    void tell(F call) {
        if (closed_) return;
        if (auto events = events_.lock()) call(*events);
    }

    /// Any thread.
    void fail_later(PlaybackError error) {
        loop_.post([weak = weak_from_this(), error = std::move(error)] {
            if (auto run = weak.lock()) run->fail(error);
        });
    }

    // --- threads of GStreamer ---

    void set_up_source(const Element& source) {
        if (!g_object_class_find_property(G_OBJECT_GET_CLASS(source.get()), "drop-on-latency"))
            return;  // not RTSP
        gst::set_property(source, "latency", std::to_string(options_.network_cache.count()));
        gst::set_property(source, "drop-on-latency", "true");
        if (options_.rtsp_port_range != "0-0")
            gst::set_property(source, "port-range", options_.rtsp_port_range);
    }

    static void set_up_inner(const Element& element) {
        auto* factory = gst_element_get_factory(element.get());
        std::string_view name =
            factory ? gst_plugin_feature_get_name(GST_PLUGIN_FEATURE(factory)) : "";
        if (name == "queue2") {
            // uridecodebin says the user's cache folder, which a daemon often does not have.
            gchar* place = nullptr;
            g_object_get(element.get(), "temp-template", &place, nullptr);
            if (!gst::take_text(place).empty())
                gst::set_property(element, "temp-template",
                                  std::string{g_get_tmp_dir()} + "/rivero-player-XXXXXX");
        } else if (name.starts_with("avdec_")) {
            gst::set_property(element, "max-threads", "2");
        }
    }

    void on_pad(const gst::Pad& pad) {
        auto caps = Caps::adopt(gst_pad_get_current_caps(pad.get()));
        if (!caps) caps = Caps::adopt(gst_pad_query_caps(pad.get(), nullptr));
        std::string name = gst::media_type_of(caps);
        MediaType kind = name.starts_with("audio/")   ? MediaType::audio
                         : name.starts_with("video/") ? MediaType::video
                                                      : MediaType::data;
        const Carried* carried =
            name.ends_with("/x-raw") ? nullptr : carried_as(caps, options_.encoded);
        bool usable = kind != MediaType::data && (carried || name.ends_with("/x-raw"));
        bool first = usable && outputs_.with([&](Outputs& o) {
            auto& output = o.of(kind);
            if (output) return false;
            output.emplace();
            if (carried) output->codec = carried->codec;
            output->queue = make_queue(kind, output->codec);
            return true;
        });
        auto attached = first ? attach(pad, kind, carried) : discard(pad);
        if (!attached)
            log_topic("module.player")->warn("{}: {}: {}", uri_, name, attached.error().message);
    }

    std::unique_ptr<gst::FrameQueue> make_queue(MediaType kind, std::optional<Codec> codec) {
        return std::make_unique<gst::FrameQueue>(
            loop_, kind == MediaType::video ? kVideoQueue : kAudioQueue,
            [weak = weak_from_this(), kind, codec, last = Caps{}](Frame frame,
                                                                  const Caps& caps) mutable {
                auto run = weak.lock();
                if (!run) return;
                if (!(caps == last)) {
                    bool changed = !last || !gst::equal(caps, last);
                    last = caps;
                    if (changed)
                        run->tell([&](const Events& e) {
                            if (e.on_stream) e.on_stream({kind, codec, caps});
                        });
                }
                run->tell([&](const Events& e) {
                    if (e.on_frame) e.on_frame(kind, frame);
                });
            });
    }

    Result<void> attach(const gst::Pad& pad, MediaType kind, const Carried* carried) {
        std::vector<Element> chain;
        if (carried && carried->parser) {
            auto parser = gst::make_element(carried->parser);
            auto filter = gst::make_element("capsfilter");
            if (!parser || !filter) {
                (void)discard(pad);
                return tl::unexpected{parser ? filter.error() : parser.error()};
            }
            gst::set_property(*parser, "config-interval", "-1");
            gst::set_property(*filter, "caps", carried->form);
            chain = {*parser, *filter};
        }
        bool opus = carried && carried->codec == Codec::opus;
        chain.push_back(gst::make_frame_output(
            gst::Pace::real_time,
            [weak = weak_from_this(), kind, opus, last = std::optional<Time>{}](
                Frame frame, const Caps& caps) mutable {
                // Ogg has two header packets in the stream.
                if (opus && (starts_with(frame.buffer.get(), "OpusHead") ||
                             starts_with(frame.buffer.get(), "OpusTags")))
                    return;
                Time order = frame.dts.value_or(frame.pts);
                if (last && order <= *last) return;
                last = order;
                if (auto run = weak.lock())
                    run->outputs_.with([&](Outputs& o) {
                        if (auto& output = o.of(kind)) output->queue->push(std::move(frame), caps);
                    });
            }));
        return link(pad, chain);
    }

    Result<void> discard(const gst::Pad& pad) {
        auto sink = gst::make_element("fakesink");
        if (!sink) return tl::unexpected{sink.error()};
        // Not waited for: a stream of subtitles may begin after minutes.
        g_object_set(sink->get(), "sync", FALSE, "async", FALSE, nullptr);
        return link(pad, {*sink});
    }

    Result<void> link(const gst::Pad& pad, const std::vector<Element>& chain) {
        // PAUSED, not the state that the pipeline is on its way to: a sink that gets to PLAYING
        // before the pipeline has chosen its base time plays its first frame at time 0. Before it
        // is added, so that it cannot undo what the pipeline does meanwhile.
        for (const Element& element : chain) gst_element_set_state(element.get(), GST_STATE_PAUSED);
        auto added = pipeline_->add_chain(chain);
        if (!added) return added;
        auto entry = gst::Pad::adopt(gst_element_get_static_pad(chain.front().get(), "sink"));
        if (gst_pad_link(pad.get(), entry.get()) != GST_PAD_LINK_OK)
            return failure("cannot link the stream");
        // A stream that comes later (RTSP): nobody else takes it there.
        if (GST_STATE(pipeline_->element()) == GST_STATE_PLAYING)
            for (const Element& element : chain)
                gst_element_set_state(element.get(), GST_STATE_PLAYING);
        return {};
    }

    void on_no_more_pads() {
        bool any = outputs_.with([](Outputs& o) { return o.audio || o.video; });
        if (any) return;
        fail_later({PlaybackError::Kind::invalid_media, "no audio and no video", 0});
    }

    void on_posting_thread(GstMessage* message) {
        if (GST_MESSAGE_TYPE(message) != GST_MESSAGE_BUFFERING) return;
        gint percent = 100;
        gst_message_parse_buffering(message, &percent);
        {
            std::lock_guard lock{buffering_mutex_};
            if (buffering_ == (percent < 100)) return;
            buffering_ = percent < 100;
        }
        // A change of state joins streaming threads, so it must not be made on one of them.
        struct Weak {
            std::weak_ptr<Run> run;
        };
        gst_element_call_async(
            pipeline_->element(),
            [](GstElement*, gpointer data) {
                if (auto run = static_cast<Weak*>(data)->run.lock()) {
                    std::lock_guard lock{run->state_mutex_};
                    run->apply_state();
                }
            },
            new Weak{weak_from_this()}, [](gpointer data) { delete static_cast<Weak*>(data); });
    }

    /// Under state_mutex_. Media that are being fetched stand still until enough is there.
    void apply_state() {
        if (target_ == GST_STATE_NULL || !pipeline_) return;
        bool hold;
        {
            std::lock_guard lock{buffering_mutex_};
            hold = buffering_;
        }
        // A failure is on the bus, too, with its reason.
        (void)pipeline_->set_state(hold && target_ == GST_STATE_PLAYING ? GST_STATE_PAUSED
                                                                        : target_);
    }

    bool has_encoded_video() {
        return outputs_.with([](Outputs& o) { return o.video && o.video->codec; });
    }

    // --- loop ---

    void on_error(const BusReport& report) {
        log_topic("module.player")
            ->info("{}: {} in {}: {}", uri_, report.text, report.element, report.debug);
        fail(error_of(report, uri_));
    }

    void fail(const PlaybackError& error) {
        // One cause makes several elements complain.
        if (failed_.exchange(true)) return;
        tell([&](const Events& e) {
            if (e.on_error) e.on_error(error);
        });
    }

    void on_eos() {
        if (failed_) return;
        tell([](const Events& e) {
            if (e.on_end_of_stream) e.on_end_of_stream();
        });
    }

    void on_state(GstState state) {
        if (state != GST_STATE_PAUSED && state != GST_STATE_PLAYING) return;
        auto reached = state == GST_STATE_PLAYING ? PlaybackState::playing : PlaybackState::paused;
        tell([&](const Events& e) {
            if (e.on_state) e.on_state(reached);
        });
    }

    Loop& loop_;
    const std::string uri_;
    const PlaybackOptions options_;
    const std::weak_ptr<const Events> events_;
    std::atomic<bool> closed_{false};
    std::atomic<bool> failed_{false};
    // Two locks: the one below is held while a change of state waits for streaming threads, which
    // may just then report their buffering.
    std::mutex buffering_mutex_;
    bool buffering_ = false;
    std::mutex state_mutex_;
    GstState target_ = GST_STATE_NULL;
    Guarded<Outputs> outputs_;
    Element source_;
    std::vector<gst::Signal> signals_;
    std::unique_ptr<gst::PrivatePipeline> pipeline_;
};

Playback::Playback(Loop& events, std::string uri, PlaybackOptions options, Events handlers)
    : loop_{events},
      uri_{std::move(uri)},
      options_{std::move(options)},
      events_{std::make_shared<const Events>(std::move(handlers))} {
    gst::initialise();
}

Playback::~Playback() {
    stop();
}

void Playback::open() {
    if (run_) return;
    run_ = std::make_shared<Run>(loop_, uri_, options_, events_);
    run_->open();
}

void Playback::play() {
    open();
    wanted_ = PlaybackState::playing;
    run_->go_to(GST_STATE_PLAYING);
}

void Playback::pause() {
    open();
    wanted_ = PlaybackState::paused;
    run_->go_to(GST_STATE_PAUSED);
}

void Playback::stop() {
    wanted_ = PlaybackState::stopped;
    if (!run_) return;
    std::exchange(run_, nullptr)->close();
    loop_.post([weak = std::weak_ptr{events_}] {
        auto events = weak.lock();
        if (events && events->on_state) events->on_state(PlaybackState::stopped);
    });
}

std::chrono::milliseconds Playback::position() const {
    return run_ ? run_->position() : std::chrono::milliseconds{};
}

Result<void> Playback::set_position(std::chrono::milliseconds position) {
    if (!run_) return failure("cannot seek in " + uri_ + ": it is not being played");
    return run_->seek(position);
}

VideoInfo Playback::video_info() const {
    return run_ ? run_->info() : VideoInfo{};
}

std::string Playback::dot() const {
    return run_ ? run_->dot() : "";
}

}  // namespace rivero::player
