// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "input.hpp"
#include "matroska_writer.hpp"
#include "mp4_writer.hpp"
#include "rivero/base/assert.hpp"
#include "sequence_headers.hpp"
#include "track_format.hpp"

#include <array>
#include <memory>
#include <optional>

using namespace rivero;
using namespace rivero::recorder;

namespace {

class Memory final : public Output {
public:
    explicit Memory(std::size_t room) : room_{room} {}
    [[nodiscard]] bool append(Bytes bytes) override {
        if (full_ || bytes.size() > room_ - bytes_.size()) {
            full_ = true;
            return false;
        }
        bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
        return true;
    }
    void overwrite(std::uint64_t at, Bytes bytes) override {
        RIVERO_ASSERT(at + bytes.size() <= bytes_.size(), "only what is there is written over");
        std::copy(bytes.begin(), bytes.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(at));
    }
    [[nodiscard]] std::uint64_t size() const override { return bytes_.size(); }
    [[nodiscard]] Bytes bytes() const { return bytes_; }

private:
    ByteVector bytes_;
    std::size_t room_;
    bool full_ = false;
};

/// Boxes fill their box to its end. ISO/IEC 14496-12 section 4.2.
void check_boxes(Bytes bytes) {
    ByteReader in{bytes};
    while (in.remaining() > 0) {
        std::uint64_t size = in.u32();
        const auto type = as_text(in.take(4));
        std::uint64_t head = 8;
        if (size == 1) {
            size = in.u64();
            head = 16;
        }
        RIVERO_ASSERT(in.ok() && size >= head, "a box has a size");
        const Bytes body = in.take(size - head);
        RIVERO_ASSERT(in.ok(), "a box ends within its parent");
        for (std::string_view parent : {"moov", "trak", "mdia", "minf", "stbl", "moof", "traf"})
            if (type == parent) check_boxes(body);
    }
}

/// Elements fill the file to its end; the last cluster may be open. RFC 8794 section 6.
void check_elements(Bytes bytes, bool inside) {
    ByteReader in{bytes};
    const auto number = [&](bool keep_marker) {
        const std::uint64_t first = in.u8();
        RIVERO_ASSERT(first != 0, "no number is longer than 8 bytes");
        int more = 0;
        while (!(first & (0x80U >> more))) ++more;
        std::uint64_t value = keep_marker ? first : first & (0x7fU >> more);
        bool unknown = !keep_marker && value == (0x7fU >> more);
        for (int i = 0; i < more; ++i) {
            const auto byte = in.u8();
            unknown = unknown && byte == 0xff;
            value = value << 8 | byte;
        }
        return unknown ? ~std::uint64_t{0} : value;
    };
    while (in.remaining() > 0) {
        const auto id = number(true);
        const auto size = number(false);
        RIVERO_ASSERT(in.ok(), "an element has a head");
        const bool open = size == ~std::uint64_t{0};
        const Bytes body = in.take(open ? in.remaining() : size);
        RIVERO_ASSERT(in.ok(), "an element ends within its parent");
        constexpr std::uint64_t kSegment = 0x18538067;
        constexpr std::uint64_t kCluster = 0x1F43B675;
        if (id == kSegment && !inside) check_elements(body, true);
        if (id == kCluster) check_elements(body, true);
    }
}

constexpr std::array kCodecs{Codec::vp8, Codec::vp9,  Codec::h264, Codec::h265,
                             Codec::av1, Codec::opus, Codec::pcmu, Codec::aac};

struct Track {
    explicit Track(Codec codec) : repacker{codec} {}
    Repacker repacker;
    std::optional<Container::TrackIndex> index;
    Duration time{};
};

void look_at(Bytes bytes) {
    static_cast<void>(vp8_picture_size(bytes));
    static_cast<void>(vp9_picture_size(bytes));
    static_cast<void>(parse_h264_sps(bytes));
    static_cast<void>(parse_h265_sps(bytes));
    static_cast<void>(parse_pps_id(bytes, 1));
    static_cast<void>(parse_pps_id(bytes, 2));
    static_cast<void>(parse_av1_sequence(bytes));
    static_cast<void>(parse_aac_config(bytes));
    for (const auto& obu : obus(bytes)) static_cast<void>(parse_av1_sequence(obu.payload));
}

}  // namespace

// A byte for container and codecs, two for the room on the disk, then frames: flags, time since the
// last one of the track (16 bits, ms), and a length of 16 bits.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input in{data, size};
    const std::uint8_t kind = in.u8();
    const std::uint16_t room = in.u16();
    Memory output{room == 0 ? std::size_t{1} << 24 : std::size_t{room} * 16 + 20'000};
    const bool mp4 = kind & 1;
    std::unique_ptr<Container> container;
    if (mp4)
        container = std::make_unique<Mp4Writer>(output);
    else
        container = std::make_unique<MatroskaWriter>(
            kind & 2 ? MatroskaWriter::DocType::webm : MatroskaWriter::DocType::matroska, output);
    std::array<Track, 2> tracks{Track{kCodecs[kind >> 2 & 7]}, Track{kCodecs[5 + (kind >> 5) % 3]}};
    if (media_type(tracks[0].repacker.codec()) == MediaType::audio)
        tracks[0].repacker = Repacker{Codec::h264};
    const ByteVector aac{0x11, 0x90};
    while (in.more()) {
        const std::uint8_t flags = in.u8();
        Track& track = tracks[flags & 1];
        track.time += std::chrono::milliseconds{in.u16()};
        const ByteVector frame = in.long_piece();
        look_at(frame);
        const bool keyframe = flags & 2 || &track == &tracks[1];
        const Bytes repacked = track.repacker.repack(frame, keyframe, flags & 8 ? frame : aac);
        if (repacked.empty()) continue;
        if (!track.index) {
            RIVERO_ASSERT(track.repacker.format().has_value(),
                          "the format is known with the frame");
            track.index = container->add_track(*track.repacker.format());
        }
        if (track.repacker.parameters_in_frames()) container->parameters_in_frames(*track.index);
        const Duration later{flags & 4 ? 40ms : 0ms};
        container->write(*track.index, {repacked, track.time, track.time + later, 33ms, keyframe});
        if (flags & 16) container->flush();
    }
    if (!(kind & 128)) container->finish();
    if (mp4)
        check_boxes(output.bytes());
    else
        check_elements(output.bytes(), false);
    return 0;
}
