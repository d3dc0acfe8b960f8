// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "app/roles.hpp"
#include "config/settings_io.hpp"
#include "gateway/net/daemon.hpp"
#include "gateway/process_stats.hpp"
#include "rivero/base/log.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <sys/resource.h>

namespace rivero::app {
namespace {

namespace fs = std::filesystem;

bool holds_modules(const fs::path& directory) {
    std::error_code error;
    for (fs::recursive_directory_iterator it{directory, error}, end; !error && it != end;
         it.increment(error))
        if (it->path().extension() == ".so") return true;
    return false;
}

/// Sockets need descriptors; the system lets a process raise its own soft limit.
void raise_descriptor_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

std::size_t size(std::int64_t value) {
    return static_cast<std::size_t>(value);
}

void require_directory(const char* key, const std::string& path) {
    if (!path.empty() && !fs::is_directory(path))
        throw std::runtime_error{std::string{key} + ": there is no directory " + path};
}

}  // namespace

std::string own_program() {
    return fs::read_symlink("/proc/self/exe").string();
}

std::vector<std::string> module_paths(const config::Settings& settings) {
    if (!settings.modules.paths.empty()) return settings.modules.paths;
    const fs::path beside = fs::path{own_program()}.parent_path() / "modules";
    if (fs::is_directory(beside)) return {beside.string()};
    return {(fs::path{own_program()}.parent_path() / "../lib/rivero/modules")
                .lexically_normal()
                .string()};
}

namespace {

/// The demo page: beside the program in a build tree, in share/ when installed; none is no error.
std::string default_web_root() {
    const fs::path here = fs::path{own_program()}.parent_path();
    for (const fs::path& candidate : {here / "web", here / "../share/rivero/web"})
        if (fs::is_directory(candidate)) return candidate.lexically_normal().string();
    return {};
}

bool is_loopback(const std::string& address) {
    return address == "localhost" || address == "::1" || address.starts_with("127.");
}

/// Where recordings with a relative name go is where the page finds them, whichever of the two was
/// set.
void join_recordings(config::Settings& settings) {
    const std::string scheme = "file://";
    if (!settings.web.recordings.empty()) {
        if (settings.uri.default_path == config::Settings{}.uri.default_path)
            settings.uri.default_path =
                scheme + fs::absolute(settings.web.recordings).lexically_normal().string();
    } else if (settings.uri.default_path.starts_with(scheme)) {
        const std::string folder = settings.uri.default_path.substr(scheme.size());
        if (fs::is_directory(folder)) settings.web.recordings = folder;
    }
}

gateway::ListenOptions listen_options(const config::Settings& settings) {
    const auto& given = settings.listen;
    gateway::ListenOptions listen;
    listen.address = given.address;
    listen.port = given.port;
    listen.path = given.path;
    listen.tls.address = given.tls.address.empty() ? given.address : given.tls.address;
    listen.tls.port = given.tls.port;
    listen.tls.certificate = given.tls.certificate;
    listen.tls.key = given.tls.key;
    listen.tls.key_password = given.tls.key_password;
    listen.access = {given.allowed_origins, given.host_names, given.access_tokens,
                     given.access_token_file};
    listen.idle = std::chrono::seconds{given.idle_seconds};
    listen.patience = std::chrono::seconds{given.patience_seconds};
    listen.web_root = settings.web.root;
    listen.recordings = settings.web.recordings;
    listen.max_message = size(settings.limits.message_bytes);
    listen.max_queued = size(settings.limits.send_queue_bytes);
    listen.max_queued_in_all = size(settings.limits.send_queue_bytes_in_all);
    listen.max_unfinished_in_all = size(settings.limits.unfinished_bytes_in_all);
    listen.max_connections = size(settings.limits.connections);
    return listen;
}

/// Media hosts read files and streams of strangers: what they do not need, nobody can get there.
config::Settings without_secrets(config::Settings settings) {
    settings.listen.access_tokens.clear();
    settings.listen.tls.key_password.clear();
    return settings;
}

}  // namespace

int run_gateway(const config::Settings& given) {
    if (const auto unknown = set_log_levels(given.log.levels); !unknown.empty())
        throw std::runtime_error{"log.levels: " + unknown};
    config::Settings settings = given;
    settings.modules.paths = module_paths(given);
    if (settings.web.root.empty()) settings.web.root = default_web_root();
    join_recordings(settings);
    // Whoever listens for clients on this machine only has browsers on this machine only.
    const bool only_here = (settings.listen.port < 0 || is_loopback(settings.listen.address)) &&
                           (settings.listen.tls.port < 0 || settings.listen.tls.address.empty() ||
                            is_loopback(settings.listen.tls.address)) &&
                           is_loopback(settings.listen.address);
    if (only_here) settings.rtc.include_loopback = true;
    require_directory("web.root", settings.web.root);
    require_directory("web.recordings", settings.web.recordings);
    if (std::none_of(settings.modules.paths.begin(), settings.modules.paths.end(), holds_modules)) {
        std::string tried;
        for (const auto& path : settings.modules.paths) tried += (tried.empty() ? "" : ", ") + path;
        throw std::runtime_error{"No module found in " + tried +
                                 "; --modules DIR says where they are"};
    }
    raise_descriptor_limit();

    const std::string host_settings = config::to_json(without_secrets(settings)).dump();
    gateway::DaemonOptions options;
    options.gateway.service.version = RIVERO_VERSION;
    options.gateway.service.metadata = settings.metadata;
    options.gateway.service.max_sessions = size(settings.limits.sessions);
    options.gateway.service.max_pipelines = size(settings.limits.pipelines);
    options.gateway.service.max_objects = size(settings.limits.objects);
    options.gateway.service.max_objects_per_session = size(settings.limits.objects_per_session);
    options.gateway.service.subscriptions = {size(settings.limits.subscriptions_per_session),
                                             size(settings.limits.subscriptions)};
    options.gateway.service.resource_limit = settings.resources.exception_limit;
    options.gateway.collector_period =
        std::chrono::seconds{settings.sessions.collector_period_seconds};
    options.gateway.request_cache = settings.sessions.request_cache;
    options.gateway.request_cache_bytes = size(settings.limits.request_cache_bytes);
    options.gateway.requests_in_flight = size(settings.limits.requests_in_flight);
    options.gateway.bytes_in_flight = size(settings.limits.request_bytes_in_flight);
    options.gateway.bytes_in_flight_in_all = size(settings.limits.request_bytes_in_flight_in_all);
    options.listen = listen_options(settings);
    options.hosts.count =
        settings.hosts.count < 0 ? size(gateway::cpu_count()) : size(settings.hosts.count);
    // Not by its path: after an upgrade another program may be there, whose hosts would not fit us.
    options.hosts.command = {"/proc/self/exe", "--role", "host"};
    options.hosts.settings = host_settings;
    options.hosts.run_in_process = [host_settings](int fd) {
        return run_host_on(fd, "host-1", host_settings);
    };
    options.on_listening = [](const std::string& url) {
        // Those who start us wait for these lines; nothing else is on standard output.
        std::printf("listening on %s\n", url.c_str());
        std::fflush(stdout);
    };
    gateway::Daemon daemon{options};
    daemon.run();
    return 0;
}

}  // namespace rivero::app
