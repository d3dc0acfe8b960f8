// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include <rivero/media/module.hpp>

// Declared, called, and nowhere to be found when the module is loaded.
void function_of_a_library_that_nobody_installed();

namespace {
void declare(rivero::Module&) {
    function_of_a_library_that_nobody_installed();
}
}  // namespace

RIVERO_MODULE("missing_symbol", "1.0.0", declare)
