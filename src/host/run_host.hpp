// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace rivero::host {

struct HostOptions {
    std::string name;                       ///< for logs, e.g. `host 1`
    std::vector<std::string> module_paths;  ///< directories, searched in this order
    nlohmann::json settings;                ///< of the whole server
};

/// The media host: serves the requests that come over `fd` (a connected stream socket, which it
/// closes) until the other side closes it or asks for the end. Then everything is released.
/// @return exit code of the process
int run_host(int fd, const HostOptions& options);

}  // namespace rivero::host
