// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/depacketizer.hpp"
#include "media/stages/stages.hpp"
#include "rivero/gst/decoder.hpp"
#include "rivero/rtp/reorder_buffer.hpp"

namespace rivero::media {
namespace {

class DepacketizeStage final : public Stage {
public:
    DepacketizeStage(Node& above, std::unique_ptr<codec::Depacketizer> depacketizer)
        : Stage{above}, depacketizer_{std::move(depacketizer)} {
        Format format = above.format();
        format.packing = Packing::frames;
        format.caps = gst::encoded_caps(*format.codec);
        output_ = std::make_unique<Node>(above.source(), above.graph(), std::move(format), this);
    }

    void on_packet(const rtp::PacketPtr& packet) override {
        const Time now = Clock::now();
        reorder_.push(now, packet);
        drain(now);
    }

    void on_switch() override {
        // What is missing of the old encoding never comes.
        reorder_.clear();
        depacketizer_->lost();
        timer_.cancel();
    }

    void request_keyframe() override { above_.request_keyframe(selection); }

private:
    void drain(Time now) {
        while (auto ordered = reorder_.pop(now)) {
            if (ordered->missing_before > 0) depacketizer_->lost();
            if (ordered->packet->payload().empty()) continue;  // a probe
            depacketizer_->push(*ordered->packet);
            while (auto frame = depacketizer_->pop()) hand_out(*frame);
        }
        arm(now);
    }

    void hand_out(const codec::EncodedFrame& encoded) {
        const bool video = output_->format().type == MediaType::video;
        // After a loss a decoder would show, and a recording would keep, what the missing frame
        // left behind.
        if (video && encoded.discontinuity && !encoded.keyframe && !waiting_) {
            waiting_ = true;
            above_.request_keyframe(selection);
        }
        if (video && waiting_) {
            if (!encoded.keyframe) return;
            waiting_ = false;
        }
        // Decoders and containers want time to go forward: two frames at one instant are told apart
        // by a tick.
        Time pts = encoded.capture;
        if (last_pts_ && pts <= *last_pts_) pts = *last_pts_ + std::chrono::microseconds{1};
        last_pts_ = pts;
        gst::Frame frame;
        frame.buffer = gst::make_buffer(encoded.data);
        frame.pts = pts;
        frame.keyframe = encoded.keyframe;
        frame.discontinuity = encoded.discontinuity;
        if (output_->source().measures_latency()) frame.entered = encoded.arrival;
        output_->push(frame);
    }

    void arm(Time now) {
        auto deadline = reorder_.next_deadline();
        if (!deadline) {
            timer_.cancel();
            return;
        }
        timer_ =
            output_->graph().worker.post_after(*deadline - now, [this] { drain(Clock::now()); });
    }

    rtp::ReorderBuffer reorder_;
    std::unique_ptr<codec::Depacketizer> depacketizer_;
    Timer timer_;
    bool waiting_ = false;  ///< for a key frame, after a loss
    std::optional<Time> last_pts_;
};

}  // namespace

Result<std::unique_ptr<Stage>> make_depacketize_stage(Node& above) {
    auto depacketizer = codec::make_depacketizer(*above.format().codec);
    if (!depacketizer) return failure("no depacketizer for " + to_string(above.format()));
    return std::make_unique<DepacketizeStage>(above, std::move(depacketizer));
}

}  // namespace rivero::media
