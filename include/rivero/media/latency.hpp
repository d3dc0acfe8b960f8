// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/clock.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

namespace rivero::media {

/// The mean of what was added lately: the first 128 count the same, later ones push out the old by
/// and by.
class RunningMean {
public:
    void add(Duration value) {
        if (count_ < kWindow) ++count_;
        ns_ += (std::chrono::duration<double, std::nano>{value}.count() - ns_) / count_;
    }
    /// Nanoseconds; empty before the first.
    [[nodiscard]] std::optional<double> ns() const {
        return count_ == 0 ? std::nullopt : std::optional{ns_};
    }

private:
    static constexpr int kWindow = 128;
    int count_ = 0;
    double ns_ = 0;
};

/// How long media was under way in the server when it came to a sink, and when the sink had dealt
/// with it (a peer's sink has sent it by then). From the arrival of the packet or frame in the
/// endpoint that it comes from.
struct SinkLatency {
    RunningMean input, through;
};

}  // namespace rivero::media
