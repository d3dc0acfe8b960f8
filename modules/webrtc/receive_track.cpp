// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "receive_track.hpp"

#include "codec/h264.hpp"
#include "rivero/base/assert.hpp"

#include <algorithm>
#include <cmath>

namespace rivero::webrtc {

namespace {

bool same_encodings(const sdp::NegotiatedSection& a, const sdp::NegotiatedSection& b) {
    return a.simulcast_ssrcs == b.simulcast_ssrcs &&
           std::equal(a.remote_rids.begin(), a.remote_rids.end(), b.remote_rids.begin(),
                      b.remote_rids.end(),
                      [](const auto& one, const auto& other) { return one.id == other.id; });
}

}  // namespace

ReceiveTrack::ReceiveTrack(MediaType type, std::shared_ptr<media::Source> source,
                           rtp::ClockSync& clock, rtp::PacketPool& pool)
    : type_{type}, source_{std::move(source)}, clock_{clock}, pool_{pool} {}

void ReceiveTrack::configure(const sdp::NegotiatedSection& section) {
    const auto before = std::exchange(section_, section);
    // What goes on with the same payload type does so in its numbering. Streams point into the
    // section's codecs.
    auto moved = [&](const sdp::NegotiatedCodec* codec) -> const sdp::NegotiatedCodec* {
        const auto* now = codec ? section_->codec(codec->payload_type) : nullptr;
        return now && now->codec == codec->codec ? now : nullptr;
    };
    for (auto it = streams_.begin(); it != streams_.end();) {
        it->second->codec = moved(it->second->codec);
        // Encodings are numbered by the new description: a stream of the old numbering begins anew.
        const bool renumbered = before && it->second->encoding && !same_encodings(*before, section);
        if (renumbered) it->second->codec = nullptr;
        if (it->second->codec) it->second->receiver.set_nack(it->second->codec->feedback.nack);
        it = it->second->codec ? std::next(it) : streams_.erase(it);
    }
    if (pushed_codec_) {
        const auto old_format = format_of(*pushed_codec_);
        pushed_codec_ = moved(pushed_codec_);
        // Other parameters of the same codec: the next packet says so to the source.
        if (pushed_codec_ && !same_encoding(format_of(*pushed_codec_), old_format))
            pushed_codec_ = nullptr;
    }
    if (!receives() || (current_ && !streams_.contains(current_->value))) {
        current_.reset();
        pushed_codec_ = nullptr;
        source_->clear_format();
    }
    source_->set_encodings(encodings());
}

std::size_t ReceiveTrack::encodings() const {
    if (by_rid()) return section_->remote_rids.size();
    return std::max<std::size_t>(section_->simulcast_ssrcs.size(), 1);
}

std::optional<std::size_t> ReceiveTrack::encoding_of(Ssrc ssrc, const std::string& rid) const {
    for (std::size_t i = 0; i < std::min(encodings(), media::Encodings::kMax); ++i)
        if (by_rid() ? section_->remote_rids[i].id == rid : section_->simulcast_ssrcs[i] == ssrc)
            return i;
    return std::nullopt;
}

ReceiveTrack::Stream* ReceiveTrack::stream_for(Time now, Ssrc ssrc,
                                               const sdp::NegotiatedCodec& codec,
                                               const rtp::Demuxer::Route& route) {
    std::optional<std::size_t> encoding;
    if (simulcast()) {
        encoding = encoding_of(ssrc, route.rid);
        if (!encoding) return nullptr;
    }
    auto found = streams_.find(ssrc.value);
    if (found != streams_.end()) {
        if (found->second->codec != &codec) {  // another payload type in the same stream
            found->second->codec = &codec;
            found->second->inspector = codec::Inspector{codec.codec};
            found->second->receiver.set_nack(codec.feedback.nack);
            found->second->dependencies = {};
        }
        found->second->encoding = encoding;
        return found->second.get();
    }
    if (streams_.size() >= kMaxStreams) {
        // The one that has been silent longest makes room.
        auto oldest = streams_.end();
        for (auto it = streams_.begin(); it != streams_.end(); ++it) {
            if (current_ == Ssrc{it->first}) continue;
            auto heard = [](Stream& s) { return s.receiver.statistics().counters().last_arrival; };
            if (oldest == streams_.end() || heard(*it->second) < heard(*oldest->second))
                oldest = it;
        }
        streams_.erase(oldest);
    }
    rtp::StreamReceiver::Settings settings;
    settings.nack = codec.feedback.nack;
    settings.rtt = rtt_;
    auto stream = std::make_unique<Stream>(ssrc, codec, clock_, settings);
    stream->encoding = encoding;
    stream->first_number = streams_made_++ << 32;
    // Whoever looks at its encoding already has to begin anew.
    if (encoding && source_->is_used(*encoding)) keyframes_[*encoding].request(now);
    return streams_.emplace(ssrc.value, std::move(stream)).first->second.get();
}

ReceiveTrack::Stream* ReceiveTrack::repaired_by(Ssrc rtx, const rtp::Demuxer::Route& route) {
    if (simulcast() && by_rid() && route.repair) {
        const auto encoding = encoding_of(rtx, route.rid);
        return encoding ? stream_of(*encoding) : nullptr;
    }
    for (const auto& remote : section_->remote_sources) {
        if (remote.rtx != rtx) continue;
        auto found = streams_.find(remote.ssrc.value);
        return found == streams_.end() ? nullptr : found->second.get();
    }
    // Not announced: it can be but for the only stream.
    if (!current_ || simulcast()) return nullptr;
    auto found = streams_.find(current_->value);
    return found == streams_.end() ? nullptr : found->second.get();
}

ReceiveTrack::Stream* ReceiveTrack::stream_of(std::size_t encoding) const {
    if (!simulcast() && encoding != 0) return nullptr;
    Stream* newest = nullptr;
    for (auto& [ssrc, stream] : streams_) {
        if (simulcast() ? stream->encoding != encoding : current_ != Ssrc{ssrc}) continue;
        auto heard = [](Stream& s) { return s.receiver.statistics().counters().last_arrival; };
        if (!newest || heard(*stream) > heard(*newest)) newest = stream.get();
    }
    return newest;
}

void ReceiveTrack::on_packet(Time now, const rtp::HeaderView& header,
                             const rtp::Extensions& extensions, const rtp::Demuxer::Route& route,
                             rtp::PacketPtr packet) {
    if (!receives()) return;
    using Arrival = rtp::StreamReceiver::Arrival;
    for (const auto& codec : section_->codecs) {
        if (codec.rtx == header.payload_type) {
            Stream* stream = repaired_by(header.ssrc, route);
            if (!stream) return;
            if (stream->receiver.on_rtx(now, header, extensions, codec.payload_type, *packet) ==
                Arrival::media)
                push(*stream, std::move(packet), false);
            return;
        }
        const bool red = codec.red == header.payload_type;
        if (codec.payload_type != header.payload_type && !red) continue;
        Stream* stream = stream_for(now, header.ssrc, codec, route);
        if (!stream) return;
        const Arrival arrival =
            red ? stream->receiver.on_red(now, header, extensions, codec.payload_type, *packet)
                : stream->receiver.on_packet(now, header, extensions, *packet);
        if (arrival == Arrival::media && packet->has_redundancy())
            return push_red(*stream, std::move(packet));
        if (arrival == Arrival::media || arrival == Arrival::padding)
            push(*stream, std::move(packet), arrival == Arrival::padding);
        return;
    }
}

void ReceiveTrack::push_red(Stream& stream, rtp::PacketPtr packet) {
    const auto red = rtp::parse_red(packet->with_redundancy());
    RIVERO_ASSERT(red.has_value(), "an envelope that was read can be read again");
    for (std::size_t i = 0; i < red->count; ++i) {
        auto missing = pool_.make();
        if (stream.receiver.on_redundant(*packet, red->blocks[i], *missing) ==
            rtp::StreamReceiver::Arrival::media)
            push(stream, std::move(missing), false);
    }
    push(stream, std::move(packet), false);
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
    if (stream.encoding) {
        packet->encoding = static_cast<std::uint8_t>(*stream.encoding);
        // Encodings of another codec than the first are left out: there is one format.
        if (source_->format() && stream.codec != pushed_codec_ &&
            packet->arrival - heard_ < kSwitchInterval)
            return;
    } else if (current_ != stream.receiver.ssrc()) {
        // A stream begins with media; a late packet of the old one, or two at once, must not take
        // turns.
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
        if (packet->audio_level) {
            stream.level = rtp::AudioLevel{*packet->audio_level, packet->voice};
            tell_speech(speech_.on_level(packet->arrival, *stream.level));
        }
    } else if (!padding) {
        inspect(stream, *packet);
        if (packet->starts_keyframe) {
            ++stream.keyframes;
            stream.receiver.on_keyframe(*packet);
            keyframes_[stream.encoding.value_or(0)].on_keyframe(packet->arrival);
        }
    }
    if (type_ == MediaType::video)
        stream.pictures.on_packet(packet->arrival, packet->seq, packet->starts_keyframe,
                                  packet->marker && !padding);
    packet->seq = ExtSeqNum{stream.first_number + packet->seq.value};
    source_->push(packet);
}

void ReceiveTrack::inspect(Stream& stream, rtp::Packet& packet) {
    const Codec codec = stream.codec->codec;
    const auto info = stream.inspector.inspect(packet.timestamp, packet.payload());
    packet.starts_keyframe = info.starts_keyframe;
    if (info.width != 0) {
        stream.width = info.width;
        stream.height = info.height;
    }
    if (stream.encoding && info.width != 0)
        source_->set_encoding_size(*stream.encoding, info.width, info.height);
    if (codec == Codec::vp8 || codec == Codec::vp9 || codec == Codec::h265) {
        if (!info.temporal_id && !info.spatial_id) return;
        packet.layered = true;
        packet.spatial_id = info.spatial_id.value_or(0);
        packet.temporal_id = info.temporal_id.value_or(0);
        packet.layer_sync = info.layer_sync;
        packet.sync_from = info.sync_from;
        packet.ends_layer_frame = info.ends_frame;
        packet.not_for_upper_layers = info.not_for_upper_layers;
        return;
    }
    // The payload does not tell, or only in the first packet of a frame.
    const Bytes descriptor = packet.passed(rtp::ExtensionKind::dependency_descriptor);
    if (!descriptor.empty()) stream.dependencies.inspect(descriptor, packet);
}

void ReceiveTrack::tell_speech(std::optional<bool> change) const {
    if (change && on_speech) on_speech(*change, speech_.last().value_or(rtp::AudioLevel{}));
}

void ReceiveTrack::end_speech() {
    const bool spoke = speech_.speaking();
    speech_ = {};
    if (spoke) tell_speech(false);
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
        end_speech();
    }
}

void ReceiveTrack::set_rtt(Duration rtt) {
    rtt_ = rtt;
    for (auto& keyframes : keyframes_) keyframes.set_rtt(rtt);
    for (auto& [ssrc, stream] : streams_) stream->receiver.set_rtt(rtt);
}

void ReceiveTrack::poll(Time now, Ssrc sender, std::vector<rtcp::Message>& out) {
    for (auto& [ssrc, stream] : streams_) {
        auto& nacks = stream->receiver.nacks();
        const std::size_t encoding = stream->encoding.value_or(0);
        // What nobody looks at need not be whole: who comes to it later begins with a key frame.
        if (!source_->is_used(encoding)) {
            if (nacks.missing() > 0 || nacks.take_gave_up()) source_->forget_past(encoding);
            nacks.reset();
            continue;
        }
        auto lost = nacks.poll(now);
        if (!lost.empty()) {
            ++stream->nacks;
            out.push_back(rtcp::GenericNack{sender, stream->receiver.ssrc(), std::move(lost)});
        }
        if (nacks.take_gave_up()) {
            source_->forget_past(encoding);
            keyframes_[encoding].request(now);
        }
    }
    if (type_ != MediaType::video || !section_) return;
    for (std::size_t encoding = 0; encoding < keyframes_.size(); ++encoding) {
        Stream* stream = stream_of(encoding);
        if (!stream || !keyframes_[encoding].poll(now)) continue;
        if (stream->codec->feedback.pli) {
            ++stream->plis;
            out.push_back(rtcp::PictureLoss{sender, stream->receiver.ssrc()});
        } else if (stream->codec->feedback.fir) {
            ++stream->firs;
            out.push_back(rtcp::FullIntraRequest{sender, {{stream->receiver.ssrc(), fir_seq_++}}});
        }
    }
}

void ReceiveTrack::request_keyframe(Time now) {
    std::uint32_t wishes = source_->take_keyframe_wishes();
    // Not the source, but somebody who names none.
    for (std::size_t i = 0; wishes == 0 && i < keyframes_.size(); ++i)
        if (simulcast() ? source_->is_used(i) : i == 0) wishes |= 1U << i;
    for (std::size_t i = 0; i < keyframes_.size(); ++i)
        if (wishes >> i & 1) keyframes_[i].request(now);
}

std::optional<Bitrate> ReceiveTrack::forward_limit() const {
    // Of several encodings each receiver gets what suits him.
    return simulcast() ? std::nullopt : source_->forward_limit();
}

std::optional<Time> ReceiveTrack::next_deadline() const {
    std::optional<Time> next;
    // A request to an encoding that is not sent waits for its first packet, and not for a time.
    for (std::size_t i = 0; i < keyframes_.size(); ++i) {
        auto deadline = keyframes_[i].next_deadline();
        if (deadline && (!next || *deadline < *next) && stream_of(i)) next = deadline;
    }
    for (auto& [ssrc, stream] : streams_) {
        auto deadline = stream->receiver.nacks().next_deadline();
        if (deadline && (!next || *deadline < *next)) next = deadline;
    }
    return next;
}

void ReceiveTrack::report(Time now, std::vector<rtcp::ReportBlock>& out) {
    interval_ = {};
    tell_speech(speech_.on_time(now));
    for (auto& [ssrc, stream] : streams_) {
        auto& statistics = stream->receiver.statistics();
        stream->byte_rate.on_tick(now, statistics.counters().payload_bytes);
        stream->picture_rate.on_tick(now, stream->pictures.freezes().pictures());
        const auto packets = statistics.counters().packets;
        const auto came =
            static_cast<std::int64_t>(packets - std::exchange(stream->packets_at_report, packets));
        auto block = statistics.make_report(now);
        stream->fraction_lost = block ? block->fraction_lost / 256.0 : 0;
        if (!block) continue;
        // fraction = lost / (came + lost)
        const auto lost = std::llround(static_cast<double>(came) * stream->fraction_lost /
                                       (1 - std::min(stream->fraction_lost, 0.99)));
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
    for (auto& [ssrc, stream] : streams_)
        sum += stream->receiver.statistics().counters().payload_bytes;
    return sum;
}

std::vector<ReceiveTrack::StreamStats> ReceiveTrack::stats() const {
    std::vector<StreamStats> list;
    for (auto& [ssrc, stream] : streams_) {
        list.push_back({Ssrc{ssrc}, stream->codec->codec, stream->receiver.statistics().counters(),
                        stream->fraction_lost, stream->nacks, stream->plis, stream->firs,
                        stream->receiver.recovered(), stream->keyframes,
                        stream->encoding && by_rid() ? section_->remote_rids[*stream->encoding].id
                                                     : std::string{},
                        stream->level, stream->receiver.redundant(),
                        stream->receiver.redundant_unused(), stream->pictures.freezes(),
                        stream->width, stream->height, stream->byte_rate.per_second(),
                        stream->picture_rate.per_second()});
    }
    return list;
}

}  // namespace rivero::webrtc
