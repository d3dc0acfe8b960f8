// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/remote/registry.hpp"

#include <algorithm>
#include <stdexcept>

namespace rivero::remote {

void Registry::add(std::type_index cpp_type, std::unique_ptr<Class> remote_class) {
    const std::string& name = remote_class->name();
    if (by_name_.count(name) != 0)
        throw std::invalid_argument{"the class " + name + " exists already"};
    if (!find_module(remote_class->kmd_module()))
        throw std::invalid_argument{"the class " + name + " names an unknown module " +
                                    remote_class->kmd_module()};
    in_order_.push_back(remote_class.get());
    by_type_[cpp_type] = remote_class.get();
    by_name_[name] = std::move(remote_class);
}

const Class* Registry::find(const std::string& name) const {
    auto dot = name.rfind('.');
    auto found = by_name_.find(dot == std::string::npos ? name : name.substr(dot + 1));
    if (found == by_name_.end()) return nullptr;
    if (dot != std::string::npos && found->second->qualified_name() != name) return nullptr;
    return found->second.get();
}

const Class* Registry::find(std::type_index cpp_type) const {
    auto found = by_type_.find(cpp_type);
    return found == by_type_.end() ? nullptr : found->second;
}

const Registry::Described* Registry::find_module(const std::string& name) const {
    auto found = std::find_if(modules_.begin(), modules_.end(),
                              [&](const Described& module) { return module.name == name; });
    return found == modules_.end() ? nullptr : &*found;
}

void Registry::add_module(const std::string& name, const std::string& version) {
    if (!find_module(name)) modules_.push_back({name, version});
}

void Registry::add_event(const std::string& kmd_module, EventType event) {
    base_events_.emplace_back(kmd_module, std::move(event));
}

Registry::Mark Registry::mark() const {
    return {in_order_.size(), types_.types().size(), modules_.size(), base_events_.size()};
}

void Registry::roll_back(const Mark& mark) {
    while (in_order_.size() > mark.classes) {
        const Class* last = in_order_.back();
        in_order_.pop_back();
        std::erase_if(by_type_, [&](auto& entry) { return entry.second == last; });
        by_name_.erase(last->name());
    }
    types_.shrink(mark.types);
    modules_.erase(modules_.begin() + static_cast<std::ptrdiff_t>(mark.modules), modules_.end());
    base_events_.erase(base_events_.begin() + static_cast<std::ptrdiff_t>(mark.events),
                       base_events_.end());
}

}  // namespace rivero::remote
