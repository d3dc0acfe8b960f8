// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "track_format.hpp"

#include "sequence_headers.hpp"

#include <algorithm>

namespace rivero::recorder {
namespace {

/// Ends on what a peer may make us keep: more parameter sets than this are not remembered.
constexpr std::size_t kMaxSets = 16;
constexpr std::size_t kMaxSetBytes = 256;

void put16(ByteVector& to, std::size_t value) {
    to.push_back(static_cast<std::uint8_t>(value >> 8));
    to.push_back(static_cast<std::uint8_t>(value));
}
void put_bytes(ByteVector& to, Bytes bytes) {
    to.insert(to.end(), bytes.begin(), bytes.end());
}
void put_unit(ByteVector& to, Bytes unit) {
    put16(to, unit.size() >> 16);
    put16(to, unit.size());
    put_bytes(to, unit);
}
std::uint8_t low_byte(unsigned value) {
    return static_cast<std::uint8_t>(value);
}

namespace h264 {
constexpr int kSps = 7;
constexpr int kPps = 8;
constexpr int kDelimiter = 9;
}  // namespace h264
namespace h265 {
constexpr int kVps = 32;
constexpr int kSps = 33;
constexpr int kPps = 34;
constexpr int kDelimiter = 35;
}  // namespace h265

using ParameterSets = std::map<std::pair<int, unsigned>, ByteVector>;

std::vector<Bytes> of_type(const ParameterSets& sets, int type) {
    std::vector<Bytes> found;
    for (const auto& [key, unit] : sets)
        if (key.first == type) found.emplace_back(unit);
    return found;
}

/// AVCDecoderConfigurationRecord. ISO/IEC 14496-15 section 5.3.3.1.
std::optional<TrackFormat> h264_format(const ParameterSets& sets) {
    std::vector<Bytes> sps = of_type(sets, h264::kSps);
    std::vector<Bytes> pps = of_type(sets, h264::kPps);
    if (sps.empty() || pps.empty()) return std::nullopt;
    auto parsed = parse_h264_sps(sps[0]);
    if (!parsed) return std::nullopt;
    constexpr std::uint8_t kFourByteLengths = 0xfc | 3;
    ByteVector config{1, sps[0][1], sps[0][2], sps[0][3], kFourByteLengths};
    config.push_back(low_byte(0xe0U | static_cast<unsigned>(sps.size())));
    for (Bytes unit : sps) {
        put16(config, unit.size());
        put_bytes(config, unit);
    }
    config.push_back(low_byte(static_cast<unsigned>(pps.size())));
    for (Bytes unit : pps) {
        put16(config, unit.size());
        put_bytes(config, unit);
    }
    if (parsed->extended_configuration) {
        config.push_back(low_byte(0xfcU | parsed->chroma_format));
        config.push_back(low_byte(0xf8U | (parsed->luma_depth - 8)));
        config.push_back(low_byte(0xf8U | (parsed->chroma_depth - 8)));
        config.push_back(0);  // no SPS extensions
    }
    return TrackFormat{Codec::h264, parsed->size.width, parsed->size.height, 0,
                       0,           std::move(config)};
}

/// HEVCDecoderConfigurationRecord. ISO/IEC 14496-15 section 8.3.3.1.
std::optional<TrackFormat> h265_format(const ParameterSets& sets) {
    std::vector<Bytes> sps = of_type(sets, h265::kSps);
    if (sps.empty() || of_type(sets, h265::kVps).empty() || of_type(sets, h265::kPps).empty())
        return std::nullopt;
    auto parsed = parse_h265_sps(sps[0]);
    if (!parsed) return std::nullopt;
    ByteVector config{1};
    put_bytes(config, parsed->profile_tier_level);
    put16(config, 0xf000);   // min_spatial_segmentation_idc unknown
    config.push_back(0xfc);  // parallelism unknown
    config.push_back(low_byte(0xfcU | parsed->chroma_format));
    config.push_back(low_byte(0xf8U | (parsed->luma_depth - 8)));
    config.push_back(low_byte(0xf8U | (parsed->chroma_depth - 8)));
    put16(config, 0);  // frame rate unknown
    constexpr unsigned kFourByteLengths = 3;
    config.push_back(low_byte(parsed->temporal_layers << 3 | (parsed->temporal_nesting ? 4U : 0U) |
                              kFourByteLengths));
    config.push_back(3);
    for (int type : {h265::kVps, h265::kSps, h265::kPps}) {
        std::vector<Bytes> units = of_type(sets, type);
        config.push_back(low_byte(static_cast<unsigned>(type)));
        put16(config, units.size());
        for (Bytes unit : units) {
            put16(config, unit.size());
            put_bytes(config, unit);
        }
    }
    return TrackFormat{Codec::h265, parsed->size.width, parsed->size.height, 0,
                       0,           std::move(config)};
}

/// AV1CodecConfigurationRecord. AV1 in ISOBMFF, section 2.3.3.
TrackFormat av1_format(const Av1Sequence& sequence, Bytes sequence_obu) {
    ByteVector config{
        0x81, low_byte(sequence.profile << 5 | sequence.level),
        low_byte(sequence.tier << 7 | (sequence.high_depth ? 0x40U : 0U) |
                 (sequence.twelve_bit ? 0x20U : 0U) | (sequence.monochrome ? 0x10U : 0U) |
                 (sequence.subsampling_x ? 8U : 0U) | (sequence.subsampling_y ? 4U : 0U) |
                 sequence.sample_position),
        0};
    put_bytes(config, sequence_obu);
    return {Codec::av1, sequence.size.width, sequence.size.height, 0, 0, std::move(config)};
}

/// Identification header. RFC 7845 section 5.1. Pre-skip is 0: we join a stream that is running,
/// its first samples belong to the time of its first frame.
ByteVector opus_head(int channels) {
    ByteVector head;
    put_bytes(head, as_bytes("OpusHead"));
    head.push_back(1);
    head.push_back(low_byte(static_cast<unsigned>(channels)));
    put16(head, 0);
    for (std::uint8_t byte : {0x80, 0xbb, 0x00, 0x00}) head.push_back(byte);  // 48000, LE
    put16(head, 0);                                                           // gain
    head.push_back(0);  // mapping family: mono or stereo
    return head;
}

}  // namespace

Bytes Repacker::repack(Bytes frame, bool keyframe, Bytes codec_data) {
    auto video = [this](const std::optional<PictureSize>& size) {
        if (size) format_ = TrackFormat{codec_, size->width, size->height, 0, 0, {}};
    };
    switch (codec_) {
        case Codec::h264:
        case Codec::h265:
            return repack_nal_units(frame, keyframe);
        case Codec::av1:
            return repack_obus(frame, keyframe);
        case Codec::vp8:
            if (!format_ && keyframe) video(vp8_picture_size(frame));
            break;
        case Codec::vp9:
            if (!format_ && keyframe) video(vp9_picture_size(frame));
            break;
        case Codec::opus:
            // Two channels whatever the first frame has: each frame says itself which it is (RFC
            // 6716 section 3.1), and browsers change it in the middle.
            if (!format_) format_ = TrackFormat{codec_, 0, 0, 48000, 2, opus_head(2)};
            break;
        case Codec::aac:
            if (!format_) {
                auto aac = parse_aac_config(codec_data);
                if (aac && codec_data.size() <= kMaxSetBytes)
                    format_ = TrackFormat{codec_,
                                          0,
                                          0,
                                          aac->sample_rate,
                                          aac->channels,
                                          ByteVector(codec_data.begin(), codec_data.end())};
            }
            break;
        case Codec::pcmu:
        case Codec::pcma:
            if (!format_) format_ = TrackFormat{codec_, 0, 0, 8000, 1, {}};
            break;
        case Codec::g722:
            break;
    }
    return format_ ? frame : Bytes{};
}

void Repacker::remember(int type, unsigned id, Bytes unit) {
    auto known = sets_.find({type, id});
    if (unit.size() > kMaxSetBytes || (known == sets_.end() && sets_.size() >= kMaxSets)) return;
    sets_.insert_or_assign({type, id}, ByteVector(unit.begin(), unit.end()));
}

Bytes Repacker::repack_nal_units(Bytes frame, bool keyframe) {
    bool is_h264 = codec_ == Codec::h264;
    std::vector<Bytes> pictures;
    bool changed = false;
    for (Bytes unit : nal_units(frame)) {
        int type = is_h264 ? unit[0] & 31 : unit[0] >> 1 & 63;
        std::optional<unsigned> id;
        if (is_h264 ? type == h264::kSps : type == h265::kSps) {
            auto sps = is_h264 ? parse_h264_sps(unit) : parse_h265_sps(unit);
            if (sps) id = sps->id;
        } else if (is_h264 ? type == h264::kPps : type == h265::kPps) {
            id = parse_pps_id(unit, is_h264 ? 1 : 2);
        } else if (!is_h264 && type == h265::kVps) {
            if (unit.size() > 2) id = unit[2] >> 4;
        } else {
            if (type != (is_h264 ? h264::kDelimiter : h265::kDelimiter)) pictures.push_back(unit);
            continue;
        }
        if (!id) continue;
        remember(type, *id, unit);
        auto in_config = configured_.find({type, *id});
        if (in_config == configured_.end() || !std::ranges::equal(in_config->second, unit))
            changed = true;
    }
    if (pictures.empty()) return {};
    if (!format_) {
        if (!keyframe) return {};
        format_ = is_h264 ? h264_format(sets_) : h265_format(sets_);
        if (!format_) return {};
        configured_ = sets_;
        changed = false;
    }
    if (changed) parameters_in_frames_ = true;
    repacked_.clear();
    // From the first change on every key frame has all sets, so that a player may start at any.
    if (parameters_in_frames_ && (keyframe || changed))
        for (const auto& [key, unit] : sets_) put_unit(repacked_, unit);
    for (Bytes unit : pictures) put_unit(repacked_, unit);
    return repacked_;
}

Bytes Repacker::repack_obus(Bytes frame, bool keyframe) {
    constexpr int kSequenceHeader = 1;
    constexpr int kTemporalDelimiter = 2;
    constexpr int kTileList = 8;
    constexpr int kPadding = 15;
    repacked_.clear();
    for (const Obu& obu : obus(frame)) {
        if (obu.type == kTemporalDelimiter || obu.type == kTileList || obu.type == kPadding)
            continue;
        if (obu.type == kSequenceHeader && !format_ && keyframe) {
            auto sequence = parse_av1_sequence(obu.payload);
            if (sequence && obu.whole.size() <= kMaxSetBytes)
                format_ = av1_format(*sequence, obu.whole);
        }
        put_bytes(repacked_, obu.whole);
    }
    return format_ ? Bytes{repacked_} : Bytes{};
}

}  // namespace rivero::recorder
