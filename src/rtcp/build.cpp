// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/rtcp/build.hpp"

#include "rtcp/wire.hpp"

#include <algorithm>
#include <bit>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace rivero::rtcp {
namespace {

/// Writes the body by `body(ByteWriter&)`, then the header before it, as only then the length is
/// known. The body must come out as a multiple of four bytes.
template <class F>
std::size_t packet(MutableBytes to, wire::Type type, std::size_t count, F body) {
    constexpr std::size_t kMaxSize = 4 * 65'536;
    if (count > kMaxItems || to.size() < wire::kHeaderSize) return 0;
    to = to.first(std::min(to.size(), kMaxSize));
    ByteWriter writer{to.subspan(wire::kHeaderSize)};
    body(writer);
    if (!writer.ok()) return 0;
    ByteWriter header{to.first(wire::kHeaderSize)};
    header.u8(static_cast<std::uint8_t>(2 << 6 | count));
    header.u8(type);
    header.u16(static_cast<std::uint16_t>(writer.size() / 4));
    return wire::kHeaderSize + writer.size();
}

void pad_to_words(ByteWriter& writer) {
    writer.zeros((4 - writer.size() % 4) % 4);
}

void write_blocks(ByteWriter& writer, std::span<const ReportBlock> blocks) {
    for (const auto& block : blocks) {
        writer.u32(block.ssrc.value);
        writer.u8(block.fraction_lost);
        // Signed 24 bits: what does not fit stays at the limit. RFC 3550 appendix A.3.
        writer.u24(static_cast<std::uint32_t>(std::clamp(block.lost, -0x800000, 0x7fffff)) &
                   0xffffff);
        writer.u32(block.highest_seq);
        writer.u32(block.jitter);
        writer.u32(block.last_sr);
        writer.u32(block.delay_since_last_sr);
    }
}

void write_text(ByteWriter& writer, const std::string& text) {
    const auto size = std::min<std::size_t>(text.size(), 255);
    writer.u8(static_cast<std::uint8_t>(size));
    writer.bytes(as_bytes(text).first(size));
}

enum Symbol : unsigned { kNotReceived = 0, kSmallDelta = 1, kLargeDelta = 2 };

/// Equal statuses in a row.
struct Run {
    unsigned symbol;
    unsigned length;
};

/// The statuses of a feedback as runs: few, however large the gaps are.
class Statuses {
public:
    void add(unsigned symbol, unsigned times) {
        if (times == 0) return;
        total_ += times;
        if (!runs_.empty() && runs_.back().symbol == symbol) {
            runs_.back().length += times;
        } else {
            runs_.push_back({symbol, times});
        }
    }
    [[nodiscard]] unsigned left() const { return total_; }
    [[nodiscard]] const Run& front() const { return runs_[at_]; }
    /// Whether a large delta is among the next `n`.
    [[nodiscard]] bool large_within(unsigned n) const {
        unsigned passed = 0;
        for (std::size_t i = at_; i < runs_.size() && passed < n; passed += runs_[i++].length)
            if (runs_[i].symbol == kLargeDelta) return true;
        return false;
    }
    void skip(unsigned n) {
        total_ -= n;
        runs_[at_].length -= n;
        if (runs_[at_].length == 0) ++at_;
    }
    /// The next status; past the end "not received", as the count tells where the statuses end.
    unsigned take() {
        if (total_ == 0) return kNotReceived;
        const unsigned symbol = front().symbol;
        skip(1);
        return symbol;
    }

private:
    std::vector<Run> runs_;
    std::size_t at_ = 0;
    unsigned total_ = 0;
};

/// Writes chunks of 16 bits (parse.cpp has their picture), each of the form that says most.
void write_chunks(ByteWriter& writer, Statuses statuses) {
    constexpr unsigned kMaxRun = 0x1fff;
    constexpr unsigned kOneBit = 14;  // statuses in a vector of one bit each ...
    constexpr unsigned kTwoBit = 7;   // ... and of two bits
    while (statuses.left() > 0 && writer.ok()) {
        const Run run = statuses.front();
        const bool large = statuses.large_within(kOneBit);
        if (run.length >= kOneBit || run.length == statuses.left() ||
            (large && run.length >= kTwoBit)) {
            const unsigned length = std::min(run.length, kMaxRun);
            writer.u16(static_cast<std::uint16_t>(run.symbol << 13 | length));
            statuses.skip(length);
        } else if (!large) {
            unsigned chunk = 0x8000;
            for (unsigned i = 0; i < kOneBit; ++i) chunk |= statuses.take() << (kOneBit - 1 - i);
            writer.u16(static_cast<std::uint16_t>(chunk));
        } else {
            unsigned chunk = 0xc000;
            for (unsigned i = 0; i < kTwoBit; ++i)
                chunk |= statuses.take() << (2 * (kTwoBit - 1 - i));
            writer.u16(static_cast<std::uint16_t>(chunk));
        }
    }
}

}  // namespace

std::size_t write(MutableBytes to, const SenderReport& report) {
    return packet(to, wire::kSenderReport, report.blocks.size(), [&](ByteWriter& writer) {
        writer.u32(report.sender.value);
        writer.u64(report.ntp.value);
        writer.u32(report.timestamp.value);
        writer.u32(report.packets);
        writer.u32(report.octets);
        write_blocks(writer, report.blocks);
    });
}

std::size_t write(MutableBytes to, const ReceiverReport& report) {
    return packet(to, wire::kReceiverReport, report.blocks.size(), [&](ByteWriter& writer) {
        writer.u32(report.sender.value);
        write_blocks(writer, report.blocks);
    });
}

std::size_t write(MutableBytes to, const SourceDescription& description) {
    return packet(to, wire::kSourceDescription, description.chunks.size(), [&](ByteWriter& writer) {
        for (const auto& chunk : description.chunks) {
            writer.u32(chunk.ssrc.value);
            if (!chunk.cname.empty()) {
                writer.u8(wire::kSdesCname);
                write_text(writer, chunk.cname);
            }
            writer.u8(0);  // ends the items; always there, also where the words end by themselves
            pad_to_words(writer);
        }
    });
}

std::size_t write(MutableBytes to, const Bye& bye) {
    return packet(to, wire::kBye, bye.sources.size(), [&](ByteWriter& writer) {
        for (const Ssrc source : bye.sources) writer.u32(source.value);
        if (bye.reason.empty()) return;
        write_text(writer, bye.reason);
        pad_to_words(writer);
    });
}

std::size_t write(MutableBytes to, const GenericNack& nack) {
    if (nack.lost.empty()) return 0;
    return packet(to, wire::kTransportLayerFeedback, wire::kGenericNack, [&](ByteWriter& writer) {
        writer.u32(nack.sender.value);
        writer.u32(nack.media.value);
        for (auto it = nack.lost.begin(); it != nack.lost.end();) {
            const SeqNum pid = *it++;
            unsigned mask = 0;
            for (; it != nack.lost.end(); ++it) {
                const int behind = distance(pid, *it);
                if (behind < 1 || behind > 16) break;
                mask |= 1U << (behind - 1);
            }
            writer.u16(pid.value);
            writer.u16(static_cast<std::uint16_t>(mask));
        }
    });
}

std::size_t write(MutableBytes to, const TransportFeedback& feedback) {
    constexpr std::size_t kMaxReceived = 65'535;
    if (feedback.count == 0 || feedback.received.size() > kMaxReceived) return 0;
    Statuses statuses;
    std::vector<std::int16_t> deltas;
    deltas.reserve(feedback.received.size());
    std::int64_t before = 0;  // in units of a delta: rounding each time would add up
    unsigned next_place = 0;
    for (const auto& received : feedback.received) {
        const auto place = static_cast<std::uint16_t>(received.seq.value - feedback.base.value);
        if (place < next_place || place >= feedback.count) return 0;
        const std::int64_t ticks = received.offset / TransportFeedback::kDeltaUnit;
        const std::int64_t delta = ticks - before;
        if (delta != static_cast<std::int16_t>(delta)) return 0;
        before = ticks;
        statuses.add(kNotReceived, place - next_place);
        statuses.add(delta >= 0 && delta <= 255 ? kSmallDelta : kLargeDelta, 1);
        deltas.push_back(static_cast<std::int16_t>(delta));
        next_place = place + 1U;
    }
    statuses.add(kNotReceived, feedback.count - next_place);

    return packet(to, wire::kTransportLayerFeedback, wire::kTransportFeedback,
                  [&](ByteWriter& writer) {
                      writer.u32(feedback.sender.value);
                      writer.u32(feedback.media.value);
                      writer.u16(feedback.base.value);
                      writer.u16(feedback.count);
                      writer.u24(static_cast<std::uint32_t>(feedback.reference_time) & 0xffffff);
                      writer.u8(feedback.feedback_count);
                      write_chunks(writer, std::move(statuses));
                      for (const std::int16_t delta : deltas) {
                          if (delta >= 0 && delta <= 255) {
                              writer.u8(static_cast<std::uint8_t>(delta));
                          } else {
                              writer.u16(static_cast<std::uint16_t>(delta));
                          }
                      }
                      // Not announced as RTCP padding: readers know from the statuses where the
                      // deltas end, and so may the feedback stand anywhere in a compound.
                      pad_to_words(writer);
                  });
}

std::size_t write(MutableBytes to, const PictureLoss& pli) {
    return packet(to, wire::kPayloadSpecificFeedback, wire::kPictureLoss, [&](ByteWriter& writer) {
        writer.u32(pli.sender.value);
        writer.u32(pli.media.value);
    });
}

std::size_t write(MutableBytes to, const FullIntraRequest& fir) {
    if (fir.entries.empty()) return 0;
    return packet(to, wire::kPayloadSpecificFeedback, wire::kFullIntraRequest,
                  [&](ByteWriter& writer) {
                      writer.u32(fir.sender.value);
                      writer.u32(0);
                      for (const auto& entry : fir.entries) {
                          writer.u32(entry.media.value);
                          writer.u8(entry.seq);
                          writer.zeros(3);
                      }
                  });
}

std::size_t write(MutableBytes to, const Remb& remb) {
    if (remb.media.size() > 255) return 0;
    const auto bps = static_cast<std::uint64_t>(std::max<std::int64_t>(remb.bitrate.bps, 0));
    const int exponent = std::max(0, static_cast<int>(std::bit_width(bps)) - 18);
    return packet(to, wire::kPayloadSpecificFeedback, wire::kApplication, [&](ByteWriter& writer) {
        writer.u32(remb.sender.value);
        writer.u32(0);
        writer.u32(wire::kRembMagic);
        writer.u8(static_cast<std::uint8_t>(remb.media.size()));
        writer.u24(static_cast<std::uint32_t>(exponent) << 18 |
                   static_cast<std::uint32_t>(bps >> exponent));
        for (const Ssrc media : remb.media) writer.u32(media.value);
    });
}

std::size_t write(MutableBytes to, const Message& message) {
    return std::visit([to](const auto& typed) { return write(to, typed); }, message);
}

}  // namespace rivero::rtcp
