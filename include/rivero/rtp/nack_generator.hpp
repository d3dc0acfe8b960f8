// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/clock.hpp"
#include "rivero/base/units.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace rivero::rtp {

/// Decides which packets to ask for again. RFC 4585 section 6.2.1 is how, not when: that is ours.
class NackGenerator {
public:
    struct Settings {
        /// How long a missing packet may just be late. Zero asks at once.
        Duration reordering = 5ms;
        /// A larger gap is not asked for: a key frame is cheaper.
        std::size_t max_missing = 1000;
        int max_tries = 8;  ///< some twenty round trips in all
        Duration max_age = 2s;
        /// Bound for one NACK packet; the rest is due at once.
        std::size_t max_per_poll = 250;
    };

    explicit NackGenerator(Duration rtt) : NackGenerator{rtt, Settings{}} {}
    NackGenerator(Duration rtt, const Settings& settings);

    void set_rtt(Duration rtt);
    /// Each packet of the source, retransmitted ones included.
    void on_packet(Time now, ExtSeqNum seq);
    /// A key frame starts here: what is missing before it is not needed any more.
    void on_keyframe(ExtSeqNum first);
    /// Forgets all that is missing, e.g. when the receivers have gone.
    void reset();

    /// Sequence numbers for a generic NACK sent now, in order; each at most once per round trip,
    /// and the more seldom the longer it is missing.
    [[nodiscard]] std::vector<SeqNum> poll(Time now);
    /// Not before this poll() will have something to say or to give up; empty while nothing is
    /// missing.
    [[nodiscard]] std::optional<Time> next_deadline() const { return next_; }
    /// Whether packets were given up since the last call: then only a key frame helps.
    [[nodiscard]] bool take_gave_up();

    [[nodiscard]] std::size_t missing() const { return missing_.size(); }
    [[nodiscard]] std::uint64_t requested() const { return requested_; }

private:
    struct Missing {
        std::int64_t seq;
        Time noticed;
        Time due;
        int tries = 0;
    };

    Settings settings_;
    Duration interval_{};
    std::optional<std::int64_t> highest_;
    std::vector<Missing> missing_;  ///< sorted by seq
    std::optional<Time> next_;      ///< none of these is due earlier
    bool gave_up_ = false;
    std::uint64_t requested_ = 0;
};

}  // namespace rivero::rtp
