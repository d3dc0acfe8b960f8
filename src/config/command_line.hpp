// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/settings.hpp"

#include <string>
#include <vector>

namespace rivero::config {

/// What the program was asked to do.
enum class Action { run, check_config, print_config, version, help, convert_kurento_config };

struct CommandLine {
    Action action = Action::run;
    Settings settings;
    std::string kurento_config;  ///< the file to convert
};

/// Reads the settings: the file named by --config (or RIVERO_CONFIG), over it the environment, over
/// it the other options.
/// @param arguments without the program's name
/// @param environment as "NAME=value"
/// @throws ConfigError
[[nodiscard]] CommandLine read_command_line(const std::vector<std::string>& arguments,
                                            const std::vector<std::string>& environment);

[[nodiscard]] std::string usage();

}  // namespace rivero::config
