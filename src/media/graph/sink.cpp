// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/media/sink.hpp"

#include "media/graph/node.hpp"
#include "rivero/media/source.hpp"

namespace rivero::media {

Sink::~Sink() {
    if (source_) source_->detach(*this);
}

void Sink::request_keyframe(bool fresh) {
    if (node_) node_->request_keyframe(selection_, fresh ? this : nullptr);
}

bool Sink::can_have_keyframes() const {
    return !node_ || node_->makes_keyframes();
}

void Sink::set_receive_limit(std::optional<Bitrate> limit) {
    if (limit == receive_limit_.rate) return;
    receive_limit_.rate = limit;
    if (source_) source_->on_receive_limit(*this);
}

void Sink::set_size_limit(std::optional<Pixels> limit) {
    if (limit == receive_limit_.size) return;
    receive_limit_.size = limit;
    if (source_) source_->on_receive_limit(*this);
}

rtp::PacketPtr Sink::find_packet(ExtSeqNum seq) const {
    return node_ ? node_->find_packet(seq, selection_.current) : rtp::PacketPtr{};
}

std::optional<ExtSeqNum> Sink::newest() const {
    return node_ ? node_->newest(selection_.current) : std::nullopt;
}

const Format* Sink::format() const {
    return node_ ? &node_->format() : nullptr;
}

bool Sink::converted() const {
    return node_ && node_->converted();
}

void Sink::renegotiate() {
    if (source_) source_->route(*this);
}

void Sink::restrict_to(const Acceptable& format) {
    restriction_ = format;
    renegotiate();
}

std::vector<Acceptable> Sink::wishes() const {
    std::vector<Acceptable> all = accepts();
    if (!restriction_) return all;
    const auto& codec = restriction_->codec;
    std::vector<Acceptable> left;
    for (Acceptable& wish : all) {
        if (wish.anything) {
            if (!codec) {
                left.push_back(Acceptable::raw());
            } else {
                left.push_back(Acceptable::frames(*codec));
                left.push_back(
                    Acceptable::rtp(*codec));  // packets that are of it already stay packets
            }
        } else if (wish.codec == codec) {
            left.push_back(std::move(wish));
        }
    }
    for (Acceptable& wish : left) {
        wish.max_framerate = restriction_->max_framerate;
        wish.bitrate = restriction_->bitrate;
    }
    if (left.empty() && !all.empty() && on_problem)
        on_problem("no media can be sent here: the receiver does not take the format that was set");
    return left;
}

void Sink::measure_latency(bool on) {
    latency_ = on ? std::make_unique<SinkLatency>() : nullptr;
}

}  // namespace rivero::media
