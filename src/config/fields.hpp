// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/settings.hpp"

#include <functional>
#include <string>
#include <vector>

namespace rivero::config {

/// One setting as the outside knows it.
struct Field {
    std::string path;  ///< "rtc.minPort" in the file; RIVERO_RTC_MIN_PORT in the environment
    std::string why;   ///< one sentence for the operator: meaning, unit, reason of the default
    std::function<nlohmann::json(const Settings&)> get;
    /// @throws ConfigError without the place, e.g. "70000 is above 65535"
    std::function<void(Settings&, const nlohmann::json&)> set;
    /// How the environment and --set write it: text is itself, lists are separated by ':' or ','.
    std::function<nlohmann::json(const std::string& text)> from_text;
};

/// All settings, in the order of the shipped file.
[[nodiscard]] const std::vector<Field>& fields();

/// A value as a message or a file shows it. What the environment and the command line give need not
/// be UTF-8: other bytes become U+FFFD.
[[nodiscard]] std::string print(const nlohmann::json& value);

/// RIVERO_RTC_MIN_PORT for rtc.minPort.
[[nodiscard]] std::string environment_name(const std::string& path);

}  // namespace rivero::config
