// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "config/command_line.hpp"

#include "config/fields.hpp"
#include "config/settings_io.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace rivero::config {
namespace {

/// 127.0.0.1:8888, [::1]:8888, :8888 (all addresses), 8888
void apply_listen(Settings& settings, const std::string& text) {
    const auto colon = text.rfind(':');
    std::string address = colon == std::string::npos ? "" : text.substr(0, colon);
    const std::string port = colon == std::string::npos ? text : text.substr(colon + 1);
    if (address.starts_with('[') && address.ends_with(']'))
        address = address.substr(1, address.size() - 2);
    if (colon != std::string::npos) {
        if (address == "localhost") address = "127.0.0.1";
        apply_value(settings, "listen.address", address.empty() ? "0.0.0.0" : address, "--listen");
    }
    apply_value(settings, "listen.port", port, "--listen");
}

/// Options that are another way to write a setting.
const std::map<std::string, std::string>& shorthands() {
    static const std::map<std::string, std::string> options{
        {"--hosts", "hosts.count"},
        {"--web", "web.root"},
        {"--recordings", "web.recordings"},
        {"--log", "log.levels"},
    };
    return options;
}

}  // namespace

CommandLine read_command_line(const std::vector<std::string>& arguments,
                              const std::vector<std::string>& environment) {
    CommandLine line;
    std::vector<std::pair<std::string, std::string>> options;
    std::string file;
    std::vector<std::string> variables;
    for (const auto& variable : environment) {
        if (variable.starts_with("RIVERO_CONFIG=")) {
            file = variable.substr(variable.find('=') + 1);
        } else {
            variables.push_back(variable);
        }
    }
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        std::string name = arguments[i];
        if (name == "--help" || name == "-h") {
            line.action = Action::help;
        } else if (name == "--version" || name == "-v") {
            line.action = Action::version;
        } else if (name == "--check-config") {
            line.action = Action::check_config;
        } else if (name == "--print-config") {
            line.action = Action::print_config;
        } else if (name == "--config" || name == "--listen" || name == "--modules" ||
                   name == "--set" || name == "--convert-kurento-config" ||
                   shorthands().contains(name) ||
                   (name.starts_with("--") && name.find('=') != std::string::npos)) {
            std::string value;
            if (const auto equals = name.find('='); equals != std::string::npos) {
                value = name.substr(equals + 1);
                name = name.substr(0, equals);
            } else if (i + 1 < arguments.size()) {
                value = arguments[++i];
            } else {
                throw ConfigError{name + ": a value must follow"};
            }
            if (name == "--config") {
                file = value;
            } else if (name == "--convert-kurento-config") {
                line.action = Action::convert_kurento_config;
                line.kurento_config = value;
            } else {
                options.emplace_back(name, value);
            }
        } else {
            throw ConfigError{name + ": there is no such option; --help shows all"};
        }
    }
    // Asked for help, nobody wants to hear what is wrong with the settings.
    if (line.action == Action::help || line.action == Action::version ||
        line.action == Action::convert_kurento_config)
        return line;

    if (!file.empty()) apply_file(line.settings, file);
    apply_environment(line.settings, variables);
    std::vector<std::string> module_paths;
    for (const auto& [name, value] : options) {
        if (name == "--listen") {
            apply_listen(line.settings, value);
        } else if (name == "--modules") {
            Settings one;
            apply_value(one, "modules.paths", value, name);
            module_paths.insert(module_paths.end(), one.modules.paths.begin(),
                                one.modules.paths.end());
        } else if (name == "--set") {
            const auto equals = value.find('=');
            if (equals == std::string::npos)
                throw ConfigError{"--set: '" + value + "' is not KEY=VALUE"};
            apply_value(line.settings, value.substr(0, equals), value.substr(equals + 1), name);
        } else if (const auto found = shorthands().find(name); found != shorthands().end()) {
            apply_value(line.settings, found->second, value, name);
        } else {
            throw ConfigError{name + ": there is no such option; --help shows all"};
        }
    }
    if (!module_paths.empty()) line.settings.modules.paths = module_paths;
    check(line.settings);
    return line;
}

std::string usage() {
    return R"(rivero [options]: a WebRTC media server that speaks the protocol of Kurento's clients

  --config FILE         settings, JSON with comments (also RIVERO_CONFIG)
  --listen HOST:PORT    where clients connect, default 127.0.0.1:8888; port 0 takes a free one
  --modules DIR         directory with modules; several by repetition or separated by ':'
  --hosts N             media host processes; -1 one per core (default), 0 inside the gateway
  --web DIR             directory of the demo page
  --recordings DIR      directory that can be read under /recordings/
  --log LEVELS          e.g. info,rtp=debug
  --set KEY=VALUE       any other setting, e.g. --set rtc.minPort=40000
  --check-config        reads all settings, says what is wrong, and ends
  --print-config        prints the settings in effect as a file with explanations, and ends
  --convert-kurento-config FILE
                        prints the settings that a kurento.conf.json and the files of its modules
                        are here, says on standard error what became of each key, and ends
  --version, --help

Each setting can also come from the environment: RIVERO_RTC_MIN_PORT is rtc.minPort.
The command line wins over the environment, and that over the file.
)";
}

}  // namespace rivero::config
