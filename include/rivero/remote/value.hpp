// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/remote/describe.hpp"
#include "rivero/remote/error.hpp"
#include "rivero/remote/json.hpp"
#include "rivero/remote/object.hpp"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

namespace rivero::remote {

/// What reading a value may need to know.
struct Decoding {
    const Directory& objects;
    std::string name;     ///< of the parameter or member, for messages
    bool member = false;  ///< a member of a complex type rather than a parameter

    /// MARSHALL_ERROR that says what was wrong with what.
    [[noreturn]] void wrong_type(const char* expected) const;
};

/// Looks an object id up. Throws 40101 when it is unknown, 40109 for a reference outside its
/// transaction.
[[nodiscard]] std::shared_ptr<Object> find_object(const Json& id, const Decoding& in);
/// MARSHALL_ERROR: the object exists and is of another class.
[[noreturn]] void wrong_class(const Object& object, const std::string& expected,
                              const Decoding& in);

/// Descriptions of the complex types that signatures mention, by name; the published descriptor is
/// printed from them.
class TypeCollector {
public:
    struct Type {
        std::string module, name;
        Json kmd;
    };
    [[nodiscard]] bool has(const std::string& name) const { return types_.count(name) != 0; }
    void add(const std::string& name, Type type) {
        if (!has(name)) in_order_.push_back(name);
        types_[name] = std::move(type);
    }
    [[nodiscard]] const std::map<std::string, Type>& types() const { return types_; }
    /// Forgets what was added since there were this many.
    void shrink(std::size_t size) {
        for (; in_order_.size() > size; in_order_.pop_back()) types_.erase(in_order_.back());
    }

private:
    std::map<std::string, Type> types_;
    std::vector<std::string> in_order_;
};

/// The simple class name of a remote class that stands in a signature. Classes say it as `static
/// constexpr const char* kClassName`.
template <class T>
concept RemoteObject = std::is_base_of_v<Object, T>;

/// JSON in both directions for one C++ type. encode(), decode(), type() as KMD writes it, collect()
/// of nested types.
template <class T>
struct Value;

template <>
struct Value<std::string> {
    static Json encode(const std::string& v) { return v; }
    static std::string decode(const Json& j, const Decoding& in) {
        if (j.is_string()) return j.get<std::string>();
        if (j.is_null()) return {};
        if (j.is_boolean() || j.is_number()) return j.dump();
        in.wrong_type("string");
    }
    static std::string type() { return "String"; }
    static void collect(TypeCollector&) {}
};

template <>
struct Value<bool> {
    static Json encode(bool v) { return v; }
    static bool decode(const Json& j, const Decoding& in) {
        if (j.is_boolean()) return j.get<bool>();
        if (j.is_null()) return false;
        if (j.is_number()) return j.get<double>() != 0;
        in.wrong_type("boolean");
    }
    static std::string type() { return "boolean"; }
    static void collect(TypeCollector&) {}
};

/// Numbers that fit, without what stands behind the point; a boolean counts as 0 or 1, null as 0.
template <>
struct Value<std::int32_t> {
    static Json encode(std::int32_t v) { return v; }
    static std::int32_t decode(const Json& j, const Decoding& in) {
        if (j.is_null()) return 0;
        if (j.is_boolean()) return j.get<bool>() ? 1 : 0;
        if (j.is_number()) {
            const double v = j.get<double>();
            if (v >= std::numeric_limits<std::int32_t>::min() &&
                v <= std::numeric_limits<std::int32_t>::max())
                return static_cast<std::int32_t>(v);
        }
        in.wrong_type("integer");
    }
    static std::string type() { return "int"; }
    static void collect(TypeCollector&) {}
};

template <>
struct Value<std::int64_t> {
    static Json encode(std::int64_t v) { return v; }
    static std::int64_t decode(const Json& j, const Decoding& in) {
        if (j.is_null()) return 0;
        if (j.is_boolean()) return j.get<bool>() ? 1 : 0;
        if (j.is_number_unsigned() &&
            j.get<std::uint64_t>() <=
                static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
            return j.get<std::int64_t>();
        if (j.is_number_integer() && !j.is_number_unsigned()) return j.get<std::int64_t>();
        if (j.is_number_float()) {
            // 5.0 is what some languages write for 5. 2^63 is the first that does not fit.
            const double v = j.get<double>();
            if (v == std::trunc(v) && v >= -0x1p63 && v < 0x1p63)
                return static_cast<std::int64_t>(v);
        }
        in.wrong_type("int64");
    }
    static std::string type() { return "int64"; }
    static void collect(TypeCollector&) {}
};

template <>
struct Value<double> {
    static Json encode(double v) { return v; }
    static double decode(const Json& j, const Decoding& in) {
        if (j.is_null()) return 0;
        if (j.is_boolean()) return j.get<bool>() ? 1 : 0;
        if (j.is_number()) return j.get<double>();
        in.wrong_type("double");
    }
    static std::string type() { return "double"; }
    static void collect(TypeCollector&) {}
};

/// A float travels as the exact double expansion of its 32 bits: clients check that it survives the
/// round trip.
template <>
struct Value<float> {
    static Json encode(float v) { return static_cast<double>(v); }
    static float decode(const Json& j, const Decoding& in) {
        const double v = Value<double>::decode(j, in);
        if (std::abs(v) > std::numeric_limits<float>::max()) in.wrong_type("float");
        return static_cast<float>(v);
    }
    static std::string type() { return "float"; }
    static void collect(TypeCollector&) {}
};

template <>
struct Value<std::monostate> {
    static Json encode(std::monostate) { return nullptr; }
    static std::string type() { return ""; }
    static void collect(TypeCollector&) {}
};

template <DescribedEnum T>
struct Value<T> {
    static Json encode(T v) { return name_of(v); }
    static T decode(const Json& j, const Decoding& in) {
        static const auto description = describe(Identity<T>{});
        if (!j.is_string() && !j.is_null()) in.wrong_type("string");
        std::string text = j.is_string() ? j.get<std::string>() : "";
        for (auto& [value, name] : description.values)
            if (text == name) return value;
        throw RpcError{ErrorCode::marshall_error,
                       "Invalid value for '" + std::string{description.name} + "': '" + text + "'"};
    }
    static std::string type() { return describe(Identity<T>{}).name; }
    static void collect(TypeCollector& types) {
        auto d = describe(Identity<T>{});
        if (types.has(d.name)) return;
        Json values = Json::array();
        for (auto& [value, name] : d.values) values.push_back(name);
        types.add(d.name,
                  {d.kmd_module,
                   d.name,
                   {{"name", d.name}, {"typeFormat", "ENUM"}, {"doc", d.doc}, {"values", values}}});
    }
};

template <class T>
struct Value<std::vector<T>> {
    static Json encode(const std::vector<T>& v) {
        Json array = Json::array();
        for (auto& item : v) array.push_back(Value<T>::encode(item));
        return array;
    }
    static std::vector<T> decode(const Json& j, const Decoding& in) {
        std::vector<T> v;
        if (j.is_null()) return v;
        if (!j.is_array()) in.wrong_type("list");
        for (auto& item : j) v.push_back(Value<T>::decode(item, in));
        return v;
    }
    static std::string type() { return Value<T>::type() + "[]"; }
    static void collect(TypeCollector& types) { Value<T>::collect(types); }
};

/// An empty map travels as null, as clients have always seen it.
template <class T>
struct Value<std::map<std::string, T>> {
    static Json encode(const std::map<std::string, T>& v) {
        if (v.empty()) return nullptr;
        Json object = Json::object();
        for (auto& [name, item] : v) object[name] = Value<T>::encode(item);
        return object;
    }
    static std::map<std::string, T> decode(const Json& j, const Decoding& in) {
        std::map<std::string, T> v;
        if (j.is_null()) return v;
        if (!j.is_object()) in.wrong_type("map");
        for (auto& [name, item] : j.items()) v[name] = Value<T>::decode(item, in);
        return v;
    }
    static std::string type() { return Value<T>::type() + "<>"; }
    static void collect(TypeCollector& types) { Value<T>::collect(types); }
};

template <class T>
struct Value<std::optional<T>> {
    static Json encode(const std::optional<T>& v) { return v ? Value<T>::encode(*v) : Json{}; }
    static std::optional<T> decode(const Json& j, const Decoding& in) {
        return Value<T>::decode(j, in);
    }
    static std::string type() { return Value<T>::type(); }
    static void collect(TypeCollector& types) { Value<T>::collect(types); }
};

template <RemoteObject T>
struct Value<std::shared_ptr<T>> {
    static Json encode(const std::shared_ptr<T>& v) { return v ? Json(v->id()) : Json{}; }
    static std::shared_ptr<T> decode(const Json& j, const Decoding& in) {
        auto object = find_object(j, in);
        if (auto wanted = std::dynamic_pointer_cast<T>(object)) return wanted;
        wrong_class(*object, T::kClassName, in);
    }
    static std::string type() { return T::kClassName; }
    static void collect(TypeCollector&) {}
};

/// A value whose JSON was made elsewhere, of the KMD type `Name::value`.
template <class Name>
struct Prepared {
    Json json;
};
template <class Name>
struct Value<Prepared<Name>> {
    static Json encode(const Prepared<Name>& v) { return v.json; }
    static std::string type() { return Name::value; }
    static void collect(TypeCollector& types) {
        if constexpr (requires { Name::collect(types); }) Name::collect(types);
    }
};

namespace detail {
template <class T>
struct Unwrapped {
    using Type = T;
};
template <class T>
struct Unwrapped<std::optional<T>> {
    using Type = T;
};

template <class T>
inline constexpr bool is_reference_to_object = false;
template <class T>
inline constexpr bool is_reference_to_object<std::shared_ptr<T>> = true;

/// Null as the value of an optional parameter: scalars read it as their zero, which is what clients
/// have always got. What has no zero (a name out of a list, a reference, a complex type) counts as
/// not given.
template <class T, class Plain = typename Unwrapped<T>::Type>
inline constexpr bool null_means_absent =
    std::is_enum_v<Plain> || is_reference_to_object<Plain> || DescribedStruct<Plain>;

/// The word that error messages use for the JSON type that T is read from.
template <class T>
const char* json_kind() {
    std::string t = Value<T>::type();
    if (t == "String") return "string";
    if (t == "int") return "integer";
    if (t == "boolean") return "boolean";
    if (t == "int64") return "int64";
    if (t == "float" || t == "double") return "double";
    if (t.ends_with("[]")) return "list";
    if (t.ends_with("<>")) return "map";
    return DescribedStruct<T> ? "object" : "string";
}
}  // namespace detail

template <DescribedStruct T>
struct Value<T> {
    using Description = decltype(describe(Identity<T>{}));
    using Base = typename Description::Extends;

    static Json encode(const T& v) {
        const auto d = describe(Identity<T>{});
        Json object = Json::object();
        if constexpr (!std::is_void_v<Base>) object = Value<Base>::encode(v);
        object["__module__"] = d.module;
        object["__type__"] = d.name;
        std::apply(
            [&](auto&... f) {
                (
                    [&] {
                        using M = std::decay_t<decltype(v.*(f.member))>;
                        if constexpr (detail::is_optional<M>) {
                            if (!(v.*(f.member))) return;
                        }
                        object[f.name] = Value<M>::encode(v.*(f.member));
                    }(),
                    ...);
            },
            d.fields);
        return object;
    }
    static T decode(const Json& j, const Decoding& in) {
        const auto d = describe(Identity<T>{});
        if (!j.is_object()) in.wrong_type("object");
        const auto module = j.find("__module__");
        const auto type = j.find("__type__");
        if (module != j.end() && type != j.end() &&
            (*type != d.name || (*module != d.module && *module != d.kmd_module))) {
            throw RpcError{ErrorCode::unexpected_error, "'" + in.name + "': a value of type " +
                                                            module->dump() + "." + type->dump() +
                                                            " is not a " + std::string{d.name}};
        }
        T value{};
        decode_members(value, j, in);
        return value;
    }
    static void decode_members(T& value, const Json& j, const Decoding& in) {
        if constexpr (!std::is_void_v<Base>) Value<Base>::decode_members(value, j, in);
        const auto d = describe(Identity<T>{});
        std::apply(
            [&](auto&... f) {
                (
                    [&] {
                        using M = std::decay_t<decltype(value.*(f.member))>;
                        Decoding nested{in.objects, f.name, true};
                        auto member = j.find(f.name);
                        if constexpr (detail::is_optional<M>) {
                            // Unset, also where there is a default: what is told back to clients
                            // is only what they have set.
                            if (member == j.end() ||
                                (member->is_null() && detail::null_means_absent<M>))
                                return;
                        }
                        if (member == j.end()) nested.wrong_type(detail::json_kind<M>());
                        value.*(f.member) = Value<M>::decode(*member, nested);
                    }(),
                    ...);
            },
            d.fields);
    }
    static std::string type() { return describe(Identity<T>{}).name; }
    /// As it would be written by hand: 0.04, where 0.04F on the wire has all its digits.
    template <class M>
    static Json literal(const M& value) {
        if constexpr (std::is_same_v<M, float>) {
            char text[32];
            const auto end = std::to_chars(text, text + sizeof text, value).ptr;
            return Json::parse(text, end);
        } else {
            return Value<M>::encode(value);
        }
    }
    /// The members of T itself, as KMD writes properties.
    static Json properties(TypeCollector& types) {
        const auto d = describe(Identity<T>{});
        Json properties = Json::array();
        std::apply(
            [&](auto&... f) {
                (
                    [&] {
                        using M = std::decay_t<decltype(std::declval<T>().*(f.member))>;
                        Json property = {
                            {"name", f.name}, {"doc", f.doc}, {"type", Value<M>::type()}};
                        if constexpr (detail::is_optional<M>) {
                            property["optional"] = true;
                            if (f.fallback) property["defaultValue"] = literal(*f.fallback);
                        }
                        properties.push_back(property);
                        Value<M>::collect(types);
                    }(),
                    ...);
            },
            d.fields);
        return properties;
    }
    static void collect(TypeCollector& types) {
        const auto d = describe(Identity<T>{});
        if (types.has(d.name)) return;
        if constexpr (!std::is_void_v<Base>) Value<Base>::collect(types);
        types.add(d.name, {d.kmd_module, d.name, {}});  // first: types may be recursive
        Json kmd = {{"name", d.name},
                    {"typeFormat", "REGISTER"},
                    {"doc", d.doc},
                    {"properties", properties(types)}};
        if (d.base) kmd["extends"] = d.base;
        types.add(d.name, {d.kmd_module, d.name, kmd});
    }
};

}  // namespace rivero::remote
