// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "host/object_registry.hpp"

#include <algorithm>

namespace rivero::host {

std::shared_ptr<remote::Object> ObjectRegistry::find(const std::string& id) const {
    return objects_.with([&](auto& objects) -> std::shared_ptr<remote::Object> {
        auto found = objects.find(id);
        return found == objects.end() ? nullptr : found->second;
    });
}

bool ObjectRegistry::add(std::shared_ptr<remote::Object> object) {
    return objects_.with([&](auto& objects) {
        const auto& parent = object->parent_object();
        if (parent && objects.count(parent->id()) == 0) return false;
        return objects.emplace(object->id(), object).second;
    });
}

std::vector<std::shared_ptr<remote::Object>> ObjectRegistry::take(const std::string& id) {
    return objects_.with([&](auto& objects) {
        std::vector<std::shared_ptr<remote::Object>> taken;
        // Children sort right behind their parent.
        for (auto it = objects.lower_bound(id); it != objects.end();) {
            if (it->first != id && !it->first.starts_with(id + "/")) break;
            taken.push_back(std::move(it->second));
            it = objects.erase(it);
        }
        std::reverse(taken.begin(), taken.end());
        return taken;
    });
}

std::vector<std::string> ObjectRegistry::roots() const {
    return objects_.with([](auto& objects) {
        std::vector<std::string> ids;
        for (auto& [id, object] : objects)
            if (id.find('/') == std::string::npos) ids.push_back(id);
        return ids;
    });
}

std::size_t ObjectRegistry::size() const {
    return objects_.with([](auto& objects) { return objects.size(); });
}

}  // namespace rivero::host
