// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/loop.hpp"
#include "rivero/base/result.hpp"
#include "rivero/gst/frame_io.hpp"
#include "rivero/gst/frame_queue.hpp"
#include "rivero/gst/keyframe_gate.hpp"
#include "rivero/rtp/codec.hpp"

#include <functional>
#include <memory>

namespace rivero::gst {

/// The caps of a codec's frames as they come out of RTP, one access unit per buffer, H264 and H265
/// with start codes.
[[nodiscard]] Caps encoded_caps(Codec codec);

/// Encoded frames in, raw media out; a small pipeline with one thread. On its loop only.
class Decoder {
public:
    /// Called on the loop.
    struct Events {
        /// A raw frame; time stamps are those of the encoded frame.
        std::function<void(Frame, const Caps&)> on_frame;
        /// The next frame that can be decoded is a key frame: ask the sender for one. Comes again
        /// while there is none.
        std::function<void()> on_need_keyframe;
        /// It has stopped working; only destroying it is left.
        std::function<void(const BusReport&)> on_error;
    };
    /// @param input caps of the frames; without any, encoded_caps()
    [[nodiscard]] static Result<std::unique_ptr<Decoder>> create(Loop& loop, Codec codec,
                                                                 Caps input, Events events);

    /// Never blocks. Video that comes faster than it is decoded is dropped up to a key frame.
    void push(const Frame& frame);
    /// Of the frames that follow (new codec_data).
    void set_input_caps(const Caps& caps);
    /// Loop only. Calls nobody any more; from now on it may be destroyed on any thread, which waits
    /// for its own threads.
    void silence() { events_.reset(); }
    /// Frames that were not decoded: before the first key frame, behind holes, too many.
    [[nodiscard]] std::uint64_t dropped() const;
    [[nodiscard]] std::string dot() const { return pipeline_.dot(); }

private:
    Decoder(Loop& loop, Codec codec, Events events);
    Result<void> start(Element decoder, const Caps& input);
    void ask_for_keyframe();

    Loop& loop_;
    Codec codec_;
    std::shared_ptr<const Events> events_;  // shared with nobody: what is posted holds it weakly
    KeyframeGate gate_;
    FrameInput input_;
    FrameQueue output_;
    Probe sync_point_requests_;
    PrivatePipeline pipeline_;  // last: its threads end before what they use
};

}  // namespace rivero::gst
