// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/gst/encoder.hpp"

#include "rivero/base/assert.hpp"
#include "rivero/base/log.hpp"
#include "rivero/gst/init.hpp"

#include <gst/video/video.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <tuple>
#include <vector>

namespace rivero::gst {
namespace {

constexpr Bitrate kDefaultVideoBitrate = Bitrate::kbps(300);
// Raw pictures are megabytes, and each that waits is delay.
constexpr std::size_t kVideoInput = 4;
constexpr std::size_t kAudioInput = 50;
constexpr std::size_t kOutput = 60;
// What encoders that count key frame distances in frames are told when the rate is not known.
constexpr double kNominalFramerate = 30;

bool is_video(Codec codec) {
    return media_type(codec) == MediaType::video;
}

Result<Element> first_of(const std::vector<const char*>& names) {
    for (const char* name : names)
        if (element_exists(name)) return make_element(name);
    return failure(missing_plugin_hint(names.front()));
}

std::string number(std::int64_t n) {
    return std::to_string(n);
}

/// Pictures between two key frames.
std::int64_t keyframe_distance(const EncoderSettings& settings) {
    if (!settings.keyframe_interval) return 100'000;
    double seconds = std::chrono::duration<double>{*settings.keyframe_interval}.count();
    double rate = std::min(settings.max_framerate.value_or(kNominalFramerate), kNominalFramerate);
    return std::max<std::int64_t>(1, std::llround(seconds * rate));
}

Result<Element> make_vpx(const char* factory, const EncoderSettings& settings) {
    auto encoder = make_element(factory);
    if (!encoder) return encoder;
    bool vp9 = std::string_view{factory} == "vp9enc";
    // Rate control as browsers set it for conversations: little buffer, drop rather than overshoot.
    for (auto [name, value] :
         std::initializer_list<std::pair<const char*, const char*>>{{"deadline", "1"},
                                                                    {"cpu-used", "8"},
                                                                    {"end-usage", "cbr"},
                                                                    {"lag-in-frames", "0"},
                                                                    {"auto-alt-ref", "false"},
                                                                    {"error-resilient", "0"},
                                                                    {"keyframe-mode", "auto"},
                                                                    {"buffer-size", "1000"},
                                                                    {"buffer-initial-size", "500"},
                                                                    {"buffer-optimal-size", "600"},
                                                                    {"undershoot", "100"},
                                                                    {"overshoot", "15"},
                                                                    {"min-quantizer", "2"},
                                                                    {"max-quantizer", "56"},
                                                                    {"dropframe-threshold", "25"},
                                                                    {"static-threshold", "1"}})
        set_property(*encoder, name, value);
    if (vp9) {
        set_property(*encoder, "row-mt", "true");
        set_property(*encoder, "aq-mode", "cyclic-refresh");
    }
    set_property(*encoder, "keyframe-max-dist", number(keyframe_distance(settings)));
    return encoder;
}

Result<Element> make_h264(const EncoderSettings& settings) {
    if (settings.h264 == H264Encoder::openh264) {
        auto encoder = make_element("openh264enc");
        if (!encoder) return encoder;
        set_property(*encoder, "rate-control", "bitrate");
        set_property(*encoder, "complexity", "low");
        set_property(*encoder, "usage-type", "camera");
        set_property(*encoder, "gop-size", number(keyframe_distance(settings)));
        return encoder;
    }
    auto encoder = make_element("x264enc");
    if (!encoder) return encoder;
    set_property(*encoder, "speed-preset", "veryfast");
    set_property(*encoder, "tune", "zerolatency");
    set_property(*encoder, "bframes", "0");
    set_property(*encoder, "aud", "false");
    set_property(*encoder, "byte-stream", "true");
    set_property(*encoder, "key-int-max", number(keyframe_distance(settings)));
    return encoder;
}

Result<Element> make_h265(const EncoderSettings& settings) {
    auto encoder = make_element("x265enc");
    if (!encoder) return encoder;
    set_property(*encoder, "speed-preset", "ultrafast");
    set_property(*encoder, "tune", "zerolatency");
    set_property(*encoder, "key-int-max", number(keyframe_distance(settings)));
    return encoder;
}

Result<Element> make_av1(const EncoderSettings& settings) {
    auto encoder = make_element("av1enc");
    if (!encoder) return encoder;
    set_property(*encoder, "usage-profile", "realtime");
    set_property(*encoder, "end-usage", "cbr");
    set_property(*encoder, "cpu-used", "10");
    set_property(*encoder, "lag-in-frames", "0");
    set_property(*encoder, "row-mt", "true");
    set_property(*encoder, "keyframe-max-dist", number(keyframe_distance(settings)));
    return encoder;
}

Result<Element> make_encoder_element(Codec codec, const EncoderSettings& settings) {
    switch (codec) {
        case Codec::vp8:
            return make_vpx("vp8enc", settings);
        case Codec::vp9:
            return make_vpx("vp9enc", settings);
        case Codec::h264:
            return make_h264(settings);
        case Codec::h265:
            return make_h265(settings);
        case Codec::av1:
            return make_av1(settings);
        case Codec::opus: {
            auto encoder = make_element("opusenc");
            if (!encoder) return encoder;
            set_property(*encoder, "inband-fec", "true");
            // Without an expected loss libopus spends nothing on the redundancy.
            set_property(*encoder, "packet-loss-percentage", "10");
            set_property(*encoder, "frame-size", "20");
            return encoder;
        }
        case Codec::pcmu:
            return make_element("mulawenc");
        case Codec::pcma:
            return make_element("alawenc");
        case Codec::g722:
            return make_element("avenc_g722");
        case Codec::aac:
            return first_of({"fdkaacenc", "avenc_aac", "voaacenc"});
    }
    return failure("no encoder");
}

/// What goes into the encoder.
const char* raw_audio_caps(Codec codec) {
    switch (codec) {
        case Codec::pcmu:
        case Codec::pcma:
            return "audio/x-raw, rate=8000, channels=1";
        case Codec::g722:
            return "audio/x-raw, rate=16000, channels=1";
        default:
            return "audio/x-raw, rate=48000, channels=[1,2]";
    }
}

/// What comes out of it.
const char* output_caps(Codec codec) {
    switch (codec) {
        case Codec::h264:
            return "video/x-h264, stream-format=byte-stream, alignment=au, "
                   "profile=constrained-baseline";
        case Codec::h265:
            return "video/x-h265, stream-format=byte-stream, alignment=au";
        case Codec::av1:
            return "video/x-av1, stream-format=obu-stream, alignment=tu";
        case Codec::aac:
            return "audio/mpeg, mpegversion=4, stream-format=raw";
        default:
            return nullptr;
    }
}

void set_element_bitrate(const Element& encoder, Codec codec, Bitrate rate) {
    std::string bps = number(std::max<std::int64_t>(rate.bps, 1000));
    std::string kbps = number(std::max<std::int64_t>(rate.bps / 1000, 1));
    switch (codec) {
        case Codec::vp8:
        case Codec::vp9:
            set_property(encoder, "target-bitrate", bps);
            break;
        case Codec::av1:
            set_property(encoder, "target-bitrate", kbps);
            break;
        case Codec::h264: {
            // x264 counts in kbit/s, openh264 in bit/s.
            auto factory = std::string{gst_plugin_feature_get_name(
                GST_PLUGIN_FEATURE(gst_element_get_factory(encoder.get())))};
            set_property(encoder, "bitrate", factory == "x264enc" ? kbps : bps);
            break;
        }
        case Codec::h265:
            set_property(encoder, "bitrate", kbps);
            break;
        case Codec::opus:  // RFC 6716 section 2.1.1
            set_property(encoder, "bitrate",
                         number(std::clamp<std::int64_t>(rate.bps, 6000, 510'000)));
            break;
        case Codec::aac:
            set_property(encoder, "bitrate", bps);
            break;
        default:
            break;  // one rate only
    }
}

/// What an AAC encoder puts in front of the sound, in samples per channel: its first frame holds
/// silence, and everything comes this much later than its pts says. Measured with a click through
/// GStreamer 1.22; players know of it only from an edit list, which streams do not have.
int priming_samples(const Element& encoder) {
    std::string_view factory =
        gst_plugin_feature_get_name(GST_PLUGIN_FEATURE(gst_element_get_factory(encoder.get())));
    if (factory == "avenc_aac") return 1024;
    if (factory == "voaacenc") return 1600;
    if (factory == "fdkaacenc") return 2048;
    return 0;
}

int threads_for(PictureSize size) {
    int pixels = size.width * size.height;
    if (pixels >= 1280 * 720) return 4;
    if (pixels > 640 * 480) return 2;
    return 1;
}

/// av1enc learnt to make key frames on request in 1.22.1; Debian 12 has 1.22.0, which also leaks
/// the codec's memory (megabytes) whenever the format changes. A new pipeline does neither.
bool av1enc_is_sound() {
    guint major = 0;
    guint minor = 0;
    guint micro = 0;
    gst_version(&major, &minor, &micro, nullptr);
    return std::tuple{major, minor, micro} >= std::tuple{1u, 22u, 1u};
}

int even(double length) {
    return std::max(2, static_cast<int>(std::lround(length / 2 - 0.25)) * 2);
}

}  // namespace

PictureSize encoded_size(PictureSize raw, double pixel_aspect_ratio,
                         const EncoderSettings& settings) {
    double width = raw.width;
    double height = raw.height;
    // Non-square pixels are rare; they lose in one direction what they have too much in it.
    if (pixel_aspect_ratio > 1) height /= pixel_aspect_ratio;
    if (pixel_aspect_ratio < 1 && pixel_aspect_ratio > 0) width *= pixel_aspect_ratio;
    double scale = 1;
    if (settings.max_width) scale = std::min(scale, *settings.max_width / width);
    if (settings.max_height) scale = std::min(scale, *settings.max_height / height);
    return {even(width * scale), even(height * scale)};
}

Encoder::Encoder(Loop& loop, Codec codec, EncoderSettings settings, Events events)
    : loop_{loop},
      codec_{codec},
      settings_{settings},
      events_{std::make_shared<const Events>(std::move(events))},
      output_{loop, kOutput, [weak = std::weak_ptr{events_}](Frame frame, const Caps& caps) {
                  auto alive = weak.lock();
                  if (alive && alive->on_frame) alive->on_frame(std::move(frame), caps);
              }} {
    if (settings_.max_framerate) limiter_.emplace(*settings_.max_framerate);
}

Result<std::unique_ptr<Encoder>> Encoder::create(Loop& loop, Codec target, EncoderSettings settings,
                                                 Events events) {
    std::unique_ptr<Encoder> encoder{new Encoder{loop, target, settings, std::move(events)}};
    auto built = encoder->build();
    if (!built)
        return failure("cannot encode " + std::string{encoding_name(target)} + ": " +
                       built.error().message);
    return encoder;
}

Result<void> Encoder::build() {
    auto made = make_encoder_element(codec_, settings_);
    if (!made) return tl::unexpected{made.error()};
    encoder_ = *made;
    pipeline_ = std::make_unique<PrivatePipeline>(
        "encoder", loop_,
        PrivatePipeline::Events{.on_error =
                                    [weak = std::weak_ptr{events_}](const BusReport& report) {
                                        auto alive = weak.lock();
                                        if (alive && alive->on_error) alive->on_error(report);
                                    },
                                .on_warning = {},
                                .on_eos = {},
                                .on_state = {},
                                .on_posting_thread = {}});
    input_.emplace(is_video(codec_) ? kVideoInput : kAudioInput, FrameInput::WhenFull::drop_oldest);
    std::vector<Element> chain{input_->element()};
    auto append = [&](const char* factory) -> Result<Element> {
        auto element = make_element(factory);
        if (element) chain.push_back(*element);
        return element;
    };
    auto converters = is_video(codec_) ? std::vector{"videoconvert", "videoscale", "capsfilter"}
                                       : std::vector{"audioconvert", "audioresample", "capsfilter"};
    for (const char* factory : converters) {
        auto element = append(factory);
        if (!element) return tl::unexpected{element.error()};
    }
    filter_ = chain.back();
    if (!is_video(codec_)) {
        set_property(filter_, "caps", raw_audio_caps(codec_));
        // These encoders make a frame of whatever comes in; RTP wants 20 ms.
        bool any_length = codec_ == Codec::pcmu || codec_ == Codec::pcma || codec_ == Codec::g722;
        if (any_length && element_exists("audiobuffersplit")) {
            auto split = append("audiobuffersplit");
            if (split) set_property(*split, "output-buffer-duration", "1/50");
        }
    }
    set_property(encoder_, "qos", "false");
    chain.push_back(encoder_);
    if (const char* caps = output_caps(codec_)) {
        auto filter = append("capsfilter");
        if (!filter) return tl::unexpected{filter.error()};
        set_property(*filter, "caps", caps);
    }
    const int priming = codec_ == Codec::aac ? priming_samples(encoder_) : 0;
    chain.push_back(make_frame_output(Pace::as_it_comes, [this, priming](Frame frame,
                                                                         const Caps& caps) {
        int rate = 0;
        if (priming > 0 &&
            gst_structure_get_int(gst_caps_get_structure(caps.get(), 0), "rate", &rate) && rate > 0)
            frame.pts -= std::chrono::nanoseconds{1'000'000'000LL * priming / rate};
        output_.push(std::move(frame), caps);
    }));
    auto linked = pipeline_->add_chain(chain);
    if (!linked) return linked;
    if (bitrate_ != Bitrate{}) {
        set_element_bitrate(encoder_, codec_, bitrate_);  // a new beginning keeps the rate
    } else if (settings_.bitrate || is_video(codec_)) {
        set_bitrate(settings_.bitrate.value_or(kDefaultVideoBitrate));
    }
    return {};
}

bool Encoder::configure_video(const Caps& caps) {
    GstVideoInfo info;
    if (!gst_video_info_from_caps(&info, caps.get())) {
        log_topic("gst")->warn("an encoder cannot use {}", caps_to_text(caps));
        return false;
    }
    double pixel_aspect_ratio = info.par_d > 0 ? static_cast<double>(info.par_n) / info.par_d : 1.0;
    PictureSize size = encoded_size({info.width, info.height}, pixel_aspect_ratio, settings_);
    std::string threads = number(threads_for(size));
    bool only_at_start = codec_ == Codec::h264 || codec_ == Codec::h265;
    if (!started_ || !only_at_start) {
        // libvpx and aom use it when they start anew for the new size.
        set_property(encoder_, "threads", threads);
        set_property(encoder_, "multi-thread", threads);
    }
    if (codec_ == Codec::vp9 || codec_ == Codec::av1)
        set_property(encoder_, "tile-columns", size.width >= 1280 ? "1" : "0");
    set_property(filter_, "caps",
                 "video/x-raw, format=I420, pixel-aspect-ratio=1/1, width=" + number(size.width) +
                     ", height=" + number(size.height));
    Caps described = caps;
    if ((codec_ == Codec::h264 || codec_ == Codec::h265) && info.fps_n == 0) {
        // Without a rate x265 does not open, and x264 holds each frame until it has seen the next.
        described = Caps::adopt(gst_caps_copy(caps.get()));
        gst_caps_set_simple(described.get(), "framerate", GST_TYPE_FRACTION,
                            static_cast<int>(kNominalFramerate), 1, nullptr);
    }
    input_->set_caps(described);
    return true;
}

void Encoder::begin_anew() {
    dropped_before_ += input_->dropped();
    pipeline_.reset();
    started_ = false;
    caps_ = {};
    auto built = build();
    RIVERO_ASSERT(built.has_value(), "what could be built once can be built again");
}

void Encoder::push(const Frame& frame, const Caps& caps) {
    if (!caps) return;
    if (!(caps == caps_)) {
        bool changed = !caps_ || !equal(caps, caps_);
        caps_ = caps;
        if (changed) {
            if (started_ && codec_ == Codec::av1 && !av1enc_is_sound()) {
                begin_anew();
                caps_ = caps;
            }
            usable_ = !is_video(codec_) || configure_video(caps);
            if (!is_video(codec_)) input_->set_caps(caps);
        }
    }
    if (!usable_) return;
    if (limiter_ && !limiter_->admit(frame.pts)) return;
    // Only now the size is known that the encoder starts with. A failure comes over the bus.
    if (!std::exchange(started_, true)) (void)pipeline_->set_state(GST_STATE_PLAYING);
    Frame in = frame;
    // av1enc takes a frame that begins exactly where the last one ended for one that goes back.
    if (codec_ == Codec::av1) in.duration.reset();
    input_->push(in);
}

void Encoder::request_keyframe() {
    if (!is_video(codec_) || !started_) return;  // the first frame is one anyway
    if (codec_ == Codec::av1 && !av1enc_is_sound()) {
        begin_anew();
        return;
    }
    // Against the stream, straight into the encoder: it does not wait for the next frame to pass.
    auto pad = Pad::adopt(gst_element_get_static_pad(encoder_.get(), "src"));
    gst_pad_send_event(pad.get(),
                       gst_video_event_new_upstream_force_key_unit(GST_CLOCK_TIME_NONE, TRUE, 0));
}

void Encoder::set_bitrate(Bitrate wanted) {
    Bitrate rate = std::max(settings_.min_bitrate, std::min(wanted, settings_.max_bitrate));
    if (rate == bitrate_) return;
    bitrate_ = rate;
    set_element_bitrate(encoder_, codec_, rate);
}

}  // namespace rivero::gst
