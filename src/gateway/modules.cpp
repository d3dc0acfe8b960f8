// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "gateway/modules.hpp"

#include <algorithm>
#include <array>

namespace rivero::gateway {

using jsonrpc::Json;

namespace {

constexpr std::array kAlwaysThere{"core", "elements", "filters"};

std::string text_of(const Json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

/// Adds the members of `more` that `whole` lacks; lists of named things (remoteClasses, events)
/// grow by those whose names are new.
void merge_kmd(Json& whole, const Json& more) {
    if (!more.is_object()) return;
    if (!whole.is_object()) {
        whole = more;
        return;
    }
    for (const auto& [key, value] : more.items()) {
        Json& mine = whole[key];
        if (mine.is_null()) {
            mine = value;
        } else if (mine.is_array() && value.is_array()) {
            for (const auto& entry : value) {
                const bool have = std::any_of(mine.begin(), mine.end(), [&](const Json& known) {
                    return known == entry ||
                           (known.is_object() && entry.is_object() && known.contains("name") &&
                            entry.contains("name") && known["name"] == entry["name"]);
                });
                if (!have) mine.push_back(entry);
            }
        }
    }
}

}  // namespace

void Modules::merge(const Json& modules) {
    if (!modules.is_array()) return;
    for (const auto& module : modules) {
        if (!module.is_object()) continue;
        const std::string name = text_of(module, "name");
        if (name.empty()) continue;
        auto [entry, is_new] = modules_.try_emplace(name, Json::object());
        Json& whole = entry->second;
        if (is_new) {
            whole = {{"version", text_of(module, "version")},
                     {"generationTime", text_of(module, "generationTime")},
                     {"factories", Json::array()},
                     {"kmd", nullptr}};
        }
        if (const auto factories = module.find("factories");
            factories != module.end() && factories->is_array()) {
            Json& all = whole["factories"];
            for (const auto& factory : *factories)
                if (factory.is_string() && std::find(all.begin(), all.end(), factory) == all.end())
                    all.push_back(factory);
            std::sort(all.begin(), all.end());
        }
        if (const auto kmd = module.find("kmd"); kmd != module.end()) merge_kmd(whole["kmd"], *kmd);
    }
}

Json Modules::infos() const {
    Json infos = Json::array();
    const auto add = [&](const std::string& name, const Json& module) {
        infos.push_back({{"__module__", "kurento"},
                         {"__type__", "ModuleInfo"},
                         {"name", name},
                         {"version", module.value("version", "")},
                         {"generationTime", module.value("generationTime", "")},
                         {"factories", module.value("factories", Json::array())}});
    };
    const Json nothing = Json::object();
    for (const char* name : kAlwaysThere) {
        const auto found = modules_.find(name);
        add(name, found == modules_.end() ? nothing : found->second);
    }
    for (const auto& [name, module] : modules_)
        if (std::find(kAlwaysThere.begin(), kAlwaysThere.end(), name) == kAlwaysThere.end())
            add(name, module);
    return infos;
}

const Json* Modules::kmd(const std::string& name) const {
    const auto found = modules_.find(name);
    return found == modules_.end() ? nullptr : &found->second.at("kmd");
}

}  // namespace rivero::gateway
