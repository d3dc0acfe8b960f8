// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "matroska_writer.hpp"

#include "rivero/base/assert.hpp"

#include <array>
#include <bit>
#include <string_view>
#include <utility>

namespace rivero::recorder {
namespace {

constexpr std::size_t kHeadSize = 8192;
constexpr std::int64_t kMaxClusterMs = 1000;
/// A key frame opens a cluster of its own unless the current one is as young as this.
constexpr std::int64_t kMinClusterMs = 500;
/// Players need no finer index; it also bounds what we keep in memory per hour.
constexpr std::int64_t kMinCueDistanceMs = 500;
/// How often the head learns the length, for recordings that are never finished.
constexpr Duration kHeadInterval = 500ms;
constexpr std::uint64_t kUnknownSize = 0x01ff'ffff'ffff'ffff;

// Element ids. RFC 9559 section 5.
namespace id {
constexpr std::uint32_t kEbml = 0x1A45DFA3;
constexpr std::uint32_t kEbmlVersion = 0x4286;
constexpr std::uint32_t kEbmlReadVersion = 0x42F7;
constexpr std::uint32_t kEbmlMaxIdLength = 0x42F2;
constexpr std::uint32_t kEbmlMaxSizeLength = 0x42F3;
constexpr std::uint32_t kDocType = 0x4282;
constexpr std::uint32_t kDocTypeVersion = 0x4287;
constexpr std::uint32_t kDocTypeReadVersion = 0x4285;
constexpr std::uint32_t kVoid = 0xEC;
constexpr std::uint32_t kSegment = 0x18538067;
constexpr std::uint32_t kSeekHead = 0x114D9B74;
constexpr std::uint32_t kSeek = 0x4DBB;
constexpr std::uint32_t kSeekId = 0x53AB;
constexpr std::uint32_t kSeekPosition = 0x53AC;
constexpr std::uint32_t kInfo = 0x1549A966;
constexpr std::uint32_t kTimestampScale = 0x2AD7B1;
constexpr std::uint32_t kDuration = 0x4489;
constexpr std::uint32_t kMuxingApp = 0x4D80;
constexpr std::uint32_t kWritingApp = 0x5741;
constexpr std::uint32_t kTracks = 0x1654AE6B;
constexpr std::uint32_t kTrackEntry = 0xAE;
constexpr std::uint32_t kTrackNumber = 0xD7;
constexpr std::uint32_t kTrackUid = 0x73C5;
constexpr std::uint32_t kTrackType = 0x83;
constexpr std::uint32_t kFlagLacing = 0x9C;
constexpr std::uint32_t kLanguage = 0x22B59C;
constexpr std::uint32_t kCodecId = 0x86;
constexpr std::uint32_t kCodecPrivate = 0x63A2;
constexpr std::uint32_t kSeekPreRoll = 0x56BB;
constexpr std::uint32_t kVideo = 0xE0;
constexpr std::uint32_t kPixelWidth = 0xB0;
constexpr std::uint32_t kPixelHeight = 0xBA;
constexpr std::uint32_t kAudio = 0xE1;
constexpr std::uint32_t kSamplingFrequency = 0xB5;
constexpr std::uint32_t kChannels = 0x9F;
constexpr std::uint32_t kBitDepth = 0x6264;
constexpr std::uint32_t kCluster = 0x1F43B675;
constexpr std::uint32_t kTimestamp = 0xE7;
constexpr std::uint32_t kSimpleBlock = 0xA3;
constexpr std::uint32_t kCues = 0x1C53BB6B;
constexpr std::uint32_t kCuePoint = 0xBB;
constexpr std::uint32_t kCueTime = 0xB3;
constexpr std::uint32_t kCueTrackPositions = 0xB7;
constexpr std::uint32_t kCueTrack = 0xF7;
constexpr std::uint32_t kCueClusterPosition = 0xF1;
}  // namespace id

/// Builds EBML elements. RFC 8794.
class Ebml {
public:
    explicit Ebml(ByteVector& to) : to_{to} {}

    void big_endian(std::uint64_t value, int bytes) {
        for (int i = bytes - 1; i >= 0; --i)
            to_.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
    }
    /// Ids carry their length marker themselves.
    void element_id(std::uint32_t element) {
        big_endian(element, element > 0xffffff ? 4 : element > 0xffff ? 3 : element > 0xff ? 2 : 1);
    }
    void size(std::uint64_t value) {
        int bytes = 1;
        while (value + 1 >= std::uint64_t{1} << (7 * bytes)) ++bytes;  // all ones: reserved
        big_endian(value | std::uint64_t{1} << (7 * bytes), bytes);
    }
    void unsigned_integer(std::uint32_t element, std::uint64_t value) {
        int bytes = 1;
        while (bytes < 8 && value >> (8 * bytes) != 0) ++bytes;
        element_id(element);
        size(static_cast<std::uint64_t>(bytes));
        big_endian(value, bytes);
    }
    void real(std::uint32_t element, double value) {
        element_id(element);
        size(8);
        big_endian(std::bit_cast<std::uint64_t>(value), 8);
    }
    void binary(std::uint32_t element, Bytes value) {
        element_id(element);
        size(value.size());
        to_.insert(to_.end(), value.begin(), value.end());
    }
    void text(std::uint32_t element, std::string_view value) { binary(element, as_bytes(value)); }
    /// `fill(Ebml&)` adds the children.
    template <class F>
    void master(std::uint32_t element, F fill) {
        ByteVector children;
        Ebml inner{children};
        fill(inner);
        binary(element, children);
    }

private:
    ByteVector& to_;
};

std::string_view codec_id(Codec codec) {
    switch (codec) {
        case Codec::opus:
            return "A_OPUS";
        case Codec::aac:
            return "A_AAC";
        case Codec::pcmu:
        case Codec::pcma:
        case Codec::g722:
            return "A_MS/ACM";
        case Codec::vp8:
            return "V_VP8";
        case Codec::vp9:
            return "V_VP9";
        case Codec::h264:
            return "V_MPEG4/ISO/AVC";
        case Codec::h265:
            return "V_MPEGH/ISO/HEVC";
        case Codec::av1:
            return "V_AV1";
    }
    return {};
}

/// WAVEFORMATEX of a G.711 track, little-endian: format tag, channels, samples per second, bytes
/// per second, block size, bits per sample, size of what follows.
ByteVector g711_header(bool a_law) {
    return {static_cast<std::uint8_t>(a_law ? 6 : 7),
            0,
            1,
            0,
            0x40,
            0x1f,
            0,
            0,
            0x40,
            0x1f,
            0,
            0,
            1,
            0,
            8,
            0,
            0,
            0};
}

void put_track(Ebml& tracks, std::size_t number, const TrackFormat& format) {
    bool video = media_type(format.codec) == MediaType::video;
    tracks.master(id::kTrackEntry, [&](Ebml& track) {
        track.unsigned_integer(id::kTrackNumber, number);
        track.unsigned_integer(id::kTrackUid, number);
        track.unsigned_integer(id::kTrackType, video ? 1 : 2);
        track.unsigned_integer(id::kFlagLacing, 0);
        track.text(id::kLanguage, "und");
        track.text(id::kCodecId, codec_id(format.codec));
        bool g711 = format.codec == Codec::pcmu || format.codec == Codec::pcma;
        ByteVector g711_config = g711_header(format.codec == Codec::pcma);
        Bytes config = g711 ? Bytes{g711_config} : Bytes{format.config};
        if (!config.empty()) track.binary(id::kCodecPrivate, config);
        if (format.codec == Codec::opus)
            track.unsigned_integer(id::kSeekPreRoll, 80'000'000);  // ns; RFC 7845 section 4.6
        if (video) {
            track.master(id::kVideo, [&](Ebml& picture) {
                picture.unsigned_integer(id::kPixelWidth, static_cast<unsigned>(format.width));
                picture.unsigned_integer(id::kPixelHeight, static_cast<unsigned>(format.height));
            });
        } else {
            track.master(id::kAudio, [&](Ebml& sound) {
                sound.real(id::kSamplingFrequency, format.sample_rate);
                sound.unsigned_integer(id::kChannels, static_cast<unsigned>(format.channels));
                if (g711) sound.unsigned_integer(id::kBitDepth, 8);
            });
        }
    });
}

/// To the nearest; Matroska counts in ms here, as WebM requires.
std::int64_t to_ms(Duration time) {
    return std::chrono::round<std::chrono::milliseconds>(time).count();
}

}  // namespace

Container::TrackIndex MatroskaWriter::add_track(TrackFormat format) {
    tracks_.push_back(std::move(format));
    write_head();
    return tracks_.size() - 1;
}

void MatroskaWriter::write_head() {
    head_length_ = length_;
    ByteVector head;
    Ebml ebml{head};
    ebml.master(id::kEbml, [this](Ebml& header) {
        header.unsigned_integer(id::kEbmlVersion, 1);
        header.unsigned_integer(id::kEbmlReadVersion, 1);
        header.unsigned_integer(id::kEbmlMaxIdLength, 4);
        header.unsigned_integer(id::kEbmlMaxSizeLength, 8);
        header.text(id::kDocType, doc_type_ == DocType::webm ? "webm" : "matroska");
        header.unsigned_integer(id::kDocTypeVersion, 4);
        header.unsigned_integer(id::kDocTypeReadVersion, 2);
    });
    ebml.element_id(id::kSegment);
    segment_data_ = head.size() + 8;
    ebml.big_endian(end_ ? (*end_ - segment_data_) | std::uint64_t{1} << 56 : kUnknownSize, 8);
    if (cues_at_) {
        ebml.master(id::kSeekHead, [&](Ebml& seek_head) {
            seek_head.master(id::kSeek, [&](Ebml& seek) {
                std::array<std::uint8_t, 4> cues{0x1C, 0x53, 0xBB, 0x6B};
                seek.binary(id::kSeekId, cues);
                seek.unsigned_integer(id::kSeekPosition, *cues_at_ - segment_data_);
            });
        });
    }
    ebml.master(id::kInfo, [this](Ebml& info) {
        info.unsigned_integer(id::kTimestampScale, 1'000'000);  // ns
        info.text(id::kMuxingApp, "Rivero");
        info.text(id::kWritingApp, "Rivero");
        if (length_ > 0ns)
            info.real(id::kDuration, std::chrono::duration<double, std::milli>(length_).count());
    });
    ebml.master(id::kTracks, [this](Ebml& tracks) {
        for (std::size_t i = 0; i < tracks_.size(); ++i) put_track(tracks, i + 1, tracks_[i]);
    });
    constexpr std::size_t kVoidHeader = 1 + 8;
    RIVERO_ASSERT(head.size() + kVoidHeader <= kHeadSize, "track formats are of bounded size");
    ebml.element_id(id::kVoid);
    ebml.big_endian((kHeadSize - head.size() - 8) | std::uint64_t{1} << 56, 8);
    head.resize(kHeadSize);
    if (output_.size() == 0) {
        static_cast<void>(output_.append(head));
    } else {
        output_.overwrite(0, head);
    }
}

void MatroskaWriter::begin_cluster(std::int64_t time) {
    close_cluster();
    cluster_ = OpenCluster{output_.size(), time};
    ByteVector start;
    Ebml ebml{start};
    ebml.element_id(id::kCluster);
    ebml.big_endian(kUnknownSize, 8);
    ebml.unsigned_integer(id::kTimestamp, static_cast<std::uint64_t>(time));
    if (!output_.append(start)) cluster_.reset();
}

void MatroskaWriter::close_cluster() {
    if (!cluster_) return;
    ByteVector size;
    constexpr std::uint64_t kIdAndSize = 4 + 8;
    Ebml{size}.big_endian((output_.size() - cluster_->at - kIdAndSize) | std::uint64_t{1} << 56, 8);
    output_.overwrite(cluster_->at + 4, size);
    cluster_.reset();
}

bool MatroskaWriter::has_video() const {
    for (const TrackFormat& track : tracks_)
        if (media_type(track.codec) == MediaType::video) return true;
    return false;
}

void MatroskaWriter::write(TrackIndex track, const FileFrame& frame) {
    bool video = media_type(tracks_[track].codec) == MediaType::video;
    std::int64_t time = to_ms(frame.show_time);
    std::int64_t age = cluster_ ? time - cluster_->time : 0;
    // Below 0 by more than that happens when a track comes back whose frames were late.
    bool fits = cluster_ && age < kMaxClusterMs && age > -32'000;
    if (!fits || (video && frame.keyframe && age >= kMinClusterMs)) begin_cluster(time);
    if (!cluster_) return;

    // track number, time within the cluster (signed), flags (0x80: key frame); RFC 9559
    // section 10.2
    block_.clear();
    Ebml ebml{block_};
    ebml.element_id(id::kSimpleBlock);
    ebml.size(frame.data.size() + 4);
    ebml.size(track + 1);
    ebml.big_endian(static_cast<std::uint16_t>(time - cluster_->time), 2);
    block_.push_back(frame.keyframe || !video ? 0x80 : 0);
    block_.insert(block_.end(), frame.data.begin(), frame.data.end());
    if (!output_.append(block_)) return;

    length_ = std::max(length_, frame.show_time + frame.duration);
    if (length_ - head_length_ >= kHeadInterval) write_head();
    bool far = cues_.empty() || time - cues_.back().time >= kMinCueDistanceMs;
    if (far && (video ? frame.keyframe : !has_video()))
        cues_.push_back({time, track, cluster_->at});
}

void MatroskaWriter::finish() {
    if (tracks_.empty()) return;
    close_cluster();
    if (!cues_.empty()) {
        ByteVector bytes;
        Ebml{bytes}.master(id::kCues, [&](Ebml& cues) {
            for (const Cue& cue : cues_) {
                cues.master(id::kCuePoint, [&](Ebml& point) {
                    point.unsigned_integer(id::kCueTime, static_cast<std::uint64_t>(cue.time));
                    point.master(id::kCueTrackPositions, [&](Ebml& positions) {
                        positions.unsigned_integer(id::kCueTrack, cue.track + 1);
                        positions.unsigned_integer(id::kCueClusterPosition,
                                                   cue.cluster - segment_data_);
                    });
                });
            }
        });
        std::uint64_t at = output_.size();
        if (output_.append(bytes)) cues_at_ = at;
    }
    end_ = output_.size();
    write_head();
}

}  // namespace rivero::recorder
