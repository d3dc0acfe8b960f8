// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "container.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace rivero::recorder {

/// Matroska and WebM. RFC 9559, and the codec mappings of draft-ietf-cellar-codec.
///
///     EBML header | Segment | SeekHead Info Tracks Void      (the head: kHeadSize bytes)
///     Cluster: SimpleBlock SimpleBlock ...                    (at most a second each)
///     Cluster ...
///     Cues                                                    (at the clean end)
///
/// Blocks go to the output one by one, into a cluster of unknown size that gets its size when the
/// next one begins: readers take the open end of a killed recording for the end of the file.
class MatroskaWriter final : public Container {
public:
    enum class DocType { webm, matroska };
    MatroskaWriter(DocType doc_type, Output& output) : doc_type_{doc_type}, output_{output} {}

    TrackIndex add_track(TrackFormat format) override;
    void parameters_in_frames(TrackIndex) override {}  // allowed, and needs no mark
    void write(TrackIndex track, const FileFrame& frame) override;
    void flush() override {}
    void finish() override;

private:
    struct OpenCluster {
        std::uint64_t at;   ///< offset in the file
        std::int64_t time;  ///< ms
    };
    /// Where a player can jump to.
    struct Cue {
        std::int64_t time;  ///< ms
        TrackIndex track;
        std::uint64_t cluster;  ///< offset in the file
    };

    void write_head();
    void begin_cluster(std::int64_t time);
    void close_cluster();
    [[nodiscard]] bool has_video() const;

    DocType doc_type_;
    Output& output_;
    std::vector<TrackFormat> tracks_;
    std::optional<OpenCluster> cluster_;
    std::vector<Cue> cues_;
    std::uint64_t segment_data_ = 0;  ///< what positions in the file count from
    std::optional<std::uint64_t> cues_at_;
    std::optional<std::uint64_t> end_;  ///< set by finish()
    Duration length_{};
    Duration head_length_{};  ///< the length that the head says
    ByteVector block_;
};

}  // namespace rivero::recorder
