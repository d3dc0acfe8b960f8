// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "codec/depacketizer.hpp"

#include <deque>
#include <memory>

namespace rivero::codec {

/// Frames that wait for pop(), and what is the same for all depacketizers: at most
/// Depacketizer::kMaxQueue of them, and the mark for what is missing.
class FrameQueue {
public:
    /// Something is missing before the next frame.
    void break_here() { broken_ = true; }
    void push(EncodedFrame frame, Depacketizer::Counters& counters);
    [[nodiscard]] std::optional<EncodedFrame> pop();

private:
    std::deque<EncodedFrame> frames_;
    bool broken_ = false;
};

/// Finds where frames begin and end, and drops those with a hole. What a payload looks like, the
/// classes for one encoding each know.
class VideoDepacketizer : public Depacketizer {
public:
    void push(const rtp::Packet& packet) final;
    void lost() final;
    [[nodiscard]] std::optional<EncodedFrame> pop() final { return queue_.pop(); }
    [[nodiscard]] const Counters& counters() const final { return counters_; }

protected:
    /// A new frame begins: forgets the last one.
    /// @param after_gap what is missing before it may belong to it
    virtual void begin_frame(bool after_gap) = 0;
    /// Whether a frame can begin with this payload.
    [[nodiscard]] virtual bool can_begin(Bytes payload) const = 0;
    /// Adds what the payload holds to the frame; or false when it is nonsense or goes on with
    /// something that is not there.
    [[nodiscard]] virtual bool append(Bytes payload, ByteVector& frame) = 0;
    /// False while the frame holds only what must stand before a picture.
    [[nodiscard]] virtual bool has_picture() const { return true; }
    /// All payloads of the frame were appended. False when it is not whole.
    [[nodiscard]] virtual bool finish(ByteVector& frame) = 0;
    [[nodiscard]] virtual bool is_keyframe() const = 0;

private:
    void open(const rtp::Packet& packet);
    void close();

    FrameQueue queue_;
    Counters counters_;
    EncodedFrame frame_;   ///< while open_
    bool open_ = false;    ///< a frame was begun and has not ended
    bool broken_ = false;  ///< and it will be dropped
    bool gap_ = true;      ///< between the last and the next packet; before the first one, too
    std::size_t last_size_ = 0;  ///< of a frame: the next will be about as large
};

[[nodiscard]] std::unique_ptr<Depacketizer> make_vp8_depacketizer();
[[nodiscard]] std::unique_ptr<Depacketizer> make_vp9_depacketizer();
[[nodiscard]] std::unique_ptr<Depacketizer> make_h264_depacketizer();
[[nodiscard]] std::unique_ptr<Depacketizer> make_h265_depacketizer();
[[nodiscard]] std::unique_ptr<Depacketizer> make_av1_depacketizer();

}  // namespace rivero::codec
