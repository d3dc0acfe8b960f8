// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/base/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace rivero {

void assertion_failed(const char* condition, const char* sentence, const char* file,
                      int line) noexcept {
    std::fprintf(stderr, "%s:%d: %s (%s)\n", file, line, sentence, condition);
    std::abort();
}

}  // namespace rivero
