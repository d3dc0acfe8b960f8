// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/packetizers.hpp"
#include "codec/vp8.hpp"
#include "codec/vp9.hpp"

#include <array>

namespace rivero::codec {
namespace {

/// 15-bit picture ids: 7 bits wrap every two seconds at 60 pictures per second, too soon to find a
/// lost one.
class PictureId {
public:
    explicit PictureId(std::uint16_t first) : next_{static_cast<std::uint16_t>(first & 0x7fff)} {}
    void write(ByteWriter& out) const { out.u16(static_cast<std::uint16_t>(0x8000 | next_)); }
    void advance() { next_ = static_cast<std::uint16_t>((next_ + 1) & 0x7fff); }

private:
    std::uint16_t next_;
};

class Vp8Packetizer final : public Packetizer {
public:
    explicit Vp8Packetizer(std::uint16_t first_picture_id) : picture_id_{first_picture_id} {}

private:
    // |X S PID| |I| M,PictureID 15|; RFC 7741 section 4.2. All is one partition for us, PID 0: who
    // reassembles whole frames need not know where the partitions begin.
    bool cut(Bytes frame, bool /*keyframe*/, std::size_t max_payload,
             const PacketSink& sink) override {
        constexpr std::size_t kDescriptor = 4;
        if (frame.empty()) return false;
        bool keyframe = vp8::is_keyframe(frame);
        split_evenly(frame, max_payload - kDescriptor, [&](Bytes part, bool first, bool last) {
            std::array<std::uint8_t, kDescriptor> descriptor{};
            ByteWriter out{descriptor};
            out.u8(first ? 0x90 : 0x80);
            out.u8(0x80);
            picture_id_.write(out);
            std::array<Bytes, 2> pieces{out.written(), part};
            sink({.pieces = pieces, .marker = last, .starts_keyframe = keyframe && first});
        });
        picture_id_.advance();
        return true;
    }

    PictureId picture_id_;
};

class Vp9Packetizer final : public Packetizer {
public:
    explicit Vp9Packetizer(std::uint16_t first_picture_id) : picture_id_{first_picture_id} {}

private:
    // |I P B E V| M,PictureID 15|, and in the first packet of a key frame the scalability
    // structure: one layer of this size, each picture refers to the one before it. RFC 9628
    // section 4.2.
    bool cut(Bytes frame, bool /*keyframe*/, std::size_t max_payload,
             const PacketSink& sink) override {
        constexpr std::size_t kDescriptor = 3;
        constexpr std::size_t kStructure = 8;
        auto header = vp9::parse_frame_header(frame);
        if (!header) return false;
        // P stays set for intra-only pictures: receivers take a picture without it for a key frame.
        bool keyframe = header->keyframe;
        std::size_t limit = max_payload - kDescriptor - (keyframe ? kStructure : 0);
        split_evenly(frame, limit, [&](Bytes part, bool first, bool last) {
            std::array<std::uint8_t, kDescriptor + kStructure> descriptor{};
            ByteWriter out{descriptor};
            bool structure = keyframe && first;
            out.u8(static_cast<std::uint8_t>(0x80 | (keyframe ? 0 : 0x40) | (first ? 0x08 : 0) |
                                             (last ? 0x04 : 0) | (structure ? 0x02 : 0)));
            picture_id_.write(out);
            if (structure) {
                out.u8(0x18);  // N_S 0, Y, G
                out.u16(static_cast<std::uint16_t>(header->width));
                out.u16(static_cast<std::uint16_t>(header->height));
                out.u8(1);     // N_G
                out.u8(0x04);  // TID 0, R 1
                out.u8(1);     // P_DIFF
            }
            std::array<Bytes, 2> pieces{out.written(), part};
            sink({.pieces = pieces, .marker = last, .starts_keyframe = structure});
        });
        picture_id_.advance();
        return true;
    }

    PictureId picture_id_;
};

}  // namespace

std::unique_ptr<Packetizer> make_vp8_packetizer(std::uint16_t first_picture_id) {
    return std::make_unique<Vp8Packetizer>(first_picture_id);
}
std::unique_ptr<Packetizer> make_vp9_packetizer(std::uint16_t first_picture_id) {
    return std::make_unique<Vp9Packetizer>(first_picture_id);
}

}  // namespace rivero::codec
