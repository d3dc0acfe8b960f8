// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "send_track.hpp"

#include "codec/h264.hpp"
#include "extension_kinds.hpp"
#include "rivero/base/uuid.hpp"
#include "transport/srtp/srtp_sender.hpp"

#include <algorithm>
#include <cstring>

namespace rivero::webrtc {
namespace {

SeqNum random_seq() {
    // In the lower half: a wrap during the very first packets would leave the roll-over open to guessing.
    return SeqNum{static_cast<std::uint16_t>(random_u32() & 0x7fff)};
}

/// Profiles by what a decoder must be able to do. Encoders of browsers use nothing of Baseline that Constrained Baseline
/// does not have, and call the same stream by either name.
int rank(codec::h264::Profile profile) {
    using codec::h264::Profile;
    switch (profile) {
        case Profile::constrained_baseline:
        case Profile::baseline: return 0;
        case Profile::main: return 1;
        case Profile::constrained_high: return 2;
        case Profile::high: return 3;
        default: return 4;
    }
}

/// Whether a receiver that negotiated `codec` can decode H264 of this format. RFC 6184 sections 6.3 and 8.1.
bool h264_suits(const sdp::NegotiatedCodec& codec, const media::Format& format) {
    const int mode = codec.parameters.number("packetization-mode", 0);
    // What our own packetizer makes has fragments.
    if ((format.packing == media::Packing::rtp ? format.packetization_mode : 1) > mode) return false;
    if (format.profile.empty()) return true;  // from our encoder: constrained baseline
    const auto theirs = codec::h264::parse_profile_level_id(codec.parameters.find("profile-level-id").value_or("42e01f"));
    const auto ours = codec::h264::parse_profile_level_id(format.profile);
    return !theirs || !ours || rank(ours->profile) <= rank(theirs->profile);
}

bool suits(const sdp::NegotiatedCodec& codec, const media::Format& format) {
    if (format.reordered) return false;  // decoders of browsers show frames in the order in which they come
    return codec.codec != Codec::h264 || h264_suits(codec, format);
}

}  // namespace

SendTrack::SendTrack(MediaType type, Ssrc ssrc, Ssrc rtx_ssrc)
    : Sink{type},
      rewriter_{type == MediaType::video ? 90000 : 48000, random_seq(), RtpTimestamp{random_u32()}},
      rtx_{rtx_ssrc, random_seq()},
      state_{ssrc, type == MediaType::video ? 90000 : 48000} {}

void SendTrack::configure(const sdp::NegotiatedSection& section, Send send) {
    const auto before = codec_ ? std::optional{*codec_} : std::nullopt;
    section_ = section;
    send_ = std::move(send);
    codec_ = nullptr;
    extensions_ = {};
    for (const auto& e : section.extensions)
        if (e.send)
            if (auto kind = extension_kind(e.extension)) extensions_.add(*kind, e.id);
    extensions_.two_byte_allowed = section.extmap_allow_mixed;
    renegotiate();
    if (codec_ || !format()) return;
    // The source has not moved us: when the codec is the same, too, its stream goes on as if nothing had happened.
    choose_codec(*format());
    if (codec_ && !(before && before->codec == codec_->codec && before->clock_rate == codec_->clock_rate)) begin();
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
        wish.as_it_comes_only = codec.codec == Codec::h264 && codec.parameters.number("packetization-mode", 0) == 0;
        wish.suits = [codec](const media::Format& format) { return suits(codec, format); };
        wishes.push_back(std::move(wish));
    }
    return wishes;
}

void SendTrack::on_format(const media::Format& format) {
    choose_codec(format);
    if (codec_) begin();
}

void SendTrack::choose_codec(const media::Format& format) {
    codec_ = nullptr;
    if (!section_) return;
    // The same profile first, then whatever can take it.
    for (const bool exact : {true, false}) {
        for (const auto& codec : section_->codecs) {
            if (codec_ || codec.codec != format.codec || !suits(codec, format)) continue;
            const auto profile = codec.parameters.find("profile-level-id").value_or("");
            if (exact && codec.codec == Codec::h264 && !codec::h264::same_profile(profile, format.profile)) continue;
            codec_ = &codec;
        }
    }
}

void SendTrack::begin() {
    replayed_.clear();
    rewriter_.switch_source(codec_->clock_rate);
    state_.set_clock_rate(codec_->clock_rate);
    waiting_for_keyframe_ = type() == MediaType::video;
    if (connected_ && waiting_for_keyframe_) request_keyframe(true);
}

void SendTrack::on_detached() {
    codec_ = nullptr;
    replayed_.clear();
}

rtp::OutgoingExtensions SendTrack::extensions_of(const rtp::Packet& packet) const {
    // Only what is the same when the packet is sent again: with AEAD the same packet number must never cover other
    // bytes. So the "send" time is the time at which the packet came in.
    rtp::OutgoingExtensions extensions;
    extensions.mid = section_->mid;
    extensions.abs_send_time = rtp::to_abs_send_time(packet.arrival);
    if (packet.audio_level) extensions.audio_level = rtp::AudioLevel{*packet.audio_level, packet.voice};
    extensions.passed_from = &packet;
    return extensions;
}

void SendTrack::on_packet(const rtp::PacketPtr& packet) {
    if (!may_send()) return;
    if (packet->payload().empty()) {
        rewriter_.withhold(packet->seq);
        return;
    }
    if (waiting_for_keyframe_) {
        if (!packet->starts_keyframe) return;
        waiting_for_keyframe_ = false;
    }
    if (packet->replayed) {
        if (replayed_.size() >= kMaxReplayed) replayed_.erase(replayed_.begin());
        replayed_.push_back(packet);
    } else if (!replayed_.empty() && packet->seq.value - replayed_.back()->seq.value > std::int64_t{kMaxReplayed}) {
        replayed_.clear();  // too long ago for anybody to ask
    }
    const auto numbers = rewriter_.rewrite(packet->seq, packet->timestamp, packet->capture);
    if (!numbers) return;
    // Not cleared: it is written before it is read, and this is the hottest line of the server.
    std::array<std::uint8_t, rtp::Packet::kCapacity + 256> buffer;
    const rtp::HeaderFields fields{numbers->seq, numbers->timestamp, ssrc(), codec_->payload_type, packet->marker};
    const std::size_t header = rtp::write_header(buffer, fields, extensions_, extensions_of(*packet));
    const Bytes payload = packet->payload();
    const std::size_t size = header + payload.size();
    if (header == 0 || size + transport::SrtpSender::kRtpOverhead > buffer.size()) return;
    std::memcpy(buffer.data() + header, payload.data(), payload.size());
    if (!send_(buffer, size)) ++counters_.unsent;
    state_.on_sent(numbers->timestamp, packet->capture, payload.size(), header);
}

void SendTrack::on_nack(Time now, const rtcp::GenericNack& nack) {
    ++counters_.nacks;
    counters_.nacked += nack.lost.size();
    if (!may_send()) return;
    for (SeqNum seq : nack.lost) retransmit(now, seq);
}

void SendTrack::retransmit(Time now, SeqNum seq) {
    const auto source_seq = rewriter_.source_seq(seq);
    rtp::PacketPtr packet;
    if (source_seq) {
        // What was replayed had timestamps of its own.
        auto replayed = std::find_if(replayed_.begin(), replayed_.end(), [&](auto& p) { return p->seq == *source_seq; });
        packet = replayed != replayed_.end() ? *replayed : find_packet(*source_seq);
    }
    if (!packet || packet->payload().empty()) {
        ++counters_.not_found;
        return;
    }
    Resent& last = resent_[static_cast<std::size_t>(source_seq->value) % resent_.size()];
    if (last.seq == source_seq->value && now - last.at < rtt_ / 2) return;
    last = {source_seq->value, now};
    const auto numbers = rewriter_.find(packet->seq, packet->timestamp);
    if (!numbers) return;
    const rtp::HeaderFields original{numbers->seq, numbers->timestamp, ssrc(), codec_->payload_type, packet->marker};
    std::array<std::uint8_t, rtp::Packet::kCapacity + 256> buffer;
    std::size_t size = 0;
    if (codec_->rtx) {
        size = rtx_.write(buffer, original, *codec_->rtx, extensions_, extensions_of(*packet), packet->payload());
    } else {
        const std::size_t header = rtp::write_header(buffer, original, extensions_, extensions_of(*packet));
        size = header + packet->payload().size();
        if (header == 0 || size > buffer.size()) return;
        std::memcpy(buffer.data() + header, packet->payload().data(), packet->payload().size());
    }
    if (size == 0 || size + transport::SrtpSender::kRtpOverhead > buffer.size()) return;
    // A NACK names thousands of packets in one datagram: what it brings about stays within what repairs a real link.
    if (now - resent_since_ > kResentWindow) {
        resent_since_ = now;
        resent_bytes_ = 0;
    }
    resent_bytes_ += size;
    if (resent_bytes_ > kMaxResent) return;
    if (!send_(buffer, size)) ++counters_.unsent;
    state_.on_retransmitted(packet->payload().size(), size - packet->payload().size());
}

void SendTrack::on_keyframe_request(KeyframeRequest kind) {
    ++(kind == KeyframeRequest::pli ? counters_.plis : counters_.firs);
    request_keyframe();
}

void SendTrack::on_report_block(Time now, const rtcp::ReportBlock& block) {
    state_.on_report_block(now, block);
    if (auto rtt = state_.rtt()) rtt_ = std::max<Duration>(*rtt, 5ms);
}

std::optional<rtcp::SenderReport> SendTrack::make_report(Time now, rtcp::NtpTime wall_clock) {
    return state_.make_report(now, wall_clock);
}

}  // namespace rivero::webrtc
