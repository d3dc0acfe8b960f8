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
        j["constructor"] = {{"doc", c.doc()}, {"params", parameters(c.constructor_parameters())}};
    for (auto& m : c.methods()) {
        Json method = {{"name", m.name}, {"doc", m.doc}, {"params", parameters(m.parameters)}};
        if (!m.return_type.empty()) method["return"] = {{"type", m.return_type}, {"doc", ""}};
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

}  // namespace

Json Registry::kmd(const std::string& module, const std::string& version) const {
    Json j = {{"name", module}, {"version", version}, {"kurentoVersion", "7.3.0"}};
    j["remoteClasses"] = Json::array();
    j["complexTypes"] = Json::array();
    j["events"] = Json::array();
    j["imports"] = Json::array();
    if (module != "core") j["imports"].push_back({{"name", "core"}});
    std::map<std::string, const EventType*> events;
    for (const Class* c : in_order_) {
        if (c->kmd_module() != module) continue;
        j["remoteClasses"].push_back(remote_class(*c));
        for (auto& e : c->events()) events[e.name] = &e;
    }
    for (auto& [name, e] : events) {
        const bool raw = name == "Error" || name == "ObjectCreated" || name == "ObjectDestroyed";
        j["events"].push_back({{"name", name},
                               {"doc", e->doc},
                               {"properties", e->members},
                               {"extends", raw ? "RaiseBase" : "Media"}});
    }
    for (auto& [name, type] : types_.types())
        if (type.module == module) j["complexTypes"].push_back(type.kmd);
    return j;
}

Json Registry::describe_modules() const {
    Json list = Json::array();
    for (auto& [name, version] : modules_) {
        std::vector<std::string> factories;
        for (const Class* c : in_order_)
            if (c->kmd_module() == name && !c->is_abstract()) factories.push_back(c->name());
        std::sort(factories.begin(), factories.end());
        list.push_back({{"name", name},
                        {"version", version},
                        {"generationTime", __DATE__ " " __TIME__},
                        {"factories", factories},
                        {"kmd", kmd(name, version)}});
    }
    return list;
}

}  // namespace rivero::remote
