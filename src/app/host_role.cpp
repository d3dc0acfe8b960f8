// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "app/roles.hpp"
#include "rivero/base/log.hpp"

#ifdef RIVERO_HAS_HOST
#include "host/run_host.hpp"
#endif

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <pthread.h>
#include <stdexcept>
#include <unistd.h>

namespace rivero::app {
namespace {

std::string read_all(int fd) {
    std::string text;
    std::array<char, 4096> buffer{};
    for (ssize_t n = 0; (n = ::read(fd, buffer.data(), buffer.size())) > 0;)
        text.append(buffer.data(), static_cast<std::size_t>(n));
    ::close(fd);
    return text;
}

}  // namespace

int run_host_on(int fd, const std::string& name, const std::string& settings) {
#ifdef RIVERO_HAS_HOST
    host::HostOptions options;
    options.name = name;
    options.settings = nlohmann::json::parse(settings);
    // host-1 is the first; what takes its place after a crash has its name.
    const auto dash = name.find_last_of('-');
    if (dash != std::string::npos && dash + 1 < name.size())
        options.settings["hostIndex"] = std::max(0, std::atoi(name.c_str() + dash + 1) - 1);
    options.module_paths =
        options.settings.at("modules").at("paths").get<std::vector<std::string>>();
    return host::run_host(fd, options);
#else
    static_cast<void>(settings);
    ::close(fd);
    log_topic("app")->error("{}: this program was built without the media host", name);
    return 1;
#endif
}

int run_host_role(const std::vector<std::string>& arguments) {
    int fd = -1;
    int settings_fd = -1;
    std::string name = "host";
    for (std::size_t i = 0; i + 1 < arguments.size(); i += 2) {
        const std::string& value = arguments[i + 1];
        if (arguments[i] == "--fd") fd = std::stoi(value);
        if (arguments[i] == "--settings-fd") settings_fd = std::stoi(value);
        if (arguments[i] == "--name") name = value;
    }
    if (fd < 0 || settings_fd < 0)
        throw std::runtime_error{"--role host is how the gateway starts its media hosts"};
    const std::string settings = read_all(settings_fd);
    set_log_process(name);
    // Started as /proc/self/exe, it would be called "exe" in the list of processes.
    pthread_setname_np(pthread_self(), ("rivero-" + name).substr(0, 15).c_str());
    const auto levels = nlohmann::json::parse(settings).at("log").at("levels").get<std::string>();
    // The gateway has checked the words and said what it thinks of them.
    [[maybe_unused]] const auto unknown = set_log_levels(levels);
    return run_host_on(fd, name, settings);
}

}  // namespace rivero::app
