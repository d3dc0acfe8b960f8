// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "frame_queue.hpp"
#include "profile.hpp"
#include "recording_error.hpp"
#include "rivero/base/loop.hpp"
#include "rivero/base/result.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace rivero::recorder {

/// The path in a `file://` URI, percent signs decoded.
[[nodiscard]] Result<std::string> path_of_uri(const std::string& uri);

/// What a recording tells its owner, on the owner's loop and never after the recording has died.
struct RecordingEvents {
    /// The first frame is in the file, or the recording goes on after a pause.
    std::function<void()> recording;
    std::function<void()> paused;
    /// The file is closed. The last event.
    std::function<void()> stopped;
    /// Once per kind of error. What was recorded before stays playable; stop() still ends with
    /// `stopped`.
    std::function<void(const RecordingError&)> failed;
    /// Video waits for a key frame: ask the sender for one.
    std::function<void()> need_keyframe;
};

struct RecordingCounters {
    std::uint64_t written = 0;  ///< frames in the file
    std::uint64_t bytes = 0;    ///< size of the file
    std::uint64_t dropped = 0;  ///< frames lost because the disk was slower than the media
};

/// Records encoded frames into one file; begins as soon as it is made and is used once.
///
/// Tracks need no announcement: each appears in the file with its first frame that a player can
/// start with, also in the middle of the recording. Belongs to the owner's loop; muxing and disk
/// happen on the other one. One that dies without stop() still closes its file, in the background.
class Recording {
public:
    struct Settings {
        std::string path;  ///< missing folders are made, an existing file is overwritten
        Profile profile;
        FrameQueue::Limits queue{};
    };

    /// @param owner the loop of all calls and events
    /// @param files where the disk is waited for: a thread of its own or a strand of a pool that
    ///     does nothing else. Both loops outlive the recording, `files` until its file is closed.
    Recording(Loop& owner, Loop& files, Settings settings, RecordingEvents events);
    ~Recording();
    Recording(const Recording&) = delete;
    Recording& operator=(const Recording&) = delete;

    /// Never waits. Kinds of media that the profile does not have are ignored.
    /// @param frame as the RTP depacketizer gives it: one access unit, H.264 and H.265 with start
    ///     codes, AV1 with sizes in its units, AAC without ADTS
    /// @param codec_data AudioSpecificConfig for AAC
    void push(Codec codec, gst::Frame frame, gst::Buffer codec_data = {});
    /// Media is ignored until resume(), and the time in between is cut out of the file.
    void pause();
    void resume();
    /// Closes the file. What was pushed before is in it; what comes later is ignored.
    void stop();

    [[nodiscard]] RecordingCounters counters() const;

private:
    class Writer;
    struct Shared;

    Loop& owner_;
    Profile profile_;
    std::shared_ptr<RecordingEvents> events_;
    std::shared_ptr<Shared> shared_;
    std::unique_ptr<Confined<Writer>> writer_;
    bool paused_ = false;
    unsigned segment_ = 0;  ///< pauses so far
    bool stopped_ = false;
};

}  // namespace rivero::recorder
