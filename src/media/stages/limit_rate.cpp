// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "media/stages/stages.hpp"
#include "rivero/gst/rate_limiter.hpp"

namespace rivero::media {
namespace {

class LimitRateStage final : public Stage {
public:
    LimitRateStage(Node& above, double framerate)
        : Stage{above}, framerate_{framerate}, limiter_{framerate} {
        Format format;
        format.type = above.format().type;
        format.packing = Packing::raw;
        format.framerate = framerate;
        output_ = std::make_unique<Node>(above.source(), above.graph(), std::move(format), this);
        if (above.format().caps) on_caps(above.format().caps);
    }

    void on_frame(const gst::Frame& frame) override {
        if (!limiter_.admit(frame.pts)) return;
        gst::Frame longer = frame;
        longer.duration.reset();  // the next one may be further away than it says
        output_->push(longer);
    }
    /// Encoders spread their bits over as many pictures as the caps say.
    void on_caps(const gst::Caps& caps) override {
        int numerator = 0;
        int denominator = 1;
        gst_util_double_to_fraction(framerate_, &numerator, &denominator);
        auto limited = gst::Caps::adopt(gst_caps_copy(caps.get()));
        gst_caps_set_simple(limited.get(), "framerate", GST_TYPE_FRACTION, numerator, denominator,
                            nullptr);
        output_->set_caps(limited);
    }
    void request_keyframe() override {}  // raw pictures are all key

private:
    const double framerate_;
    gst::RateLimiter limiter_;
};

}  // namespace

Result<std::unique_ptr<Stage>> make_limit_rate_stage(Node& above, double framerate) {
    return std::make_unique<LimitRateStage>(above, framerate);
}

}  // namespace rivero::media
