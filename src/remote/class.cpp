// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/remote/class.hpp"

namespace rivero::remote {

std::string accessor(const char* prefix, const std::string& property) {
    std::string name = prefix + property;
    char& first = name[std::char_traits<char>::length(prefix)];
    if (first >= 'a' && first <= 'z') first = static_cast<char>(first - 'a' + 'A');
    return name;
}

std::vector<std::string> Class::hierarchy() const {
    std::vector<std::string> names;
    for (const Class* c = base_; c; c = c->base_) names.push_back(c->qualified_name());
    return names;
}

const Operation* Class::find_operation(const std::string& name) const {
    for (const Class* c = this; c; c = c->base_) {
        for (auto& method : c->methods_)
            if (method.name == name) return &method;
        for (auto& property : c->properties_) {
            if (property.get.name == name) return &property.get;
            if (property.set.call && property.set.name == name) return &property.set;
        }
    }
    return nullptr;
}

bool Class::has_event(const std::string& name) const {
    for (const Class* c = this; c; c = c->base_)
        for (auto& event : c->events_)
            if (event.name == name) return true;
    return false;
}

std::shared_ptr<Object> Class::construct(ObjectInit init, const Json& arguments,
                                         const Directory& objects) const {
    return construct_(std::move(init), arguments, objects);
}

}  // namespace rivero::remote
