// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/remote/class.hpp"
#include "rivero/remote/value.hpp"

#include <map>
#include <memory>
#include <string>
#include <typeindex>
#include <utility>
#include <vector>

namespace rivero::remote {

/// All remote classes of a process. Filled while the modules load, then only read.
class Registry {
public:
    Registry() = default;
    Registry(const Registry&) = delete;
    Registry& operator=(const Registry&) = delete;

    /// Throws std::invalid_argument when the name is taken or the base is not registered.
    void add(std::type_index cpp_type, std::unique_ptr<Class> remote_class);
    [[nodiscard]] TypeCollector& types() { return types_; }

    /// By simple or qualified name; null when unknown.
    [[nodiscard]] const Class* find(const std::string& name) const;
    [[nodiscard]] const Class* find(std::type_index cpp_type) const;
    [[nodiscard]] const std::vector<const Class*>& classes() const { return in_order_; }

    /// Names a descriptor module and gives its version. `core`, `elements` and `filters` belong to
    /// the wire module `kurento`.
    void add_module(const std::string& name, const std::string& version);
    /// An event that no class raises itself, but from which others are derived.
    void add_event(const std::string& kmd_module, EventType event);
    /// `[{name, version, generationTime, factories, kmd}]`, what clients see as the modules of the
    /// server.
    [[nodiscard]] Json describe_modules() const;

    /// What was added since `mark` is taken out again: a module whose registration failed leaves
    /// nothing behind.
    struct Mark {
        std::size_t classes, types, modules, events;
    };
    [[nodiscard]] Mark mark() const;
    void roll_back(const Mark& mark);

private:
    struct Described {
        std::string name, version;
    };
    [[nodiscard]] const Described* find_module(const std::string& name) const;
    [[nodiscard]] Json kmd(const Described& module) const;

    std::map<std::string, std::unique_ptr<Class>> by_name_;
    std::map<std::type_index, const Class*> by_type_;
    std::vector<const Class*> in_order_;
    std::vector<Described> modules_;  ///< in the order in which they came
    std::vector<std::pair<std::string, EventType>> base_events_;  ///< with the module that has them
    TypeCollector types_;
};

}  // namespace rivero::remote
