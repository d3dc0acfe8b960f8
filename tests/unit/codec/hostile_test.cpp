// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "codec_fuzz.hpp"
#include "samples.hpp"

#include <gtest/gtest.h>

#include <random>

namespace rivero::codec {
namespace {

/// 100,000 inputs for each target, from a fixed seed: the sanitizers watch.
constexpr int kRounds = 100'000;

TEST(HostilePayloads, RandomBytesDoNoHarm) {
    std::mt19937 random{1};
    for (int i = 0; i < kRounds; ++i) {
        // On the heap and of exact size, so that a read past the end is seen.
        ByteVector bytes(1 + random() % 48);
        for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
        fuzz::inspect_payload(bytes.data(), bytes.size());
        fuzz::depacketize(bytes.data(), bytes.size());
    }
}

TEST(HostilePayloads, DamagedRealPayloadsDoNoHarm) {
    std::mt19937 random{2};
    struct Stream {
        std::uint8_t selector;
        std::vector<SamplePacket> packets;
    };
    std::vector<Stream> streams{
        {0, load_rtp("vp8")}, {1, load_rtp("vp9")}, {2, load_rtp("h264")}, {3, load_rtp("h265")}};
    Stream av1{4, {}};
    auto packetizer = make_packetizer(Codec::av1);
    for (auto& frame : load_frames("av1"))
        for (auto& packet : packetize(*packetizer, frame, 200)) av1.packets.push_back(packet);
    streams.push_back(av1);

    auto damage = [&](ByteVector& bytes) {
        for (auto n = random() % 4; n > 0 && bytes.size() > 1; --n)
            bytes[1 + random() % std::min<std::size_t>(bytes.size() - 1, 24)] =
                static_cast<std::uint8_t>(random());
        if (random() % 4 == 0) bytes.resize(1 + random() % bytes.size());
        bytes.shrink_to_fit();
    };
    for (int i = 0; i < kRounds / 10; ++i) {
        auto& [selector, packets] = streams[random() % streams.size()];
        ByteVector one{selector};
        ByteVector many{selector};
        for (auto n = 1 + random() % 5; n > 0; --n) {
            auto& packet = packets[random() % packets.size()];
            one.assign(1, selector);
            one.insert(one.end(), packet.payload.begin(), packet.payload.end());
            damage(one);
            fuzz::inspect_payload(one.data(), one.size());
            many.push_back(static_cast<std::uint8_t>(random() % 8));
            many.push_back(static_cast<std::uint8_t>(one.size() - 1));
            many.insert(many.end(), one.begin() + 1, one.end());
        }
        fuzz::depacketize(many.data(), many.size());
    }
}

}  // namespace
}  // namespace rivero::codec
