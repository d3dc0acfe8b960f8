// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace rivero::config::kurento {

struct Converted {
    std::string settings;             ///< a file of ours, each key with where it comes from
    std::vector<std::string> report;  ///< what every old key became, and why some became nothing
};

/// Says what a configuration of Kurento is here: the main file, the module files beside it, and the
/// variables with which its container is set up (KMS_MIN_PORT and the like, which win).
/// @param environment as "NAME=value"
/// @throws ConfigError when the main file cannot be read
[[nodiscard]] Converted convert(const std::string& main_file,
                                const std::vector<std::string>& environment);

}  // namespace rivero::config::kurento
