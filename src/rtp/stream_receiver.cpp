// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/rtp/stream_receiver.hpp"

#include "rivero/rtp/rtx.hpp"
#include "rtp/ticks.hpp"

#include <algorithm>
#include <utility>

namespace rivero::rtp {

StreamReceiver::StreamReceiver(Ssrc ssrc, int clock_rate, ClockSync& clock,
                               const Settings& settings)
    : ssrc_{ssrc},
      clock_rate_{clock_rate},
      clock_{clock},
      nack_{settings.nack},
      statistics_{ssrc, clock_rate},
      nacks_{settings.rtt, settings.nacks} {
    clock_.add_stream(ssrc_, clock_rate);
}

StreamReceiver::~StreamReceiver() {
    clock_.remove_stream(ssrc_);
}

void StreamReceiver::set_nack(bool nack) {
    if (std::exchange(nack_, nack) == nack) return;
    // Neither what is missing now nor what went by meanwhile is asked for.
    nacks_.reset();
}

bool StreamReceiver::first_time(ExtSeqNum seq) {
    // kWindow is a power of two, so this is right for negative numbers, too.
    const auto bit = [](std::int64_t number) {
        return static_cast<std::size_t>(number) & (kWindow - 1);
    };
    const std::int64_t number = seq.value;
    if (!newest_) {
        newest_ = number;
    } else if (number > *newest_) {
        const std::int64_t from = std::max(*newest_ + 1, number - kWindow + 1);
        for (std::int64_t skipped = from; skipped < number; ++skipped) seen_.reset(bit(skipped));
        seen_.reset(bit(number));
        newest_ = number;
    } else if (number <= *newest_ - kWindow) {
        return false;
    }
    if (seen_.test(bit(number))) return false;
    seen_.set(bit(number));
    return true;
}

StreamReceiver::Arrival StreamReceiver::on_packet(Time now, const HeaderView& header,
                                                  const Extensions& extensions, Packet& packet) {
    const auto seq = statistics_.on_packet(now, header.seq, header.timestamp, header.payload.size(),
                                           header.header_size + header.padding);
    if (!seq) return Arrival::discarded;
    return fill(now, *seq, header, header.payload_type, header.payload, extensions, packet);
}

StreamReceiver::Arrival StreamReceiver::on_rtx(Time now, const HeaderView& rtx_header,
                                               const Extensions& extensions,
                                               PayloadType payload_type, Packet& packet) {
    const auto rtx = parse_rtx(rtx_header.payload);
    const auto seq = rtx ? statistics_.unwrap(rtx->original_seq) : std::nullopt;
    // A probe, or nothing that we could have asked for.
    if (!seq || !newest_ || seq->value > *newest_ + kWindow) return Arrival::discarded;
    const Arrival arrival =
        fill(now, *seq, rtx_header, payload_type, rtx->payload, extensions, packet);
    if (arrival == Arrival::media) ++recovered_;
    return arrival;
}

StreamReceiver::Arrival StreamReceiver::on_red(Time now, const HeaderView& header,
                                               const Extensions& extensions,
                                               PayloadType payload_type, Packet& packet) {
    RedPayload red;
    if (!header.payload.empty()) {  // else padding: senders probe with it
        const auto parsed = parse_red(header.payload);
        if (!parsed || parsed->primary_type != payload_type) return Arrival::discarded;
        red = *parsed;
    }
    const auto seq = statistics_.on_packet(now, header.seq, header.timestamp, header.payload.size(),
                                           header.header_size + header.padding);
    if (!seq) return Arrival::discarded;
    if (!recovery_) recovery_ = std::make_unique<RedRecovery>();
    const Arrival arrival = fill(now, *seq, header, payload_type, red.primary, extensions, packet);
    if (arrival != Arrival::media) return arrival;
    redundant_ += red.count;
    redundant_unused_ += red.count;  // until they are used
    // What has blocks of other codecs goes on without them: receivers know one payload type.
    if (red.count > 0 && std::all_of(red.redundant().begin(), red.redundant().end(),
                                     [&](auto& b) { return b.payload_type == payload_type; }))
        packet.set_redundancy(header.payload.size() - red.primary.size());
    return arrival;
}

StreamReceiver::Arrival StreamReceiver::on_redundant(const Packet& later, const RedBlock& block,
                                                     Packet& packet) {
    const std::size_t size = block.payload.size();
    if (!recovery_ || size == 0 || size > Packet::kCapacity) return Arrival::discarded;
    const RtpTimestamp timestamp{later.timestamp.value - block.timestamp_offset};
    const auto seq = recovery_->place(later.seq, later.timestamp, timestamp);
    if (!seq || !first_time(*seq)) return Arrival::duplicate;
    recovery_->on_packet(*seq, timestamp);
    if (nack_) nacks_.on_packet(later.arrival, *seq);
    --redundant_unused_;
    packet.seq = *seq;
    packet.timestamp = timestamp;
    packet.ssrc = ssrc_;
    packet.payload_type = block.payload_type;
    packet.arrival = later.arrival;
    packet.capture = later.capture - from_ticks(block.timestamp_offset, clock_rate_);
    std::copy(block.payload.begin(), block.payload.end(), packet.storage().begin());
    packet.set_payload(0, size);
    return Arrival::media;
}

StreamReceiver::Arrival StreamReceiver::fill(Time now, ExtSeqNum seq, const HeaderView& header,
                                             PayloadType payload_type, Bytes payload,
                                             const Extensions& extensions, Packet& packet) {
    if (!first_time(seq)) return Arrival::duplicate;
    if (recovery_) recovery_->on_packet(seq, header.timestamp);
    if (nack_) nacks_.on_packet(now, seq);
    packet.seq = seq;
    packet.timestamp = header.timestamp;
    packet.ssrc = ssrc_;
    packet.payload_type = payload_type;
    packet.marker = header.marker;
    packet.arrival = now;
    packet.capture = now;
    if (payload.empty()) return Arrival::padding;

    const auto offset = [&packet](Bytes part) {
        return static_cast<std::size_t>(part.data() - packet.storage().data());
    };
    packet.capture = clock_.capture_time(ssrc_, now, header.timestamp);
    packet.set_payload(offset(payload), payload.size());
    if (extensions.audio_level) {
        packet.audio_level = extensions.audio_level->level;
        packet.voice = extensions.audio_level->voice;
    }
    for (std::size_t i = 0; i < extensions.passed_count; ++i) {
        const auto& passed = extensions.passed[i];
        packet.add_passed(passed.kind, offset(passed.data),
                          static_cast<std::uint8_t>(passed.data.size()));
    }
    return Arrival::media;
}

void StreamReceiver::on_sender_report(Time now, const rtcp::SenderReport& report) {
    statistics_.on_sender_report(now, report.ntp);
    clock_.on_sender_report(ssrc_, report.ntp, report.timestamp);
}

}  // namespace rivero::rtp
