// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/media/pipeline.hpp"
#include "rivero/remote/registry.hpp"

#include <string>
#include <vector>

namespace rivero::host {

/// What became of one file in a module directory.
struct LoadedModule {
    std::string path;
    std::string name, version;  ///< empty when it was not loaded
    std::string problem;        ///< empty when it was
};

/// Loads every .so below the directories into the registry, in the order of their names. One that
/// is broken, of another SDK or in conflict with an earlier one is logged and left out. Modules are
/// never unloaded: a GType cannot be withdrawn.
[[nodiscard]] std::vector<LoadedModule> load_modules(const std::vector<std::string>& directories,
                                                     remote::Registry& registry,
                                                     const media::Services& services);

}  // namespace rivero::host
