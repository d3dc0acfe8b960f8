// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/settings.hpp"

#include <functional>
#include <optional>
#include <string>

namespace rivero::config {

/// Overwrites what the JSON text (comments allowed) names.
/// @param source for messages: "rivero.json"
/// @throws ConfigError "rivero.json: rtc.minPort: 70000 is above 65535"; an unknown key is an error
///         that names the nearest known one
void apply_json(Settings& settings, const std::string& text, const std::string& source);

/// @throws ConfigError also when the file cannot be read
void apply_file(Settings& settings, const std::string& path);

/// Overwrites what RIVERO_* variables name; unknown ones with this prefix are errors.
/// @param variables all of the environment, as "NAME=value"
void apply_environment(Settings& settings, const std::vector<std::string>& variables);

/// Overwrites one setting. @param source for messages: "--set"
void apply_value(Settings& settings, const std::string& path, const std::string& text,
                 const std::string& source);

/// What can only be seen when all are read: ranges that turn round, for example.
/// @throws ConfigError
void check(const Settings& settings);

/// The document that the file would be, every key present.
[[nodiscard]] nlohmann::json to_json(const Settings& settings);

/// A setting to be written, with what stands above it.
struct Entry {
    std::string path;
    std::string comment;
    nlohmann::json value;
};
/// A file of settings with comments; entries of one section follow each other.
[[nodiscard]] std::string write_commented(const std::vector<Entry>& entries);

/// The file to ship: every key with its reason.
[[nodiscard]] std::string to_commented_json(const Settings& settings);

}  // namespace rivero::config
