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

std::vector<Acceptable> Relay::accepts() const { return {forced_ ? *forced_ : Acceptable::any()}; }

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

}  // namespace rivero::media
