// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/media/pipeline.hpp"
#include "rivero/remote/builder.hpp"
#include "rivero/remote/registry.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace rivero {

/// Changes whenever a module that was built against another SDK could not work with this server.
inline constexpr std::uint32_t kSdkVersion = 1;

/// What a module is given to add its classes to.
class Module {
public:
    Module(remote::Registry& registry, const media::Services& services, std::string name)
        : registry_{registry}, services_{services}, name_{std::move(name)} {}

    /// Registers a class; throws std::invalid_argument when it cannot, and then the whole module is
    /// left out.
    template <class T>
    void add(remote::ClassBuilder<T>&& declaration) {
        std::move(declaration).add_to(registry_);
    }
    /// The descriptor module that classes of this one stand in, unless they are `elements` or
    /// `filters`.
    void describe_as(const std::string& kmd_module, const std::string& version) {
        registry_.add_module(kmd_module, version);
    }
    /// Lives as long as the host; may be captured by constructors.
    [[nodiscard]] const media::Services& services() const { return services_; }
    [[nodiscard]] const std::string& name() const { return name_; }

private:
    remote::Registry& registry_;
    const media::Services& services_;
    std::string name_;
};

/// What the one exported function of a module gives. Plain data: it is read before anything else is
/// trusted.
struct ModuleDescriptor {
    std::uint32_t sdk_version;
    const char* name;
    const char* version;
    void (*declare)(Module&);
};

}  // namespace rivero

/// Stands once in a module: `RIVERO_MODULE("passthrough", "1.0.0", declare)`.
#define RIVERO_MODULE(module_name, module_version, declare_function)                           \
    extern "C" __attribute__((visibility("default"))) const ::rivero::ModuleDescriptor*        \
    rivero_module() noexcept {                                                                 \
        static const ::rivero::ModuleDescriptor descriptor{::rivero::kSdkVersion, module_name, \
                                                           module_version, declare_function};  \
        return &descriptor;                                                                    \
    }
