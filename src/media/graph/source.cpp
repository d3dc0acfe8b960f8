// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/media/source.hpp"

#include "media/graph/node.hpp"
#include "media/graph/route.hpp"
#include "rivero/base/log.hpp"

#include <algorithm>

namespace rivero::media {

Source::Source(Graph& graph, MediaType type, Upstream upstream)
    : graph_{graph}, type_{type}, upstream_{std::move(upstream)} {
    flow.on_change = [this](bool flowing) {
        if (!flowing && root_) root_->expire();
        tell([flowing](const Observer& observer) { observer.on_flow(flowing); });
    };
}

Source::~Source() {
    for (Sink* sink : sinks_) {
        if (sink->node_) unroute(*sink);
        sink->source_ = nullptr;
    }
    sinks_.clear();
}

const Format* Source::format() const {
    return root_ ? &root_->format() : nullptr;
}

void Source::set_format(Format format) {
    if (root_ && same_encoding(root_->format(), format)) {
        root_->set_caps(format.caps);
        return;
    }
    if (root_) root_->hand_out();
    auto old = std::move(root_);
    // New stages first, where sinks go; the old tree ends when nobody is with it any more.
    for (Sink* sink : sinks_)
        if (sink->node_) sink->node_->remove(*sink);
    root_ = std::make_unique<Node>(*this, graph_, std::move(format), nullptr);
    if (old) graph_.worker.post([last = std::shared_ptr<Node>{std::move(old)}] {});
    for (Sink* sink : std::vector<Sink*>{sinks_}) {
        route(*sink);
        if (!sink->node_) sink->on_detached();  // nothing of the new format for this one
    }
}

void Source::clear_format() {
    for (Sink* sink : sinks_)
        if (sink->node_) unroute(*sink);
    if (root_) graph_.worker.post([last = std::shared_ptr<Node>{std::move(root_)}] {});
}

void Source::set_encodings(std::size_t count) {
    if (root_) root_->hand_out();
    if (count <= 1) {
        encodings_.reset();
        return;
    }
    if (!encodings_ || encodings_->count() != count) encodings_.emplace(count);
}

void Source::set_encoding_size(std::size_t encoding, std::uint32_t width, std::uint32_t height) {
    if (encodings_) encodings_->set_size(encoding, width, height);
}

bool Source::is_used(std::size_t encoding) const {
    if (!encodings_ || !root_) return true;
    const auto uses = [&](const Selection& s) {
        return s.current == encoding || s.wanted == encoding;
    };
    if (std::any_of(sinks_.begin(), sinks_.end(),
                    [&](const Sink* s) { return s->node_ == root_.get() && uses(s->selection_); }))
        return true;
    return std::any_of(root_->stages().begin(), root_->stages().end(),
                       [&](auto& stage) { return uses(stage->selection); });
}

void Source::request_keyframe(std::size_t encoding) {
    keyframe_wishes_ |= 1U << encoding;
    if (upstream_.request_keyframe) upstream_.request_keyframe();
}

void Source::select(Selection& selection, const ReceiveLimit& limit) {
    const std::uint8_t wanted = encodings_->choose(limit, selection.current);
    if (wanted == selection.wanted) return;
    selection.wanted = wanted;
    // Back to what he still has needs no key frame.
    if (wanted != selection.current) request_keyframe(wanted);
}

void Source::select_all() {
    if (!root_) return;
    for (Sink* sink : sinks_)
        if (sink->node_ == root_.get()) select(sink->selection_, sink->receive_limit_);
    for (auto& stage : root_->stages()) select(stage->selection, {});
}

void Source::on_receive_limit(Sink& sink) {
    if (sink.converted()) {
        note_receive_limits();
    } else if (encodings_ && root_ && sink.node_ == root_.get()) {
        select(sink.selection_, sink.receive_limit_);
    }
}

void Source::switched() {
    if (root_) root_->switched();
}

void Source::forget_past(std::size_t encoding) {
    if (root_) root_->forget_past(encoding);
}

std::optional<Bitrate> Source::forward_limit() const {
    std::optional<Bitrate> most;
    for (const Sink* sink : sinks_) {
        if (!sink->node_ || !sink->reaches_receiver()) continue;
        if (sink->node_ != root_.get() || !sink->receive_limit()) return std::nullopt;
        most = std::max(most.value_or(Bitrate{0}), *sink->receive_limit());
    }
    return most;
}

void Source::push(const rtp::PacketPtr& packet) {
    flow.count(graph_.flow);
    if (encodings_) {
        encodings_->on_packet(packet->arrival, packet->encoding, packet->payload().size(),
                              packet->timestamp);
        if (encodings_->poll(packet->arrival)) select_all();
    }
    if (root_) root_->push(packet);
}

void Source::push(const gst::Frame& frame) {
    flow.count(graph_.flow);
    if (!root_) return;
    if (!measures_latency_ || frame.entered) return root_->push(frame);
    gst::Frame stamped = frame;
    stamped.entered = Clock::now();
    root_->push(stamped);
}

void Source::end_of_stream() {
    if (root_) root_->hand_out();
    for (Sink* sink : std::vector<Sink*>{sinks_}) sink->on_end_of_stream();
}

void Source::attach(Sink& sink) {
    if (sink.source_ == this) return;
    if (sink.source_) sink.source_->detach(sink);
    sinks_.push_back(&sink);
    sink.source_ = this;
    if (root_) route(sink);
    note_receive_limits();
}

void Source::detach(Sink& sink) {
    if (sink.source_ != this) return;
    if (sink.node_) unroute(sink);
    sink.source_ = nullptr;
    sink.flow.reset();
    std::erase(sinks_, &sink);
    note_receive_limits();
}

void Source::begin(Selection& selection, const Node* node, const ReceiveLimit& limit) {
    selection = {};
    if (encodings_ && node == root_.get())
        selection.current = selection.wanted = encodings_->choose(limit, 0);
}

void Source::unroute(Sink& sink) {
    sink.node_->remove(sink);
    if (root_) root_->prune();
    sink.on_detached();
    if (transcoding_decided_ && !sinks_.empty()) note_transcoding();
    note_receive_limits();
}

void Source::route(Sink& sink) {
    if (!root_) return;
    Node* before = sink.node_;
    auto wishes = sink.wishes();
    if (wishes.empty()) {  // has not negotiated yet, or wants nothing of this kind
        if (before) unroute(sink);
        return;
    }
    std::string reason =
        "the receiver takes no " + std::string{type_ == MediaType::audio ? "audio" : "video"};
    // When a stage cannot be made, the next best wish has its turn.
    while (auto way = cheapest(*root_, wishes)) {
        Node* node = root_.get();
        std::optional<Codec> target;
        bool made = true;
        for (const Step& step : *way) {
            if (step.kind == Step::Kind::encode) target = step.codec;
            Stage* stage = node->find_stage(step);
            if (!stage) {
                auto fresh = make_stage(*node, step, limits_);
                if (!fresh) {
                    reason = fresh.error().message;
                    made = false;
                    break;
                }
                stage = fresh->get();
                begin(stage->selection, node, {});
                node->add(std::move(*fresh));
                node->catch_up(*stage);
            }
            node = &stage->output();
        }
        if (made) {
            if (node == before) return;
            if (before) before->remove(sink);
            begin(sink.selection_, node, sink.receive_limit_);
            node->add(sink);
            root_->prune();
            if (before) sink.on_detached();
            sink.on_format(node->format());
            note_transcoding();
            note_receive_limits();
            return;
        }
        root_->prune();
        // What failed is a decoder, which all wishes that convert need, or one encoder.
        std::erase_if(wishes, [&](const Acceptable& a) {
            const auto other = steps(root_->format(), a);
            return std::any_of(other.begin(), other.end(), [&](const Step& step) {
                return target ? step.kind == Step::Kind::encode && step.codec == target
                              : step.kind == Step::Kind::decode || step.kind == way->front().kind;
            });
        });
    }
    if (before) unroute(sink);
    log_topic("media")->warn("a sink cannot be served from {}: {}", to_string(root_->format()),
                             reason);
    if (sink.on_problem) sink.on_problem("no media can be sent here: " + reason);
}

void Source::note_transcoding() {
    const bool now =
        std::any_of(sinks_.begin(), sinks_.end(), [](const Sink* s) { return s->converted(); });
    if (transcoding_decided_ && now == transcoding_) return;
    transcoding_decided_ = true;
    transcoding_ = now;
    if (upstream_.on_transcoding) upstream_.on_transcoding(now);
    tell([now](const Observer& observer) { observer.on_transcoding(now); });
}

template <class F>
void Source::tell(F f) {
    // A copy: who hears it may add another observer.
    for (auto& weak : std::vector<std::weak_ptr<const Observer>>{observers_})
        if (auto observer = weak.lock()) f(*observer);
}

void Source::observe(const std::shared_ptr<const Observer>& observer) {
    std::erase_if(observers_, [](auto& weak) { return weak.expired(); });
    observers_.push_back(observer);
    observer->on_flow(flow.flowing());
    if (transcoding_decided_) observer->on_transcoding(transcoding_);
}

void Source::note_receive_limits() {
    std::optional<Bitrate> lowest;
    for (const Sink* sink : sinks_) {
        // Who gets packets as they come has no say in what an encoder makes for others.
        if (!sink->converted() || !sink->receive_limit()) continue;
        if (!lowest || *sink->receive_limit() < *lowest) lowest = sink->receive_limit();
    }
    if (lowest == limits_.receivers) return;
    limits_.receivers = lowest;
    if (root_) root_->set_limits(limits_);
}

void Source::set_encoder_limits(EncoderLimits limits) {
    limits.receivers = limits_.receivers;
    limits_ = limits;
    if (root_) root_->set_limits(limits_);
}

std::vector<Source::TreeNode> Source::tree() const {
    std::vector<TreeNode> nodes;
    if (root_) root_->describe(nodes, std::nullopt);
    return nodes;
}

std::vector<const Sink*> Source::waiting() const {
    std::vector<const Sink*> list;
    for (const Sink* sink : sinks_)
        if (!sink->node_) list.push_back(sink);
    return list;
}

}  // namespace rivero::media
