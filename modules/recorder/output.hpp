// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/bytes.hpp"

#include <cstdint>

namespace rivero::recorder {

/// Where a container goes: bytes are put at the end, and what stands at the front may be written
/// again.
class Output {
public:
    Output() = default;
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;
    virtual ~Output() = default;

    /// All or nothing: after a failure, which the output remembers, the end is where it was and
    /// nothing more is put there.
    [[nodiscard]] virtual bool append(Bytes bytes) = 0;
    /// Writes over what is there, in one piece.
    /// @param at offset in bytes; `at + bytes.size() <= size()`
    virtual void overwrite(std::uint64_t at, Bytes bytes) = 0;
    [[nodiscard]] virtual std::uint64_t size() const = 0;
};

}  // namespace rivero::recorder
