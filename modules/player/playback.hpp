// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/loop.hpp"
#include "rivero/base/result.hpp"
#include "rivero/gst/frame.hpp"
#include "rivero/rtp/codec.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rivero::player {

struct PlaybackOptions {
    /// Streams of these codecs come out as they are; everything else is decoded. Empty: all raw.
    std::vector<Codec> encoded;
    /// How long RTSP packets are held back to be put in order.
    std::chrono::milliseconds network_cache{2000};
    /// Local UDP ports for RTSP as GStreamer writes it, `5000-5010`; `0-0` for any.
    std::string rtsp_port_range = "0-0";
};

/// One stream that is played: the first audio and the first video stream that were found.
struct PlaybackStream {
    MediaType kind = MediaType::video;
    /// Nothing when it comes out decoded. H264 and H265 come with start codes, one access unit per
    /// frame and the parameter sets in front of each key frame; AAC as raw frames with codec_data
    /// in the caps.
    std::optional<Codec> codec;
    gst::Caps caps;
};

struct PlaybackError {
    enum class Kind {
        invalid_uri,    ///< cannot be opened or read
        invalid_media,  ///< is no media, or none that can be decoded
        other,
    };
    Kind kind = Kind::other;
    std::string description;
    int code = 0;  ///< GStreamer's, for `other`
};

/// What is known about the media. Milliseconds; 0 where unknown.
struct VideoInfo {
    bool is_seekable = false;
    std::int64_t seekable_init = 0;
    std::int64_t seekable_end = 0;
    std::int64_t duration = 0;
    friend bool operator==(const VideoInfo&, const VideoInfo&) = default;
};

enum class PlaybackState { stopped, paused, playing };

/// Plays what is found at a URI in real time.
///
/// Threads: every method and the destructor may block for as long as files and the network do
/// (opening, seeking, closing), so they belong on a strand, one call after another, and never on
/// the RTC worker. Everything in Events is called on the loop `events`. A call may still be on its
/// way there when stop() or the destructor returns on the strand, so handlers hold what they need
/// weakly; nothing that was queued before is delivered after that one call.
class Playback {
public:
    struct Events {
        /// Before the first frame of each stream, and again when its caps change.
        std::function<void(const PlaybackStream&)> on_stream;
        /// At the moment at which it is to be shown. The pts is that moment on the monotonic clock,
        /// which audio and video share; it goes on over pause and seek and does not go back, except
        /// between B-frames of an encoded stream (there the dts does not).
        std::function<void(MediaType, const gst::Frame&)> on_frame;
        /// What the media really do now, after a stream was opened or play() and the like.
        std::function<void(PlaybackState)> on_state;
        /// The last frame has left. Nothing is stopped yet: the owner calls stop().
        std::function<void()> on_end_of_stream;
        /// Once; no end of stream follows. The owner calls stop() when it wants to.
        std::function<void(const PlaybackError&)> on_error;
    };

    /// Opens nothing yet.
    Playback(Loop& events, std::string uri, PlaybackOptions options, Events handlers);
    Playback(const Playback&) = delete;
    Playback& operator=(const Playback&) = delete;
    ~Playback();

    /// Starts from the beginning, or goes on after a pause. What cannot be opened comes as
    /// on_error.
    void play();
    /// Holds; from stopped it opens the media and waits with the first frame.
    void pause();
    /// Closes; the next play() starts from the beginning.
    void stop();
    [[nodiscard]] PlaybackState wanted_state() const { return wanted_; }

    /// Media time; 0 when unknown.
    [[nodiscard]] std::chrono::milliseconds position() const;
    /// Jumps to a media time: exactly where the media is decoded, to the key frame before it where
    /// it comes out encoded (nobody could begin with another frame). Fails when nothing is open or
    /// the source cannot seek.
    [[nodiscard]] Result<void> set_position(std::chrono::milliseconds position);
    [[nodiscard]] VideoInfo video_info() const;
    /// The graph in DOT; empty when stopped.
    [[nodiscard]] std::string dot() const;

private:
    class Run;
    void open();

    Loop& loop_;
    std::string uri_;
    PlaybackOptions options_;
    std::shared_ptr<const Events> events_;  // shared with nobody: what is posted holds it weakly
    PlaybackState wanted_ = PlaybackState::stopped;
    std::shared_ptr<Run> run_;  // weakly held by GStreamer's call-backs
};

}  // namespace rivero::player
