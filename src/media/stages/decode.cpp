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
        output_ = std::make_unique<Node>(above.source(), above.graph(), std::move(format), this);
    }

    [[nodiscard]] Result<void> start() {
        gst::Decoder::Events events;
        events.on_frame = [this](gst::Frame frame, const gst::Caps& caps) {
            output_->set_caps(caps);
            output_->push(frame);
        };
        events.on_need_keyframe = [this] { above_.request_keyframe(); };
        events.on_error = [this](const gst::BusReport& report) { restart(report); };
        auto decoder = gst::Decoder::create(output_->graph().worker, *above_.format().codec, above_.format().caps, std::move(events));
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
    [[nodiscard]] const char* kind() const override { return "decode"; }
    [[nodiscard]] bool converts() const override { return true; }

private:
    /// A decoder that a broken stream has stopped is replaced, but not without end.
    void restart(const gst::BusReport& report) {
        log_topic("media")->warn("decoder of {}: {}", to_string(above_.format()), report.text);
        decoder_.reset();
        if (++restarts_ > kMaxRestarts) return;
        if (auto started = start(); !started) log_topic("media")->error("{}", started.error().message);
    }

    static constexpr int kMaxRestarts = 20;
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
