// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "peer.hpp"
#include "rivero/remote/json.hpp"

#include <optional>

namespace rivero::webrtc {

/// What getStats() shows of a peer: one entry per received and per sent SSRC, keyed by id. RTC
/// worker.
[[nodiscard]] Json rtc_stats(const Peer& peer, std::optional<MediaType> type);

}  // namespace rivero::webrtc
