// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace rivero {

/// Ends the process with the sentence and the place. For broken invariants of ours only: input can
/// never reach it.
[[noreturn]] void assertion_failed(const char* condition, const char* sentence, const char* file,
                                   int line) noexcept;

}  // namespace rivero

/// Checked in release builds, too.
#define RIVERO_ASSERT(condition, sentence) \
    ((condition) ? static_cast<void>(0)    \
                 : ::rivero::assertion_failed(#condition, sentence, __FILE__, __LINE__))
