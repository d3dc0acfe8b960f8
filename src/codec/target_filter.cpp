// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/target_filter.hpp"

#include <algorithm>
#include <chrono>
#include <numeric>
#include <utility>

namespace rivero::codec {
namespace {

constexpr Duration kWindow = 500ms;
constexpr double kStay = 1.15,
                 kEnter = 0.95;  // of the limit, as for encodings: see media::Encodings
/// A frame with more references is thrown away by Chromium.
constexpr std::size_t kMostReferences = 5;

bool before(std::uint16_t a, std::uint16_t b) {
    return static_cast<std::int16_t>(a - b) < 0;
}

}  // namespace

void TargetFilter::reset() {
    const auto limit = limit_;
    const auto size_limit = size_limit_;
    *this = TargetFilter{};
    limit_ = limit;
    size_limit_ = size_limit;
}

void TargetFilter::set_limit(std::optional<Bitrate> limit) {
    if (limit == limit_) return;
    limit_ = limit;
    if (measured_) choose();
}

void TargetFilter::set_size_limit(std::optional<Pixels> limit) {
    if (limit == size_limit_) return;
    size_limit_ = limit;
    if (targets_) choose();
}

/// The same layers in other sizes, with a key frame.
void TargetFilter::take_sizes(const rtp::Packet& packet) {
    const auto& dependencies = packet.dependencies;
    const bool same = targets_->sizes == dependencies.targets->sizes;
    targets_ = dependencies.targets;
    // With other sizes layers come and go.
    if (dependencies.active) offered_ = *dependencies.active;
    if (same || !size_limit_) return;
    choose();
    asked_ = wish_ = false;  // here is one
}

/// Other targets than before, with a key frame.
void TargetFilter::begin(const rtp::Packet& packet) {
    targets_ = packet.dependencies.targets;
    current_.reset();
    told_.reset();
    bytes_ = bps_ = {};
    measured_ = false;
    window_.reset();
    asked_ = false;
    frame(packet.dependencies.frame_number).known = false;
    const auto& all = targets_->targets;
    const auto end = order_.begin() + static_cast<std::ptrdiff_t>(all.size());
    std::iota(order_.begin(), end, std::uint8_t{0});
    std::sort(order_.begin(), end, [&](std::uint8_t a, std::uint8_t b) {
        const auto &x = all[a], &y = all[b];
        return x.spatial != y.spatial ? x.spatial > y.spatial : x.temporal > y.temporal;
    });
    const auto first = std::find_if_not(order_.begin(), end,
                                        [&](std::uint8_t target) { return too_large(target); });
    wanted_ = first == end ? *(end - 1) : *first;
}

void TargetFilter::measure(Time now, const rtp::Packet& packet) {
    if (!window_) window_ = now;
    if (now - *window_ >= kWindow) {
        const double seconds = std::chrono::duration<double>(now - *window_).count();
        for (std::size_t i = 0; i < targets_->targets.size(); ++i) {
            const double bps = std::exchange(bytes_[i], 0) * 8 / seconds;
            bps_[i] = measured_ ? (bps_[i] + bps) / 2 : bps;
        }
        measured_ = true;
        window_ = now;
        choose();
    }
    for (std::size_t i = 0; i < targets_->targets.size(); ++i)
        if (packet.dependencies.indication(i) != rtp::Indication::not_present)
            bytes_[i] += static_cast<double>(packet.payload().size());
}

bool TargetFilter::fits(std::size_t target) const {
    if (too_large(target)) return false;
    if (!limit_ || !measured_) return true;
    const bool has = current_ && includes(*current_, target);
    return bps_[target] <= static_cast<double>(limit_->bps) * (has ? kStay : kEnter);
}

void TargetFilter::choose() {
    const auto& all = targets_->targets;
    const std::size_t before = wanted_;
    std::uint8_t most_temporal = 0;
    for (const auto& target : all) most_temporal = std::max(most_temporal, target.temporal);
    std::optional<std::size_t> chosen;
    for (std::size_t i = 0; i < all.size() && !chosen; ++i) {
        const auto& target = all[order_[i]];
        // What the sender has switched off may come back, for who stays there.
        if (!(offered_ >> order_[i] & 1) && current_ != order_[i]) continue;
        // Half of the pictures of a large one are better than all of a small one, a quarter is not.
        if (target.spatial > 0 && target.temporal + 1 < most_temporal) continue;
        if (fits(order_[i])) chosen = order_[i];
    }
    wanted_ = chosen.value_or(order_[all.size() - 1]);
    if (wanted_ != before) asked_ = false;
    if (!current_ || asked_ || includes(*current_, wanted_)) return;
    // Temporal layers come back by themselves; spatial ones do so nowhere but in key frames.
    if (all[wanted_].spatial == all[*current_].spatial) return;
    asked_ = wish_ = true;
}

const TargetFilter::Frame* TargetFilter::find(std::uint16_t number) const {
    const Frame& frame = frames_[number % kFrames];
    return frame.known && frame.number == number ? &frame : nullptr;
}

bool TargetFilter::decodable(const rtp::FrameDependencies& frame) const {
    return std::all_of(frame.references.begin(), frame.references.begin() + frame.reference_count,
                       [&](std::uint16_t distance) {
                           const Frame* reference =
                               find(static_cast<std::uint16_t>(frame.frame_number - distance));
                           return reference && reference->sent;
                       });
}

bool TargetFilter::reachable(const rtp::Packet& packet, std::size_t target) const {
    return includes(*current_, target) ||
           (packet.dependencies.indication(target) == rtp::Indication::switch_point &&
            decodable(packet.dependencies));
}

void TargetFilter::move(const rtp::Packet& packet) {
    if (!current_) {
        current_ = wanted_;
        return;
    }
    if (*current_ == wanted_) return;
    const auto& all = targets_->targets;
    const auto rank = [&](std::size_t target) {
        return std::find(order_.begin(), order_.end(), target) - order_.begin();
    };
    // The best that can be had here, if not yet all that is wanted.
    for (auto i = rank(wanted_); i < static_cast<std::ptrdiff_t>(all.size()); ++i) {
        const std::size_t target = order_[static_cast<std::size_t>(i)];
        if (target == *current_) return;
        if (all[target].temporal <= all[wanted_].temporal && reachable(packet, target)) {
            current_ = target;
            return;
        }
    }
    // Too much for the receiver, and nothing less can be decoded by itself before a key frame:
    // fewer pictures until then.
    for (std::size_t i = all.size(); i > 0; --i) {
        const std::size_t target = order_[i - 1];
        if (all[target].spatial == all[*current_].spatial && includes(*current_, target)) {
            current_ = target;
            return;
        }
    }
}

void TargetFilter::decide(const rtp::Packet& packet) {
    const auto& dependencies = packet.dependencies;
    if (dependencies.active) offered_ = *dependencies.active;
    if (dependencies.begins_structure) broken_ = false;
    // Not within a picture: its end was marked already, or would never come.
    if (!picture_ || distance(*picture_, packet.timestamp) > 0) {
        picture_ = packet.timestamp;
        picture_begun_ = picture_chained_ = false;
        move(packet);
    }
    Frame& frame = this->frame(dependencies.frame_number);
    frame = Frame{};
    frame.known = true;
    frame.sent = dependencies.indication(*current_) != rtp::Indication::not_present &&
                 !lacks_reference(packet);
    frame.number = dependencies.frame_number;
    frame.picture = packet.timestamp;
    if (!frame.sent) return;
    if (packet.timestamp == picture_) link(packet, frame);
    tell(packet, frame);
}

/// Whether it refers to something that was left out, which happens when the encoder left out what
/// its templates promise. One such frame would cost the receiver the whole picture.
bool TargetFilter::lacks_reference(const rtp::Packet& packet) {
    const auto& frame = packet.dependencies;
    const auto first = frame.references.begin();
    const bool lacks =
        std::any_of(first, first + frame.reference_count, [&](std::uint16_t distance) {
            const Frame* reference =
                find(static_cast<std::uint16_t>(frame.frame_number - distance));
            return reference && !reference->sent;
        });
    // All that follows in this layer will lack it, too.
    if (lacks && packet.temporal_id == 0 && !std::exchange(broken_, true)) wish_ = true;
    return lacks;
}

void TargetFilter::tell(const rtp::Packet& packet, Frame& frame) {
    const auto& dependencies = packet.dependencies;
    const std::uint32_t sent = targets_->targets[*current_].includes & offered_;
    const std::uint32_t said = dependencies.begins_structure
                                   ? dependencies.active.value_or(~0U)
                                   : dependencies.active.value_or(told_.value_or(~0U));
    const std::uint32_t every = static_cast<std::uint32_t>((1ULL << targets_->targets.size()) - 1);
    if ((said & every) != sent) frame.active = sent;
    told_ = sent;
}

TargetFilter::Verdict TargetFilter::on_packet(Time now, const rtp::Packet& packet) {
    const auto& dependencies = packet.dependencies;
    // By value only where the key frame says it anew.
    if (targets_ != dependencies.targets) {
        if (targets_ && targets_->targets == dependencies.targets->targets)
            take_sizes(packet);
        else
            begin(packet);
    }
    measure(now, packet);
    if (!find(dependencies.frame_number)) decide(packet);
    settle(packet);
    return find(dependencies.frame_number)->sent ? verdict(packet) : Verdict::withhold;
}

/// The best of what is sent that the sender has not switched off: of a layer that is off there is
/// no chain.
std::size_t TargetFilter::flowing() const {
    const auto last = order_.begin() + static_cast<std::ptrdiff_t>(targets_->targets.size());
    const auto best = std::find_if(order_.begin(), last, [&](std::uint8_t target) {
        return includes(*current_, target) && (offered_ >> target & 1);
    });
    return best == last ? *current_ : *best;
}

/// Refers a frame to the chain of the target: see note().
void TargetFilter::link(const rtp::Packet& packet, Frame& frame) {
    const auto& dependencies = packet.dependencies;
    if (!std::exchange(picture_begun_, true)) {
        const std::uint8_t chain = targets_->targets[flowing()].chain;
        const std::uint8_t back = chain < dependencies.chain_distances.size()
                                      ? dependencies.chain_distances[chain]
                                      : std::uint8_t{0};
        const Frame* last =
            back != 0 ? find(static_cast<std::uint16_t>(frame.number - back)) : nullptr;
        if (last && last->sent) {
            const bool anyway = needs_anyway(dependencies, *last);
            if (!anyway && dependencies.reference_count < kMostReferences) frame.needs = back;
            picture_chained_ = anyway || frame.needs != 0;
            picture_link_ = last->number;
        }
    }
    frame.chained = picture_chained_;
    frame.link = picture_link_;
}

bool TargetFilter::needs_anyway(const rtp::FrameDependencies& frame, const Frame& link) const {
    return std::any_of(frame.references.begin(), frame.references.begin() + frame.reference_count,
                       [&](std::uint16_t distance) {
                           const Frame* reference =
                               find(static_cast<std::uint16_t>(frame.frame_number - distance));
                           // Pictures are decoded whole.
                           return reference && reference->sent &&
                                  (reference->picture == link.picture ||
                                   (reference->chained && !before(reference->link, link.number)));
                       });
}

TargetFilter::Verdict TargetFilter::verdict(const rtp::Packet& packet) {
    Frame& frame = this->frame(packet.dependencies.frame_number);
    if (packet.ends_layer_frame && !frame.ends && !packet.marker && !more_sent_behind(frame)) {
        // Nothing that is sent can come behind the highest layer, nor in a picture that is over.
        frame.ends =
            packet.spatial_id >= targets_->targets[*current_].spatial || frame.picture != picture_;
        if (!frame.ends) {
            waiting_ = {frame.number, packet.spatial_id, frame.picture};
            return Verdict::send_when_known;
        }
    }
    return ends_picture(packet) ? Verdict::send_as_last : Verdict::send;
}

/// A higher layer of its picture came before it and was sent.
bool TargetFilter::more_sent_behind(const Frame& frame) const {
    for (std::uint16_t i = 1; i < kMaxSpatial; ++i) {
        const Frame* next = find(static_cast<std::uint16_t>(frame.number + i));
        if (next && next->sent && next->picture == frame.picture) return true;
    }
    return false;
}

/// Whether the packet shows how the picture goes on of which a packet waits.
void TargetFilter::settle(const rtp::Packet& packet) {
    if (!waiting_) return;
    const auto later = distance(waiting_->picture, packet.timestamp);
    if (later < 0 || packet.dependencies.frame_number == waiting_->number) return;
    if (later == 0) {
        const bool above = packet.spatial_id > waiting_->spatial;
        const bool sent = find(packet.dependencies.frame_number)->sent;
        if (above && sent)
            end_ = false;
        else if (packet.marker || packet.spatial_id > targets_->targets[*current_].spatial)
            end_ = true;
        else
            return;
    } else {
        end_ = true;
    }
    Frame& frame = this->frame(waiting_->number);
    if (frame.number == waiting_->number) frame.ends = *end_;
    waiting_.reset();
}

bool TargetFilter::ends_picture(const rtp::Packet& packet) const {
    if (packet.marker) return true;
    const Frame* frame = find(packet.dependencies.frame_number);
    return frame && packet.ends_layer_frame && frame->ends;
}

FrameNote TargetFilter::note(const rtp::Packet& packet) const {
    FrameNote note;
    if (const Frame* frame = find(packet.dependencies.frame_number)) {
        if (frame->active != 0) note.active = frame->active;
        note.needs = frame->needs;
    }
    return note;
}

bool TargetFilter::take_keyframe_wish() {
    return std::exchange(wish_, false);
}

}  // namespace rivero::codec
