// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/clock.hpp"
#include "rivero/base/units.hpp"
#include "rivero/rtcp/packets.hpp"

#include <cstddef>
#include <cstdint>
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
    struct Arrival {
        std::int64_t seq;
        Time at;
    };
    /// @return false when it was there
    [[nodiscard]] bool note(std::int64_t seq, Time at);
    [[nodiscard]] std::size_t kept() const { return arrivals_.size() - oldest_; }
    void forget_first();
    void clear();

    Ssrc sender_;
    Duration interval_;
    Ssrc media_;
    SeqUnwrapper unwrapper_;
    /// Told about and yet to be told about. The former stay a while: a late packet makes us tell
    /// about all since it once more, as feedback cannot speak of one number alone.
    std::vector<Arrival> arrivals_;  ///< by number; what lies before `oldest_` is let go
    std::size_t oldest_ = 0;
    std::optional<std::int64_t> begin_;      ///< first number of the next feedback
    std::optional<std::int64_t> forgotten_;  ///< newest of the arrivals that we let go of
    std::uint8_t feedback_count_ = 0;
    std::optional<Time> deadline_;
};

}  // namespace rivero::rtp
