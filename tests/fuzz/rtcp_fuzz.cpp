// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "input.hpp"
#include "rivero/base/assert.hpp"
#include "rivero/rtcp/build.hpp"
#include "rivero/rtcp/parse.hpp"
#include "rivero/rtp/clock_sync.hpp"
#include "rivero/rtp/receive_statistics.hpp"
#include "rivero/rtp/sender_state.hpp"

#include <variant>

using namespace rivero;

namespace {

std::optional<rtcp::Message> write_and_read(const rtcp::Message& message) {
    std::vector<std::uint8_t> buffer(70'000);
    const std::size_t written = rtcp::write(buffer, message);
    if (written == 0) return std::nullopt;  // says more than one packet of ours can
    const auto again = rtcp::parse_compound(Bytes{buffer}.first(written));
    RIVERO_ASSERT(again.has_value() && again->malformed == 0 && again->messages.size() == 1,
                  "what we write can be read");
    return again->messages.front();
}

/// Those who act on reports.
class Readers {
public:
    Readers() {
        clock_.add_stream(Ssrc{1}, 90'000);
        clock_.add_stream(Ssrc{2}, 48'000);
        for (Ssrc ssrc : {Ssrc{1}, Ssrc{2}})
            static_cast<void>(clock_.capture_time(ssrc, now_, RtpTimestamp{5}));
        sender_.on_sent(RtpTimestamp{1}, now_, 100, 12);
        static_cast<void>(statistics_.on_packet(now_, SeqNum{1}, RtpTimestamp{1}, 100, 12));
    }
    void read(const rtcp::Message& message) {
        now_ += 700ms;
        if (const auto* sr = std::get_if<rtcp::SenderReport>(&message)) {
            for (Ssrc ssrc : {sr->sender, Ssrc{1}, Ssrc{2}})
                clock_.on_sender_report(ssrc, sr->ntp, sr->timestamp);
            statistics_.on_sender_report(now_, sr->ntp);
            blocks(sr->blocks);
        }
        if (const auto* rr = std::get_if<rtcp::ReceiverReport>(&message)) blocks(rr->blocks);
        for (Ssrc ssrc : {Ssrc{1}, Ssrc{2}}) {
            timestamp_ += 123'456'789;
            static_cast<void>(clock_.capture_time(ssrc, now_, RtpTimestamp{timestamp_}));
        }
        static_cast<void>(sender_.make_report(now_, rtcp::NtpTime{}));
        static_cast<void>(statistics_.make_report(now_));
    }

private:
    void blocks(const std::vector<rtcp::ReportBlock>& blocks) {
        for (const auto& block : blocks) sender_.on_report_block(now_, block);
    }
    Time now_{1h};
    std::uint32_t timestamp_ = 0;
    rtp::ClockSync clock_;
    rtp::SenderState sender_{Ssrc{1}, 90'000};
    rtp::ReceiveStatistics statistics_{Ssrc{1}, 90'000};
};

}  // namespace

// One datagram.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteVector datagram{data, data + size};
    const auto compound = rtcp::parse_compound(datagram);
    if (!compound) return 0;
    Readers readers;
    for (const auto& message : compound->messages) {
        readers.read(message);
        // The first round puts things in order (NACKs are sorted), the second changes nothing.
        const auto once = write_and_read(message);
        if (!once) continue;
        RIVERO_ASSERT(once->index() == message.index(), "it is still the same kind");
        RIVERO_ASSERT(write_and_read(*once) == once, "writing loses nothing");
    }
    return 0;
}
