// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/settings.hpp"

#include <string>
#include <vector>

namespace rivero::app {

/// The program's own file, which is started again for each media host.
[[nodiscard]] std::string own_program();

/// Directories in which modules are looked for: the settings', else `modules` beside the program
/// (the build tree), else ../lib/rivero/modules (installed).
[[nodiscard]] std::vector<std::string> module_paths(const config::Settings& settings);

/// Serves clients until SIGTERM or SIGINT. @return the exit code
/// @throws std::runtime_error with a sentence for the operator
int run_gateway(const config::Settings& settings);

/// `rivero --role host --fd N --settings-fd N --name TEXT`: how the gateway starts its hosts, not
/// for operators.
int run_host_role(const std::vector<std::string>& arguments);

/// A media host on descriptor `fd`, in this thread. @param settings of config::to_json, with the
/// module paths filled in
int run_host_on(int fd, const std::string& name, const std::string& settings);

}  // namespace rivero::app
