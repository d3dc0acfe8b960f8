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
    if (modules_.count(remote_class->kmd_module()) == 0)
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

void Registry::add_module(const std::string& name, const std::string& version) {
    modules_.try_emplace(name, version);
}

void Registry::roll_back(std::size_t mark) {
    while (in_order_.size() > mark) {
        const Class* last = in_order_.back();
        in_order_.pop_back();
        std::erase_if(by_type_, [&](auto& entry) { return entry.second == last; });
        by_name_.erase(last->name());
    }
}

}  // namespace rivero::remote
