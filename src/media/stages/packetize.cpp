// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/packetizer.hpp"
#include "media/stages/stages.hpp"
#include "rivero/base/uuid.hpp"

#include <chrono>

namespace rivero::media {
namespace {

/// Room for header, extensions and authentication tag within the MTU.
constexpr std::size_t kOverhead = 60;

class PacketizeStage final : public Stage {
public:
    PacketizeStage(Node& above, std::unique_ptr<codec::Packetizer> packetizer)
        : Stage{above},
          packetizer_{std::move(packetizer)},
          clock_rate_{rtp_clock_rate(*above.format().codec)},
          ssrc_{random_u32()} {
        Format format = above.format();
        format.packing = Packing::rtp;
        format.caps = {};
        output_ = std::make_unique<Node>(above.source(), above.graph(), std::move(format), this);
    }

    void on_frame(const gst::Frame& frame) override {
        // Absolute time in units of the clock rate, modulo 2^32: every receiver adds an offset of
        // its own anyway.
        using Ticks = std::chrono::duration<double>;
        const auto since_epoch = Ticks{frame.pts.time_since_epoch()}.count() * clock_rate_;
        const RtpTimestamp timestamp{
            static_cast<std::uint32_t>(static_cast<std::int64_t>(since_epoch))};
        const Time now = Clock::now();
        gst::MappedBuffer bytes{frame.buffer};
        const std::size_t room = output_->mtu() - kOverhead;
        packets_.clear();
        packetizer_->packetize(
            bytes.bytes(), frame.keyframe, room, [&](const codec::PacketPayload& payload) {
                auto packet = output_->graph().packets.make();
                packet->seq = ExtSeqNum{next_seq_++};
                packet->timestamp = RtpTimestamp{timestamp.value + payload.timestamp_offset};
                packet->ssrc = ssrc_;
                packet->marker = payload.marker;
                packet->starts_keyframe = payload.starts_keyframe;
                packet->arrival = now;
                packet->capture = frame.pts;
                packet->entered = frame.entered;
                payload.copy_to(packet->storage());
                packet->set_payload(0, payload.size());
                packets_.push_back(std::move(packet));
            });
        for (auto& packet : packets_) output_->push(packet);
        packets_.clear();
    }

    void request_keyframe() override { above_.request_keyframe(selection); }

private:
    std::unique_ptr<codec::Packetizer> packetizer_;
    const int clock_rate_;
    const Ssrc ssrc_;
    std::int64_t next_seq_ = 0;
    std::vector<rtp::PacketPtr> packets_;  ///< of the frame at hand; kept for its memory
};

}  // namespace

Result<std::unique_ptr<Stage>> make_packetize_stage(Node& above) {
    auto packetizer = codec::make_packetizer(*above.format().codec,
                                             static_cast<std::uint16_t>(random_u32() & 0x7fff));
    if (!packetizer) return failure("no packetizer for " + to_string(above.format()));
    return std::make_unique<PacketizeStage>(above, std::move(packetizer));
}

}  // namespace rivero::media
