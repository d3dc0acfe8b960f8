// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

// The numbers of RTCP packets, in one place for reading and writing.
namespace rivero::rtcp::wire {

enum Type : std::uint8_t {
    kSenderReport = 200,
    kReceiverReport = 201,
    kSourceDescription = 202,
    kBye = 203,
    kTransportLayerFeedback = 205,   // RFC 4585 section 6.1
    kPayloadSpecificFeedback = 206,  // RFC 4585 section 6.1
};

/// Feedback message types: the count field of the two feedback packets.
enum Format : std::uint8_t {
    kGenericNack = 1,         // transport layer
    kTransportFeedback = 15,  // transport layer
    kPictureLoss = 1,         // payload specific
    kFullIntraRequest = 4,    // payload specific
    kApplication = 15,        // payload specific; REMB
};

inline constexpr std::uint8_t kSdesCname = 1;
inline constexpr std::uint32_t kRembMagic = 0x52454d42;  // "REMB"
inline constexpr std::size_t kHeaderSize = 4;
inline constexpr std::size_t kReportBlockSize = 24;

}  // namespace rivero::rtcp::wire
