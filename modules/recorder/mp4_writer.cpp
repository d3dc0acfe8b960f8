// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "mp4_writer.hpp"

#include "rivero/base/assert.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace rivero::recorder {
namespace {

constexpr std::size_t kHeadSize = 8192;
constexpr Duration kFragment = 500ms;
/// A fragment ends early when it gets as big as this, so that memory is bounded.
constexpr std::size_t kMaxPending = 4 << 20;
constexpr std::uint32_t kVideoTimescale = 90000;
/// Of the whole film: edit lists and lengths.
constexpr std::uint32_t kMovieTimescale = 90000;
constexpr std::int64_t kAacFrame = 1024;  // samples

using Track = Mp4Writer::Track;
using Sample = Mp4Writer::Sample;
using Chunk = Mp4Writer::Chunk;

/// Builds boxes. ISO/IEC 14496-12 section 4.2.
class Boxes {
public:
    explicit Boxes(ByteVector& to) : to_{to} {}

    void u8(unsigned value) { to_.push_back(static_cast<std::uint8_t>(value)); }
    void u16(unsigned value) { big_endian(value, 2); }
    void u32(std::uint64_t value) { big_endian(value, 4); }
    void u64(std::uint64_t value) { big_endian(value, 8); }
    void bytes(Bytes value) { to_.insert(to_.end(), value.begin(), value.end()); }
    void text(std::string_view value) { bytes(as_bytes(value)); }
    void zeros(std::size_t n) { to_.resize(to_.size() + n); }

    /// `fill()` writes what is inside.
    template <class F>
    void box(std::string_view type, F fill) {
        std::size_t at = to_.size();
        u32(0);
        text(type);
        fill();
        patch(at, to_.size() - at);
    }
    template <class F>
    void full_box(std::string_view type, unsigned version, std::uint32_t flags, F fill) {
        box(type, [&] {
            u32(std::uint64_t{version} << 24 | flags);
            fill();
        });
    }
    /// A descriptor of MPEG-4 systems with its length in one byte. ISO/IEC 14496-1 section 8.3.3.
    template <class F>
    void descriptor(unsigned tag, F fill) {
        u8(tag);
        std::size_t at = to_.size();
        // Four bytes always: the configuration may be longer than 127 bytes.
        u32(0);
        fill();
        std::size_t length = to_.size() - at - 4;
        for (int i = 0; i < 4; ++i)
            to_[at + static_cast<std::size_t>(i)] =
                static_cast<std::uint8_t>((length >> (7 * (3 - i)) & 0x7f) | (i < 3 ? 0x80U : 0U));
    }
    /// Writes a number where one was left open.
    void patch(std::size_t at, std::size_t value) {
        for (std::size_t i = 0; i < 4; ++i)
            to_[at + i] = static_cast<std::uint8_t>(value >> (8 * (3 - i)));
    }
    [[nodiscard]] std::size_t size() const { return to_.size(); }

private:
    void big_endian(std::uint64_t value, int n) {
        for (int i = n - 1; i >= 0; --i) u8(static_cast<unsigned>(value >> (8 * i) & 0xff));
    }
    ByteVector& to_;
};

std::int64_t to_units(Duration time, std::uint32_t timescale) {
    // Through long double: a day in ns times 90000 is more than 64 bits hold.
    long double seconds = std::chrono::duration<long double>(time).count();
    return static_cast<std::int64_t>(seconds * timescale + 0.5L);
}

bool is_video(const Track& track) {
    return media_type(track.format.codec) == MediaType::video;
}

void put_matrix(Boxes& boxes) {
    for (std::uint32_t value : {0x10000U, 0U, 0U, 0U, 0x10000U, 0U, 0U, 0U, 0x40000000U})
        boxes.u32(value);
}

/// VisualSampleEntry. ISO/IEC 14496-12 section 12.1.3, ISO/IEC 14496-15, AV1 in ISOBMFF.
void put_video_entry(Boxes& boxes, const Track& track) {
    std::string_view entry = "av01";
    std::string_view config = "av1C";
    if (track.format.codec == Codec::h264) {
        entry = track.parameters_in_frames ? "avc3" : "avc1";
        config = "avcC";
    } else if (track.format.codec == Codec::h265) {
        entry = track.parameters_in_frames ? "hev1" : "hvc1";
        config = "hvcC";
    }
    boxes.box(entry, [&] {
        boxes.zeros(6);
        boxes.u16(1);  // data reference
        boxes.zeros(16);
        boxes.u16(static_cast<unsigned>(track.format.width));
        boxes.u16(static_cast<unsigned>(track.format.height));
        boxes.u32(0x480000);  // 72 dpi
        boxes.u32(0x480000);
        boxes.u32(0);
        boxes.u16(1);  // frames per sample
        boxes.zeros(32);
        boxes.u16(24);  // depth
        boxes.u16(0xffff);
        boxes.box(config, [&] { boxes.bytes(track.format.config); });
    });
}

/// AudioSampleEntry with its ES descriptor. ISO/IEC 14496-14 section 5.6.
void put_audio_entry(Boxes& boxes, const Track& track) {
    boxes.box("mp4a", [&] {
        boxes.zeros(6);
        boxes.u16(1);
        boxes.zeros(8);
        boxes.u16(static_cast<unsigned>(track.format.channels));
        boxes.u16(16);
        boxes.zeros(4);
        // 16.16; rates above 65535 Hz do not fit and stand in the configuration only.
        boxes.u32(track.timescale <= 0xffff ? std::uint64_t{track.timescale} << 16 : 0);
        boxes.full_box("esds", 0, 0, [&] {
            boxes.descriptor(3, [&] {
                boxes.u16(0);
                boxes.u8(0);
                boxes.descriptor(4, [&] {
                    boxes.u8(0x40);          // MPEG-4 audio
                    boxes.u8(5 << 2 | 1);    // audio stream
                    boxes.zeros(3 + 4 + 4);  // buffer size and bit rates: unknown
                    boxes.descriptor(5, [&] { boxes.bytes(track.format.config); });
                });
                boxes.descriptor(6, [&] { boxes.u8(2); });
            });
        });
    });
}

/// How long sample `i` is shown: until the next one, and the last as long as was told with it.
std::uint32_t duration_of(const Track& track, std::size_t i) {
    const auto& samples = track.samples;
    if (i + 1 == samples.size()) return samples[i].duration;
    std::int64_t until_next = samples[i + 1].decode_time - samples[i].decode_time;
    return static_cast<std::uint32_t>(std::min<std::int64_t>(until_next, 0xffffffff));
}

/// Equal neighbours as (count, value), the form of stts, ctts and stsc.
template <class Value>
std::vector<std::pair<std::uint32_t, std::uint32_t>> runs(std::size_t n, Value value) {
    std::vector<std::pair<std::uint32_t, std::uint32_t>> found;
    for (std::size_t i = 0; i < n; ++i) {
        std::uint32_t v = value(i);
        if (found.empty() || found.back().second != v) found.emplace_back(0, v);
        ++found.back().first;
    }
    return found;
}

void put_runs(Boxes& boxes, const std::vector<std::pair<std::uint32_t, std::uint32_t>>& list) {
    boxes.u32(list.size());
    for (auto [count, value] : list) {
        boxes.u32(count);
        boxes.u32(value);
    }
}

/// Where each sample lies and when it is shown. ISO/IEC 14496-12 section 8.6 and 8.7; empty in the
/// head of a fragmented file.
void put_sample_tables(Boxes& boxes, const Track& track, bool with_samples) {
    std::size_t n = with_samples ? track.written : 0;
    const auto& samples = track.samples;
    boxes.full_box("stts", 0, 0, [&] {
        put_runs(boxes, runs(n, [&](std::size_t i) { return duration_of(track, i); }));
    });
    auto offsets =
        runs(n, [&](std::size_t i) { return static_cast<std::uint32_t>(samples[i].show_offset); });
    if (offsets.size() > 1 || (offsets.size() == 1 && offsets[0].second != 0))
        boxes.full_box("ctts", 0, 0, [&] { put_runs(boxes, offsets); });
    if (n > 0 && is_video(track)) {
        boxes.full_box("stss", 0, 0, [&] {
            std::size_t count_at = boxes.size();
            boxes.u32(0);
            std::size_t count = 0;
            for (std::size_t i = 0; i < n; ++i) {
                if (!samples[i].keyframe) continue;
                boxes.u32(i + 1);
                ++count;
            }
            boxes.patch(count_at, count);
        });
    }
    boxes.full_box("stsc", 0, 0, [&] {
        std::size_t chunks = n > 0 ? track.chunks.size() : 0;
        auto per_chunk = runs(chunks, [&](std::size_t i) { return track.chunks[i].samples; });
        boxes.u32(per_chunk.size());
        std::uint32_t first = 1;
        for (auto [count, value] : per_chunk) {
            boxes.u32(first);
            boxes.u32(value);
            boxes.u32(1);  // sample entry
            first += count;
        }
    });
    boxes.full_box("stsz", 0, 0, [&] {
        boxes.u32(0);
        boxes.u32(n);
        for (std::size_t i = 0; i < n; ++i) boxes.u32(samples[i].size);
    });
    boxes.full_box("co64", 0, 0, [&] {
        boxes.u32(n > 0 ? track.chunks.size() : 0);
        if (n == 0) return;
        for (const Chunk& chunk : track.chunks) boxes.u64(chunk.at);
    });
}

void put_track(Boxes& boxes, const Track& track, std::size_t number, bool with_samples) {
    bool indexed = with_samples && track.written > 0;
    std::int64_t start = 0;
    std::int64_t length = 0;
    if (indexed) {
        start = track.samples.front().decode_time;
        const Sample& last = track.samples[track.written - 1];
        length = last.decode_time + last.duration - start;
    }
    auto in_movie = [&](std::int64_t units) {
        return static_cast<std::uint64_t>(units) * kMovieTimescale / track.timescale;
    };
    boxes.box("trak", [&] {
        boxes.full_box("tkhd", 1, 3, [&] {  // enabled, in the film
            boxes.zeros(16);
            boxes.u32(number);
            boxes.u32(0);
            boxes.u64(in_movie(start + length));
            boxes.zeros(8);
            boxes.u16(0);                            // layer
            boxes.u16(0);                            // alternate group
            boxes.u16(is_video(track) ? 0 : 0x100);  // volume
            boxes.u16(0);
            put_matrix(boxes);
            boxes.u32(std::uint64_t(track.format.width) << 16);
            boxes.u32(std::uint64_t(track.format.height) << 16);
        });
        if (start > 0) {
            // A track that came later than the other: nothing first, then all of it.
            boxes.box("edts", [&] {
                boxes.full_box("elst", 1, 0, [&] {
                    boxes.u32(2);
                    boxes.u64(in_movie(start));
                    boxes.u64(~std::uint64_t{0});  // -1: empty
                    boxes.u32(0x10000);
                    boxes.u64(in_movie(length));
                    boxes.u64(0);
                    boxes.u32(0x10000);
                });
            });
        }
        boxes.box("mdia", [&] {
            boxes.full_box("mdhd", 1, 0, [&] {
                boxes.zeros(16);
                boxes.u32(track.timescale);
                boxes.u64(static_cast<std::uint64_t>(length));
                boxes.u16(0x55c4);  // und
                boxes.u16(0);
            });
            boxes.full_box("hdlr", 0, 0, [&] {
                boxes.u32(0);
                boxes.text(is_video(track) ? "vide" : "soun");
                boxes.zeros(12);
                boxes.text(is_video(track) ? "Video" : "Audio");
                boxes.u8(0);
            });
            boxes.box("minf", [&] {
                if (is_video(track))
                    boxes.full_box("vmhd", 0, 1, [&] { boxes.zeros(8); });
                else
                    boxes.full_box("smhd", 0, 0, [&] { boxes.zeros(4); });
                boxes.box("dinf", [&] {
                    boxes.full_box("dref", 0, 0, [&] {
                        boxes.u32(1);
                        boxes.full_box("url ", 0, 1, [] {});  // in this file
                    });
                });
                boxes.box("stbl", [&] {
                    boxes.full_box("stsd", 0, 0, [&] {
                        boxes.u32(1);
                        if (is_video(track))
                            put_video_entry(boxes, track);
                        else
                            put_audio_entry(boxes, track);
                    });
                    put_sample_tables(boxes, track, with_samples);
                });
            });
        });
    });
}

void put_movie(Boxes& boxes, const std::vector<Track>& tracks, Duration length, bool with_samples) {
    auto units = static_cast<std::uint64_t>(to_units(length, kMovieTimescale));
    boxes.box("moov", [&] {
        boxes.full_box("mvhd", 1, 0, [&] {
            boxes.zeros(16);
            boxes.u32(kMovieTimescale);
            // Without samples this is the length of the samples in the moov itself, so 0; how long
            // the fragments are together is said by mehd.
            boxes.u64(with_samples ? units : 0);
            boxes.u32(0x10000);  // rate
            boxes.u16(0x100);    // volume
            boxes.zeros(10);
            put_matrix(boxes);
            boxes.zeros(24);
            boxes.u32(tracks.size() + 1);
        });
        for (std::size_t i = 0; i < tracks.size(); ++i)
            if (!with_samples || tracks[i].written > 0)
                put_track(boxes, tracks[i], i + 1, with_samples);
        if (with_samples) return;
        boxes.box("mvex", [&] {
            boxes.full_box("mehd", 1, 0, [&] { boxes.u64(units); });
            for (std::size_t i = 0; i < tracks.size(); ++i) {
                boxes.full_box("trex", 0, 0, [&] {
                    boxes.u32(i + 1);
                    boxes.u32(1);
                    boxes.zeros(12);
                });
            }
        });
    });
}

constexpr std::size_t kFtypSize = 32;

void put_file_type(Boxes& boxes) {
    boxes.box("ftyp", [&] {
        boxes.text("isom");
        boxes.u32(0x200);
        for (std::string_view brand : {"isom", "iso6", "mp41", "mp42"}) boxes.text(brand);
    });
}

}  // namespace

Container::TrackIndex Mp4Writer::add_track(TrackFormat format) {
    Track track{std::move(format), kVideoTimescale, false, {}, {}, 0, {}};
    if (!is_video(track)) track.timescale = static_cast<std::uint32_t>(track.format.sample_rate);
    tracks_.push_back(std::move(track));
    write_head();
    return tracks_.size() - 1;
}

void Mp4Writer::parameters_in_frames(TrackIndex track) {
    if (std::exchange(tracks_[track].parameters_in_frames, true)) return;
    write_head();
}

void Mp4Writer::write_head() {
    ByteVector head;
    Boxes boxes{head};
    put_file_type(boxes);
    RIVERO_ASSERT(head.size() == kFtypSize, "finish() overwrites the box behind ftyp");
    boxes.box("free", [&] { boxes.zeros(8); });
    put_movie(boxes, tracks_, length_, false);
    constexpr std::size_t kBoxHeader = 8;
    RIVERO_ASSERT(head.size() + kBoxHeader <= kHeadSize, "track formats are of bounded size");
    boxes.box("free", [&] { boxes.zeros(kHeadSize - head.size()); });
    if (output_.size() == 0) {
        static_cast<void>(output_.append(head));
    } else {
        output_.overwrite(0, head);
    }
}

std::int64_t Mp4Writer::decode_time(const Track& track, const FileFrame& frame) const {
    std::int64_t time = to_units(frame.decode_time, track.timescale);
    if (track.samples.empty()) return time;
    std::int64_t last = track.samples.back().decode_time;
    if (track.format.codec == Codec::aac) {
        // Frames are 1024 samples long by definition, whatever a jittering clock says; the clock
        // wins when it is off by a whole frame, because something is missing.
        std::int64_t expected = last + kAacFrame;
        if (std::abs(time - expected) < kAacFrame) return expected;
    }
    return std::max(time, last + 1);
}

void Mp4Writer::write(TrackIndex index, const FileFrame& frame) {
    Track& track = tracks_[index];
    std::size_t pending = 0;
    for (const Track& each : tracks_) pending += each.pending.size();
    if (fragment_open_ &&
        (frame.decode_time - fragment_start_ >= kFragment || pending >= kMaxPending))
        flush();
    if (!std::exchange(fragment_open_, true)) fragment_start_ = frame.decode_time;

    std::int64_t time = decode_time(track, frame);
    auto offset = to_units(frame.show_time - frame.decode_time, track.timescale);
    auto duration = to_units(frame.duration, track.timescale);
    track.samples.push_back({time, static_cast<std::int32_t>(offset),
                             track.format.codec == Codec::aac
                                 ? static_cast<std::uint32_t>(kAacFrame)
                                 : static_cast<std::uint32_t>(duration),
                             static_cast<std::uint32_t>(frame.data.size()), frame.keyframe});
    track.pending.insert(track.pending.end(), frame.data.begin(), frame.data.end());
    length_ = std::max(length_, frame.show_time + frame.duration);
}

void Mp4Writer::flush() {
    if (!std::exchange(fragment_open_, false)) return;
    ByteVector fragment;
    Boxes boxes{fragment};
    std::vector<std::size_t> offset_at(tracks_.size());
    boxes.box("moof", [&] {
        boxes.full_box("mfhd", 0, 0, [&] { boxes.u32(++fragments_); });
        for (std::size_t t = 0; t < tracks_.size(); ++t) {
            const Track& track = tracks_[t];
            if (track.pending.empty()) continue;
            boxes.box("traf", [&] {
                constexpr std::uint32_t kBaseIsMoof = 0x020000;
                boxes.full_box("tfhd", 0, kBaseIsMoof, [&] { boxes.u32(t + 1); });
                const Sample& first = track.samples[track.written];
                boxes.full_box("tfdt", 1, 0,
                               [&] { boxes.u64(static_cast<std::uint64_t>(first.decode_time)); });
                // data offset, and per sample duration, size, flags, show offset
                constexpr std::uint32_t kFields = 0x1 | 0x100 | 0x200 | 0x400 | 0x800;
                boxes.full_box("trun", 0, kFields, [&] {
                    boxes.u32(track.samples.size() - track.written);
                    offset_at[t] = boxes.size();
                    boxes.u32(0);
                    for (std::size_t i = track.written; i < track.samples.size(); ++i) {
                        const Sample& sample = track.samples[i];
                        boxes.u32(duration_of(track, i));
                        boxes.u32(sample.size);
                        boxes.u32(sample.keyframe ? 0x02000000 : 0x01010000);
                        boxes.u32(static_cast<std::uint32_t>(sample.show_offset));
                    }
                });
            });
        }
    });
    std::uint64_t base = output_.size();
    std::vector<Chunk> chunks(tracks_.size());
    boxes.box("mdat", [&] {
        for (std::size_t t = 0; t < tracks_.size(); ++t) {
            Track& track = tracks_[t];
            if (track.pending.empty()) continue;
            boxes.patch(offset_at[t], fragment.size());
            chunks[t] = {base + fragment.size(),
                         static_cast<std::uint32_t>(track.samples.size() - track.written)};
            boxes.bytes(track.pending);
        }
    });
    bool written = output_.append(fragment);
    for (std::size_t t = 0; t < tracks_.size(); ++t) {
        Track& track = tracks_[t];
        track.pending.clear();
        if (written && chunks[t].samples > 0) {
            track.chunks.push_back(chunks[t]);
            track.written = track.samples.size();
        }
        // What did not reach the file does not belong into its index either.
        track.samples.resize(track.written);
    }
    if (written) write_head();
}

void Mp4Writer::finish() {
    if (std::exchange(finished_, true) || tracks_.empty()) return;
    flush();
    std::uint64_t end = output_.size();
    ByteVector movie;
    Boxes boxes{movie};
    put_movie(boxes, tracks_, length_, true);
    // Without room for the index the file stays what it is: fragmented, and playable.
    if (!output_.append(movie)) return;
    ByteVector header;
    Boxes data{header};
    data.u32(1);
    data.text("mdat");
    data.u64(end - kFtypSize);
    output_.overwrite(kFtypSize, header);
}

}  // namespace rivero::recorder
