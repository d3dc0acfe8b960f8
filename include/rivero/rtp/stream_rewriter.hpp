// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/clock.hpp"
#include "rivero/base/units.hpp"

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace rivero::rtp {

/// Numbers the packets for one receiver, so that it sees one stream without gaps of our making,
/// whatever source they come from.
///
/// Sequence numbers: gaps in the source (loss) stay gaps, so that the receiver asks for what is
/// missing; packets that we withhold leave none. Timestamps: a constant offset to the source,
/// chosen at each switch so that the timestamp advances as the time does.
class StreamRewriter {
public:
    struct Rewritten {
        SeqNum seq;
        RtpTimestamp timestamp;
        friend bool operator==(const Rewritten&, const Rewritten&) = default;
    };

    /// @param first_seq, first_timestamp random, RFC 3550 section 5.1
    StreamRewriter(int clock_rate, SeqNum first_seq, RtpTimestamp first_timestamp);

    /// The next packet belongs to another source, or to the same after a pause.
    /// @param clock_rate that of its timestamps
    void switch_source(int clock_rate);

    /// The numbers of a packet that is sent now.
    /// @param capture when it was captured (or came): what the timestamp follows across a switch
    /// @return nothing when it must not be sent: older than the first of its source, withheld
    ///         before, its number was used, or it is too old to tell
    [[nodiscard]] std::optional<Rewritten> rewrite(ExtSeqNum seq, RtpTimestamp timestamp,
                                                   Time capture);
    /// This packet is not sent (a layer too many, say) and shall leave no gap.
    /// @return the numbers of one that comes late: an empty packet has to fill the gap that the
    ///         receiver has seen
    std::optional<Rewritten> withhold(ExtSeqNum seq, RtpTimestamp timestamp);
    /// Whether the number of this packet was given to an empty one.
    [[nodiscard]] bool filled(ExtSeqNum seq) const;

    /// What an outgoing number (in a NACK) was at the source; nothing when it was sent before the
    /// last switch or is too old.
    [[nodiscard]] std::optional<ExtSeqNum> source_seq(SeqNum outgoing) const;
    /// The outgoing header of a packet that was sent and may be sent again.
    [[nodiscard]] std::optional<Rewritten> find(ExtSeqNum seq, RtpTimestamp timestamp) const;

private:
    /// Source numbers [begin, end) became out, out + 1, ...
    struct Segment {
        std::int64_t begin;
        std::int64_t end;
        std::int64_t out;
    };
    [[nodiscard]] std::optional<std::int64_t> out_of(std::int64_t seq) const;
    /// The open segment reaches up to here: new numbers, which nothing has used.
    void close(std::int64_t end);
    /// Takes the number of a packet; empty when it is too old to tell, or was used.
    [[nodiscard]] std::optional<std::int64_t> use(std::int64_t seq, bool empty);
    [[nodiscard]] Rewritten numbers(std::int64_t out, RtpTimestamp timestamp) const;
    void start_source(std::int64_t seq, RtpTimestamp timestamp, Time capture);
    [[nodiscard]] const Segment* segment_of(std::int64_t seq) const;

    /// Which of the last outgoing numbers were used: SRTP must never see a number twice, whatever
    /// comes in twice.
    static constexpr std::size_t kWindow = 2048;
    std::bitset<kWindow> used_;
    std::bitset<kWindow> filled_;  ///< of these: by an empty packet
    int clock_rate_;
    bool started_ = false;    ///< something was sent, ever
    bool in_source_ = false;  ///< something of the current source was sent
    std::int64_t next_out_;   ///< above all that was sent, unwrapped
    std::uint32_t timestamp_offset_ = 0;
    RtpTimestamp last_timestamp_;    ///< outgoing, of the newest packet ...
    Time last_capture_;              ///< ... and its capture
    std::vector<Segment> segments_;  ///< of the current source, oldest first; the last one is open
};

}  // namespace rivero::rtp
