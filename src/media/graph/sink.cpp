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

bool Sink::can_have_keyframes() const { return !node_ || node_->makes_keyframes(); }

void Sink::set_receive_limit(std::optional<Bitrate> limit) {
    if (limit == receive_limit_) return;
    receive_limit_ = limit;
    if (source_) source_->on_receive_limit(*this);
}

rtp::PacketPtr Sink::find_packet(ExtSeqNum seq) const {
    return node_ ? node_->find_packet(seq, selection_.current) : rtp::PacketPtr{};
}

const Format* Sink::format() const { return node_ ? &node_->format() : nullptr; }

bool Sink::converted() const { return node_ && node_->converted(); }

void Sink::renegotiate() {
    if (source_) source_->route(*this);
}

}  // namespace rivero::media
