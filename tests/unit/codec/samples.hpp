// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "codec/depacketizer.hpp"
#include "codec/packetizer.hpp"
#include "rivero/base/bytes.hpp"
#include "rivero/rtp/codec.hpp"
#include "rivero/rtp/packet.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rivero::codec {

/// Bytes written as hexadecimal digits; spaces are skipped.
[[nodiscard]] ByteVector hex(std::string_view digits);

/// Frames of an encoder: tests/data/codec/<name>.frames.
[[nodiscard]] std::vector<ByteVector> load_frames(const std::string& name);

/// What a receiver makes of one RTP packet.
struct SamplePacket {
    ByteVector payload;
    RtpTimestamp timestamp;
    bool marker = false;
    bool starts_keyframe = false;
};
/// Packets of GStreamer's payloader: tests/data/codec/<name>.rtp.
[[nodiscard]] std::vector<SamplePacket> load_rtp(const std::string& name);

/// The packets of one frame.
[[nodiscard]] std::vector<SamplePacket> packetize(Packetizer& packetizer, Bytes frame,
                                                  std::size_t max_payload,
                                                  RtpTimestamp timestamp = RtpTimestamp{0},
                                                  bool keyframe = false);

/// A depacketizer that is fed with samples and keeps what comes out.
class Reassembly {
public:
    explicit Reassembly(Codec codec) : depacketizer_{make_depacketizer(codec)} {}

    void push(const SamplePacket& sample);
    void push(Bytes payload, std::uint32_t timestamp, bool marker);
    void lost() { depacketizer_->lost(); }
    [[nodiscard]] const std::vector<EncodedFrame>& frames() const { return frames_; }
    [[nodiscard]] const Depacketizer::Counters& counters() const {
        return depacketizer_->counters();
    }

private:
    rtp::PacketPool pool_;
    std::unique_ptr<Depacketizer> depacketizer_;
    std::vector<EncodedFrame> frames_;
};

/// The access unit as depacketizers write it: 4-byte start codes, no access unit delimiters.
[[nodiscard]] ByteVector normal_access_unit(Codec codec, Bytes access_unit);
/// The frame as it comes back from a round trip.
[[nodiscard]] ByteVector normal_frame(Codec codec, Bytes frame);

}  // namespace rivero::codec
