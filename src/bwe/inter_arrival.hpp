// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/clock.hpp"

#include <optional>

namespace rivero::bwe {

/// Groups packets that were sent in a burst and says how much longer than at the sender the time
/// between two groups was at the receiver. draft-ietf-rmcat-gcc-02 section 5.2 (pre-filtering).
class InterArrival {
public:
    struct Delta {
        Duration sent;      ///< between the groups' last packets, at the sender
        Duration received;  ///< the same at the receiver
    };

    /// Packets in the order in which they were received, as far as is known.
    /// @return something when the packet completes a group and there was one before it
    [[nodiscard]] std::optional<Delta> on_packet(Time sent, Duration received);
    void reset();

private:
    struct Group {
        Time first_sent, last_sent;
        Duration first_received, last_received;
    };
    [[nodiscard]] bool belongs(Time sent, Duration received) const;

    std::optional<Group> current_, previous_;
    int reordered_ = 0;
};

}  // namespace rivero::bwe
