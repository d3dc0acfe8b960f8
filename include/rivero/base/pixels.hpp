// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/units.hpp"

#include <cstdint>

namespace rivero {

/// How large a picture is: its width times its height, so that one in portrait is as large as the
/// same in landscape.
using Pixels = StrongInt<struct PixelsTag, std::uint64_t>;

[[nodiscard]] constexpr Pixels area(std::uint32_t width, std::uint32_t height) {
    return Pixels{std::uint64_t{width} * height};
}

}  // namespace rivero
