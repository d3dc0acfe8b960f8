// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "types.hpp"

#include <cstdint>
#include <optional>

namespace rivero::webrtc {

/// RFC 8837 and the names of the client API; nothing for "leave it as it is".
[[nodiscard]] std::optional<std::uint8_t> dscp_code(DscpValue value);

}  // namespace rivero::webrtc
