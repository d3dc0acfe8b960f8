// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/depacketizer.hpp"

#include "codec/video_depacketizer.hpp"

#include <utility>

namespace rivero::codec {
namespace {

/// One packet, one frame.
class AudioDepacketizer final : public Depacketizer {
public:
    void push(const rtp::Packet& packet) override {
        Bytes payload = packet.payload();
        if (payload.empty()) return;
        EncodedFrame frame;
        frame.data.assign(payload.begin(), payload.end());
        frame.timestamp = packet.timestamp;
        frame.capture = packet.capture;
        frame.arrival = packet.entry();
        frame.keyframe = true;
        queue_.push(std::move(frame), counters_);
    }
    void lost() override { queue_.break_here(); }
    [[nodiscard]] std::optional<EncodedFrame> pop() override { return queue_.pop(); }
    [[nodiscard]] const Counters& counters() const override { return counters_; }

private:
    FrameQueue queue_;
    Counters counters_;
};

}  // namespace

void FrameQueue::push(EncodedFrame frame, Depacketizer::Counters& counters) {
    ++counters.frames;
    frame.discontinuity = std::exchange(broken_, false);
    if (frames_.size() == Depacketizer::kMaxQueue) {
        frames_.pop_front();
        frames_.front().discontinuity = true;
        ++counters.dropped_frames;
    }
    frames_.push_back(std::move(frame));
}

std::optional<EncodedFrame> FrameQueue::pop() {
    if (frames_.empty()) return std::nullopt;
    EncodedFrame frame = std::move(frames_.front());
    frames_.pop_front();
    return frame;
}

void VideoDepacketizer::push(const rtp::Packet& packet) {
    Bytes payload = packet.payload();
    if (payload.empty()) return;  // padding, to probe the bandwidth
    if (open_ && gap_) broken_ = true;
    if (open_ && packet.timestamp != frame_.timestamp) {
        if (broken_ || has_picture()) {
            close();
        } else {
            // Parameter sets with a timestamp of their own: cameras do that. They belong to the
            // picture that follows.
            frame_.timestamp = packet.timestamp;
            frame_.capture = packet.capture;
        }
    }
    if (!open_) {
        open(packet);
        if (!can_begin(payload)) broken_ = true;
    }
    gap_ = false;
    if (!broken_ && frame_.data.size() + payload.size() > kMaxFrameSize) broken_ = true;
    if (!broken_ && !append(payload, frame_.data)) {
        ++counters_.invalid_packets;
        broken_ = true;
    }
    if (broken_) frame_.data = {};
    if (packet.marker && (broken_ || has_picture())) close();
}

void VideoDepacketizer::lost() {
    gap_ = true;
    queue_.break_here();
}

void VideoDepacketizer::open(const rtp::Packet& packet) {
    open_ = true;
    broken_ = false;
    frame_ = {};
    frame_.data.reserve(last_size_);
    frame_.timestamp = packet.timestamp;
    frame_.capture = packet.capture;
    frame_.arrival = packet.entry();
    begin_frame(gap_);
}

void VideoDepacketizer::close() {
    open_ = false;
    if (broken_ || !finish(frame_.data) || frame_.data.empty()) {
        ++counters_.dropped_frames;
        frame_.data = {};
        queue_.break_here();
        return;
    }
    last_size_ = frame_.data.size();
    frame_.keyframe = is_keyframe();
    queue_.push(std::move(frame_), counters_);
}

std::unique_ptr<Depacketizer> make_depacketizer(Codec codec) {
    switch (codec) {
        case Codec::vp8:
            return make_vp8_depacketizer();
        case Codec::vp9:
            return make_vp9_depacketizer();
        case Codec::h264:
            return make_h264_depacketizer();
        case Codec::h265:
            return make_h265_depacketizer();
        case Codec::av1:
            return make_av1_depacketizer();
        case Codec::opus:
        case Codec::pcmu:
        case Codec::pcma:
        case Codec::g722:
            return std::make_unique<AudioDepacketizer>();
        case Codec::aac:
            break;
    }
    return nullptr;
}

}  // namespace rivero::codec
