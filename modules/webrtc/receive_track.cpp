// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "receive_track.hpp"

#include "codec/h264.hpp"

#include <algorithm>
#include <cmath>

namespace rivero::webrtc {

ReceiveTrack::ReceiveTrack(MediaType type, std::shared_ptr<media::Source> source, rtp::ClockSync& clock)
    : type_{type}, source_{std::move(source)}, clock_{clock} {}

void ReceiveTrack::configure(const sdp::NegotiatedSection& section) {
    const auto before = std::exchange(section_, section);
    // What goes on with the same payload type does so in its numbering. Streams point into the section's codecs.
    auto moved = [&](const sdp::NegotiatedCodec* codec) -> const sdp::NegotiatedCodec* {
        const auto* now = codec ? section_->codec(codec->payload_type) : nullptr;
        return now && now->codec == codec->codec ? now : nullptr;
    };
    for (auto it = streams_.begin(); it != streams_.end();) {
        it->second->codec = moved(it->second->codec);
        it = it->second->codec ? std::next(it) : streams_.erase(it);
    }
    if (pushed_codec_) {
        const auto old_format = format_of(*pushed_codec_);
        pushed_codec_ = moved(pushed_codec_);
        // Other parameters of the same codec: the next packet says so to the source.
        if (pushed_codec_ && !same_encoding(format_of(*pushed_codec_), old_format)) pushed_codec_ = nullptr;
    }
    if (!receives() || (current_ && !streams_.contains(current_->value))) {
        current_.reset();
        pushed_codec_ = nullptr;
        source_->clear_format();
    }
}

ReceiveTrack::Stream* ReceiveTrack::stream_for(Ssrc ssrc, const sdp::NegotiatedCodec& codec) {
    auto found = streams_.find(ssrc.value);
    if (found != streams_.end()) {
        if (found->second->codec != &codec) {  // another payload type in the same stream
            found->second->codec = &codec;
            found->second->inspector = codec::Inspector{codec.codec};
        }
        return found->second.get();
    }
    if (streams_.size() >= kMaxStreams) {
        // The one that has been silent longest makes room.
        auto oldest = streams_.end();
        for (auto it = streams_.begin(); it != streams_.end(); ++it) {
            if (current_ == Ssrc{it->first}) continue;
            auto heard = [](Stream& s) { return s.receiver.statistics().counters().last_arrival; };
            if (oldest == streams_.end() || heard(*it->second) < heard(*oldest->second)) oldest = it;
        }
        streams_.erase(oldest);
    }
    rtp::StreamReceiver::Settings settings;
    settings.nack = codec.feedback.nack;
    settings.rtt = rtt_;
    auto stream = std::make_unique<Stream>(ssrc, codec, clock_, settings);
    return streams_.emplace(ssrc.value, std::move(stream)).first->second.get();
}

ReceiveTrack::Stream* ReceiveTrack::repaired_by(Ssrc rtx) {
    for (const auto& remote : section_->remote_sources) {
        if (remote.rtx != rtx) continue;
        auto found = streams_.find(remote.ssrc.value);
        return found == streams_.end() ? nullptr : found->second.get();
    }
    // Not announced: there is only one stream that it can be for.
    if (!current_) return nullptr;
    auto found = streams_.find(current_->value);
    return found == streams_.end() ? nullptr : found->second.get();
}

void ReceiveTrack::on_packet(Time now, const rtp::HeaderView& header, const rtp::Extensions& extensions,
                             rtp::PacketPtr packet) {
    if (!receives()) return;
    using Arrival = rtp::StreamReceiver::Arrival;
    for (const auto& codec : section_->codecs) {
        if (codec.rtx == header.payload_type) {
            Stream* stream = repaired_by(header.ssrc);
            if (!stream) return;
            if (stream->receiver.on_rtx(now, header, extensions, codec.payload_type, *packet) == Arrival::media)
                push(*stream, std::move(packet), false);
            return;
        }
        if (codec.payload_type != header.payload_type) continue;
        Stream* stream = stream_for(header.ssrc, codec);
        if (!stream) return;
        const Arrival arrival = stream->receiver.on_packet(now, header, extensions, *packet);
        if (arrival == Arrival::media || arrival == Arrival::padding)
            push(*stream, std::move(packet), arrival == Arrival::padding);
        return;
    }
}

media::Format ReceiveTrack::format_of(const sdp::NegotiatedCodec& codec) const {
    media::Format format;
    format.type = type_;
    format.packing = media::Packing::rtp;
    format.codec = codec.codec;
    if (codec.codec == Codec::h264) {
        format.profile = codec.parameters.find("profile-level-id").value_or("42e01f");
        format.packetization_mode = codec.parameters.number("packetization-mode", 0);
    }
    return format;
}

void ReceiveTrack::push(Stream& stream, rtp::PacketPtr packet, bool padding) {
    if (current_ != stream.receiver.ssrc()) {
        // A stream begins with media; a late packet of the old one, or two at once, must not take turns.
        if (padding || (current_ && packet->arrival - heard_ < kSwitchInterval)) return;
        // Another SSRC, another numbering: receivers see it as a new source.
        if (current_) source_->clear_format();
        current_ = stream.receiver.ssrc();
    }
    heard_ = packet->arrival;
    if (!source_->format() || stream.codec != pushed_codec_) {
        if (source_->format() && packet->arrival - switched_ < kSwitchInterval) return;
        switched_ = packet->arrival;
        pushed_codec_ = stream.codec;
        source_->set_format(format_of(*stream.codec));
    }
    if (type_ == MediaType::audio) {
        packet->starts_keyframe = true;
    } else if (!padding) {
        packet->starts_keyframe = stream.inspector.inspect(packet->timestamp, packet->payload()).starts_keyframe;
        if (packet->starts_keyframe) {
            ++stream.keyframes;
            stream.receiver.on_keyframe(*packet);
            keyframes_.on_keyframe();
        }
    }
    source_->push(packet);
}

void ReceiveTrack::on_sender_report(Time now, const rtcp::SenderReport& report) {
    if (auto found = streams_.find(report.sender.value); found != streams_.end())
        found->second->receiver.on_sender_report(now, report);
}

void ReceiveTrack::on_bye(Ssrc ssrc) {
    streams_.erase(ssrc.value);
    if (current_ == ssrc) {
        current_.reset();
        source_->clear_format();
    }
}

void ReceiveTrack::set_rtt(Duration rtt) {
    rtt_ = rtt;
    keyframes_.set_rtt(rtt);
    for (auto& [ssrc, stream] : streams_) stream->receiver.set_rtt(rtt);
}

void ReceiveTrack::poll(Time now, Ssrc sender, std::vector<rtcp::Message>& out) {
    bool gave_up = false;
    for (auto& [ssrc, stream] : streams_) {
        auto lost = stream->receiver.nacks().poll(now);
        if (!lost.empty()) {
            ++stream->nacks;
            out.push_back(rtcp::GenericNack{sender, stream->receiver.ssrc(), std::move(lost)});
        }
        gave_up = stream->receiver.nacks().take_gave_up() || gave_up;
    }
    if (type_ != MediaType::video || !section_) return;
    if (gave_up) keyframes_.request(now);
    if (!current_ || !keyframes_.poll(now)) return;
    auto stream = streams_.find(current_->value);
    if (stream == streams_.end()) return;
    if (stream->second->codec->feedback.pli) {
        ++stream->second->plis;
        out.push_back(rtcp::PictureLoss{sender, *current_});
    } else if (stream->second->codec->feedback.fir) {
        ++stream->second->firs;
        out.push_back(rtcp::FullIntraRequest{sender, {{*current_, fir_seq_++}}});
    }
}

std::optional<Time> ReceiveTrack::next_deadline() const {
    std::optional<Time> next = current_ ? keyframes_.next_deadline() : std::nullopt;
    for (auto& [ssrc, stream] : streams_) {
        auto deadline = stream->receiver.nacks().next_deadline();
        if (deadline && (!next || *deadline < *next)) next = deadline;
    }
    return next;
}

void ReceiveTrack::report(Time now, std::vector<rtcp::ReportBlock>& out) {
    interval_ = {};
    for (auto& [ssrc, stream] : streams_) {
        auto& statistics = stream->receiver.statistics();
        const auto packets = statistics.counters().packets;
        const auto came = static_cast<std::int64_t>(packets - std::exchange(stream->packets_at_report, packets));
        auto block = statistics.make_report(now);
        stream->fraction_lost = block ? block->fraction_lost / 256.0 : 0;
        if (!block) continue;
        // fraction = lost / (came + lost)
        const auto lost = std::llround(static_cast<double>(came) * stream->fraction_lost / (1 - std::min(stream->fraction_lost, 0.99)));
        interval_.packets += came + lost;
        interval_.lost += lost;
        out.push_back(*block);
    }
}

std::vector<Ssrc> ReceiveTrack::ssrcs() const {
    std::vector<Ssrc> list;
    for (auto& [ssrc, stream] : streams_) list.push_back(Ssrc{ssrc});
    return list;
}

std::uint64_t ReceiveTrack::bytes() const {
    std::uint64_t sum = 0;
    for (auto& [ssrc, stream] : streams_) sum += stream->receiver.statistics().counters().payload_bytes;
    return sum;
}

std::vector<ReceiveTrack::StreamStats> ReceiveTrack::stats() const {
    std::vector<StreamStats> list;
    for (auto& [ssrc, stream] : streams_) {
        list.push_back({Ssrc{ssrc}, stream->codec->codec, stream->receiver.statistics().counters(),
                        stream->fraction_lost, stream->nacks, stream->plis, stream->firs, stream->receiver.recovered(),
                        stream->keyframes});
    }
    return list;
}

}  // namespace rivero::webrtc
