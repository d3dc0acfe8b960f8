// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/remote/future.hpp"
#include "rivero/remote/json.hpp"
#include "rivero/remote/object.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace rivero::remote {

/// A parameter as clients see it.
struct Parameter {
    std::string name;
    std::string type;  ///< as KMD writes it: `String`, `int`, `MediaElement`, `Tag[]`
    std::string doc;
    bool optional = false;
    Json default_value;  ///< null: none
};

/// Something that can be invoked: a method, or the getter or setter of a property.
struct Operation {
    std::string name;
    std::vector<Parameter> parameters;
    std::string return_type;  ///< empty: none
    std::string doc;
    std::string return_doc;  ///< what comes back
    /// Strand of the object. Throws RpcError, or answers by the future.
    std::function<Future<Json>(Object&, const Json& arguments, const Directory&)> call;
};

struct Property {
    std::string name;
    std::string type;
    std::string doc;
    bool read_only = false;
    bool final = false;
    Json default_value;  ///< what it is until it is set; null: not said
    Operation get;
    Operation set;  ///< empty call when read_only or final
};

/// An event type.
struct EventType {
    std::string name;
    std::string doc;
    std::string base;  ///< simple name of the event that it extends
    Json members;      ///< its own, as KMD writes properties
};

/// A remote class: what clients can create and call, declared beside its code. Immutable after
/// registration.
class Class {
public:
    [[nodiscard]] const std::string& name() const { return name_; }
    /// `kurento.WebRtcEndpoint`
    [[nodiscard]] std::string qualified_name() const { return wire_module_ + "." + name_; }
    [[nodiscard]] const std::string& wire_module() const { return wire_module_; }
    [[nodiscard]] const std::string& kmd_module() const { return kmd_module_; }
    [[nodiscard]] const std::string& doc() const { return doc_; }
    [[nodiscard]] const Class* base() const { return base_; }
    [[nodiscard]] bool is_abstract() const { return !construct_; }
    /// Qualified names of the super classes, nearest first.
    [[nodiscard]] std::vector<std::string> hierarchy() const;

    /// Methods before properties, this class before its bases; null when there is none.
    [[nodiscard]] const Operation* find_operation(const std::string& name) const;
    [[nodiscard]] bool has_event(const std::string& name) const;

    [[nodiscard]] const std::vector<Parameter>& constructor_parameters() const {
        return constructor_parameters_;
    }
    [[nodiscard]] const std::string& constructor_doc() const { return constructor_doc_; }
    /// Name of the constructor parameter that is the parent; empty for an object without one.
    [[nodiscard]] const std::string& parent_parameter() const { return parent_parameter_; }
    /// Strand of the object to be. Throws RpcError.
    [[nodiscard]] std::shared_ptr<Object> construct(ObjectInit init, const Json& arguments,
                                                    const Directory&) const;

    [[nodiscard]] const std::vector<Operation>& methods() const { return methods_; }
    [[nodiscard]] const std::vector<Property>& properties() const { return properties_; }
    [[nodiscard]] const std::vector<EventType>& events() const { return events_; }

private:
    template <class T>
    friend class ClassBuilder;
    friend class Registry;
    std::string name_, doc_, constructor_doc_, wire_module_ = "kurento", kmd_module_ = "core";
    const Class* base_ = nullptr;
    std::vector<Parameter> constructor_parameters_;
    std::string parent_parameter_;
    std::function<std::shared_ptr<Object>(ObjectInit, const Json&, const Directory&)> construct_;
    std::vector<Operation> methods_;
    std::vector<Property> properties_;
    std::vector<EventType> events_;
};

/// getX and setX of a property x: the first letter is upper-cased and nothing else.
[[nodiscard]] std::string accessor(const char* prefix, const std::string& property);

}  // namespace rivero::remote
