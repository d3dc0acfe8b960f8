// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "app/roles.hpp"
#include "config/command_line.hpp"
#include "config/kurento/convert.hpp"
#include "config/settings_io.hpp"

#include <csignal>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

extern char** environ;

namespace {

int run(const std::vector<std::string>& arguments) {
    using namespace rivero;
    if (arguments.size() >= 2 && arguments[0] == "--role" && arguments[1] == "host")
        return app::run_host_role({arguments.begin() + 2, arguments.end()});

    std::vector<std::string> environment;
    for (char** variable = environ; *variable != nullptr; ++variable)
        environment.emplace_back(*variable);
    const auto line = config::read_command_line(arguments, environment);
    switch (line.action) {
        case config::Action::help:
            std::fputs(config::usage().c_str(), stdout);
            return 0;
        case config::Action::version:
            std::puts("rivero " RIVERO_VERSION);
            return 0;
        case config::Action::print_config:
            std::fputs(config::to_commented_json(line.settings).c_str(), stdout);
            return 0;
        case config::Action::check_config:
            std::puts("The settings are fine.");
            return 0;
        case config::Action::convert_kurento_config: {
            const auto made = config::kurento::convert(line.kurento_config, environment);
            for (const auto& remark : made.report) std::fprintf(stderr, "%s\n", remark.c_str());
            std::fputs(made.settings.c_str(), stdout);
            return 0;
        }
        case config::Action::run:
            break;
    }
    return app::run_gateway(line.settings);
}

}  // namespace

int main(int argc, char** argv) {
    // A client or a host that went away shows as an error of the write.
    std::signal(SIGPIPE, SIG_IGN);
    try {
        return run({argv + 1, argv + argc});
    } catch (const std::exception& error) {
        std::fprintf(stderr, "rivero: %s\n", error.what());
        return 1;
    }
}
