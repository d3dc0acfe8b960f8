// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/gst/decoder.hpp"

#include "rivero/gst/init.hpp"

#include <gst/video/video.h>

#include <array>
#include <string_view>
#include <vector>

namespace rivero::gst {
namespace {

// One second of video, two of audio: who is later than that will not catch up.
constexpr std::size_t kVideoInput = 30;
constexpr std::size_t kAudioInput = 100;
// A raw picture is megabytes.
constexpr std::size_t kVideoOutput = 8;
constexpr std::size_t kAudioOutput = 100;

bool is_video(Codec codec) {
    return media_type(codec) == MediaType::video;
}

/// In order of preference.
std::vector<const char*> factories(Codec codec) {
    switch (codec) {
        case Codec::vp8:
            return {"vp8dec"};
        case Codec::vp9:
            return {"vp9dec"};
        case Codec::h264:
            return {"avdec_h264", "openh264dec"};
        case Codec::h265:
            return {"avdec_h265", "libde265dec"};
        case Codec::av1:
            return {"dav1ddec", "av1dec"};
        case Codec::opus:
            return {"opusdec"};
        case Codec::pcmu:
            return {"mulawdec"};
        case Codec::pcma:
            return {"alawdec"};
        case Codec::g722:
            return {"avdec_g722"};
        case Codec::aac:
            return {"avdec_aac", "fdkaacdec", "faad"};
    }
    return {};
}

Result<Element> make_decoder_element(Codec codec) {
    auto names = factories(codec);
    for (const char* name : names)
        if (element_exists(name)) return make_element(name);
    return failure("cannot decode " + std::string{encoding_name(codec)} + ": " +
                   missing_plugin_hint(names.front()));
}

}  // namespace

Caps encoded_caps(Codec codec) {
    initialise();
    const char* text = "";
    switch (codec) {
        case Codec::vp8:
            text = "video/x-vp8";
            break;
        case Codec::vp9:
            text = "video/x-vp9";
            break;
        case Codec::h264:
            text = "video/x-h264, stream-format=byte-stream, alignment=au";
            break;
        case Codec::h265:
            text = "video/x-h265, stream-format=byte-stream, alignment=au";
            break;
        case Codec::av1:
            text = "video/x-av1, stream-format=obu-stream, alignment=tu";
            break;
        case Codec::opus:
            text = "audio/x-opus, channel-mapping-family=0, channels=2, rate=48000";
            break;
        case Codec::pcmu:
            text = "audio/x-mulaw, rate=8000, channels=1";
            break;
        case Codec::pcma:
            text = "audio/x-alaw, rate=8000, channels=1";
            break;
        case Codec::g722:
            text = "audio/G722, rate=16000, channels=1";
            break;
        case Codec::aac:
            // The rest of an AAC stream's description is in its own caps (codec_data).
            text = "audio/mpeg, mpegversion=4, stream-format=raw";
            break;
    }
    return Caps::adopt(gst_caps_from_string(text));
}

Decoder::Decoder(Loop& loop, Codec codec, Events events)
    : loop_{loop},
      codec_{codec},
      events_{std::make_shared<const Events>(std::move(events))},
      input_{is_video(codec) ? kVideoInput : kAudioInput,
             is_video(codec) ? FrameInput::WhenFull::refuse : FrameInput::WhenFull::drop_oldest},
      output_{loop, is_video(codec) ? kVideoOutput : kAudioOutput,
              [weak = std::weak_ptr{events_}](Frame frame, const Caps& caps) {
                  auto alive = weak.lock();
                  if (alive && alive->on_frame) alive->on_frame(std::move(frame), caps);
              }},
      pipeline_{"decoder",
                loop,
                {.on_error =
                     [weak = std::weak_ptr{events_}](const BusReport& report) {
                         auto alive = weak.lock();
                         if (alive && alive->on_error) alive->on_error(report);
                     },
                 .on_warning = {},
                 .on_eos = {},
                 .on_state = {},
                 .on_posting_thread = {}}} {}

Result<std::unique_ptr<Decoder>> Decoder::create(Loop& loop, Codec codec, Caps input,
                                                 Events events) {
    auto element = make_decoder_element(codec);
    if (!element) return tl::unexpected{element.error()};
    std::unique_ptr<Decoder> decoder{new Decoder{loop, codec, std::move(events)}};
    auto started = decoder->start(*element, input ? input : encoded_caps(codec));
    if (!started) return tl::unexpected{started.error()};
    return decoder;
}

Result<void> Decoder::start(Element decoder, const Caps& input) {
    if (is_video(codec_)) {
        // Slices, not frames: frame threads hold pictures back.
        set_property(decoder, "max-threads", "2");
        set_property(decoder, "thread-type", "slice");
        set_property(decoder, "threads", "2");
        // Ten seconds of a broken picture; the gate has asked for a key frame long before.
        set_property(decoder, "max-errors", "300");
        set_property(decoder, "automatic-request-sync-points", "true");
        set_property(decoder, "qos", "false");
    }
    input_.set_caps(input);
    auto output = make_frame_output(Pace::as_it_comes, [this](Frame frame, const Caps& caps) {
        output_.push(std::move(frame), caps);
    });
    auto linked = pipeline_.add_chain({input_.element(), decoder, output});
    if (!linked) return linked;
    // What the decoder itself finds broken comes as an event against the stream.
    auto pad = Pad::adopt(gst_element_get_static_pad(input_.element().get(), "src"));
    sync_point_requests_ =
        Probe{pad, GST_PAD_PROBE_TYPE_EVENT_UPSTREAM,
              [&loop = loop_, weak = std::weak_ptr{events_}](GstPadProbeInfo& info) {
                  if (!gst_video_event_is_force_key_unit(GST_PAD_PROBE_INFO_EVENT(&info)))
                      return GST_PAD_PROBE_OK;
                  loop.post([weak] {
                      auto alive = weak.lock();
                      if (alive && alive->on_need_keyframe) alive->on_need_keyframe();
                  });
                  return GST_PAD_PROBE_DROP;
              }};
    return pipeline_.set_state(GST_STATE_PLAYING);
}

void Decoder::push(const Frame& frame) {
    if (!is_video(codec_)) {
        input_.push(frame);
        return;
    }
    auto verdict = gate_.admit(frame);
    if (verdict.pass && !input_.push(frame)) {
        gate_.close();
        verdict.ask = true;
    }
    if (verdict.ask) ask_for_keyframe();
}

void Decoder::ask_for_keyframe() {
    // Posted: the owner may do anything in its handler, also destroy this.
    loop_.post([weak = std::weak_ptr{events_}] {
        auto alive = weak.lock();
        if (alive && alive->on_need_keyframe) alive->on_need_keyframe();
    });
}

void Decoder::set_input_caps(const Caps& caps) {
    input_.set_caps(caps);
}

std::uint64_t Decoder::dropped() const {
    return gate_.dropped() + input_.dropped();
}

}  // namespace rivero::gst
