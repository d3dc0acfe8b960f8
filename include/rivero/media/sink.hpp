// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/gst/frame.hpp"
#include "rivero/media/encodings.hpp"
#include "rivero/media/flow.hpp"
#include "rivero/media/format.hpp"
#include "rivero/media/latency.hpp"
#include "rivero/rtp/packet.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rivero::media {

class Node;
class Source;

/// Takes media into an element. Belongs to the RTC worker: made anywhere, used and destroyed there.
/// A sink is fed by at most one source.
class Sink {
public:
    explicit Sink(MediaType type) : type_{type} {}
    Sink(const Sink&) = delete;
    Sink& operator=(const Sink&) = delete;
    virtual ~Sink();

    [[nodiscard]] MediaType type() const { return type_; }
    /// In order of preference; asked when the sink is attached and when the source's format
    /// changes. Among what costs the same the first wins; passing through always beats converting.
    [[nodiscard]] virtual std::vector<Acceptable> accepts() const = 0;

    /// Whether what comes gets to anybody; no: what such a one can take, or has not said, is no
    /// reason for a source to make more, or less. Asked again whenever that matters.
    [[nodiscard]] virtual bool reaches_receiver() const { return true; }

    /// From now on media of this format comes; again when only its caps change. Video begins where
    /// the source is: see request_keyframe().
    virtual void on_format(const Format&) {}
    /// Nothing comes any more (until the next on_format()).
    virtual void on_detached() {}
    virtual void on_packet(const rtp::PacketPtr&) {}
    /// What the source sent since its last key frame, before the present goes on: this receiver
    /// came late. The answer to request_keyframe(true).
    /// @param timestamp to be shown under, instead of the packet's own; all packets of a picture
    /// have the same. A packet of that picture that comes later by on_packet() needs it, too
    /// @param capture the same for the time of capture
    virtual void on_past_packet(const rtp::PacketPtr& packet, RtpTimestamp timestamp,
                                Time capture) {
        static_cast<void>(timestamp), static_cast<void>(capture);
        on_packet(packet);
    }
    /// Whether so many bytes of the past are welcome now; no: a key frame is asked for.
    [[nodiscard]] virtual bool takes_past(std::size_t bytes) const { return bytes > 0; }
    /// The next packet, a key frame's first, is of another encoding of the same source: other
    /// numbers, the same picture.
    virtual void on_switch() {}
    virtual void on_frame(const gst::Frame&) {}
    /// The source has ended; more may come after it was started again.
    virtual void on_end_of_stream() {}

    /// Asks for a key frame.
    /// @param fresh nothing was shown from this source yet: when what came since the last key frame
    /// was kept it comes once more, see on_past_packet(), and nobody is asked
    void request_keyframe(bool fresh = false);
    /// Whether who feeds us can make a key frame when asked.
    [[nodiscard]] bool can_have_keyframes() const;
    /// What the receiver can take: for an encoder that works for it, and for the choice among the
    /// encodings that a source gives; empty: no opinion, everything.
    void set_receive_limit(std::optional<Bitrate> limit);
    [[nodiscard]] std::optional<Bitrate> receive_limit() const { return receive_limit_.rate; }
    /// The largest picture that the receiver asks for: for the choice among the encodings that a
    /// source gives. When all are larger it gets the smallest.
    void set_size_limit(std::optional<Pixels> limit);
    [[nodiscard]] std::optional<Pixels> size_limit() const { return receive_limit_.size; }

    /// The largest RTP packet that may be made for this sink, header included, in bytes; empty: the
    /// host's default.
    void set_mtu(std::optional<std::size_t> bytes) { mtu_ = bytes; }
    [[nodiscard]] std::optional<std::size_t> mtu() const { return mtu_; }

    /// The packet with this number of the source that feeds us, for retransmission; null when it is
    /// too old.
    [[nodiscard]] rtp::PacketPtr find_packet(ExtSeqNum seq) const;
    /// The highest number that came of what this sink is served with, whether it was given to this
    /// sink or not: a key frame may begin before it, when its first packet had to be repaired.
    /// Empty when nothing came.
    [[nodiscard]] std::optional<ExtSeqNum> newest() const;
    /// accepts() has changed.
    void renegotiate();
    /// From now on only this encoding of what accepts() says (without codec: only raw media), at
    /// this rate; how it is packed does not matter. What accepts anything gets it by conversion.
    /// What does not accept it at all gets nothing, and on_problem says so.
    void restrict_to(const Acceptable& format);
    /// What it is served with: accepts(), unless it is restricted.
    [[nodiscard]] std::vector<Acceptable> wishes() const;

    /// Starts measuring anew, or ends it.
    void measure_latency(bool on);
    /// Null while it is not measured.
    [[nodiscard]] const SinkLatency* latency() const { return latency_.get(); }

    [[nodiscard]] bool attached() const { return node_ != nullptr; }
    [[nodiscard]] Source* source() const { return source_; }
    /// What comes in; null while detached.
    [[nodiscard]] const Format* format() const;
    /// Whether it was decoded and encoded on its way from the source.
    [[nodiscard]] bool converted() const;
    /// The source cannot serve this sink, or what converts for it has broken down. Worker.
    std::function<void(const std::string&)> on_problem;
    /// Of a source that gives several encodings: which one comes, and which one shall.
    [[nodiscard]] Selection selection() const { return selection_; }
    /// What came in, and whether it still does.
    FlowMeter flow;

private:
    friend class Node;
    friend class Source;
    const MediaType type_;
    Source* source_ = nullptr;
    Node* node_ = nullptr;
    ReceiveLimit receive_limit_;
    std::optional<Acceptable> restriction_;
    std::unique_ptr<SinkLatency> latency_;
    std::optional<std::size_t> mtu_;
    Selection selection_;
};

}  // namespace rivero::media
