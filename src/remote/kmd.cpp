// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/remote/registry.hpp"

#include <algorithm>

namespace rivero::remote {
namespace {

Json parameters(const std::vector<Parameter>& list) {
    Json out = Json::array();
    for (auto& p : list) {
        Json j = {{"name", p.name}, {"type", p.type}, {"doc", p.doc}};
        if (p.optional) j["optional"] = true;
        if (!p.default_value.is_null()) j["defaultValue"] = p.default_value;
        out.push_back(j);
    }
    return out;
}

Json remote_class(const Class& c) {
    Json j = {{"name", c.name()}, {"doc", c.doc()}, {"abstract", c.is_abstract()}};
    if (c.base()) j["extends"] = c.base()->name();
    if (!c.is_abstract())
        j["constructor"] = {{"doc", c.constructor_doc()},
                            {"params", parameters(c.constructor_parameters())}};
    for (auto& m : c.methods()) {
        Json method = {{"name", m.name}, {"doc", m.doc}, {"params", parameters(m.parameters)}};
        if (!m.return_type.empty())
            method["return"] = {{"type", m.return_type}, {"doc", m.return_doc}};
        j["methods"].push_back(method);
    }
    for (auto& p : c.properties()) {
        Json property = {{"name", p.name}, {"type", p.type}, {"doc", p.doc}};
        if (p.read_only) property["readOnly"] = true;
        if (p.final) property["final"] = true;
        if (!p.default_value.is_null()) property["defaultValue"] = p.default_value;
        j["properties"].push_back(property);
    }
    for (auto& e : c.events()) j["events"].push_back(e.name);
    return j;
}

Json event(const EventType& e) {
    Json j = {{"name", e.name}, {"doc", e.doc}, {"properties", e.members}};
    if (!e.base.empty()) j["extends"] = e.base;
    return j;
}

bool is_ours(const std::string& module) {
    return module == "core" || module == "elements" || module == "filters";
}

/// Where generators of clients put what they make: the packages in which applications look for it.
Json code(const std::string& module, const std::string& version) {
    const bool ours = is_ours(module);
    return {{"api",
             {{"js",
               {{"nodeName", (ours ? "kurento-client-" : "kurento-module-") + module},
                {"npmDescription", "JavaScript client of the module " + module},
                {"npmVersion", version}}},
              {"java",
               {{"packageName", ours ? "org.kurento.client" : "org.kurento.module." + module},
                {"mavenGroupId", ours ? "org.kurento" : "org.kurento.module"},
                {"mavenArtifactId", ours ? "kurento-client" : module},
                {"mavenVersion", version}}}}},
            {"implementation",
             {{"cppNamespace", ours ? "kurento" : "kurento::module::" + module},
              {"lib", "rivero_" + module}}}};
}

/// The range of versions that a generator may take for an import: the same major version.
std::string compatible(const std::string& version) {
    return "^" + version;
}

}  // namespace

Json Registry::kmd(const Described& module) const {
    Json j = {{"name", module.name}, {"version", module.version}, {"kurentoVersion", "7.3.0"}};
    j["code"] = code(module.name, module.version);
    j["remoteClasses"] = Json::array();
    j["complexTypes"] = Json::array();
    j["events"] = Json::array();
    j["imports"] = Json::array();
    for (const Described& other : modules_) {
        // Modules of others may build on all of ours; elements and filters build on core.
        if (!is_ours(other.name) || other.name == module.name) continue;
        if (is_ours(module.name) && (module.name == "core" || other.name != "core")) continue;
        j["imports"].push_back({{"name", other.name},
                                {"version", compatible(other.version)},
                                {"npmVersion", compatible(other.version)},
                                {"mavenVersion", other.version}});
    }
    std::map<std::string, const EventType*> events;
    for (const Class* c : in_order_) {
        if (c->kmd_module() != module.name) continue;
        j["remoteClasses"].push_back(remote_class(*c));
        for (auto& e : c->events()) events[e.name] = &e;
    }
    for (auto& [in, e] : base_events_)
        if (in == module.name) events[e.name] = &e;
    for (auto& [name, e] : events) j["events"].push_back(event(*e));
    for (auto& [name, type] : types_.types())
        if (type.module == module.name) j["complexTypes"].push_back(type.kmd);
    return j;
}

Json Registry::describe_modules() const {
    Json list = Json::array();
    for (const Described& module : modules_) {
        std::vector<std::string> factories;
        for (const Class* c : in_order_)
            if (c->kmd_module() == module.name && !c->is_abstract()) factories.push_back(c->name());
        std::sort(factories.begin(), factories.end());
        list.push_back({{"name", module.name},
                        {"version", module.version},
                        {"generationTime", __DATE__ " " __TIME__},
                        {"factories", factories},
                        {"kmd", kmd(module)}});
    }
    return list;
}

}  // namespace rivero::remote
