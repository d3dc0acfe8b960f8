// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bwe/reference_time.hpp"
#include "rivero/base/clock.hpp"
#include "rivero/base/units.hpp"
#include "rivero/rtcp/packets.hpp"
#include "rivero/rtp/freeze_meter.hpp"

#include <array>
#include <cstdint>
#include <optional>

namespace rivero::webrtc {

/// When the pictures that were sent to a peer came there, by its transport-wide feedback: of each
/// picture the last packet, or what repairs that. A decoder needs the others, too, so this sees
/// somewhat less freezing than there is. RTC worker.
class SentPictures {
public:
    /// The last packet of a picture has left. @param number its transport-wide one
    void on_sent(SeqNum number, RtpTimestamp picture);
    void on_feedback(const rtcp::TransportFeedback& feedback);
    void restart() { freezes_.restart(); }

    [[nodiscard]] const rtp::FreezeMeter& freezes() const { return freezes_; }
    /// The peer gives feedback, so that the numbers mean something.
    [[nodiscard]] bool measured() const { return freezes_.pictures() > 0; }

private:
    struct Sent {
        SeqNum number;
        RtpTimestamp picture;
        bool waiting = false;
    };
    std::array<Sent, 32> sent_{};
    std::size_t next_ = 0;
    std::optional<RtpTimestamp> newest_;  ///< picture that is there
    bwe::ReferenceTime reference_;
    rtp::FreezeMeter freezes_;
};

}  // namespace rivero::webrtc
