// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/rtp/stream_receiver.hpp"

#include "rivero/rtp/rtx.hpp"

#include <algorithm>
#include <utility>

namespace rivero::rtp {

StreamReceiver::StreamReceiver(Ssrc ssrc, int clock_rate, ClockSync& clock,
                               const Settings& settings)
    : ssrc_{ssrc},
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

StreamReceiver::Arrival StreamReceiver::fill(Time now, ExtSeqNum seq, const HeaderView& header,
                                             PayloadType payload_type, Bytes payload,
                                             const Extensions& extensions, Packet& packet) {
    if (!first_time(seq)) return Arrival::duplicate;
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
