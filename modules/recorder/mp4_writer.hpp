// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "container.hpp"

#include <cstdint>
#include <vector>

namespace rivero::recorder {

/// ISO base media file (MP4): ISO/IEC 14496-12, -14, -15.
///
///     while recording                        after finish()
///     ftyp                                   ftyp
///     free (16 bytes)                        mdat, as long as all that follows up to the index
///     moov without samples, free
///     moof mdat, twice a second              (inside the mdat)
///     moof mdat ...
///                                            moov with all samples
///
/// So a killed recording is a fragmented file that plays, and a finished one is an ordinary file
/// with an index: finishing appends the index and overwrites 16 bytes, however long the recording
/// is.
class Mp4Writer final : public Container {
public:
    explicit Mp4Writer(Output& output) : output_{output} {}

    TrackIndex add_track(TrackFormat format) override;
    void parameters_in_frames(TrackIndex track) override;
    void write(TrackIndex track, const FileFrame& frame) override;
    void flush() override;
    void finish() override;

    /// All times of a track are in units of 1 / its timescale.
    struct Sample {
        std::int64_t decode_time;
        std::int32_t show_offset;  ///< show time minus decode time
        std::uint32_t duration;    ///< as far as known when it was written
        std::uint32_t size;        ///< bytes
        bool keyframe;
    };
    /// Samples that lie one after another in the file.
    struct Chunk {
        std::uint64_t at;  ///< offset in the file
        std::uint32_t samples;
    };
    struct Track {
        TrackFormat format;
        std::uint32_t timescale;
        bool parameters_in_frames = false;
        std::vector<Sample> samples;  ///< 24 bytes each for the index: about 7 MB per hour
        std::vector<Chunk> chunks;
        std::size_t written = 0;  ///< samples that lie in a chunk
        ByteVector pending;       ///< bytes of the others
    };

private:
    void write_head();
    [[nodiscard]] std::int64_t decode_time(const Track& track, const FileFrame& frame) const;

    Output& output_;
    std::vector<Track> tracks_;
    std::uint32_t fragments_ = 0;
    Duration fragment_start_{};
    bool fragment_open_ = false;
    Duration length_{};
    bool finished_ = false;
};

}  // namespace rivero::recorder
