// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/rtp/extension_kind.hpp"
#include "sdp/header_extension.hpp"

#include <optional>

namespace rivero::webrtc {

/// The same extension as SDP and as RTP name it; nothing for those that only SDP knows.
[[nodiscard]] std::optional<rtp::ExtensionKind> extension_kind(sdp::HeaderExtension extension);

}  // namespace rivero::webrtc
