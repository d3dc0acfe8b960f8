// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/inspect.hpp"
#include "samples.hpp"

#include <gtest/gtest.h>

#include <random>

namespace rivero::codec {
namespace {

struct Case {
    Codec codec;
    std::string name;
    std::size_t max_payload;
};
void PrintTo(const Case& c, std::ostream* out) {
    *out << c.name << " " << c.max_payload;
}
class RoundTripTest : public testing::TestWithParam<Case> {};

std::vector<Case> all_cases() {
    std::vector<Case> cases;
    for (auto& [codec, name] : {std::pair{Codec::vp8, "vp8"}, std::pair{Codec::vp9, "vp9"},
                                std::pair{Codec::h264, "h264"}, std::pair{Codec::h265, "h265"},
                                std::pair{Codec::av1, "av1"}})
        for (std::size_t max_payload : {64u, 65u, 66u, 67u, 100u, 127u, 128u, 129u, 130u, 131u,
                                        132u, 200u, 500u, 1200u, 1500u})
            cases.push_back({codec, name, max_payload});
    return cases;
}

TEST_P(RoundTripTest, EncoderFramesComeBack) {
    auto [codec, name, max_payload] = GetParam();
    auto frames = load_frames(name);
    auto packetizer = make_packetizer(codec);
    Reassembly reassembly{codec};
    Inspector inspector{codec};
    std::uint32_t timestamp = 0xffffe000;
    for (auto& frame : frames) {
        auto packets = packetize(*packetizer, frame, max_payload, RtpTimestamp{timestamp});
        ASSERT_FALSE(packets.empty());
        for (auto& packet : packets) {
            ASSERT_LE(packet.payload.size(), max_payload);
            EXPECT_EQ(packet.marker, &packet == &packets.back());
            PayloadInfo info = inspector.inspect(packet.timestamp, packet.payload);
            ASSERT_TRUE(info.valid);
            EXPECT_EQ(info.starts_frame, &packet == &packets.front());
            EXPECT_EQ(info.starts_keyframe, packet.starts_keyframe);
            reassembly.push(packet);
        }
        timestamp += 3000;
    }
    ASSERT_EQ(reassembly.frames().size(), frames.size());
    for (std::size_t i = 0; i < frames.size(); ++i) {
        EXPECT_EQ(reassembly.frames()[i].data, normal_frame(codec, frames[i])) << i;
        EXPECT_EQ(reassembly.frames()[i].keyframe, i % 6 == 0) << i;
    }
}

TEST_P(RoundTripTest, WithLossWhatComesIsWhole) {
    auto [codec, name, max_payload] = GetParam();
    auto frames = load_frames(name);
    auto packetizer = make_packetizer(codec);
    Reassembly reassembly{codec};
    std::mt19937 random{42};
    std::vector<std::size_t> expected;
    for (std::size_t i = 0; i < 20 * frames.size(); ++i) {
        auto& frame = frames[i % frames.size()];
        bool hole = false;
        for (auto& packet : packetize(*packetizer, frame, max_payload,
                                      RtpTimestamp{static_cast<std::uint32_t>(3000 * i)})) {
            if (random() % 20 == 0) {
                reassembly.lost();
                hole = true;
            } else {
                reassembly.push(packet);
            }
        }
        if (!hole) expected.push_back(i);
    }
    ASSERT_EQ(reassembly.frames().size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
        auto& frame = reassembly.frames()[i];
        EXPECT_EQ(frame.timestamp.value, 3000 * expected[i]);
        EXPECT_EQ(frame.data, normal_frame(codec, frames[expected[i] % frames.size()]));
        EXPECT_EQ(frame.discontinuity, expected[i] != (i == 0 ? 0 : expected[i - 1] + 1));
    }
}

// Payloads of every length around the places where fragments and lengths change.
TEST_P(RoundTripTest, FramesOfAllSizesComeBack) {
    auto [codec, name, max_payload] = GetParam();
    auto packetizer = make_packetizer(codec);
    Reassembly reassembly{codec};
    std::vector<ByteVector> sent;
    std::mt19937 random{7};
    for (std::size_t size = 1; size < 3 * max_payload + 40; size += size < 400 ? 1 : 17) {
        ByteVector body(size);
        for (auto& byte : body) byte = static_cast<std::uint8_t>(random() | 4);  // no start codes
        ByteVector frame;
        switch (codec) {
            case Codec::vp8:
                frame = hex("01");
                break;
            case Codec::vp9:
                frame = hex("86");
                break;
            case Codec::h264:
                frame = hex("00000001 41 9a");
                break;
            case Codec::h265:
                frame = hex("00000001 0201 d0");
                break;
            default:
                frame = hex("32");
                for (std::size_t rest = size + 1;; rest >>= 7) {
                    frame.push_back(
                        static_cast<std::uint8_t>((rest & 0x7f) | (rest > 127 ? 128 : 0)));
                    if (rest <= 127) break;
                }
                frame.push_back(0x30);
        }
        frame.insert(frame.end(), body.begin(), body.end());
        for (auto& packet : packetize(*packetizer, frame, max_payload,
                                      RtpTimestamp{static_cast<std::uint32_t>(sent.size())})) {
            ASSERT_LE(packet.payload.size(), max_payload);
            reassembly.push(packet);
        }
        sent.push_back(std::move(frame));
    }
    ASSERT_EQ(reassembly.frames().size(), sent.size());
    for (std::size_t i = 0; i < sent.size(); ++i) EXPECT_EQ(reassembly.frames()[i].data, sent[i]);
}

INSTANTIATE_TEST_SUITE_P(All, RoundTripTest, testing::ValuesIn(all_cases()), [](auto& row) {
    return row.param.name + "_" + std::to_string(row.param.max_payload);
});

}  // namespace
}  // namespace rivero::codec
