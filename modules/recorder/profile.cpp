// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "profile.hpp"

#include "matroska_writer.hpp"
#include "mp4_writer.hpp"
#include "rivero/base/assert.hpp"

namespace rivero::recorder {

std::vector<Codec> accepted(const Profile& profile, MediaType kind) {
    if (kind == MediaType::data || !(kind == MediaType::audio ? profile.audio : profile.video))
        return {};
    bool audio = kind == MediaType::audio;
    switch (profile.format) {
        case FileFormat::webm:
            // The WebM project's list, whole.
            if (audio) return {Codec::opus};
            return {Codec::vp8, Codec::vp9, Codec::av1};
        case FileFormat::mkv:
            // The API promises H264 and AAC, so these stand first; Matroska holds the others as
            // well, and not transcoding is what is wanted most.
            if (audio) return {Codec::aac, Codec::opus, Codec::pcmu, Codec::pcma};
            return {Codec::h264, Codec::vp8, Codec::vp9, Codec::h265, Codec::av1};
        case FileFormat::mp4:
            // Opus in MP4 is legal, but whoever asks for MP4 does so for players and editors that
            // know nothing else than AAC in it.
            if (audio) return {Codec::aac};
            return {Codec::h264, Codec::h265, Codec::av1};
    }
    return {};
}

std::unique_ptr<Container> make_container(FileFormat format, Output& output) {
    using Matroska = MatroskaWriter;
    switch (format) {
        case FileFormat::webm:
            return std::make_unique<Matroska>(Matroska::DocType::webm, output);
        case FileFormat::mkv:
            return std::make_unique<Matroska>(Matroska::DocType::matroska, output);
        case FileFormat::mp4:
            return std::make_unique<Mp4Writer>(output);
    }
    RIVERO_ASSERT(false, "all formats are listed");
}

}  // namespace rivero::recorder
