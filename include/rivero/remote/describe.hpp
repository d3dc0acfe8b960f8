// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace rivero::remote {

/// A described type says its wire name and members by a function that is found beside it:
///
///     inline auto describe(std::type_identity<Tag>) {
///         return structure<Tag>("Tag", "A note of the application.",
///                               field("key", &Tag::key, "Its name."), field("value", &Tag::value,
///                               "Its text."));
///     }
///
/// From this come the JSON in both directions, the published descriptor and the reference pages.
template <class T>
using Identity = std::type_identity<T>;

template <class Owner, class Member>
struct Field {
    const char* name;
    Member Owner::*member;
    const char* doc;
};

template <class Owner, class Member>
[[nodiscard]] constexpr Field<Owner, Member> field(const char* name, Member Owner::*member,
                                                   const char* doc) {
    return {name, member, doc};
}

/// A complex type with members. `std::optional` members may be absent.
template <class T, class... Fields>
struct Structure {
    const char* name;
    const char* doc;
    std::tuple<Fields...> fields;
    const char* base = nullptr;      ///< simple name of the type that it extends
    const char* module = "kurento";  ///< what `__module__` says
    const char* kmd_module = "core";

    [[nodiscard]] constexpr Structure extending(const char* b) const {
        Structure copy = *this;
        copy.base = b;
        return copy;
    }
    /// @param wire what `__module__` says; @param kmd the module whose descriptor holds the type
    [[nodiscard]] constexpr Structure in(const char* wire, const char* kmd) const {
        Structure copy = *this;
        copy.module = wire;
        copy.kmd_module = kmd;
        return copy;
    }
};

template <class T, class... Fields>
[[nodiscard]] constexpr Structure<T, Fields...> structure(const char* name, const char* doc,
                                                          Fields... fields) {
    return {name, doc, std::tuple<Fields...>{fields...}};
}

/// A type that is a name out of a list.
template <class T>
struct Enumeration {
    const char* name;
    const char* doc;
    std::vector<std::pair<T, const char*>> values;
    const char* module = "kurento";
    const char* kmd_module = "core";
};

template <class T>
concept Described = requires {
    describe(Identity<T>{});
};

template <class T>
concept DescribedEnum = Described<T> && std::is_enum_v<T>;

template <class T>
concept DescribedStruct = Described<T> && std::is_class_v<T>;

/// The wire name of an enumerator.
template <DescribedEnum T>
[[nodiscard]] const char* name_of(T value) {
    static const auto description = describe(Identity<T>{});
    for (auto& [v, name] : description.values)
        if (v == value) return name;
    return "";
}

}  // namespace rivero::remote
