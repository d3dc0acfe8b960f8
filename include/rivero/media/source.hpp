// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/gst/frame.hpp"
#include "rivero/media/encodings.hpp"
#include "rivero/media/format.hpp"
#include "rivero/media/graph.hpp"
#include "rivero/media/sink.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace rivero::media {

class Node;

/// How the encoders of a source's format tree work.
struct EncoderLimits {
    /// Empty: chosen by the size of the picture.
    std::optional<Bitrate> target;
    Bitrate min{0};
    Bitrate max{2147483647};
    /// The least that a receiver can take, as far as they have said; never more than this, but for
    /// `min`.
    std::optional<Bitrate> receivers;
};

/// Media that comes out of an element, and the tree of formats that is derived from it: the root is
/// what the element makes, everything else is converted by stages that exist once, while somebody
/// uses them, however many do. Belongs to the RTC worker: made anywhere, used and destroyed there.
class Source {
public:
    /// What a source is asked for.
    struct Upstream {
        /// Makes a key frame soon; empty for a source that cannot (a file). Rate limiting is the
        /// source's business.
        std::function<void()> request_keyframe;
        /// Whether a key frame can be made now; empty: whenever request_keyframe is there. A relay
        /// knows it from its own source.
        std::function<bool()> makes_keyframes;
        /// Whether conversion takes place has changed or was decided for the first time.
        std::function<void(bool transcoding)> on_transcoding;
    };

    /// Who wants to know what becomes of a source. Called on the worker.
    struct Observer {
        std::function<void(bool flowing)> on_flow;
        std::function<void(bool transcoding)> on_transcoding;
    };

    /// One node of the tree, for those who look at it.
    struct TreeNode {
        std::string format;                ///< `rtp/VP8`
        std::string caps;                  ///< with all details; may be empty
        std::string made_by;               ///< `depacketize`, `decode`, ...; empty for the root
        std::optional<std::size_t> above;  ///< index of the node that it is derived from
        std::vector<const Sink*> sinks;    ///< whom it serves
    };

    Source(Graph& graph, MediaType type, Upstream upstream);
    Source(const Source&) = delete;
    Source& operator=(const Source&) = delete;
    /// Detaches all sinks.
    ~Source();

    [[nodiscard]] MediaType type() const { return type_; }

    /// What push() gives from now on. Sinks that are attached move to where the new format serves
    /// them best; sinks that were attached before there was a format are served from here on.
    void set_format(Format format);
    [[nodiscard]] const Format* format() const;
    /// No format: the sinks wait.
    void clear_format();

    /// How many encodings of its picture the source gives at once; packets say to which they
    /// belong. Each sink gets the best that its limit allows, whoever converts the best there is.
    void set_encodings(std::size_t count);
    void set_encoding_size(std::size_t encoding, std::uint32_t width, std::uint32_t height);
    [[nodiscard]] const Encodings* encodings() const { return encodings_ ? &*encodings_ : nullptr; }
    /// Somebody has this encoding or waits for it.
    [[nodiscard]] bool is_used(std::size_t encoding) const;
    /// Of which encodings key frames were asked for, a bit each, since the last call: for who
    /// answers Upstream::request_keyframe of a source with several.
    [[nodiscard]] std::uint32_t take_keyframe_wishes() {
        return std::exchange(keyframe_wishes_, 0);
    }
    /// What comes from now on has other numbers (and begins with a key frame), but it is the same
    /// picture.
    void switched();
    /// Packets of this encoding are missing and will not come any more: who comes late begins with
    /// a key frame of his own.
    void forget_past(std::size_t encoding);
    /// The most that anybody who gets the packets as they come can take; empty when one of them has
    /// no limit, and when nobody is there. Who cannot be reached does not count.
    [[nodiscard]] std::optional<Bitrate> forward_limit() const;

    void push(const rtp::PacketPtr& packet);  ///< format is rtp
    void push(const gst::Frame& frame);       ///< format is frames or raw
    void end_of_stream();

    /// A sink that another source feeds is taken from it.
    void attach(Sink& sink);
    void detach(Sink& sink);

    void set_encoder_limits(EncoderLimits limits);
    /// Tells the state of things now, and every change as long as the observer lives.
    void observe(const std::shared_ptr<const Observer>& observer);
    /// Frames that come in get a time of entry, unless they have one, and stages pass it on: for
    /// SinkLatency.
    void measure_latency(bool on) { measures_latency_ = on; }
    [[nodiscard]] bool measures_latency() const { return measures_latency_; }
    [[nodiscard]] bool transcoding() const { return transcoding_; }
    /// What came out, whether anybody takes it or not.
    FlowMeter flow;
    [[nodiscard]] std::size_t sink_count() const { return sinks_.size(); }

    /// The tree, a node before those that are derived from it.
    [[nodiscard]] std::vector<TreeNode> tree() const;
    /// Sinks that wait: there is no format, or none that suits them.
    [[nodiscard]] std::vector<const Sink*> waiting() const;

private:
    friend class Sink;
    friend class Node;
    void route(Sink& sink);
    void unroute(Sink& sink);
    void note_transcoding();
    void note_receive_limits();
    template <class F>
    void tell(F f);
    void on_receive_limit(Sink& sink);
    void request_keyframe(std::size_t encoding);
    void select_all();
    void begin(Selection& selection, const Node* node, const ReceiveLimit& limit);
    void select(Selection& selection, const ReceiveLimit& limit);

    Graph& graph_;
    const MediaType type_;
    Upstream upstream_;
    std::unique_ptr<Node> root_;
    std::vector<Sink*> sinks_;
    EncoderLimits limits_;
    std::optional<Encodings> encodings_;
    std::uint32_t keyframe_wishes_ = 0;
    bool transcoding_ = false;
    bool transcoding_decided_ = false;
    bool measures_latency_ = false;
    std::vector<std::weak_ptr<const Observer>> observers_;
};

/// A source or sink that is shared between the threads of an element and the worker, and dies on
/// the worker.
template <class T, class... Args>
[[nodiscard]] std::shared_ptr<T> make_on_worker(Graph& graph, Args&&... args) {
    return std::shared_ptr<T>(new T(std::forward<Args>(args)...),
                              [&worker = graph.worker](T* t) { worker.post([t] { delete t; }); });
}

}  // namespace rivero::media
