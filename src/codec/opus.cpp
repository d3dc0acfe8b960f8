// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/opus.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace rivero::codec::opus {
namespace {

using namespace std::chrono_literals;

/// RFC 6716 table 2: SILK-only and hybrid, then CELT-only configurations.
std::chrono::microseconds frame_duration(unsigned config) {
    constexpr std::array<std::chrono::microseconds, 4> kSilk{10ms, 20ms, 40ms, 60ms};
    constexpr std::array<std::chrono::microseconds, 4> kCelt{2500us, 5ms, 10ms, 20ms};
    if (config < 12) return kSilk[config & 3];
    if (config < 16) return config & 1 ? 20ms : 10ms;
    return kCelt[config & 3];
}

/// Length of a frame, 0 to 1275. RFC 6716 section 3.2.1.
std::size_t read_length(ByteReader& in) {
    std::size_t first = in.u8();
    return first < 252 ? first : first + std::size_t{4} * in.u8();
}

}  // namespace

//      0 1 2 3 4 5 6 7
//     +-+-+-+-+-+-+-+-+
//     | config  |s| c |
//     +-+-+-+-+-+-+-+-+
std::optional<PacketInfo> parse_packet(Bytes packet) {
    constexpr std::size_t kMaxFrame = 1275;
    constexpr auto kMaxDuration = 120ms;

    ByteReader in{packet};
    std::uint8_t toc = in.u8();
    PacketInfo info;
    info.frame_duration = frame_duration(toc >> 3);
    info.stereo = toc & 4;
    std::size_t largest = 0;
    switch (toc & 3) {
        case 0:
            info.frames = 1;
            largest = in.remaining();
            break;
        case 1:  // two of one size
            info.frames = 2;
            if (in.remaining() % 2 != 0) return std::nullopt;
            largest = in.remaining() / 2;
            break;
        case 2: {  // two
            info.frames = 2;
            std::size_t first = read_length(in);
            in.skip(first);
            largest = std::max(first, in.remaining());
            break;
        }
        default: {  // |v|p|     M     |: M frames, of different sizes if v, with padding if p
            std::uint8_t head = in.u8();
            info.frames = head & 0x3f;
            if (info.frames == 0 || info.duration() > kMaxDuration) return std::nullopt;
            std::size_t padding = 0;
            if (head & 0x40) {
                std::uint8_t more = 255;
                while (in.ok() && more == 255) {
                    more = in.u8();
                    padding += more == 255 ? 254 : more;
                }
            }
            if (padding > in.remaining()) return std::nullopt;
            if (head & 0x80) {
                std::size_t total = 0;
                for (int i = 1; i < info.frames; ++i) {
                    std::size_t length = read_length(in);
                    largest = std::max(largest, length);
                    total += length;
                }
                if (total + padding > in.remaining()) return std::nullopt;
                largest = std::max(largest, in.remaining() - padding - total);
            } else {
                std::size_t all = in.remaining() - padding;
                auto frames = static_cast<std::size_t>(info.frames);
                if (all % frames != 0) return std::nullopt;
                largest = all / frames;
            }
        }
    }
    if (!in.ok() || largest > kMaxFrame) return std::nullopt;
    info.dtx = largest <= 1;
    return info;
}

}  // namespace rivero::codec::opus
