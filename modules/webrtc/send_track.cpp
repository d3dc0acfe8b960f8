// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "send_track.hpp"

#include "codec/h264.hpp"
#include "codec/vp9.hpp"
#include "extension_kinds.hpp"
#include "rivero/base/uuid.hpp"
#include "rivero/rtp/red.hpp"
#include "transport/srtp/srtp_sender.hpp"

#include <algorithm>
#include <cstring>
#include <iterator>

namespace rivero::webrtc {
namespace {

constexpr std::size_t kTypicalHeader = 32;
/// With all extensions that there are; what does not fit is not sent.
constexpr std::size_t kMostHeader = 400;
constexpr int kPastTicks = 90000 * 600;

SeqNum random_seq() {
    // In the lower half: a wrap during the very first packets would leave the roll-over open to
    // guessing.
    return SeqNum{static_cast<std::uint16_t>(random_u32() & 0x7fff)};
}

/// Profiles by what a decoder must be able to do. Encoders of browsers use nothing of Baseline that
/// Constrained Baseline does not have, and call the same stream by either name.
int rank(codec::h264::Profile profile) {
    using codec::h264::Profile;
    switch (profile) {
        case Profile::constrained_baseline:
        case Profile::baseline:
            return 0;
        case Profile::main:
            return 1;
        case Profile::constrained_high:
            return 2;
        case Profile::high:
            return 3;
        default:
            return 4;
    }
}

/// Whether a receiver that negotiated `codec` can decode H264 of this format. RFC 6184 sections 6.3
/// and 8.1.
bool h264_suits(const sdp::NegotiatedCodec& codec, const media::Format& format) {
    const int mode = codec.parameters.number("packetization-mode", 0);
    // What our own packetizer makes has fragments.
    if ((format.packing == media::Packing::rtp ? format.packetization_mode : 1) > mode)
        return false;
    if (format.profile.empty()) return true;  // from our encoder: constrained baseline
    const auto theirs = codec::h264::parse_profile_level_id(
        codec.parameters.find("profile-level-id").value_or("42e01f"));
    const auto ours = codec::h264::parse_profile_level_id(format.profile);
    return !theirs || !ours || rank(ours->profile) <= rank(theirs->profile);
}

bool suits(const sdp::NegotiatedCodec& codec, const media::Format& format) {
    if (format.reordered)
        return false;  // decoders of browsers show frames in the order in which they come
    return codec.codec != Codec::h264 || h264_suits(codec, format);
}

}  // namespace

SendTrack::SendTrack(MediaType type, Ssrc ssrc, Ssrc rtx_ssrc)
    : Sink{type},
      rewriter_{type == MediaType::video ? 90000 : 48000, random_seq(), RtpTimestamp{random_u32()}},
      rtx_{rtx_ssrc, random_seq()},
      state_{ssrc, type == MediaType::video ? 90000 : 48000} {}

void SendTrack::configure(const sdp::NegotiatedSection& section, SendControl* control) {
    const auto before = codec_ ? std::optional{*codec_} : std::nullopt;
    const auto mid_before = section_ ? section_->mid : std::string{};
    const auto extensions_before = std::exchange(extensions_, {});
    const bool numbered_before = numbered_;
    if (control_ != control) leave();
    section_ = section;
    control_ = control;
    codec_ = nullptr;
    newest_ = {};
    for (const auto& e : section.extensions)
        if (e.send)
            if (auto kind = extension_kind(e.extension)) extensions_.add(*kind, e.id);
    extensions_.two_byte_allowed = section.extmap_allow_mixed;
    if (!format()) ask_for_size();
    renegotiate();
    if (codec_ || !format()) return;
    // The source has not moved us: when the codec is the same, too, its stream goes on as if
    // nothing had happened.
    choose_codec(*format());
    ask_for_size();
    if (!codec_) return;
    if (!before || before->codec != codec_->codec || before->clock_rate != codec_->clock_rate)
        return begin();
    numbered_ = codec_->rtx || !codec_->feedback.nack;
    if (before->payload_type != codec_->payload_type || before->red != codec_->red ||
        mid_before != section.mid || extensions_before != extensions_ ||
        numbered_before != numbered_)
        changed_after(newest_seq_);
}

void SendTrack::changed_after(std::int64_t seq) {
    unrepeatable_ = std::max(unrepeatable_, seq);
    if (control_) control_->forget_resends(*this);
}

void SendTrack::leave() {
    held_.reset();
    if (control_) control_->forget(*this);
    control_ = nullptr;
}

void SendTrack::set_connected(bool connected) {
    if (std::exchange(connected_, connected) == connected) return;
    if (!connected || type() != MediaType::video || !codec_) return;
    waiting_for_keyframe_ = true;
    request_keyframe(true);
}

std::vector<media::Acceptable> SendTrack::accepts() const {
    std::vector<media::Acceptable> wishes;
    if (!sends()) return wishes;
    for (const auto& codec : section_->codecs) {
        auto wish = media::Acceptable::rtp(codec.codec);
        wish.as_it_comes_only =
            codec.codec == Codec::h264 && codec.parameters.number("packetization-mode", 0) == 0;
        wish.suits = [codec](const media::Format& format) { return suits(codec, format); };
        wishes.push_back(std::move(wish));
    }
    return wishes;
}

void SendTrack::on_format(const media::Format& format) {
    choose_codec(format);
    ask_for_size();
    if (codec_) begin();
}

void SendTrack::set_largest(std::optional<Pixels> size) {
    largest_ = size;
    ask_for_size();
}

void SendTrack::ask_for_size() {
    std::optional<Pixels> least = largest_;
    const auto allow = [&](const sdp::NegotiatedCodec& codec) {
        if (codec.largest) least = std::min(least.value_or(*codec.largest), *codec.largest);
    };
    // As long as it is not known which one it will be the strictest counts.
    if (codec_)
        allow(*codec_);
    else if (section_)
        std::for_each(section_->codecs.begin(), section_->codecs.end(), allow);
    set_size_limit(least);
}

void SendTrack::choose_codec(const media::Format& format) {
    codec_ = nullptr;
    if (!section_) return;
    // The same profile first, then whatever can take it.
    for (const bool exact : {true, false}) {
        for (const auto& codec : section_->codecs) {
            if (codec_ || codec.codec != format.codec || !suits(codec, format)) continue;
            const auto profile = codec.parameters.find("profile-level-id").value_or("");
            if (exact && codec.codec == Codec::h264 &&
                !codec::h264::same_profile(profile, format.profile))
                continue;
            codec_ = &codec;
        }
    }
}

void SendTrack::begin() {
    start_numbering();
    newest_ = {};
    numbered_ = codec_->rtx || !codec_->feedback.nack;
    pictures_.restart();
    state_.set_clock_rate(codec_->clock_rate);
    waiting_for_keyframe_ = type() == MediaType::video;
    if (connected_ && waiting_for_keyframe_) request_keyframe(true);
}

void SendTrack::on_detached() {
    release(true);
    codec_ = nullptr;
    past_.clear();
    newest_ = {};
}

rtp::OutgoingExtensions SendTrack::extensions_of(const rtp::Packet& packet) const {
    // Only what is the same when the packet is sent again: with AEAD the same packet number must
    // never cover other bytes. So the "send" time of what may be sent again as it is is the time at
    // which it came in.
    rtp::OutgoingExtensions extensions;
    extensions.mid = section_->mid;
    extensions.abs_send_time = rtp::to_abs_send_time(packet.arrival);
    if (packet.audio_level)
        extensions.audio_level = rtp::AudioLevel{*packet.audio_level, packet.voice};
    extensions.passed_from = &packet;
    return extensions;
}

void SendTrack::note_frame(Outgoing& out, Sent sent) {
    if (type() != MediaType::video || !extensions_.id(rtp::ExtensionKind::dependency_descriptor))
        return;
    const auto number =
        codec::frame_number_of(out.packet->passed(rtp::ExtensionKind::dependency_descriptor));
    if (!number) return;
    out.frame_number =
        sent == Sent::first_time ? frame_numbers_.forward(*number) : frame_numbers_.find(*number);
    out.frame_note = layers_.note(*out.packet);
}

void SendTrack::on_switch() {
    if (!codec_) return;
    ++counters_.switches;
    start_numbering();
}

void SendTrack::start_numbering() {
    release(true);
    begins_ = true;
    past_.clear();
    newest_seq_ = unrepeatable_ = kNone;
    rewriter_.switch_source(codec_->clock_rate);
    picture_ids_.switch_source();
    frame_numbers_.switch_source();
    layers_.reset();
}

void SendTrack::look_for_beginning(const rtp::Packet& packet) {
    if (!may_send() || newest_seq_ == kNone || packet.seq.value - newest_seq_ <= kBeginsAnew)
        return;
    // The peer that sends it has begun anew: what comes depends on nothing that came before.
    // Nothing is replayed for it: the past may hold the very place where it began.
    start_numbering();
    waiting_for_keyframe_ = type() == MediaType::video;
    if (waiting_for_keyframe_ && !packet.starts_keyframe) request_keyframe();
}

void SendTrack::on_packet(const rtp::PacketPtr& packet) {
    look_for_beginning(*packet);
    if (!past_.empty() && distance(past_.back().timestamp, packet->timestamp) > kPastTicks) {
        // Nobody keeps packets for so long; who did would find another time.
        past_.clear();
        changed_after(newest_seq_);
    }
    const bool began = begins_ || waiting_for_keyframe_;
    forward(packet, shown(packet->timestamp), packet->capture);
    if (began && !begins_ && !waiting_for_keyframe_ && type() == MediaType::video)
        follow(packet->seq);
}

void SendTrack::follow(ExtSeqNum seq) {
    const auto last = newest();
    if (!last || last->value - seq.value > kBeginsAnew) return;
    for (auto next = seq.value + 1; next <= last->value; ++next)
        if (const auto later = find_packet(ExtSeqNum{next}))
            forward(later, shown(later->timestamp), later->capture);
}

void SendTrack::on_past_packet(const rtp::PacketPtr& packet, RtpTimestamp timestamp, Time capture) {
    if (!may_send()) return;
    look_for_beginning(*packet);
    control_->begin_burst();
    // Something went out already that may stand in the past, with another time than it gets now.
    if (newest_seq_ >= packet->seq.value) changed_after(newest_seq_);
    note_past({packet->timestamp, timestamp});
    // When the past comes a second time its pictures keep the times that they got at the first.
    forward(packet, shown(packet->timestamp), capture);
}

void SendTrack::note_past(const PastPicture& picture) {
    const auto place = past_place(picture.timestamp);
    if (place == past_.end() || place->timestamp != picture.timestamp) past_.insert(place, picture);
}

std::vector<SendTrack::PastPicture>::const_iterator SendTrack::past_place(
    RtpTimestamp timestamp) const {
    return std::lower_bound(past_.begin(), past_.end(), timestamp,
                            [](const PastPicture& picture, RtpTimestamp wanted) {
                                return distance(picture.timestamp, wanted) > 0;
                            });
}

bool SendTrack::takes_past(std::size_t bytes) const {
    return may_send() && control_->takes_at_once(bytes);
}

RtpTimestamp SendTrack::shown(RtpTimestamp timestamp) const {
    if (past_.empty() || distance(past_.back().timestamp, timestamp) > 0) return timestamp;
    const auto next = past_place(timestamp);
    if (next->timestamp == timestamp) return next->shown;
    if (next == past_.begin()) return timestamp;
    // It was missing when the others were sent: between those it stands between.
    const auto& before = *std::prev(next);
    const std::int64_t whole = distance(before.timestamp, next->timestamp);
    const std::int64_t part = distance(before.timestamp, timestamp);
    const std::int64_t room = distance(before.shown, next->shown);
    return RtpTimestamp{before.shown.value + static_cast<std::uint32_t>(part * room / whole)};
}

Outgoing SendTrack::outgoing(const rtp::PacketPtr& packet,
                             const rtp::StreamRewriter::Rewritten& numbers, bool marker) const {
    Outgoing out;
    out.packet = packet;
    out.fields = {numbers.seq, numbers.timestamp, ssrc(), codec_->payload_type, marker};
    out.codec = codec_->codec;
    out.capture = packet->capture;
    if (codec_->red && packet->has_redundancy()) {
        out.fields.payload_type = *codec_->red;
        out.red = codec_->payload_type;
    }
    return out;
}

void SendTrack::forward(const rtp::PacketPtr& packet, RtpTimestamp timestamp, Time capture) {
    if (!may_send()) return;
    newest_seq_ = std::max(newest_seq_, packet->seq.value);
    if (packet->starts_keyframe && type() == MediaType::video) see_keyframe(*packet);
    if (packet->payload().empty()) return withhold(packet, timestamp, capture);
    if (type() == MediaType::video && !waiting_for_keyframe_ && control_->full()) {
        // More than the transport carries. Pictures with holes help nobody: it goes on with the
        // next whole one.
        release(true);
        control_->left_out(Clock::now());
        // A key frame that finds no room is sent for nothing, and all others pay for it.
        ask_again_ =
            packet->timestamp == resumed_at_ ? std::min(2 * ask_again_, kAskAgainMost) : kAskAgain;
        waiting_for_keyframe_ = held_back_ = true;
        rewriter_.switch_source(codec_->clock_rate);
        picture_ids_.switch_source();
        frame_numbers_.switch_source();
    }
    if (waiting_for_keyframe_) {
        if (!packet->starts_keyframe || control_->full()) {
            hold_back(*packet);
            return;
        }
        // As before: another attempt is not known to fit any better.
        if (held_back_) control_->left_out(Clock::now());
        waiting_for_keyframe_ = held_back_ = false;
        resumed_at_ = packet->timestamp;
        begins_ = true;
    }
    using Verdict = codec::LayerFilter::Verdict;
    auto verdict = packet->marker ? Verdict::send_as_last : Verdict::send;
    layered_ = packet->layered;
    if (layered_) verdict = filter(*packet);
    const bool marker = verdict == Verdict::send_as_last;
    if (verdict == Verdict::withhold) {
        picture_ids_.withhold(codec_->codec, packet->payload());
        return withhold(packet, timestamp, capture);
    }
    const auto numbers = rewriter_.rewrite(packet->seq, timestamp, capture);
    if (!numbers) return;
    begins_ = false;
    if (packet->starts_keyframe && type() == MediaType::video) {
        ++counters_.keyframes;
        keyframe_there_ =
            Clock::now() + control_->queue_delay() + std::min<Duration>(rtt_, 1s) + 20ms;
    }
    Outgoing out = outgoing(packet, *numbers, marker);
    out.ids = picture_ids_.forward(codec_->codec, packet->payload());
    out.capture = capture;
    note_frame(out, Sent::first_time);
    if (verdict == Verdict::send_when_known) {
        release(false);
        held_ = std::move(out);
        return;
    }
    if (!control_->send(Clock::now(), *this, priority(), std::move(out))) ++counters_.unsent;
}

void SendTrack::withhold(const rtp::PacketPtr& packet, RtpTimestamp timestamp, Time capture) {
    const auto numbers = rewriter_.withhold(packet->seq, timestamp);
    if (!numbers || type() != MediaType::video || waiting_for_keyframe_) return;
    Outgoing out = outgoing(packet, *numbers, false);
    out.capture = capture;
    out.empty = true;
    if (!control_->send(Clock::now(), *this, priority(), std::move(out))) ++counters_.unsent;
}

void SendTrack::release(bool ends) {
    if (!held_) return;
    Outgoing out = std::move(*held_);
    held_.reset();
    if (!may_send()) return;
    out.fields.marker = ends;
    if (!control_->send(Clock::now(), *this, priority(), std::move(out))) ++counters_.unsent;
}

codec::LayerFilter::Verdict SendTrack::filter(const rtp::Packet& packet) {
    layers_.set_limit(receive_limit());
    layers_.set_size_limit(size_limit());
    if (codec_->codec == Codec::vp9)
        if (const auto sizes = codec::vp9::layer_sizes(packet.payload())) layers_.set_sizes(*sizes);
    const auto top = layers_.current().spatial;
    const auto verdict = layers_.on_packet(packet.arrival, packet);
    if (const auto end = layers_.take_end()) release(*end);
    // Which packet ends a picture goes by the layer that is sent.
    if (layers_.current().spatial != top) changed_after(packet.seq.value - 1);
    layer_wish_ = layer_wish_ || layers_.take_keyframe_wish();
    if (layer_wish_ && keyframe_allowance_.ask(packet.arrival, keyframes_seen_)) {
        layer_wish_ = false;
        request_keyframe();
    }
    return verdict;
}

void SendTrack::see_keyframe(const rtp::Packet& packet) {
    ++keyframes_seen_;
    asked_ = packet.arrival;
    layer_wish_ = false;
}

void SendTrack::hold_back(const rtp::Packet& packet) {
    if (!held_back_) return;
    ++counters_.held_back;
    // All receivers of the source get the key frame: it is asked for when there is room, and not
    // soon after one, whoever that was for.
    if (control_->queue_delay() > kRoomAgain || packet.arrival - asked_ < ask_again_) return;
    asked_ = packet.arrival;
    request_keyframe();
}

void SendTrack::transmit(Time now, const Outgoing& out) {
    if (!connected_ || !control_) return;
    const Bytes payload = out.empty ? Bytes{}
                          : out.red ? out.packet->with_redundancy()
                                    : out.packet->payload();
    const MutableBytes room = control_->outlet().room();
    if (room.size() < payload.size() + kMostHeader + transport::SrtpSender::kRtpOverhead) {
        ++counters_.unsent;
        return;
    }
    auto extensions = extensions_of(*out.packet);
    if (out.empty) extensions.passed_from = nullptr;
    std::array<std::uint8_t, 255 + codec::kMaxDescriptorGrowth> descriptor;
    if (out.frame_number)
        extensions.dependency_descriptor = codec::rewrite_dependency_descriptor(
            *out.packet, *out.frame_number, out.frame_note, descriptor);
    // With AEAD the same packet number must never cover other bytes: a packet that may have to be
    // sent once more with its own number, for want of a retransmission stream, gets none.
    if (numbered_) {
        extensions.transport_seq_num = control_->number(now, payload.size() + kTypicalHeader);
        // What waited here, or is sent again, was not slow on its way.
        extensions.abs_send_time = rtp::to_abs_send_time(now);
    }
    std::size_t size = 0;
    // The payload is encrypted from where it lies into the room; only what is not the same for all
    // receivers is written there before.
    Bytes rest = payload;
    if (out.rtx) {
        size = rtx_.write(room, out.fields, *out.rtx, extensions_, extensions, payload);
        rest = {};
        if (size == 0) return;
        const MutableBytes own = room.subspan(size - payload.size(), payload.size());
        codec::PictureIds::apply(out.codec, payload, own, out.ids);
        if (out.red) rtp::renumber_red(own, *out.red);
    } else {
        size = rtp::write_header(room.first(kMostHeader), out.fields, extensions_, extensions);
        if (size == 0) return;
        if (out.ids.picture_id || out.red) {
            const MutableBytes own =
                room.subspan(size, out.red ? payload.size()
                                           : std::min(codec::PictureIds::kTouched, payload.size()));
            std::copy_n(payload.begin(), own.size(), own.begin());
            codec::PictureIds::apply(out.codec, payload, own, out.ids);
            if (out.red) rtp::renumber_red(own, *out.red);
            size += own.size();
            rest = payload.subspan(own.size());
        }
    }
    if (!control_->outlet().send(room, size, rest)) ++counters_.unsent;
    size += rest.size();
    if (out.fields.marker && type() == MediaType::video) {
        if (!out.again && !out.rtx) ++counters_.pictures;
        if (extensions.transport_seq_num)
            pictures_.on_sent(*extensions.transport_seq_num, out.fields.timestamp);
    }
    if (out.rtx) {
        // The original number is part of the payload, RFC 4588 section 4: that is how receivers
        // count, too.
        const std::size_t repaired = payload.size() + rtp::kOriginalSeqSize;
        state_.on_retransmitted(repaired, size - repaired);
    } else {
        state_.on_sent(out.fields.timestamp, out.capture, payload.size(), size - payload.size());
        if (codec_ && codec_->rtx && type() == MediaType::video && !out.empty &&
            (2 * payload.size() >= newest_size_ || now - newest_at_ > 500ms)) {
            newest_ = out;
            newest_size_ = payload.size();
            newest_at_ = now;
        }
    }
}

std::size_t SendTrack::send_padding(Time now) {
    if (!can_pad()) return 0;
    // The newest packet once more: unlike empty padding it may be of use.
    const std::size_t size = newest_.packet->payload().size();
    Outgoing again = newest_;
    again.rtx = codec_->rtx;
    transmit(now, again);
    ++counters_.probes;
    counters_.probe_bytes += size + rtp::kOriginalSeqSize;
    return size;
}

void SendTrack::on_nack(Time now, const rtcp::GenericNack& nack) {
    ++counters_.nacks;
    counters_.nacked += nack.lost.size();
    if (!may_send()) return;
    // A NACK names thousands of packets in one datagram: what it brings about stays within what
    // repairs a real link.
    if (now - resent_since_ > kResentWindow) {
        resent_since_ = now;
        resent_bytes_ = 0;
        asked_again_ = 0;
    }
    const std::size_t budget = resend_budget();
    for (SeqNum seq : nack.lost) {
        if (asked_again_ >= kMaxAskedAgain || resent_bytes_ > budget) return;
        ++asked_again_;
        retransmit(now, seq);
    }
}

void SendTrack::retransmit(Time now, SeqNum seq) {
    const auto source_seq = rewriter_.source_seq(seq);
    const bool empty = source_seq && rewriter_.filled(*source_seq);
    const rtp::PacketPtr packet = source_seq ? find_packet(*source_seq) : rtp::PacketPtr{};
    if (!packet || (packet->payload().empty() && !empty)) {
        ++counters_.not_found;
        return;
    }
    // A packet with a transport-wide number is never the same twice.
    if (!codec_->rtx && (numbered_ || source_seq->value <= unrepeatable_)) {
        ++counters_.not_found;
        return;
    }
    if (resent_.empty()) resent_.resize(kMaxNoted);
    Resent& last = resent_[static_cast<std::size_t>(source_seq->value) % resent_.size()];
    if (last.seq == source_seq->value && now - last.at < rtt_ / 2) return;
    const auto numbers = rewriter_.find(packet->seq, shown(packet->timestamp));
    if (!numbers || control_->full()) return;
    resent_bytes_ += (empty ? 0 : packet->payload().size()) + kTypicalHeader;
    if (resent_bytes_ > resend_budget()) return;
    const bool marker =
        !empty && (packet->marker || (packet->layered && layers_.ends_picture(*packet)));
    Outgoing again = outgoing(packet, *numbers, marker);
    again.ids = picture_ids_.find(codec_->codec, packet->payload());
    again.rtx = codec_->rtx;
    again.again = true;
    again.empty = empty;
    if (!empty) note_frame(again, Sent::again);
    // Counted from when it leaves: while it waits here it need not be asked for again.
    const Time leaves = now + control_->queue_delay(bwe::Priority::retransmission);
    if (control_->send(now, *this, bwe::Priority::retransmission, std::move(again)))
        last = {source_seq->value, leaves};
    else
        ++counters_.unsent;
}

std::size_t SendTrack::resend_budget() const {
    if (!control_->measured()) return kMaxResent;
    const auto estimate = control_->estimate();
    if (!estimate) return kMaxResent;
    // More than the way carries would only take the place of what is new.
    const double bytes = static_cast<double>(estimate->bps) / 8 *
                         std::chrono::duration<double>(kResentWindow).count();
    return static_cast<std::size_t>(
        std::clamp(bytes, static_cast<double>(kLeastResent), static_cast<double>(kMaxResent)));
}

void SendTrack::on_keyframe_request(Time now, KeyframeRequest kind) {
    ++(kind == KeyframeRequest::pli ? counters_.plis : counters_.firs);
    // What is on its way is the answer, to a request that left before it came.
    if (now >= keyframe_there_ && keyframe_allowance_.ask(now, keyframes_seen_))
        request_keyframe();
    else
        ++counters_.keyframes_refused;
}

void SendTrack::on_report_block(Time now, const rtcp::ReportBlock& block) {
    state_.on_report_block(now, block);
    if (auto rtt = state_.rtt()) rtt_ = std::max<Duration>(*rtt, 5ms);
}

std::optional<rtcp::SenderReport> SendTrack::make_report(Time now, rtcp::NtpTime wall_clock) {
    byte_rate_.on_tick(now, state_.counters().payload_bytes);
    picture_rate_.on_tick(now, counters_.pictures);
    return state_.make_report(now, wall_clock);
}

}  // namespace rivero::webrtc
