// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "media/graph/node.hpp"

#include "rivero/base/assert.hpp"

#include <algorithm>

namespace rivero::media {
namespace {

/// What is kept of a source that cannot make key frames when asked: enough for a group of pictures
/// of a usual file.
constexpr std::size_t kGroupBytes = 4 * 1024 * 1024;
constexpr std::size_t kGroupPackets = 8192;
/// Of one that can: at a megabyte these are packets of half a kilobyte; each takes one and a half.
constexpr std::size_t kLivePackets = 2048;
constexpr std::size_t kMaxDecodedAtOnce = 25;
/// In one turn.
constexpr std::size_t kMostPushed = 256;
/// Of one key frame and what came behind it.
constexpr std::int64_t kMostFollowing = 3000;

}  // namespace

Node::Node(Source& source, Graph& graph, Format format, Stage* stage)
    : source_{source}, graph_{graph}, format_{std::move(format)}, stage_{stage} {
    if (format_.packing == Packing::rtp) histories_[0] = std::make_unique<rtp::PacketHistory>();
}

Node::~Node() {
    std::erase(graph_.with_packets_, this);
    for (Sink* sink : sinks_) {
        if (!sink) continue;
        sink->node_ = nullptr;
        sink->on_detached();
    }
}

namespace {

void give(Sink& sink, const gst::Frame& frame) {
    sink.on_frame(frame);
}
void give(Sink& sink, const rtp::PacketPtr& packet) {
    sink.on_packet(packet);
}

std::optional<Time> entry_of(const gst::Frame& frame) {
    return frame.entered;
}
std::optional<Time> entry_of(const rtp::PacketPtr& packet) {
    return packet->entry();
}

}  // namespace

template <class Media>
void Node::hand_to(Sink& sink, const Media& media) {
    sink.flow.count(graph_.flow);
    if (!sink.latency_) return give(sink, media);
    const std::optional<Time> entry = entry_of(media);
    if (entry) sink.latency_->input.add(Clock::now() - *entry);
    give(sink, media);
    if (entry && sink.latency_) sink.latency_->through.add(Clock::now() - *entry);
}

void Node::hand_to(Stage& stage, const rtp::PacketPtr& packet) {
    const auto before = stage.selection.current;
    if (!takes(stage, stage.selection, *packet)) return;
    stage.on_packet(packet);
    if (stage.selection.current == before) return;
    // A key frame whose beginning had to be repaired: the rest of it came before, and was not
    // taken.
    const auto last = newest(packet->encoding);
    if (!last || last->value - packet->seq.value > kMostFollowing) return;
    for (auto seq = packet->seq.value + 1; seq <= last->value; ++seq)
        if (const auto later = find_packet(ExtSeqNum{seq}, packet->encoding))
            stage.on_packet(later);
}

template <class User>
bool Node::takes(User& user, Selection& selection, const rtp::Packet& packet) {
    if (!source_.encodings_ || stage_) return true;
    if (packet.encoding == selection.wanted && packet.encoding != selection.current &&
        packet.starts_keyframe) {
        selection.current = selection.wanted;
        user.on_switch();
    }
    return packet.encoding == selection.current;
}

std::size_t Node::encoding_of(const rtp::Packet& packet) const {
    return source_.encodings_ && !stage_ ? packet.encoding : 0;
}

void Node::push(const rtp::PacketPtr& packet) {
    const std::size_t encoding = encoding_of(*packet);
    if (encoding >= histories_.size()) return;
    if (!histories_[encoding]) histories_[encoding] = std::make_unique<rtp::PacketHistory>();
    histories_[encoding]->add(packet);
    keep(packet, encoding);
    if (pushed_.empty()) graph_.with_packets_.push_back(this);
    pushed_.push_back(packet);
    if (!graph_.turn_end_ || pushed_.size() >= kMostPushed) hand_out();
}

void Node::hand_out() {
    // What a receiver pushes while it is served waits until that is over.
    if (handing_out_ != 0) return;
    while (!pushed_.empty()) {
        std::erase(graph_.with_packets_, this);
        going_.swap(pushed_);
        ++handing_out_;
        // By index: a sink may come or leave while it is served.
        for (std::size_t i = 0; i < sinks_.size(); ++i)
            for (going_at_ = 0; going_at_ < going_.size() && sinks_[i]; ++going_at_)
                if (takes(*sinks_[i], sinks_[i]->selection_, *going_[going_at_]))
                    hand_to(*sinks_[i], going_[going_at_]);
        for (std::size_t i = 0; i < stages_.size(); ++i)
            for (going_at_ = 0; going_at_ < going_.size() && i < stages_.size(); ++going_at_)
                hand_to(*stages_[i], going_[going_at_]);
        for (const auto& packet : going_) {
            auto& highest = handed_[encoding_of(*packet)];
            if (!highest || highest->value < packet->seq.value) highest = packet->seq;
        }
        going_.clear();
        if (--handing_out_ == 0) std::erase(sinks_, nullptr);
    }
}

void Node::push(const gst::Frame& frame) {
    if (format_.type == MediaType::video && format_.packing == Packing::frames &&
        !makes_keyframes())
        keep(frame);
    ++handing_out_;
    for (std::size_t i = 0; i < sinks_.size(); ++i)
        if (sinks_[i]) hand_to(*sinks_[i], frame);
    for (std::size_t i = 0; i < stages_.size(); ++i) stages_[i]->on_frame(frame);
    if (--handing_out_ == 0) std::erase(sinks_, nullptr);
}

void Node::switched() {
    hand_out();
    // The old numbers may come again, for other packets.
    if (histories_[0]) histories_[0]->clear();
    for (auto& group : groups_) group.clear();
    handed_ = {};
    ++handing_out_;
    for (std::size_t i = 0; i < sinks_.size(); ++i)
        if (sinks_[i]) sinks_[i]->on_switch();
    for (std::size_t i = 0; i < stages_.size(); ++i) stages_[i]->on_switch();
    if (--handing_out_ == 0) std::erase(sinks_, nullptr);
}

void Node::set_caps(const gst::Caps& caps) {
    if (format_.caps == caps) return;
    hand_out();
    format_.caps = caps;
    ++handing_out_;
    for (std::size_t i = 0; i < sinks_.size(); ++i)
        if (sinks_[i]) sinks_[i]->on_format(format_);
    for (std::size_t i = 0; i < stages_.size(); ++i) stages_[i]->on_caps(caps);
    if (--handing_out_ == 0) std::erase(sinks_, nullptr);
}

void Node::add(Sink& sink) {
    hand_out();
    sinks_.push_back(&sink);
    ++users_;
    sink.node_ = this;
}

void Node::remove(Sink& sink) {
    auto found = std::find(sinks_.begin(), sinks_.end(), &sink);
    RIVERO_ASSERT(found != sinks_.end(), "a sink is with the node that it names");
    if (handing_out_) {
        *found = nullptr;
    } else {
        sinks_.erase(found);
    }
    --users_;
    sink.node_ = nullptr;
}

Stage* Node::find_stage(const Step& step) const {
    for (auto& stage : stages_)
        if (stage->step == step) return stage.get();
    return nullptr;
}

void Node::prune() {
    for (auto& stage : stages_) stage->output().prune();
    // Stages end in a turn of their own: one of them may be what called us.
    for (auto it = stages_.begin(); it != stages_.end();) {
        if ((*it)->output().used()) {
            ++it;
            continue;
        }
        graph_.worker.post([stage = std::shared_ptr<Stage>{std::move(*it)}] {});
        it = stages_.erase(it);
    }
}

bool Node::makes_keyframes() const {
    if (converted()) return true;  // an encoder of ours is on the way
    const auto& upstream = source_.upstream_;
    return upstream.request_keyframe && (!upstream.makes_keyframes || upstream.makes_keyframes());
}

void Node::keep(const gst::Frame& frame) {
    if (frame.keyframe) {
        frame_group_.clear();
        group_bytes_ = 0;
    } else if (frame_group_.empty()) {
        return;
    }
    frame_group_.push_back(frame);
    group_bytes_ += gst_buffer_get_size(frame.buffer.get());
    if (group_bytes_ > kGroupBytes || frame_group_.size() > kGroupPackets) {
        frame_group_.clear();
        group_bytes_ = 0;
    }
}

void Node::catch_up(Stage& stage) {
    // A decoder that is flooded drops up to the next key frame, and then it has gained nothing.
    if (stage.converts() && frame_group_.size() > kMaxDecodedAtOnce) return;
    for (const gst::Frame& frame : std::vector<gst::Frame>{frame_group_}) stage.on_frame(frame);
}

PictureGroup::Limits Node::group_limits() const {
    if (!makes_keyframes()) return {.bytes = kGroupBytes, .packets = kGroupPackets};
    return {.bytes = graph_.kept_picture_bytes,
            .packets = kLivePackets,
            .age = graph_.kept_picture_time};
}

void Node::keep(const rtp::PacketPtr& packet, std::size_t encoding) {
    if (format_.type != MediaType::video) return;
    const auto limits = group_limits();
    if (limits.age <= Duration::zero()) return;
    PictureGroup& group = groups_[encoding];
    group.add(packet, limits);
    const rtp::PacketHistory& history = *histories_[encoding];
    if (!packet->starts_keyframe || !group.find(packet->seq) || !history.find(packet->seq)) return;
    // The beginning of a key frame that had to be repaired: the rest of it is there already.
    for (auto seq = packet->seq.value + 1; seq < history.end().value; ++seq)
        if (const auto later = history.find(ExtSeqNum{seq})) group.add(later, limits);
}

bool Node::replay_to(Sink& sink, const Selection& selection) {
    if (selection.current != selection.wanted) return false;
    const PictureGroup& group = groups_[stage_ ? 0 : selection.current];
    if (group.empty()) return false;
    // Who can have a key frame instead need not put up with a past that is too long for him.
    if (makes_keyframes() && (group.age(Clock::now()) > graph_.kept_picture_time ||
                              group.has_holes(Clock::now()) || !sink.takes_past(group.bytes())))
        return false;
    for (const auto& past : group.compressed()) {
        sink.flow.count(graph_.flow);
        sink.on_past_packet(past.packet, past.timestamp, past.capture);
        if (sink.node_ != this) break;
    }
    return true;
}

void Node::request_keyframe(const Selection& selection, Sink* fresh) {
    if (format_.type != MediaType::video) return;
    if (fresh) {
        hand_out();  // it is among what was kept, too
        if (replay_to(*fresh, selection)) return;
    }
    if (!makes_keyframes()) return;
    if (stage_) {
        stage_->request_keyframe();
    } else {
        source_.request_keyframe(selection.wanted);
    }
}

void Node::set_limits(const EncoderLimits& limits) {
    for (auto& stage : stages_) {
        stage->set_limits(limits);
        stage->output().set_limits(limits);
    }
}

void Node::tell_problem(const std::string& what) {
    for (Sink* sink : sinks_)
        if (sink && sink->on_problem) sink->on_problem(what);
    for (auto& stage : stages_) stage->output().tell_problem(what);
}

bool Node::converted() const {
    for (const Node* node = this; node->stage_; node = &node->stage_->above_node())
        if (node->stage_->converts()) return true;
    return false;
}

rtp::PacketPtr Node::find_packet(ExtSeqNum seq, std::size_t encoding) const {
    rtp::PacketPtr found =
        histories_[encoding] ? histories_[encoding]->find(seq) : rtp::PacketPtr{};
    return found ? found : groups_[encoding].find(seq);
}

std::optional<ExtSeqNum> Node::newest(std::size_t encoding) const {
    auto highest = handed_[encoding];
    for (std::size_t p = 0; p < std::min(going_at_, going_.size()); ++p)
        if (encoding_of(*going_[p]) == encoding &&
            (!highest || highest->value < going_[p]->seq.value))
            highest = going_[p]->seq;
    return highest;
}

void Node::forget_past(std::size_t encoding) {
    if (encoding < groups_.size() && makes_keyframes()) groups_[encoding].clear();
}

void Node::expire() {
    const Time now = Clock::now();
    for (auto& history : histories_)
        if (history) history->expire(now);
    // What cannot be had again stays: it is all that a late receiver will see.
    if (!makes_keyframes()) return;
    for (auto& group : groups_)
        if (!group.empty() && group.age(now) > graph_.kept_picture_time) group.clear();
}

std::size_t Node::mtu() const {
    std::optional<std::size_t> least;
    for (const Sink* sink : sinks_)
        if (sink)
            least =
                std::min(least.value_or(rtp::Packet::kCapacity), sink->mtu().value_or(graph_.mtu));
    return least.value_or(graph_.mtu);
}

void Node::describe(std::vector<Source::TreeNode>& nodes, std::optional<std::size_t> above) const {
    Source::TreeNode node;
    node.format = to_string(format_);
    if (format_.caps) node.caps = gst::caps_to_text(format_.caps);
    if (stage_) node.made_by = name(stage_->step.kind);
    node.above = above;
    for (const Sink* sink : sinks_)
        if (sink) node.sinks.push_back(sink);
    const std::size_t index = nodes.size();
    nodes.push_back(std::move(node));
    for (auto& stage : stages_) stage->output().describe(nodes, index);
}

}  // namespace rivero::media
