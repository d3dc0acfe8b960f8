// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "host/module_loader.hpp"

#include "rivero/base/log.hpp"
#include "rivero/media/module.hpp"

#include <algorithm>
#include <dlfcn.h>
#include <exception>
#include <filesystem>
#include <set>
#include <system_error>

namespace rivero::host {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> shared_objects(const std::string& directory) {
    std::vector<fs::path> found;
    std::error_code error;
    for (fs::recursive_directory_iterator
             it{directory, fs::directory_options::skip_permission_denied, error},
         end;
         !error && it != end; it.increment(error))
        if (it->path().extension() == ".so" && it->is_regular_file()) found.push_back(it->path());
    if (error) log_topic("modules")->error("{}: {}", directory, error.message());
    std::sort(found.begin(), found.end());
    return found;
}

std::string problem_of(LoadedModule& module, remote::Registry& registry,
                       const media::Services& services) {
    void* handle = dlopen(module.path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!handle) return dlerror();
    using Entry = const ModuleDescriptor*();
    auto* entry = reinterpret_cast<Entry*>(dlsym(handle, "rivero_module"));
    if (!entry) return "it does not export rivero_module()";
    const ModuleDescriptor* descriptor = entry();
    if (!descriptor) return "rivero_module() gives nothing";
    if (descriptor->sdk_version != kSdkVersion)
        return "it was built against SDK " + std::to_string(descriptor->sdk_version) +
               ", this server has SDK " + std::to_string(kSdkVersion);
    const auto mark = registry.mark();
    try {
        Module declaration{registry, services, descriptor->name};
        descriptor->declare(declaration);
    } catch (const std::exception& e) {
        registry.roll_back(mark);
        return e.what();
    }
    module.name = descriptor->name;
    module.version = descriptor->version;
    return {};
}

}  // namespace

std::vector<LoadedModule> load_modules(const std::vector<std::string>& directories,
                                       remote::Registry& registry,
                                       const media::Services& services) {
    std::vector<LoadedModule> modules;
    std::set<std::string> seen;
    for (const std::string& directory : directories) {
        for (const fs::path& path : shared_objects(directory)) {
            // A module of the same file name earlier on the path replaces a later one.
            if (!seen.insert(path.filename().string()).second) continue;
            LoadedModule module{path.string(), {}, {}, {}};
            module.problem = problem_of(module, registry, services);
            if (module.problem.empty()) {
                log_topic("modules")->debug("{} {} loaded from {}", module.name, module.version,
                                            module.path);
            } else {
                log_topic("modules")->error("{} is left out: {}", module.path, module.problem);
            }
            modules.push_back(std::move(module));
        }
    }
    return modules;
}

}  // namespace rivero::host
