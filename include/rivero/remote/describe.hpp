// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
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

namespace detail {
template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;
}  // namespace detail

template <class Owner, class Member>
struct Field {
    const char* name;
    Member Owner::*member;
    const char* doc;
    /// What counts where an optional member is unset, for the descriptor: whoever uses the value
    /// says it again. Empty: nothing to tell.
    std::conditional_t<detail::is_optional<Member>, Member, std::monostate> fallback{};
};

template <class Owner, class Member>
[[nodiscard]] constexpr Field<Owner, Member> field(const char* name, Member Owner::*member,
                                                   const char* doc) {
    return {name, member, doc, {}};
}
template <class Owner, class Member>
[[nodiscard]] constexpr Field<Owner, std::optional<Member>> field(
    const char* name, std::optional<Member> Owner::*member, const char* doc, Member fallback) {
    return {name, member, doc, std::move(fallback)};
}

/// A complex type with members. `std::optional` members may be absent.
/// @tparam Base the type that it extends, of which T is a C++ derivation, too; void: none
template <class T, class Base, class... Fields>
struct Structure {
    using Extends = Base;
    const char* name;
    const char* doc;
    std::tuple<Fields...> fields;
    const char* base = nullptr;      ///< simple name of the type that it extends
    const char* module = "kurento";  ///< what `__module__` says
    const char* kmd_module = "core";

    /// Only says so: for an event whose members come from elsewhere.
    [[nodiscard]] constexpr Structure extending(const char* b) const {
        Structure copy = *this;
        copy.base = b;
        return copy;
    }
    /// The members of B come first.
    template <class B>
    [[nodiscard]] constexpr Structure<T, B, Fields...> extending() const {
        static_assert(std::is_base_of_v<B, T>);
        return {name, doc, fields, describe(Identity<B>{}).name, module, kmd_module};
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
[[nodiscard]] constexpr Structure<T, void, Fields...> structure(const char* name, const char* doc,
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
