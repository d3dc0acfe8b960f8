// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/rtcp/parse.hpp"

#include "rtcp/wire.hpp"

#include <limits>
#include <optional>
#include <string>

namespace rivero::rtcp {
namespace {

using std::chrono::microseconds;

Ssrc read_ssrc(ByteReader& reader) {
    return Ssrc{reader.u32()};
}

/// What was read is nonsense: ok() is false from here on.
void fail(ByteReader& reader) {
    reader.skip(reader.remaining() + 1);
}

//   0                   1                   2                   3
//   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |                 SSRC of source                                |
//  | fraction lost |       cumulative number of packets lost       |
//  |           extended highest sequence number received           |
//  |                      interarrival jitter                      |
//  |                         last SR (LSR)                         |
//  |                   delay since last SR (DLSR)                  |
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
std::vector<ReportBlock> read_blocks(ByteReader& reader, std::uint8_t count) {
    std::vector<ReportBlock> blocks;
    if (reader.remaining() < count * wire::kReportBlockSize) {
        fail(reader);
        return blocks;
    }
    blocks.reserve(count);
    for (std::uint8_t i = 0; i < count; ++i) {
        ReportBlock block;
        block.ssrc = read_ssrc(reader);
        block.fraction_lost = reader.u8();
        // Shifted up and down again to extend the sign of 24 bits.
        block.lost = static_cast<std::int32_t>(reader.u24() << 8) >> 8;
        block.highest_seq = reader.u32();
        block.jitter = reader.u32();
        block.last_sr = reader.u32();
        block.delay_since_last_sr = reader.u32();
        blocks.push_back(block);
    }
    return blocks;  // what may follow is a profile's business
}

std::optional<Message> read_sender_report(ByteReader reader, std::uint8_t count) {
    SenderReport report;
    report.sender = read_ssrc(reader);
    report.ntp = NtpTime{reader.u64()};
    report.timestamp = RtpTimestamp{reader.u32()};
    report.packets = reader.u32();
    report.octets = reader.u32();
    report.blocks = read_blocks(reader, count);
    if (!reader.ok()) return std::nullopt;
    return report;
}

std::optional<Message> read_receiver_report(ByteReader reader, std::uint8_t count) {
    ReceiverReport report;
    report.sender = read_ssrc(reader);
    report.blocks = read_blocks(reader, count);
    if (!reader.ok()) return std::nullopt;
    return report;
}

/// A chunk: SSRC, items (type, length, text), a zero, and zeros up to the next 32-bit boundary.
std::optional<Message> read_source_description(ByteReader reader, std::uint8_t count) {
    SourceDescription description;
    const std::size_t whole = reader.remaining();
    for (std::uint8_t i = 0; i < count; ++i) {
        SourceDescription::Chunk chunk;
        chunk.ssrc = read_ssrc(reader);
        while (reader.ok()) {
            const std::uint8_t type = reader.u8();
            if (type == 0) break;
            const Bytes text = reader.take(reader.u8());
            if (type == wire::kSdesCname) chunk.cname = as_text(text);
        }
        while (reader.ok() && (whole - reader.remaining()) % 4 != 0) reader.skip(1);
        if (!reader.ok()) return std::nullopt;
        description.chunks.push_back(std::move(chunk));
    }
    return description;
}

std::optional<Message> read_bye(ByteReader reader, std::uint8_t count) {
    Bye bye;
    for (std::uint8_t i = 0; i < count && reader.ok(); ++i)
        bye.sources.push_back(read_ssrc(reader));
    if (!reader.ok()) return std::nullopt;
    // Some senders announce a reason and cut it short; the farewell counts all the same.
    if (reader.remaining() > 0) bye.reason = as_text(reader.take(reader.u8()));
    return bye;
}

//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |            PID                |             BLP               |
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
std::optional<Message> read_generic_nack(ByteReader reader) {
    GenericNack nack;
    nack.sender = read_ssrc(reader);
    nack.media = read_ssrc(reader);
    if (!reader.ok() || reader.remaining() < 4) return std::nullopt;
    while (reader.remaining() >= 4) {
        SeqNum pid{reader.u16()};
        nack.lost.push_back(pid);
        for (std::uint16_t mask = reader.u16(); mask != 0; mask >>= 1) {
            pid = next(pid);
            if (mask & 1) nack.lost.push_back(pid);
        }
    }
    return nack;
}

//   0                   1                   2                   3
//   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |      base sequence number     |      packet status count      |
//  |                 reference time                | fb pkt. count |
//  |          packet chunk         |         packet chunk          |
//  |         packet chunk          |  recv delta   |  recv delta   |
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
class TransportFeedbackReader {
public:
    explicit TransportFeedbackReader(ByteReader reader) : reader_{reader} {}

    std::optional<Message> read() {
        feedback_.sender = read_ssrc(reader_);
        feedback_.media = read_ssrc(reader_);
        feedback_.base = SeqNum{reader_.u16()};
        feedback_.count = reader_.u16();
        feedback_.reference_time = static_cast<std::int32_t>(reader_.u24() << 8) >> 8;
        feedback_.feedback_count = reader_.u8();
        while (reader_.ok() && told_ < feedback_.count) read_chunk(reader_.u16());
        read_deltas();
        if (!reader_.ok()) return std::nullopt;
        return std::move(feedback_);
    }

private:
    enum Symbol : unsigned { kNotReceived = 0, kSmallDelta = 1, kLargeDelta = 2 };

    //  |0| S |      run length         |   all have status S
    //  |1|0|  14 symbols of 1 bit      |   not received, small delta
    //  |1|1|   7 symbols of 2 bits     |
    void read_chunk(unsigned chunk) {
        if ((chunk & 0x8000) == 0) {
            const unsigned symbol = chunk >> 13 & 3;
            const unsigned run = chunk & 0x1fff;
            // A run of nothing would never end the loop above on a short packet; it is nonsense.
            if (run == 0) fail(reader_);
            if (symbol == kNotReceived) {
                told_ += run;
            } else {
                for (unsigned i = 0; i < run && reader_.ok(); ++i) tell(symbol);
            }
        } else if ((chunk & 0x4000) == 0) {
            for (int bit = 13; bit >= 0; --bit) tell(chunk >> bit & 1);
        } else {
            for (int bit = 12; bit >= 0; bit -= 2) tell(chunk >> bit & 3);
        }
    }
    void tell(unsigned symbol) {
        if (told_ >= feedback_.count) return;  // the last chunk may say more than there is
        const SeqNum seq{static_cast<std::uint16_t>(feedback_.base.value + told_)};
        ++told_;
        if (symbol == kNotReceived) return;
        // Each received packet has a delta, so no more of them than there are bytes left: a run
        // length of 8191 in a tiny packet does not make us allocate.
        if (symbol > kLargeDelta || feedback_.received.size() >= reader_.remaining()) {
            fail(reader_);
            return;
        }
        feedback_.received.push_back({seq, microseconds{symbol}});
    }
    void read_deltas() {
        microseconds offset{0};
        for (auto& packet : feedback_.received) {
            const int delta = packet.offset == microseconds{kSmallDelta}
                                  ? reader_.u8()
                                  : static_cast<std::int16_t>(reader_.u16());
            offset += delta * TransportFeedback::kDeltaUnit;
            packet.offset = offset;
        }
    }

    ByteReader reader_;
    TransportFeedback feedback_;
    unsigned told_ = 0;
};

std::optional<Message> read_picture_loss(ByteReader reader) {
    PictureLoss pli;
    pli.sender = read_ssrc(reader);
    pli.media = read_ssrc(reader);
    if (!reader.ok()) return std::nullopt;
    return pli;
}

std::optional<Message> read_full_intra_request(ByteReader reader) {
    FullIntraRequest fir;
    fir.sender = read_ssrc(reader);
    reader.skip(4);  // the media source field is unused: RFC 5104 section 4.3.1.2
    if (!reader.ok() || reader.remaining() < 8) return std::nullopt;
    while (reader.remaining() >= 8) {
        const Ssrc media = read_ssrc(reader);
        fir.entries.push_back({media, reader.u8()});
        reader.skip(3);
    }
    return fir;
}

//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |  Unique identifier 'R' 'E' 'M' 'B'                            |
//  |  Num SSRC     | BR Exp    |  BR Mantissa                      |
//  |   SSRC feedback ...                                           |
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
std::optional<Message> read_remb(ByteReader reader) {
    Remb remb;
    remb.sender = read_ssrc(reader);
    reader.skip(4 + 4);  // media source, always 0; identifier, checked before
    const std::uint8_t count = reader.u8();
    const std::uint32_t rate = reader.u24();
    const unsigned exponent = rate >> 18;
    const std::int64_t mantissa = rate & 0x3ffff;
    // Six bits of exponent say more than 64 bits hold; such a rate means "no limit".
    remb.bitrate.bps =
        exponent > 44 ? std::numeric_limits<std::int64_t>::max() : mantissa << exponent;
    for (std::uint8_t i = 0; i < count && reader.ok(); ++i) remb.media.push_back(read_ssrc(reader));
    if (!reader.ok()) return std::nullopt;
    return remb;
}

/// Application layer feedback is marked by its first word; ours is REMB.
bool is_remb(ByteReader reader) {
    reader.skip(8);
    return reader.u32() == wire::kRembMagic && reader.ok();
}

void read_packet(std::uint8_t type, std::uint8_t count, Bytes body, Compound& compound) {
    const ByteReader reader{body};
    std::optional<Message> message;
    if (type == wire::kSenderReport) {
        message = read_sender_report(reader, count);
    } else if (type == wire::kReceiverReport) {
        message = read_receiver_report(reader, count);
    } else if (type == wire::kSourceDescription) {
        message = read_source_description(reader, count);
    } else if (type == wire::kBye) {
        message = read_bye(reader, count);
    } else if (type == wire::kTransportLayerFeedback && count == wire::kGenericNack) {
        message = read_generic_nack(reader);
    } else if (type == wire::kTransportLayerFeedback && count == wire::kTransportFeedback) {
        message = TransportFeedbackReader{reader}.read();
    } else if (type == wire::kPayloadSpecificFeedback && count == wire::kPictureLoss) {
        message = read_picture_loss(reader);
    } else if (type == wire::kPayloadSpecificFeedback && count == wire::kFullIntraRequest) {
        message = read_full_intra_request(reader);
    } else if (type == wire::kPayloadSpecificFeedback && count == wire::kApplication &&
               is_remb(reader)) {
        message = read_remb(reader);
    } else {
        ++compound.unknown;
        return;
    }
    if (message) {
        compound.messages.push_back(std::move(*message));
    } else {
        ++compound.malformed;
    }
}

}  // namespace

//   0                   1                   2                   3
//   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |V=2|P|  count  |      type     | length in words, minus one    |
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
Parsed<Compound> parse_compound(Bytes datagram) {
    if (datagram.size() < wire::kHeaderSize) return failure(ParseError::too_short);
    Compound compound;
    ByteReader reader{datagram};
    while (reader.remaining() > 0) {
        const std::uint8_t first = reader.u8();
        const std::uint8_t type = reader.u8();
        const std::size_t length = reader.u16() * std::size_t{4};
        Bytes body = reader.take(length);
        if (!reader.ok()) return failure(ParseError::too_short);
        if (first >> 6 != 2) return failure(ParseError::bad_version);
        if (first & 0x20) {
            // Padding ends the packet, and its last byte counts it. RFC 3550 section 6.4.1 has it
            // in the last packet of a compound only; where it really stands does not matter to us.
            if (body.empty()) return failure(ParseError::bad_length);
            const std::size_t padding = body.back();
            if (padding == 0 || padding > body.size()) return failure(ParseError::bad_length);
            body = body.first(body.size() - padding);
        }
        read_packet(type, first & 0x1f, body, compound);
    }
    return compound;
}

}  // namespace rivero::rtcp
