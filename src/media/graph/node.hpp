// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "media/graph/picture_group.hpp"
#include "media/graph/step.hpp"
#include "rivero/base/units.hpp"
#include "rivero/gst/frame.hpp"
#include "rivero/media/format.hpp"
#include "rivero/media/source.hpp"
#include "rivero/rtp/packet.hpp"
#include "rivero/rtp/packet_history.hpp"

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace rivero::media {

class Node;

/// Derives one format from another. Takes what the node above it gives, owns the node below it.
/// Worker only; what it needs of GStreamer runs on threads of its own behind bounded queues.
class Stage {
public:
    explicit Stage(Node& above) : above_{above} {}
    Stage(const Stage&) = delete;
    Stage& operator=(const Stage&) = delete;
    virtual ~Stage() = default;

    virtual void on_packet(const rtp::PacketPtr&) {}
    /// The next packet is of another encoding: see Sink.
    virtual void on_switch() {}
    virtual void on_frame(const gst::Frame&) {}
    /// The caps of the frames that follow have changed.
    virtual void on_caps(const gst::Caps&) {}
    /// A user of the output wants a key frame.
    virtual void request_keyframe() = 0;
    virtual void set_limits(const EncoderLimits&) {}
    Step step;  ///< what it was made for
    /// Decodes or encodes, rather than wraps.
    [[nodiscard]] virtual bool converts() const { return false; }
    [[nodiscard]] Node& output() { return *output_; }
    Selection selection;  ///< below a root with several encodings
    [[nodiscard]] Node& above_node() { return above_; }

protected:
    Node& above_;
    std::unique_ptr<Node> output_;
};

/// One format of a source's tree, and who uses it.
class Node {
public:
    /// @param source whose tree it is; @param stage that makes it, null for the root
    Node(Source& source, Graph& graph, Format format, Stage* stage);
    ~Node();

    [[nodiscard]] const Format& format() const { return format_; }
    /// The same encoding with other caps (size, codec_data): users are told, nobody moves. The same
    /// object means no change.
    void set_caps(const gst::Caps& caps);

    /// Handed out at once or at the end of the turn: Graph::hand_out_by_turns().
    void push(const rtp::PacketPtr& packet);
    /// Now, before something changes for those that it is for.
    void hand_out();
    void push(const gst::Frame& frame);

    void add(Sink& sink);
    void remove(Sink& sink);
    void add(std::unique_ptr<Stage> stage) { stages_.push_back(std::move(stage)); }
    /// Null when there is none.
    [[nodiscard]] Stage* find_stage(const Step& step) const;
    /// Ends stages below that nobody uses any more.
    void prune();
    [[nodiscard]] bool used() const { return users_ != 0 || !stages_.empty(); }

    /// @param fresh a sink that has shown nothing yet: it may get what was kept since the last key
    /// frame
    void request_keyframe(const Selection& selection, Sink* fresh = nullptr);
    /// False for a file: what came since its last key frame is all that a late receiver can have.
    [[nodiscard]] bool makes_keyframes() const;
    /// Gives a stage that is new below us what was kept.
    void catch_up(Stage& stage);
    void set_limits(const EncoderLimits& limits);
    /// Tells all who are served from here that it is over.
    void tell_problem(const std::string& what);
    /// Whether something on the way from the root to here decodes or encodes.
    [[nodiscard]] bool converted() const;
    [[nodiscard]] const std::vector<std::unique_ptr<Stage>>& stages() const { return stages_; }
    /// Other numbers from now on, of the same encoding.
    void switched();
    /// @param encoding of the source; 0 unless it gives several
    [[nodiscard]] rtp::PacketPtr find_packet(ExtSeqNum seq, std::size_t encoding) const;
    /// The highest number of this encoding that was handed out; while that happens, up to the
    /// packet that is being handed out. Empty before the first.
    [[nodiscard]] std::optional<ExtSeqNum> newest(std::size_t encoding) const;
    /// What is kept for who comes late has a hole that nobody repairs: nothing up to the next key
    /// frame.
    void forget_past(std::size_t encoding);
    /// Lets go of what is kept and too old, since nothing new comes that would replace it.
    void expire();
    /// What suits all sinks here, in bytes.
    [[nodiscard]] std::size_t mtu() const;
    [[nodiscard]] Source& source() { return source_; }
    [[nodiscard]] Graph& graph() { return graph_; }
    [[nodiscard]] Stage* stage() const { return stage_; }
    void describe(std::vector<Source::TreeNode>& nodes, std::optional<std::size_t> above) const;

private:
    template <class Media>
    void hand_to(Sink& sink, const Media& media);
    void hand_to(Stage& stage, const rtp::PacketPtr& packet);
    void keep(const rtp::PacketPtr& packet, std::size_t encoding);
    void keep(const gst::Frame& frame);
    [[nodiscard]] PictureGroup::Limits group_limits() const;
    /// @return false when nothing was kept that suits the sink
    bool replay_to(Sink& sink, const Selection& selection);

    Source& source_;
    Graph& graph_;
    Format format_;
    Stage* stage_;
    std::vector<Sink*> sinks_;  // null: left while we were handing out
    std::vector<std::unique_ptr<Stage>> stages_;
    std::size_t users_ = 0;
    int handing_out_ = 0;
    std::vector<rtp::PacketPtr> pushed_;                            ///< in this turn
    std::vector<rtp::PacketPtr> going_;                             ///< are being handed out
    std::size_t going_at_ = 0;                                      ///< which of them
    std::array<std::optional<ExtSeqNum>, Encodings::kMax> handed_;  ///< by encoding: the highest
    [[nodiscard]] std::size_t encoding_of(const rtp::Packet& packet) const;
    /// Whether he gets the packet; it may make him switch. Root of a source with several encodings
    /// only.
    template <class User>
    [[nodiscard]] bool takes(User& user, Selection& selection, const rtp::Packet& packet);

    /// rtp only; by encoding, the first is always there.
    std::array<std::unique_ptr<rtp::PacketHistory>, Encodings::kMax> histories_;
    std::array<PictureGroup, Encodings::kMax> groups_;  ///< of video in rtp; by encoding
    std::vector<gst::Frame> frame_group_;               // the same of frames
    std::size_t group_bytes_ = 0;
};

}  // namespace rivero::media
