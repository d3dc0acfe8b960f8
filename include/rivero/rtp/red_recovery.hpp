// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/units.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace rivero::rtp {

/// Finds out which missing packet a redundant block was. RFC 2198 gives its timestamp only, and it
/// is not always the packet before: where DTX begins, Chromium repeats the last but one.
class RedRecovery {
public:
    /// A packet of the stream is there, media or not.
    void on_packet(ExtSeqNum seq, RtpTimestamp timestamp);
    /// @param seq, timestamp of the packet that holds the block; @param block its timestamp
    /// @return the number of a packet that is missing and must have been this one; nothing when the
    /// block came before, or it cannot be told
    [[nodiscard]] std::optional<ExtSeqNum> place(ExtSeqNum seq, RtpTimestamp timestamp,
                                                 RtpTimestamp block) const;

private:
    struct Known {
        ExtSeqNum seq;
        RtpTimestamp timestamp;
    };
    std::array<Known, 64> known_{};
    std::size_t count_ = 0;  ///< ever
};

}  // namespace rivero::rtp
