// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/loop.hpp"
#include "rivero/base/result.hpp"
#include "rivero/base/units.hpp"
#include "rivero/gst/frame_io.hpp"
#include "rivero/gst/frame_queue.hpp"
#include "rivero/gst/rate_limiter.hpp"
#include "rivero/rtp/codec.hpp"

#include <functional>
#include <limits>
#include <memory>
#include <optional>

namespace rivero::gst {

/// x264 gives the better picture and is GPL, openh264 is BSD.
enum class H264Encoder { x264, openh264 };

struct EncoderSettings {
    /// To begin with; unset gives 300 kbit/s for video and the codec's own default for audio.
    std::optional<Bitrate> bitrate;
    Bitrate min_bitrate{0};
    Bitrate max_bitrate{std::numeric_limits<std::int32_t>::max()};
    /// Frames per second; frames above it are dropped before any work is spent on them.
    std::optional<double> max_framerate;
    /// Longest time without a key frame; unset for "only when one is asked for".
    std::optional<Duration> keyframe_interval;
    /// Larger pictures are scaled down, their shape kept.
    std::optional<int> max_width;
    std::optional<int> max_height;
    H264Encoder h264 = H264Encoder::x264;
};

/// The size in which a picture is encoded: within the limits, square pixels, even in both
/// directions (4:2:0 has no half chroma samples).
struct PictureSize {
    int width = 0;
    int height = 0;
    friend bool operator==(PictureSize, PictureSize) = default;
};
[[nodiscard]] PictureSize encoded_size(PictureSize raw, double pixel_aspect_ratio,
                                       const EncoderSettings& settings);

/// Raw media in, encoded frames out, for conversations: no frame waits for a later one. A small
/// pipeline with one thread (and those of the encoder). On its loop only.
class Encoder {
public:
    /// Called on the loop.
    struct Events {
        /// An encoded frame; its pts is on the time line of the raw frames.
        std::function<void(Frame, const Caps&)> on_frame;
        /// It has stopped working; only destroying it is left.
        std::function<void(const BusReport&)> on_error;
    };
    [[nodiscard]] static Result<std::unique_ptr<Encoder>> create(Loop& loop, Codec target,
                                                                 EncoderSettings settings,
                                                                 Events events);

    /// @param caps of this frame; they may change from frame to frame (size, format, rate).
    /// Never blocks: what comes faster than it is encoded is dropped, the oldest first.
    void push(const Frame& frame, const Caps& caps);
    /// The next frame becomes a key frame. Nothing for audio.
    void request_keyframe();
    /// Within the limits of the settings, from the next frame on. Audio codecs of fixed rate ignore
    /// it.
    void set_bitrate(Bitrate wanted);
    [[nodiscard]] Bitrate bitrate() const { return bitrate_; }
    /// Loop only. Calls nobody any more; from now on it may be destroyed on any thread, which waits
    /// for its own threads.
    void silence() { events_.reset(); }
    [[nodiscard]] std::uint64_t dropped() const { return dropped_before_ + input_->dropped(); }
    [[nodiscard]] std::string dot() const { return pipeline_->dot(); }

private:
    Encoder(Loop& loop, Codec codec, EncoderSettings settings, Events events);
    Result<void> build();
    bool configure_video(const Caps& caps);
    /// With a new pipeline; waits for the frame that is being encoded.
    void begin_anew();

    Loop& loop_;
    Codec codec_;
    EncoderSettings settings_;
    Bitrate bitrate_;
    std::shared_ptr<const Events> events_;  // shared with nobody: what is posted holds it weakly
    std::optional<RateLimiter> limiter_;
    Caps caps_;
    bool usable_ = false;  // the caps are such that we can encode them
    bool started_ = false;
    std::uint64_t dropped_before_ = 0;  // by the input of pipelines that are gone
    Element encoder_;
    Element filter_;
    std::optional<FrameInput> input_;
    FrameQueue output_;
    std::unique_ptr<PrivatePipeline> pipeline_;  // last: its threads end before what they use
};

}  // namespace rivero::gst
