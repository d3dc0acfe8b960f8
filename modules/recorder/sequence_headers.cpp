// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "sequence_headers.hpp"

#include "bit_reader.hpp"

#include <array>

namespace rivero::recorder {
namespace {

/// Bytes 00 00 03 of a NAL unit stand for 00 00. H.264 section 7.4.1.
ByteVector without_emulation_prevention(Bytes unit) {
    ByteVector raw;
    raw.reserve(unit.size());
    int zeros = 0;
    for (std::uint8_t byte : unit) {
        if (zeros >= 2 && byte == 3) {
            zeros = 0;
            continue;
        }
        zeros = byte == 0 ? zeros + 1 : 0;
        raw.push_back(byte);
    }
    return raw;
}

/// H.264 section 7.3.2.1.1.1.
void skip_scaling_list(BitReader& reader, int size) {
    int last = 8;
    int next = 8;
    for (int i = 0; i < size && reader.ok(); ++i) {
        if (next != 0) next = (last + reader.signed_golomb()) & 0xff;
        if (next != 0) last = next;
    }
}

/// @return nothing for sizes that no encoder makes
std::optional<PictureSize> sane(std::int64_t width, std::int64_t height) {
    if (width < 1 || height < 1 || width > 16384 || height > 16384) return std::nullopt;
    return PictureSize{static_cast<int>(width), static_cast<int>(height)};
}

bool has_extended_configuration(unsigned profile) {
    for (unsigned extended : {100U, 110U, 122U, 244U, 44U, 83U, 86U, 118U, 128U, 138U, 139U, 134U})
        if (profile == extended) return true;
    return false;
}

}  // namespace

std::optional<PictureSize> vp8_picture_size(Bytes frame) {
    // frame tag (3 bytes, bit 0: not a key frame), 9d 01 2a, width and height (14 bits each, LE)
    if (frame.size() < 10 || (frame[0] & 1) != 0) return std::nullopt;
    if (frame[3] != 0x9d || frame[4] != 0x01 || frame[5] != 0x2a) return std::nullopt;
    return sane((frame[6] | frame[7] << 8) & 0x3fff, (frame[8] | frame[9] << 8) & 0x3fff);
}

std::optional<PictureSize> vp9_picture_size(Bytes frame) {
    BitReader reader{frame};
    if (reader.bits(2) != 2) return std::nullopt;
    unsigned profile = reader.bits(1);
    profile |= reader.bits(1) << 1;
    if (profile == 3) reader.skip(1);
    if (reader.flag()) return std::nullopt;  // show_existing_frame
    if (reader.flag()) return std::nullopt;  // frame_type: not a key frame
    reader.skip(2);                          // show_frame, error_resilient_mode
    if (reader.bits(24) != 0x498342) return std::nullopt;
    if (profile >= 2) reader.skip(1);  // ten_or_twelve_bit
    constexpr unsigned kRgb = 7;
    if (reader.bits(3) != kRgb) {
        reader.skip(1);                        // color_range
        if (profile % 2 == 1) reader.skip(3);  // subsampling, reserved
    } else if (profile % 2 == 1) {
        reader.skip(1);
    }
    std::int64_t width = std::int64_t{reader.bits(16)} + 1;
    std::int64_t height = std::int64_t{reader.bits(16)} + 1;
    return reader.ok() ? sane(width, height) : std::nullopt;
}

std::vector<Bytes> nal_units(Bytes stream) {
    std::vector<Bytes> units;
    std::size_t start = 0;  // of the unit that we are in
    bool inside = false;
    auto end_unit = [&](std::size_t end) {
        while (end > start && stream[end - 1] == 0) --end;  // trailing_zero_8bits
        if (inside && end > start) units.push_back(stream.subspan(start, end - start));
    };
    for (std::size_t i = 0; i + 2 < stream.size();) {
        if (stream[i + 2] > 1) {
            i += 3;
        } else if (stream[i] == 0 && stream[i + 1] == 0 && stream[i + 2] == 1) {
            end_unit(i);
            start = i + 3;
            inside = true;
            i = start;
        } else {
            ++i;
        }
    }
    end_unit(stream.size());
    return units;
}

std::optional<SequenceParameters> parse_h264_sps(Bytes unit) {
    if (unit.size() < 4) return std::nullopt;
    ByteVector raw = without_emulation_prevention(unit.subspan(1));
    BitReader reader{raw};
    SequenceParameters sps;
    unsigned profile = reader.bits(8);
    reader.skip(16);  // constraints, level
    sps.id = reader.golomb();
    sps.extended_configuration = has_extended_configuration(profile);
    bool separate_planes = false;
    if (sps.extended_configuration) {
        sps.chroma_format = reader.golomb();
        if (sps.chroma_format == 3) separate_planes = reader.flag();
        sps.luma_depth = 8 + reader.golomb();
        sps.chroma_depth = 8 + reader.golomb();
        reader.skip(1);  // lossless
        if (reader.flag()) {
            for (int i = 0; i < (sps.chroma_format == 3 ? 12 : 8); ++i)
                if (reader.flag()) skip_scaling_list(reader, i < 6 ? 16 : 64);
        }
    }
    reader.golomb();  // log2_max_frame_num_minus4
    unsigned order_type = reader.golomb();
    if (order_type == 0) {
        reader.golomb();
    } else if (order_type == 1) {
        reader.skip(1);
        reader.signed_golomb();
        reader.signed_golomb();
        unsigned cycle = reader.golomb();
        for (unsigned i = 0; i < cycle && reader.ok(); ++i) reader.signed_golomb();
    }
    reader.golomb();  // max_num_ref_frames
    reader.skip(1);
    std::int64_t width = (std::int64_t{reader.golomb()} + 1) * 16;
    std::int64_t map_units = std::int64_t{reader.golomb()} + 1;
    bool frames_only = reader.flag();
    if (!frames_only) reader.skip(1);
    std::int64_t height = map_units * 16 * (frames_only ? 1 : 2);
    reader.skip(1);  // direct_8x8_inference
    if (reader.flag()) {
        bool subsampled = !separate_planes && sps.chroma_format != 0;
        int unit_x = subsampled && sps.chroma_format < 3 ? 2 : 1;
        int unit_y = (subsampled && sps.chroma_format == 1 ? 2 : 1) * (frames_only ? 1 : 2);
        std::int64_t left = reader.golomb();
        std::int64_t right = reader.golomb();
        std::int64_t top = reader.golomb();
        std::int64_t bottom = reader.golomb();
        width -= (left + right) * unit_x;
        height -= (top + bottom) * unit_y;
    }
    auto size = sane(width, height);
    if (!reader.ok() || !size || sps.chroma_format > 3 || sps.luma_depth > 14 ||
        sps.chroma_depth > 14)
        return std::nullopt;
    sps.size = *size;
    return sps;
}

std::optional<SequenceParameters> parse_h265_sps(Bytes unit) {
    if (unit.size() < 16) return std::nullopt;
    ByteVector raw = without_emulation_prevention(unit.subspan(2));
    if (raw.size() < 13) return std::nullopt;
    BitReader reader{raw};
    SequenceParameters sps;
    reader.skip(4);                        // video parameter set
    unsigned sub_layers = reader.bits(3);  // minus 1
    sps.temporal_layers = sub_layers + 1;
    sps.temporal_nesting = reader.flag();
    sps.profile_tier_level.assign(raw.begin() + 1, raw.begin() + 13);
    reader.skip(96);
    if (sub_layers > 0) {
        std::array<bool, 8> profile{};
        std::array<bool, 8> level{};
        for (unsigned i = 0; i < sub_layers; ++i) {
            profile[i] = reader.flag();
            level[i] = reader.flag();
        }
        reader.skip(2 * static_cast<int>(8 - sub_layers));
        for (unsigned i = 0; i < sub_layers; ++i)
            reader.skip((profile[i] ? 88 : 0) + (level[i] ? 8 : 0));
    }
    sps.id = reader.golomb();
    sps.chroma_format = reader.golomb();
    if (sps.chroma_format == 3) reader.skip(1);
    std::int64_t width = reader.golomb();
    std::int64_t height = reader.golomb();
    if (reader.flag()) {
        int unit_x = sps.chroma_format == 1 || sps.chroma_format == 2 ? 2 : 1;
        int unit_y = sps.chroma_format == 1 ? 2 : 1;
        std::int64_t left = reader.golomb();
        std::int64_t right = reader.golomb();
        std::int64_t top = reader.golomb();
        std::int64_t bottom = reader.golomb();
        width -= (left + right) * unit_x;
        height -= (top + bottom) * unit_y;
    }
    sps.luma_depth = 8 + reader.golomb();
    sps.chroma_depth = 8 + reader.golomb();
    auto size = sane(width, height);
    if (!reader.ok() || !size || sps.chroma_format > 3 || sps.luma_depth > 16 ||
        sps.chroma_depth > 16)
        return std::nullopt;
    sps.size = *size;
    return sps;
}

std::optional<unsigned> parse_pps_id(Bytes unit, std::size_t header) {
    if (unit.size() <= header) return std::nullopt;
    ByteVector raw = without_emulation_prevention(unit.subspan(header));
    BitReader reader{raw};
    unsigned id = reader.golomb();
    if (!reader.ok()) return std::nullopt;
    return id;
}

std::vector<Obu> obus(Bytes unit) {
    // forbidden 1 | type 4 | extension 1 | has_size 1 | reserved 1, [extension byte], size leb128
    std::vector<Obu> found;
    while (!unit.empty()) {
        std::uint8_t header = unit[0];
        bool has_size = (header & 2) != 0;
        if ((header & 0x80) != 0 || !has_size) break;
        std::size_t at = (header & 4) != 0 ? 2 : 1;
        std::uint64_t size = 0;
        bool ended = false;
        for (int i = 0; i < 5 && at < unit.size() && !ended; ++i, ++at) {
            size |= std::uint64_t{unit[at] & 0x7fU} << (7 * i);
            ended = (unit[at] & 0x80) == 0;
        }
        if (!ended || size > unit.size() - at) break;
        auto length = static_cast<std::size_t>(size);
        found.push_back({header >> 3 & 15, unit.first(at + length), unit.subspan(at, length)});
        unit = unit.subspan(at + length);
    }
    return found;
}

std::optional<Av1Sequence> parse_av1_sequence(Bytes payload) {
    BitReader reader{payload};
    Av1Sequence sequence;
    sequence.profile = reader.bits(3);
    reader.skip(1);  // still_picture
    bool reduced = reader.flag();
    if (reduced) {
        sequence.level = reader.bits(5);
    } else {
        bool decoder_model = false;
        int delay_bits = 0;
        if (reader.flag()) {  // timing_info
            reader.skip(64);
            if (reader.flag()) reader.golomb();
            decoder_model = reader.flag();
            if (decoder_model) {
                delay_bits = static_cast<int>(reader.bits(5)) + 1;
                reader.skip(32 + 5 + 5);
            }
        }
        bool display_delay = reader.flag();
        unsigned points = reader.bits(5) + 1;
        for (unsigned i = 0; i < points; ++i) {
            reader.skip(12);
            unsigned level = reader.bits(5);
            unsigned tier = level > 7 ? reader.bits(1) : 0;
            if (decoder_model && reader.flag()) reader.skip(2 * delay_bits + 1);
            if (display_delay && reader.flag()) reader.skip(4);
            if (i == 0) {
                sequence.level = level;
                sequence.tier = tier;
            }
        }
    }
    int width_bits = static_cast<int>(reader.bits(4)) + 1;
    int height_bits = static_cast<int>(reader.bits(4)) + 1;
    std::int64_t width = std::int64_t{reader.bits(width_bits)} + 1;
    std::int64_t height = std::int64_t{reader.bits(height_bits)} + 1;
    if (!reduced && reader.flag()) reader.skip(7);  // frame ids
    reader.skip(3);  // 128x128 superblocks, filter intra, intra edge filter
    if (!reduced) {
        reader.skip(4);  // interintra, masked, warped, dual filter
        bool order_hint = reader.flag();
        if (order_hint) reader.skip(2);
        bool choose_screen_content = reader.flag();
        bool may_force_integer = choose_screen_content || reader.flag();
        if (may_force_integer && !reader.flag()) reader.skip(1);
        if (order_hint) reader.skip(3);
    }
    reader.skip(3);  // superres, cdef, restoration
    sequence.high_depth = reader.flag();
    if (sequence.profile == 2 && sequence.high_depth) sequence.twelve_bit = reader.flag();
    if (sequence.profile != 1) sequence.monochrome = reader.flag();
    std::uint32_t description = 0;
    if (reader.flag()) description = reader.bits(24);
    constexpr std::uint32_t kSrgb = 1U << 16 | 13U << 8;  // BT.709 primaries, sRGB, identity
    if (sequence.monochrome) {
        reader.skip(1);
    } else if (description == kSrgb) {
        sequence.subsampling_x = sequence.subsampling_y = false;
    } else {
        reader.skip(1);  // color_range
        if (sequence.profile == 1) {
            sequence.subsampling_x = sequence.subsampling_y = false;
        } else if (sequence.profile == 2) {
            sequence.subsampling_x = !sequence.twelve_bit || reader.flag();
            sequence.subsampling_y = sequence.twelve_bit && sequence.subsampling_x && reader.flag();
        }
        if (sequence.subsampling_x && sequence.subsampling_y)
            sequence.sample_position = reader.bits(2);
    }
    auto size = sane(width, height);
    if (!reader.ok() || !size) return std::nullopt;
    sequence.size = *size;
    return sequence;
}

std::optional<AacFormat> parse_aac_config(Bytes config) {
    static constexpr std::array kRates{96000, 88200, 64000, 48000, 44100, 32000, 24000,
                                       22050, 16000, 12000, 11025, 8000,  7350};
    BitReader reader{config};
    if (reader.bits(5) == 31) reader.skip(6);  // audioObjectType
    unsigned index = reader.bits(4);
    AacFormat format;
    if (index == 15)
        format.sample_rate = static_cast<int>(reader.bits(24));
    else if (index < kRates.size())
        format.sample_rate = kRates[index];
    format.channels = static_cast<int>(reader.bits(4));
    if (!reader.ok() || format.sample_rate < 1000 || format.channels < 1) return std::nullopt;
    if (format.channels == 7) format.channels = 8;  // 7.1
    return format;
}

}  // namespace rivero::recorder
