// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "media/stages/stages.hpp"
#include "rivero/base/log.hpp"
#include "rivero/gst/encoder.hpp"
#include "rivero/rtp/keyframe_request_limiter.hpp"

#include <algorithm>

namespace rivero::media {
namespace {

/// What a picture deserves when nobody has set a bit rate: a tenth of a bit per pixel at 30
/// pictures a second, 0.9 Mbit/s for 640x480 and 2.7 Mbit/s for 1280x720, and less when there are
/// fewer pictures; but never less than the 300 kbit/s that small pictures get.
Bitrate bitrate_for(const Format& format) {
    int width = 0, height = 0;
    const auto& caps = format.caps;
    const GstStructure* structure = caps ? gst_caps_get_structure(caps.get(), 0) : nullptr;
    if (structure) {
        gst_structure_get_int(structure, "width", &width);
        gst_structure_get_int(structure, "height", &height);
    }
    const double share = format.framerate > 0 ? std::min(format.framerate / 30, 1.0) : 1.0;
    const auto wanted = static_cast<std::int64_t>(3.0 * width * height * share);
    return Bitrate{std::max<std::int64_t>(300000, wanted)};
}

class EncodeStage final : public Stage {
public:
    EncodeStage(Node& above, Codec codec, const EncoderLimits& limits,
                std::optional<Bitrate> bitrate)
        : Stage{above}, limits_{limits}, bitrate_{bitrate} {
        Format format;
        format.type = above.format().type;
        format.packing = Packing::frames;
        format.codec = codec;
        format.framerate = above.format().framerate;
        output_ = std::make_unique<Node>(above.source(), above.graph(), std::move(format), this);
    }

    ~EncodeStage() override { bury(); }

    [[nodiscard]] Result<void> start() {
        gst::EncoderSettings settings;
        if (above_.format().type == MediaType::video) {
            settings.min_bitrate = limits_.min;
            settings.max_bitrate = limits_.max;
        } else {
            settings.bitrate = bitrate_;
        }
        const Graph& graph = output_->graph();
        settings.h264 =
            graph.h264_encoder == "openh264" ? gst::H264Encoder::openh264 : gst::H264Encoder::x264;
        gst::Encoder::Events events;
        events.on_frame = [this](gst::Frame frame, const gst::Caps& caps) {
            output_->set_caps(caps);
            output_->push(frame);
        };
        events.on_error = [this](const gst::BusReport& report) { restart(report); };
        auto encoder = gst::Encoder::create(graph.worker, *output_->format().codec, settings,
                                            std::move(events));
        if (!encoder) return tl::unexpected{encoder.error()};
        encoder_ = std::move(*encoder);
        set_bitrate();
        return {};
    }

    void on_frame(const gst::Frame& frame) override {
        if (encoder_) encoder_->push(frame, above_.format().caps);
    }
    void on_caps(const gst::Caps&) override { set_bitrate(); }
    void request_keyframe() override {
        keyframes_.request(Clock::now());
        make_keyframe();
    }
    void set_limits(const EncoderLimits& limits) override {
        limits_ = limits;
        set_bitrate();
    }
    [[nodiscard]] bool converts() const override { return true; }

private:
    /// Ends the pipeline without waiting for it.
    void bury() {
        if (!encoder_) return;
        encoder_->silence();
        output_->graph().reaper.post([last = std::move(encoder_)]() mutable { last.reset(); });
    }
    /// Receivers ask as often as they like; each key frame costs all of them.
    void make_keyframe() {
        const Time now = Clock::now();
        if (keyframes_.poll(now)) {
            if (encoder_) encoder_->request_keyframe();
            return;
        }
        if (auto due = keyframes_.next_deadline())
            timer_ = output_->graph().worker.post_after(*due - now, [this] { make_keyframe(); });
    }
    void set_bitrate() {
        if (!encoder_ || above_.format().type != MediaType::video) return;
        Bitrate wanted = limits_.target.value_or(bitrate_for(above_.format()));
        if (limits_.receivers) wanted = std::min(wanted, *limits_.receivers);
        encoder_->set_bitrate(std::clamp(wanted, limits_.min, std::max(limits_.min, limits_.max)));
    }
    void restart(const gst::BusReport& report) {
        log_topic("media")->warn("encoder of {}: {}", to_string(output_->format()), report.text);
        bury();
        // Often at once means that it will not get better; now and then is a broken stream.
        const Time now = Clock::now();
        if (now - restarted_ > kCalm) restarts_ = 0;
        restarted_ = now;
        if (++restarts_ > kMaxRestarts)
            return output_->tell_problem("the encoder of " + to_string(output_->format()) +
                                         " has failed: " + report.text);
        if (auto started = start(); !started) output_->tell_problem(started.error().message);
    }

    static constexpr int kMaxRestarts = 20;
    static constexpr Duration kCalm = 60s;
    Time restarted_;
    static rtp::KeyframeRequestLimiter::Settings without_repeats() {
        rtp::KeyframeRequestLimiter::Settings settings;
        settings.max_repeats = 0;
        return settings;
    }

    EncoderLimits limits_;
    const std::optional<Bitrate> bitrate_;  // of sound
    rtp::KeyframeRequestLimiter keyframes_{without_repeats()};
    Timer timer_;
    std::unique_ptr<gst::Encoder> encoder_;
    int restarts_ = 0;
};

}  // namespace

Result<std::unique_ptr<Stage>> make_encode_stage(Node& above, Codec codec,
                                                 const EncoderLimits& limits,
                                                 std::optional<Bitrate> bitrate) {
    auto stage = std::make_unique<EncodeStage>(above, codec, limits, bitrate);
    if (auto started = stage->start(); !started) return tl::unexpected{started.error()};
    return stage;
}

}  // namespace rivero::media
