// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "output.hpp"
#include "rivero/base/clock.hpp"
#include "track_format.hpp"

namespace rivero::recorder {

/// A frame as it stands in the file.
struct FileFrame {
    Bytes data;            ///< as Repacker gives it
    Duration decode_time;  ///< since the start of the file; grows from frame to frame of a track
    Duration show_time;    ///< not before decode_time
    Duration duration;     ///< how long it is shown, as far as known now
    bool keyframe = false;
};

/// Writes one kind of file. At any moment what has reached the output is a file that plays up to
/// about half a second before its last frame; finish() makes it one with an index.
///
/// The front of the file is a head of fixed size with room to spare, written again as a whole when
/// it changes: a track may come at any time and the length is always about right.
class Container {
public:
    using TrackIndex = std::size_t;

    Container() = default;
    Container(const Container&) = delete;
    Container& operator=(const Container&) = delete;
    virtual ~Container() = default;

    /// At any time, at most once per kind of media.
    virtual TrackIndex add_track(TrackFormat format) = 0;
    /// From here on frames of the track carry parameter sets of their own.
    virtual void parameters_in_frames(TrackIndex track) = 0;
    virtual void write(TrackIndex track, const FileFrame& frame) = 0;
    /// Hands everything to the output.
    virtual void flush() = 0;
    /// Closes the file properly; nothing may follow.
    virtual void finish() = 0;
};

}  // namespace rivero::recorder
