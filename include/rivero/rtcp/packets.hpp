// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/units.hpp"
#include "rivero/rtcp/ntp.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace rivero::rtcp {

/// Report blocks, chunks or sources in one packet: the count field has five bits.
inline constexpr std::size_t kMaxItems = 31;

/// What a receiver says about one source. RFC 3550 section 6.4.1.
struct ReportBlock {
    Ssrc ssrc;
    std::uint8_t fraction_lost = 0;  ///< of 256, since the last report
    std::int32_t lost = 0;           ///< since the start; duplicates can make it negative; 24 bits
    std::uint32_t highest_seq = 0;   ///< roll-overs << 16 | highest sequence number
    std::uint32_t jitter = 0;        ///< in units of the RTP timestamp
    std::uint32_t last_sr = 0;       ///< LSR, NtpTime::middle() of the last SR; 0 before it
    std::uint32_t delay_since_last_sr = 0;  ///< DLSR in 1/65536 s

    friend bool operator==(const ReportBlock&, const ReportBlock&) = default;
};

/// SR. RFC 3550 section 6.4.1.
struct SenderReport {
    Ssrc sender;
    NtpTime ntp;             ///< when the report was made ...
    RtpTimestamp timestamp;  ///< ... and the same moment as RTP timestamp
    std::uint32_t packets = 0;
    std::uint32_t octets = 0;  ///< payload only
    std::vector<ReportBlock> blocks;

    friend bool operator==(const SenderReport&, const SenderReport&) = default;
};

/// RR. RFC 3550 section 6.4.2.
struct ReceiverReport {
    Ssrc sender;
    std::vector<ReportBlock> blocks;

    friend bool operator==(const ReceiverReport&, const ReceiverReport&) = default;
};

/// SDES, of which we use CNAME only. RFC 3550 section 6.5.
struct SourceDescription {
    struct Chunk {
        Ssrc ssrc;
        std::string cname;  ///< empty when the chunk has none; at most 255 bytes

        friend bool operator==(const Chunk&, const Chunk&) = default;
    };
    std::vector<Chunk> chunks;

    friend bool operator==(const SourceDescription&, const SourceDescription&) = default;
};

/// BYE. RFC 3550 section 6.6.
struct Bye {
    std::vector<Ssrc> sources;
    std::string reason;  ///< at most 255 bytes; often empty

    friend bool operator==(const Bye&, const Bye&) = default;
};

/// Generic NACK: the media sender is asked to send these packets again. RFC 4585 section 6.2.1.
struct GenericNack {
    Ssrc sender;
    Ssrc media;
    /// In wire order; wraps past 65535. Sorted (in the sense of newer()) when we write it, so that
    /// as many as possible share a bit mask.
    std::vector<SeqNum> lost;

    friend bool operator==(const GenericNack&, const GenericNack&) = default;
};

/// Transport-wide congestion control feedback: which packets came, and when.
/// draft-holmer-rmcat-transport-wide-cc-extensions-01 section 3.1.
struct TransportFeedback {
    struct Received {
        SeqNum seq;
        /// Since the reference time; a multiple of 250 us on the wire (finer is cut off).
        std::chrono::microseconds offset{};

        friend bool operator==(const Received&, const Received&) = default;
    };
    static constexpr std::chrono::microseconds kReferenceUnit{64'000};
    static constexpr std::chrono::microseconds kDeltaUnit{250};

    Ssrc sender;
    Ssrc media;
    SeqNum base;              ///< first packet that is told about
    std::uint16_t count = 0;  ///< how many are told about: base ... base + count - 1
    /// In 64 ms on a clock of the receiver, 24 bits, signed; wraps.
    std::int32_t reference_time = 0;
    std::uint8_t feedback_count = 0;  ///< numbers the feedback packets, to notice a lost one
    /// Those that came, in order of sequence numbers; all others of the `count` did not. (A packet
    /// that says "65535 packets, all lost" is 28 bytes long: a list of the lost could be abused.)
    std::vector<Received> received;

    friend bool operator==(const TransportFeedback&, const TransportFeedback&) = default;
};

/// Picture loss indication: please send a key frame. RFC 4585 section 6.3.1.
struct PictureLoss {
    Ssrc sender;
    Ssrc media;

    friend bool operator==(const PictureLoss&, const PictureLoss&) = default;
};

/// FIR. RFC 5104 section 4.3.1.
struct FullIntraRequest {
    struct Entry {
        Ssrc media;
        std::uint8_t seq = 0;  ///< goes up with each new request, not with its repetitions

        friend bool operator==(const Entry&, const Entry&) = default;
    };
    Ssrc sender;
    std::vector<Entry> entries;

    friend bool operator==(const FullIntraRequest&, const FullIntraRequest&) = default;
};

/// Receiver estimated maximum bitrate. draft-alvestrand-rmcat-remb-03 section 2.2.
struct Remb {
    Ssrc sender;
    Bitrate bitrate;  ///< 18 bits of precision on the wire, rounded down
    std::vector<Ssrc> media;

    friend bool operator==(const Remb&, const Remb&) = default;
};

using Message = std::variant<SenderReport, ReceiverReport, SourceDescription, Bye, GenericNack,
                             TransportFeedback, PictureLoss, FullIntraRequest, Remb>;

}  // namespace rivero::rtcp
