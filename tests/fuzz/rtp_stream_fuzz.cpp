// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "input.hpp"
#include "rivero/base/assert.hpp"
#include "rivero/rtcp/build.hpp"
#include "rivero/rtcp/parse.hpp"
#include "rivero/rtp/demuxer.hpp"
#include "rivero/rtp/extensions.hpp"
#include "rivero/rtp/packet_history.hpp"
#include "rivero/rtp/reorder_buffer.hpp"
#include "rivero/rtp/rtx.hpp"
#include "rivero/rtp/stream_receiver.hpp"
#include "rivero/rtp/stream_rewriter.hpp"
#include "rivero/rtp/twcc_recorder.hpp"

#include <array>

using namespace rivero;
using namespace rivero::rtp;

namespace {

/// One sender, and everything that a stream of it passes on its way to one receiver.
class Way {
public:
    Way() {
        demuxer_.set_sections(
            {{"0", {PayloadType{96}, PayloadType{97}}, {Ssrc{1}}}, {"1", {PayloadType{98}}, {}}});
        map_.add(ExtensionKind::mid, 1);
        map_.add(ExtensionKind::rtp_stream_id, 2);
        map_.add(ExtensionKind::transport_wide_cc, 3);
        map_.add(ExtensionKind::video_orientation, 4);
    }

    void packet(SeqNum seq, RtpTimestamp timestamp, Bytes payload, bool marker, bool rtx) {
        auto packet = pool_.make();
        OutgoingExtensions extensions;
        extensions.transport_seq_num = SeqNum{static_cast<std::uint16_t>(seq.value * 3)};
        extensions.mid = seq.value % 7 == 0 ? "1" : "0";
        const std::size_t head =
            write_header(packet->storage(),
                         {rtx ? SeqNum{++rtx_seq_} : seq, timestamp, Ssrc{rtx ? 2U : 1U},
                          PayloadType{static_cast<std::uint8_t>(rtx ? 97 : 96)}, marker},
                         map_, extensions);
        std::size_t size = head;
        const auto put = [&](Bytes bytes) {
            std::copy(bytes.begin(), bytes.end(), packet->storage().subspan(size).begin());
            size += bytes.size();
        };
        if (rtx)
            put(std::array{static_cast<std::uint8_t>(seq.value >> 8),
                           static_cast<std::uint8_t>(seq.value)});
        put(payload);
        const auto header = parse_header(Bytes{packet->storage()}.first(size));
        RIVERO_ASSERT(header.has_value(), "our header can be read");
        const auto read = read_extensions(*header, map_);
        static_cast<void>(demuxer_.route(*header, read));
        if (read.transport_seq_num) twcc_.on_packet(now_, *read.transport_seq_num, header->ssrc);
        const auto arrival = rtx ? stream_.on_rtx(now_, *header, read, PayloadType{96}, *packet)
                                 : stream_.on_packet(now_, *header, read, *packet);
        if (arrival == StreamReceiver::Arrival::padding)
            static_cast<void>(rewriter_.withhold(packet->seq, packet->timestamp));
        if (arrival != StreamReceiver::Arrival::media) return;
        packet->starts_keyframe = !payload.empty() && payload[0] == 0;
        if (packet->starts_keyframe) stream_.on_keyframe(*packet);
        if (const auto out = rewriter_.rewrite(packet->seq, packet->timestamp, packet->capture)) {
            const auto back = rewriter_.source_seq(out->seq);
            RIVERO_ASSERT(!back || *back == packet->seq, "a NACK names the packet that was sent");
        }
        history_.add(packet);
        RIVERO_ASSERT(history_.bytes() <= PacketHistory::Settings{}.max_bytes,
                      "the ring is bounded");
        reorder_.push(now_, std::move(packet));
        RIVERO_ASSERT(reorder_.size() <= ReorderBuffer::Settings{}.max_packets + 1,
                      "the wait for missing packets is bounded");
        if (!(payload.size() % 3)) drain();
    }
    void report(rtcp::NtpTime ntp, RtpTimestamp timestamp) {
        stream_.on_sender_report(now_, {Ssrc{1}, ntp, timestamp, 0, 0, {}});
    }
    void pass(Duration time) {
        now_ += time;
        const auto asked = stream_.nacks().poll(now_);
        RIVERO_ASSERT(asked.size() <= NackGenerator::Settings{}.max_per_poll, "a NACK is bounded");
        RIVERO_ASSERT(stream_.nacks().missing() <= NackGenerator::Settings{}.max_missing,
                      "what is missing is bounded");
        for (SeqNum seq : asked) {
            if (const auto source = rewriter_.source_seq(seq))
                static_cast<void>(history_.find(*source));
        }
        for (const auto& feedback : twcc_.poll(now_)) check(feedback);
        static_cast<void>(stream_.statistics().make_report(now_));
        history_.expire(now_);
        drain();
    }
    void switch_source() { rewriter_.switch_source(90'000); }
    void bye() {
        demuxer_.forget(Ssrc{1});
        reorder_.clear();
        out_.reset();
    }

private:
    void drain() {
        while (auto ordered = reorder_.pop(now_)) {
            RIVERO_ASSERT(!out_ || ordered->packet->seq > *out_, "packets come out in order");
            if (out_)
                RIVERO_ASSERT(
                    ordered->packet->seq.value == out_->value + 1 + ordered->missing_before,
                    "and what is missing was counted");
            out_ = ordered->packet->seq;
        }
    }
    static void check(const rtcp::TransportFeedback& feedback) {
        std::array<std::uint8_t, 1200> buffer;
        const std::size_t size = rtcp::write(buffer, feedback);
        RIVERO_ASSERT(size > 0, "feedback fits into a datagram");
        const auto read = rtcp::parse_compound(Bytes{buffer}.first(size));
        RIVERO_ASSERT(read && read->messages.size() == 1, "feedback can be read");
        const auto& again = std::get<rtcp::TransportFeedback>(read->messages[0]);
        RIVERO_ASSERT(
            again.count == feedback.count && again.received.size() == feedback.received.size(),
            "feedback loses nothing");
    }

    PacketPool pool_;
    Time now_{100s};
    ExtensionMap map_;
    Demuxer demuxer_;
    ClockSync clock_;
    StreamReceiver stream_{Ssrc{1}, 90'000, clock_, {.nack = true, .rtt = 100ms, .nacks = {}}};
    TwccRecorder twcc_{Ssrc{9}};
    StreamRewriter rewriter_{90'000, SeqNum{65'530}, RtpTimestamp{0xfffffff0}};
    PacketHistory history_;
    ReorderBuffer reorder_;
    std::optional<ExtSeqNum> out_;
    std::uint16_t rtx_seq_ = 0;
};

}  // namespace

// Steps of a byte and its arguments.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input in{data, size};
    Way way;
    SeqNum seq{65'000};
    std::uint32_t timestamp = 0xffffff00;
    for (int steps = 0; in.more() && steps < 2000; ++steps) {
        const std::uint8_t step = in.u8();
        switch (step & 7) {
            case 0:
            case 1: {  // the next packets
                for (int n = step >> 5; n >= 0; --n) {
                    seq = next(seq);
                    timestamp += step & 8 ? 3000 : 0;
                    way.packet(seq, RtpTimestamp{timestamp}, in.piece(), step & 16, false);
                }
                break;
            }
            case 2:  // one from elsewhere
                way.packet(SeqNum{static_cast<std::uint16_t>(seq.value + in.u16())},
                           RtpTimestamp{timestamp + in.u32()}, in.piece(), step & 16, step & 8);
                break;
            case 3:  // a gap
                seq.value = static_cast<std::uint16_t>(seq.value + (step & 8 ? in.u16() : in.u8()));
                break;
            case 4:
                way.report({in.u64()}, RtpTimestamp{in.u32()});
                break;
            case 5:
                way.pass(std::chrono::milliseconds{step & 8 ? in.u16() : in.u8()});
                break;
            case 6:
                way.switch_source();
                break;
            default:
                way.bye();
        }
    }
    way.pass(1h);
    return 0;
}
