// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "config/kurento/config_tree.hpp"

#include "config/settings.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace rivero::config::kurento {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr std::size_t kMaxFile = 1 << 20;

std::string read_text(const std::string& path) {
    std::ifstream file{path};
    if (!file) throw ConfigError{path + ": " + std::strerror(errno)};
    std::string text(kMaxFile + 1, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (file.bad() || file.gcount() > static_cast<std::streamsize>(kMaxFile))
        throw ConfigError{path + ": this is not a file of settings"};
    text.resize(static_cast<std::size_t>(file.gcount()));
    return text;
}

std::string trimmed(const std::string& text) {
    const auto first = text.find_first_not_of(" \t\r");
    if (first == std::string::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

void put(ConfigTree& tree, const std::string& path, const json& value, const std::string& file) {
    if (!value.is_object() || path == "mediaServer.metadata") {
        tree.values[path] = {value, file};
        return;
    }
    for (const auto& [key, member] : value.items())
        // Kurento's way to write a comment, or to switch a key off.
        if (!key.starts_with("//")) put(tree, path.empty() ? key : path + '.' + key, member, file);
}

void read_json(ConfigTree& tree, const std::string& prefix, const std::string& file) {
    const auto document = json::parse(read_text(file), nullptr, false, /*ignore_comments=*/true);
    if (!document.is_object()) throw ConfigError{file + ": this is not JSON"};
    put(tree, prefix, document, file);
}

/// name=value, [section], and lines that start with ; or #.
void read_ini(ConfigTree& tree, const std::string& prefix, const std::string& file) {
    std::istringstream lines{read_text(file)};
    std::string section;
    for (std::string raw; std::getline(lines, raw);) {
        const auto line = trimmed(raw);
        if (line.empty() || line[0] == ';' || line[0] == '#') continue;
        if (line.front() == '[' && line.back() == ']') {
            section = trimmed(line.substr(1, line.size() - 2)) + '.';
            continue;
        }
        const auto equals = line.find('=');
        if (equals == std::string::npos) throw ConfigError{file + ": '" + line + "' has no ="};
        put(tree, prefix + '.' + section + trimmed(line.substr(0, equals)),
            trimmed(line.substr(equals + 1)), file);
    }
}

/// modules/kurento/WebRtcEndpoint.conf.ini holds modules.kurento.WebRtcEndpoint.
void read_module_file(ConfigTree& tree, const fs::path& directory, const fs::path& file) {
    const std::string name = file.filename().string();
    const auto ending = name.find(".conf.");
    std::string prefix = "modules";
    for (const auto& step : fs::relative(file.parent_path(), directory))
        if (step != ".") prefix += '.' + step.string();
    prefix += '.' + name.substr(0, ending);
    try {
        if (name.ends_with(".conf.json")) return read_json(tree, prefix, file.string());
        if (name.ends_with(".conf.ini")) return read_ini(tree, prefix, file.string());
        tree.skipped.push_back(file.string() + ": only .conf.json and .conf.ini are read");
    } catch (const ConfigError& error) {
        tree.skipped.emplace_back(error.what());
    }
}

}  // namespace

ConfigTree read_config_tree(const std::string& main_file,
                            std::vector<std::string> module_directories) {
    ConfigTree tree;
    if (main_file.ends_with(".ini")) {
        throw ConfigError{main_file + ": the main file is called kurento.conf.json"};
    }
    read_json(tree, "", main_file);
    const bool beside = module_directories.empty();
    if (beside) module_directories = {(fs::path{main_file}.parent_path() / "modules").string()};
    for (const auto& directory : module_directories) {
        std::error_code error;
        std::vector<fs::path> files;
        for (fs::recursive_directory_iterator it{directory, error}, end; !error && it != end;
             it.increment(error))
            if (it->is_regular_file()) files.push_back(it->path());
        if (error && !(beside && error == std::errc::no_such_file_or_directory))
            tree.skipped.push_back(directory + ": " + error.message());
        std::sort(files.begin(), files.end());
        for (const auto& file : files) read_module_file(tree, directory, file);
    }
    return tree;
}

}  // namespace rivero::config::kurento
