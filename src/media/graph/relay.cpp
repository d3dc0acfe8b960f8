// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/media/relay.hpp"

namespace rivero::media {

void Relay::set_target(std::shared_ptr<Source> target) {
    if (target_ && target_ != target) target_->clear_format();
    target_ = std::move(target);
    if (target_ && format_) target_->set_format(*format_);
}

void Relay::force(std::optional<Acceptable> format) {
    forced_ = std::move(format);
    renegotiate();
}

std::vector<Acceptable> Relay::accepts() const {
    if (!forced_) return {Acceptable::any()};
    if (forced_->packing != Packing::frames || !forced_->codec) return {*forced_};
    // Packets that are of this encoding already need not be opened.
    Acceptable packets = *forced_;
    packets.packing = Packing::rtp;
    return {*forced_, std::move(packets)};
}

void Relay::on_format(const Format& format) {
    format_ = format;
    if (target_) target_->set_format(format);
}

void Relay::on_detached() {
    format_.reset();
    if (target_) target_->clear_format();
}

void Relay::on_packet(const rtp::PacketPtr& packet) {
    if (target_) target_->push(packet);
}

void Relay::on_frame(const gst::Frame& frame) {
    if (target_) target_->push(frame);
}

void Relay::on_switch() {
    if (target_) target_->switched();
}

void Relay::on_end_of_stream() {
    if (target_) target_->end_of_stream();
}

Through make_through(Graph& graph, MediaType type) {
    auto relay = make_on_worker<Relay>(graph, type);
    Source::Upstream upstream;
    upstream.request_keyframe = [weak = std::weak_ptr{relay}] {
        if (auto alive = weak.lock()) alive->request_keyframe();
    };
    upstream.makes_keyframes = [weak = std::weak_ptr{relay}] {
        auto alive = weak.lock();
        return !alive || alive->can_have_keyframes();
    };
    auto source = make_on_worker<Source>(graph, graph, type, std::move(upstream));
    // The relay keeps its source; the source knows the relay weakly: no ring.
    graph.worker.post([relay, source] { relay->set_target(source); });
    return {std::move(relay), std::move(source)};
}

}  // namespace rivero::media
