// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/clock.hpp"
#include "rivero/base/units.hpp"
#include "rivero/rtcp/packets.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace rivero::rtp {

/// Notes when transport-wide sequence numbers arrive, and tells the sender.
/// draft-holmer-rmcat-transport-wide-cc-extensions-01.
class TwccRecorder {
public:
    /// @param sender the SSRC that our feedback comes from
    /// @param interval between feedback packets; 50..100 ms suits the estimators of browsers
    explicit TwccRecorder(Ssrc sender, Duration interval = 100ms);

    /// @param media the packet's SSRC: the feedback names the latest
    void on_packet(Time now, SeqNum transport_seq_num, Ssrc media);

    /// The feedback that is due: none before next_deadline(); several when one could not hold all.
    /// Each fits into 1200 bytes.
    [[nodiscard]] std::vector<rtcp::TransportFeedback> poll(Time now);
    [[nodiscard]] std::optional<Time> next_deadline() const { return deadline_; }

private:
    void forget_first();

    Ssrc sender_;
    Duration interval_;
    Ssrc media_;
    SeqUnwrapper unwrapper_;
    /// Told about and yet to be told about. The former stay a while: a late packet makes us tell
    /// about all since it once more, as feedback cannot speak of one number alone.
    std::map<std::int64_t, Time> arrivals_;
    std::optional<std::int64_t> begin_;      ///< first number of the next feedback
    std::optional<std::int64_t> forgotten_;  ///< newest of the arrivals that we let go of
    std::uint8_t feedback_count_ = 0;
    std::optional<Time> deadline_;
};

}  // namespace rivero::rtp
