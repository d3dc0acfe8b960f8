// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "media/stages/stages.hpp"
#include "rivero/base/log.hpp"
#include "rivero/gst/decoder.hpp"

namespace rivero::media {
namespace {

class DecodeStage final : public Stage {
public:
    explicit DecodeStage(Node& above) : Stage{above} {
        Format format;
        format.type = above.format().type;
        format.packing = Packing::raw;
        format.framerate = above.format().framerate;
        output_ = std::make_unique<Node>(above.source(), above.graph(), std::move(format), this);
    }

    ~DecodeStage() override { bury(); }

    [[nodiscard]] Result<void> start() {
        gst::Decoder::Events events;
        events.on_frame = [this](gst::Frame frame, const gst::Caps& caps) {
            output_->set_caps(caps);
            output_->push(frame);
        };
        events.on_need_keyframe = [this] { above_.request_keyframe(selection); };
        events.on_error = [this](const gst::BusReport& report) { restart(report); };
        auto decoder = gst::Decoder::create(output_->graph().worker, *above_.format().codec,
                                            above_.format().caps, std::move(events));
        if (!decoder) return tl::unexpected{decoder.error()};
        decoder_ = std::move(*decoder);
        return {};
    }

    void on_frame(const gst::Frame& frame) override {
        if (decoder_) decoder_->push(frame);
    }
    void on_caps(const gst::Caps& caps) override {
        if (decoder_) decoder_->set_input_caps(caps);
    }
    void request_keyframe() override {}  // raw pictures are all key
    [[nodiscard]] bool converts() const override { return true; }

private:
    /// Ends the pipeline without waiting for it.
    void bury() {
        if (!decoder_) return;
        decoder_->silence();
        output_->graph().reaper.post([last = std::move(decoder_)]() mutable { last.reset(); });
    }
    /// A decoder that a broken stream has stopped is replaced, but not without end.
    void restart(const gst::BusReport& report) {
        log_topic("media")->warn("decoder of {}: {}", to_string(above_.format()), report.text);
        bury();
        // Often at once means that it will not get better; now and then is a broken stream.
        const Time now = Clock::now();
        if (now - restarted_ > kCalm) restarts_ = 0;
        restarted_ = now;
        if (++restarts_ > kMaxRestarts)
            return output_->tell_problem("the decoder of " + to_string(above_.format()) +
                                         " has failed: " + report.text);
        if (auto started = start(); !started) output_->tell_problem(started.error().message);
    }

    static constexpr int kMaxRestarts = 20;
    static constexpr Duration kCalm = 60s;
    Time restarted_;
    std::unique_ptr<gst::Decoder> decoder_;
    int restarts_ = 0;
};

}  // namespace

Result<std::unique_ptr<Stage>> make_decode_stage(Node& above) {
    auto stage = std::make_unique<DecodeStage>(above);
    if (auto started = stage->start(); !started) return tl::unexpected{started.error()};
    return stage;
}

}  // namespace rivero::media
