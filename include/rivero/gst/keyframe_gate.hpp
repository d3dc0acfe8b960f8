// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/gst/frame.hpp"

#include <cstdint>
#include <optional>

namespace rivero::gst {

/// Lets an encoded video stream begin, and go on after a hole, only with a key frame: a picture
/// that stands still for a moment beats a broken one.
class KeyframeGate {
public:
    struct Verdict {
        bool pass = false;
        bool ask = false;  ///< a key frame is to be asked for now
    };
    /// @param ask_every how long a request may stay unanswered, measured in the stream's own time
    explicit KeyframeGate(Duration ask_every = 500ms) : ask_every_{ask_every} {}

    [[nodiscard]] Verdict admit(const Frame& frame);
    /// A frame that was admitted got lost behind the gate.
    void close() { open_ = false; }
    [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

private:
    Duration ask_every_;
    bool open_ = false;
    std::optional<Time> asked_;
    std::uint64_t dropped_ = 0;
};

}  // namespace rivero::gst
