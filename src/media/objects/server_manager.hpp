// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/media/pipeline.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace rivero::media {

enum class ServerType { kms, kcs };
inline auto describe(Identity<ServerType>) {
    return Enumeration<ServerType>{"ServerType",
                                   "What a server is; always KMS, which clients expect.",
                                   {{ServerType::kms, "KMS"}, {ServerType::kcs, "KCS"}}};
}

struct ModuleInfo {
    std::string version, name, generationTime;
    std::vector<std::string> factories;
};
inline auto describe(Identity<ModuleInfo>) {
    using M = ModuleInfo;
    return structure<M>(
        "ModuleInfo", "A module that the server has loaded.",
        field("version", &M::version, "Its version."), field("name", &M::name, "Its name."),
        field("generationTime", &M::generationTime, "When it was built."),
        field("factories", &M::factories, "The classes of it that can be created, by name."));
}

struct ServerInfo {
    std::string version;
    std::vector<ModuleInfo> modules;
    ServerType type{};
    std::vector<std::string> capabilities;
};
inline auto describe(Identity<ServerInfo>) {
    using S = ServerInfo;
    return structure<S>("ServerInfo", "What a server is and has.",
                        field("version", &S::version, "Its version."),
                        field("modules", &S::modules, "What it has loaded."),
                        field("type", &S::type, "KMS, which clients expect."),
                        field("capabilities", &S::capabilities,
                              "What it can beyond the basic protocol: `transactions`."));
}

struct ObjectCreated {
    std::shared_ptr<MediaObject> object;
};
inline auto describe(Identity<ObjectCreated>) {
    return structure<ObjectCreated>("ObjectCreated",
                                    "An object has been created, in whichever session.",
                                    field("object", &ObjectCreated::object, "The object."))
        .extending("RaiseBase");
}
struct ObjectDestroyed {
    std::string objectId;
};
inline auto describe(Identity<ObjectDestroyed>) {
    return structure<ObjectDestroyed>("ObjectDestroyed",
                                      "An object is gone, in whichever session it was.",
                                      field("objectId", &ObjectDestroyed::objectId, "Its id."))
        .extending("RaiseBase");
}

/// What clients see of the server as a whole. The gateway has the one object of this class and
/// answers for it; here it is only declared, so that the descriptor is complete.
class ServerManager : public MediaObject {
public:
    static constexpr const char* kClassName = "ServerManager";
    using MediaObject::MediaObject;

    [[nodiscard]] virtual ServerInfo get_info() const = 0;
    [[nodiscard]] virtual std::vector<std::shared_ptr<MediaPipeline>> get_pipelines() const = 0;
    [[nodiscard]] virtual std::vector<std::string> get_sessions() const = 0;
    [[nodiscard]] virtual std::string get_metadata() const = 0;
    [[nodiscard]] virtual std::string get_kmd(const std::string& module_name) const = 0;
    [[nodiscard]] virtual int get_cpu_count() const = 0;
    [[nodiscard]] virtual float get_used_cpu(int interval_ms) const = 0;
    [[nodiscard]] virtual std::int64_t get_used_memory() const = 0;
};

}  // namespace rivero::media
