// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>

#include <map>
#include <string>
#include <vector>

namespace rivero::config::kurento {

/// One key of Kurento's configuration. Its values are text, whatever they look like: "5" is a
/// number, too.
struct Value {
    nlohmann::json value;
    std::string file;  ///< that it stands in
};

/// Kurento's configuration as it sees it itself: the main file and those of the modules, put
/// together.
struct ConfigTree {
    /// By path, such as `modules.kurento.BaseRtpEndpoint.minPort`. Lists are values, and so is
    /// `mediaServer.metadata`.
    std::map<std::string, Value> values;
    std::vector<std::string> skipped;  ///< "file: why"
};

/// @param main_file kurento.conf.json
/// @param module_directories with files that are called <Class>.conf.json or .conf.ini, at any
///        depth; empty: `modules` beside the main file
/// @throws ConfigError when the main file cannot be read; others are skipped
[[nodiscard]] ConfigTree read_config_tree(const std::string& main_file,
                                          std::vector<std::string> module_directories);

}  // namespace rivero::config::kurento
