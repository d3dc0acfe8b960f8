// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "samples.hpp"

#include "codec/annexb.hpp"
#include "codec/av1.hpp"
#include "codec/h264.hpp"
#include "codec/h265.hpp"

#include <cctype>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace rivero::codec {
namespace {

ByteVector load(const std::string& name) {
    std::string path = RIVERO_TEST_DATA "/codec/" + name;
    std::ifstream file{path, std::ios::binary};
    if (!file) throw std::runtime_error{"no file " + path};
    return {std::istreambuf_iterator<char>{file}, std::istreambuf_iterator<char>{}};
}

ByteVector copy(Bytes bytes) {
    return {bytes.begin(), bytes.end()};
}

}  // namespace

ByteVector hex(std::string_view digits) {
    ByteVector bytes;
    std::string pair;
    for (char c : digits) {
        if (std::isspace(static_cast<unsigned char>(c))) continue;
        pair += c;
        if (pair.size() < 2) continue;
        bytes.push_back(static_cast<std::uint8_t>(std::stoi(pair, nullptr, 16)));
        pair.clear();
    }
    if (!pair.empty()) throw std::invalid_argument{"half a byte"};
    return bytes;
}

std::vector<ByteVector> load_frames(const std::string& name) {
    ByteVector file = load(name + ".frames");
    std::vector<ByteVector> frames;
    for (ByteReader in{file}; in.remaining() > 0;) frames.push_back(copy(in.take(in.u32())));
    return frames;
}

std::vector<SamplePacket> load_rtp(const std::string& name) {
    ByteVector file = load(name + ".rtp");
    std::vector<SamplePacket> packets;
    for (ByteReader in{file}; in.remaining() > 0;) {
        ByteReader packet{in.take(in.u16())};
        SamplePacket sample;
        if (packet.u8() != 0x80) throw std::runtime_error{"an RTP header with extras"};
        sample.marker = packet.u8() & 0x80;
        packet.u16();
        sample.timestamp = RtpTimestamp{packet.u32()};
        packet.u32();
        sample.payload = copy(packet.rest());
        packets.push_back(std::move(sample));
    }
    return packets;
}

std::vector<SamplePacket> packetize(Packetizer& packetizer, Bytes frame, std::size_t max_payload,
                                    RtpTimestamp timestamp, bool keyframe) {
    std::vector<SamplePacket> packets;
    packetizer.packetize(frame, keyframe, max_payload, [&](const PacketPayload& payload) {
        SamplePacket sample;
        sample.payload.resize(payload.size());
        payload.copy_to(sample.payload);
        sample.timestamp = RtpTimestamp{timestamp.value + payload.timestamp_offset};
        sample.marker = payload.marker;
        sample.starts_keyframe = payload.starts_keyframe;
        packets.push_back(std::move(sample));
    });
    return packets;
}

void Reassembly::push(const SamplePacket& sample) {
    push(sample.payload, sample.timestamp.value, sample.marker);
}

void Reassembly::push(Bytes payload, std::uint32_t timestamp, bool marker) {
    rtp::PacketPtr packet = pool_.make();
    packet->timestamp = RtpTimestamp{timestamp};
    packet->marker = marker;
    packet->arrival = packet->capture = Time{};
    std::copy(payload.begin(), payload.end(), packet->storage().begin());
    packet->set_payload(0, payload.size());
    depacketizer_->push(*packet);
    while (auto frame = depacketizer_->pop()) frames_.push_back(std::move(*frame));
}

ByteVector normal_access_unit(Codec codec, Bytes access_unit) {
    ByteVector normal;
    AnnexBReader in{access_unit};
    while (auto nal = in.next()) {
        bool delimiter = codec == Codec::h264 ? h264::nal_type((*nal)[0]) == h264::kAud
                                              : h265::nal_type((*nal)[0]) == h265::kAud;
        if (delimiter) continue;
        normal.insert(normal.end(), kStartCode.begin(), kStartCode.end());
        normal.insert(normal.end(), nal->begin(), nal->end());
    }
    return normal;
}

ByteVector normal_frame(Codec codec, Bytes frame) {
    if (codec == Codec::h264 || codec == Codec::h265) return normal_access_unit(codec, frame);
    if (codec != Codec::av1) return copy(frame);
    ByteVector normal;
    while (!frame.empty()) {
        auto obu = av1::parse_obu(frame);
        if (!obu) throw std::runtime_error{"no OBU"};
        if (!av1::stays_out_of_rtp(obu->type))
            normal.insert(normal.end(), frame.begin(),
                          frame.begin() + static_cast<std::ptrdiff_t>(obu->size));
        frame = frame.subspan(obu->size);
    }
    return normal;
}

}  // namespace rivero::codec
