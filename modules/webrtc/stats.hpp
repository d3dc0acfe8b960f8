// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "peer.hpp"
#include "rivero/remote/json.hpp"

#include <optional>

namespace rivero::webrtc {

/// What getStats() shows of a peer, keyed by id: one entry per received and per sent SSRC, and,
/// when asked without a type or for DATA, one for the connection as a whole. RTC worker.
[[nodiscard]] Json rtc_stats(const Peer& peer, std::optional<MediaType> type);

}  // namespace rivero::webrtc
