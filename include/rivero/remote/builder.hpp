// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/remote/class.hpp"
#include "rivero/remote/registry.hpp"
#include "rivero/remote/value.hpp"

#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <tuple>
#include <type_traits>
#include <typeindex>
#include <utility>

namespace rivero::remote {

/// A parameter in a declaration: `arg("sink")`, `arg("useEncodedMedia") = false`,
/// `arg("sink").says("Who receives.")`. With a default it is optional; so is one whose C++ type is
/// std::optional.
struct arg {
    explicit arg(const char* n) : name{n} {}
    template <class T>
    arg&& operator=(T value) && {
        default_value = std::move(value);
        has_default = true;
        return std::move(*this);
    }
    arg&& says(const char* text) && {
        doc = text;
        return std::move(*this);
    }
    /// A value that the descriptor suggests for a parameter that must be given nevertheless.
    template <class T>
    arg&& suggests(T value) && {
        default_value = std::move(value);
        return std::move(*this);
    }
    const char* name;
    const char* doc = "";
    Json default_value;
    bool has_default = false;
};

/// Documentation of the thing that is being declared.
struct doc {
    explicit doc(const char* t) : text{t} {}
    const char* text;
};

/// Documentation of what a method gives back.
struct returns {
    explicit returns(const char* t) : text{t} {}
    const char* text;
};

namespace detail {

/// What holds the argument of a parameter of type P until the call: references to remote objects
/// keep them alive.
template <class P>
struct Holding {
    using Stored = std::decay_t<P>;
    static const Stored& pass(const Stored& s) { return s; }
};
template <RemoteObject T>
struct Holding<T&> {
    using Stored = std::shared_ptr<T>;
    static T& pass(const Stored& s) { return *s; }
};

template <class P>
using Stored = typename Holding<P>::Stored;

template <class R>
struct Returned {
    using Plain = R;
};
template <class T>
struct Returned<Future<T>> {
    using Plain = T;
};
template <>
struct Returned<void> {
    using Plain = Done;
};
template <class R>
using Plain = std::decay_t<typename Returned<R>::Plain>;

template <class P>
Parameter parameter(const arg& a) {
    return {a.name, Value<Stored<P>>::type(), a.doc, a.has_default || is_optional<Stored<P>>,
            a.default_value};
}

/// Reads one argument. `earlier_present`: optional parameters of methods are positional; one that
/// follows a missing one is taken as missing.
template <class P>
Stored<P> read(const arg& a, const Json& arguments, const Directory& objects, bool positional,
               bool& earlier_present) {
    Decoding in{objects, a.name};
    const bool optional = a.has_default || is_optional<Stored<P>>;
    auto found = arguments.is_object() ? arguments.find(a.name) : arguments.end();
    const bool present = arguments.is_object() && found != arguments.end() &&
                         !(optional && null_means_absent<Stored<P>> && found->is_null());
    if (optional && (!present || (positional && !earlier_present))) {
        earlier_present = false;
        if constexpr (is_optional<Stored<P>>)
            return std::nullopt;
        else
            return Value<Stored<P>>::decode(a.default_value, in);
    }
    if (!present) {
        if (arguments.is_null())
            throw RpcError{ErrorCode::marshall_error,
                           std::string{positional ? "'operationParams'" : "'constructorParams'"} +
                               " is required"};
        in.wrong_type(json_kind<Stored<P>>());
    }
    return Value<Stored<P>>::decode(*found, in);
}

template <class... P, std::size_t... I>
std::tuple<Stored<P>...> read_all(const std::vector<arg>& args, const Json& arguments,
                                  const Directory& objects, bool positional,
                                  std::index_sequence<I...>) {
    if (!arguments.is_object() && !arguments.is_null())
        throw RpcError{ErrorCode::marshall_error,
                       std::string{positional ? "'operationParams'" : "'constructorParams'"} +
                           " should be an object"};
    [[maybe_unused]] bool earlier_present = true;
    // Braces: read in the order of the parameters.
    return std::tuple<Stored<P>...>{
        read<P>(args[I], arguments, objects, positional, earlier_present)...};
}

template <class R>
Future<Json> to_json(Future<R> future) {
    auto promise = std::make_shared<Promise<Json>>();
    auto result = promise->future();
    future.then([promise](Outcome<R> outcome) {
        if (outcome) {
            promise->set(Value<R>::encode(*outcome));
        } else {
            promise->fail(outcome.error().code(), outcome.error().what());
        }
    });
    return result;
}

}  // namespace detail

/// Declares one remote class; see docs/writing-a-module.md and modules/passthrough.
template <class T>
class ClassBuilder {
public:
    ClassBuilder(const char* name, doc text) : class_{std::make_unique<Class>()} {
        class_->name_ = name;
        class_->doc_ = text.text;
    }

    template <class Base>
    ClassBuilder&& extends() && {
        static_assert(std::is_base_of_v<Base, T>);
        base_ = std::type_index{typeid(Base)};
        return std::move(*this);
    }

    /// T(ObjectInit, P...), one arg() for each parameter, then maybe doc(). The first parameter
    /// that is a remote object is the parent.
    template <class... P, class... A>
    ClassBuilder&& constructor(A... args) && {
        return std::move(*this).template constructor_with<P...>(
            [](ObjectInit init, auto&&... p) {
                return make_on_strand<T>(std::move(init), std::forward<decltype(p)>(p)...);
            },
            std::move(args)...);
    }

    /// The same with a function `std::shared_ptr<T>(ObjectInit, P...)` that knows what else a T
    /// needs.
    template <class... P, class Make, class... A>
    ClassBuilder&& constructor_with(Make make, A... args) && {
        static_assert(sizeof...(P) == (std::is_same_v<A, arg> + ... + 0),
                      "one arg() for each parameter");
        std::vector<arg> list;
        Texts texts;
        (sort_out(list, texts, std::move(args)), ...);
        class_->constructor_doc_ = *texts.doc ? texts.doc : class_->doc_;
        (collectors_.push_back(&Value<detail::Stored<P>>::collect), ...);
        std::size_t i = 0;
        (class_->constructor_parameters_.push_back(detail::parameter<P>(list[i++])), ...);
        i = 0;
        ((note_parent<P>(list[i++])), ...);
        class_->construct_ = [list = std::move(list), make = std::move(make)](
                                 ObjectInit init, const Json& arguments, const Directory& objects) {
            auto values = detail::read_all<P...>(list, arguments, objects, false,
                                                 std::index_sequence_for<P...>{});
            return std::apply(
                [&](auto&... stored) -> std::shared_ptr<Object> {
                    return make(std::move(init), detail::Holding<P>::pass(stored)...);
                },
                values);
        };
        return std::move(*this);
    }

    /// Arguments after the member function: one arg() for each parameter, then doc(), then
    /// returns() for what comes back.
    template <class R, class Owner, class... P, class... A>
    ClassBuilder&& method(const char* name, R (Owner::*function)(P...), A... rest) && {
        class_->methods_.push_back(operation<R, P...>(name, function, std::move(rest)...));
        return std::move(*this);
    }
    template <class R, class Owner, class... P, class... A>
    ClassBuilder&& method(const char* name, R (Owner::*function)(P...) const, A... rest) && {
        class_->methods_.push_back(operation<R, P...>(name, function, std::move(rest)...));
        return std::move(*this);
    }

    /// @param initial what it is until it is set, for the descriptor
    template <class Get, class Set>
    requires std::is_member_function_pointer_v<Set> ClassBuilder &&
        property(const char* name, Get get, Set set, doc text, Json initial = nullptr) && {
        Property p = readable(name, get, text);
        p.set = setter(name, set);
        p.default_value = std::move(initial);
        class_->properties_.push_back(std::move(p));
        return std::move(*this);
    }
    template <class Get>
    ClassBuilder&& read_only(const char* name, Get get, doc text) && {
        Property p = readable(name, get, text);
        p.read_only = true;
        class_->properties_.push_back(std::move(p));
        return std::move(*this);
    }
    /// Fixed for the life of the object.
    template <class Get>
    ClassBuilder&& fixed(const char* name, Get get, doc text) && {
        Property p = readable(name, get, text);
        p.final = true;
        class_->properties_.push_back(std::move(p));
        return std::move(*this);
    }

    template <class E>
    ClassBuilder&& event() && {
        const auto d = describe(Identity<E>{});
        // The event itself is no complex type, but its members may be of some.
        TypeCollector own;
        class_->events_.push_back(
            {d.name, d.doc, d.base ? d.base : "Media", Value<E>::properties(own)});
        collectors_.push_back(
            [](TypeCollector& types) { static_cast<void>(Value<E>::properties(types)); });
        return std::move(*this);
    }

    /// @param wire module in qualified names and `__module__`; @param kmd module whose descriptor
    /// holds the class
    ClassBuilder&& in_module(const std::string& wire, const std::string& kmd) && {
        class_->wire_module_ = wire;
        class_->kmd_module_ = kmd;
        return std::move(*this);
    }

    /// Throws std::invalid_argument when the registry refuses it.
    void add_to(Registry& registry) && {
        if (base_ != std::type_index{typeid(void)}) {
            class_->base_ = registry.find(base_);
            if (!class_->base_)
                throw std::invalid_argument{class_->name_ +
                                            " extends a class that is not registered"};
        }
        for (auto collect : collectors_) collect(registry.types());
        registry.add(std::type_index{typeid(T)}, std::move(class_));
    }

private:
    template <class P>
    void note_parent(const arg& a) {
        if constexpr (requires(detail::Stored<P> s) { static_cast<Object*>(s.get()); })
            if (class_->parent_parameter_.empty()) class_->parent_parameter_ = a.name;
    }
    struct Texts {
        const char* doc = "";
        const char* returns = "";
    };
    static void sort_out(std::vector<arg>& args, Texts&, arg a) { args.push_back(std::move(a)); }
    static void sort_out(std::vector<arg>&, Texts& texts, doc d) { texts.doc = d.text; }
    static void sort_out(std::vector<arg>&, Texts& texts, returns r) { texts.returns = r.text; }

    template <class R, class... P, class F, class... A>
    Operation operation(const char* name, F function, A... rest) {
        std::vector<arg> args;
        Texts texts;
        (sort_out(args, texts, std::move(rest)), ...);
        if (args.size() != sizeof...(P))
            throw std::invalid_argument{std::string{name} + ": one arg() for each parameter"};
        Operation op;
        op.name = name;
        op.doc = texts.doc;
        op.return_doc = *texts.returns ? texts.returns : texts.doc;
        op.return_type = Value<detail::Plain<R>>::type();
        std::size_t i = 0;
        (op.parameters.push_back(detail::parameter<P>(args[i++])), ...);
        collectors_.push_back(&Value<detail::Plain<R>>::collect);
        (collectors_.push_back(&Value<detail::Stored<P>>::collect), ...);
        op.call = [args = std::move(args), function](Object& object, const Json& arguments,
                                                     const Directory& objects) -> Future<Json> {
            auto values = detail::read_all<P...>(args, arguments, objects, true,
                                                 std::index_sequence_for<P...>{});
            auto invoke = [&](auto&... stored) -> R {
                return (dynamic_cast<T&>(object).*function)(detail::Holding<P>::pass(stored)...);
            };
            if constexpr (std::is_void_v<R>) {
                std::apply(invoke, values);
                return Json{};
            } else if constexpr (std::is_same_v<R, detail::Plain<R>> || std::is_reference_v<R>) {
                return Value<detail::Plain<R>>::encode(std::apply(invoke, values));
            } else {
                return detail::to_json(std::apply(invoke, values));
            }
        };
        return op;
    }

    template <class Get>
    Property readable(const char* name, Get get, doc text) {
        Property p;
        p.name = name;
        p.doc = text.text;
        p.get = getter(accessor("get", name), get);
        p.type = p.get.return_type;
        return p;
    }
    template <class R, class Owner>
    Operation getter(const std::string& name, R (Owner::*function)() const) {
        return operation<R>(name.c_str(), function);
    }
    template <class R, class Owner>
    Operation getter(const std::string& name, R (Owner::*function)()) {
        return operation<R>(name.c_str(), function);
    }
    template <class R, class Owner, class V>
    Operation setter(const char* name, R (Owner::*function)(V)) {
        return operation<R, V>(accessor("set", name).c_str(), function, arg{name});
    }

    std::unique_ptr<Class> class_;
    std::type_index base_{typeid(void)};
    std::vector<void (*)(TypeCollector&)> collectors_;
};

template <class T>
[[nodiscard]] ClassBuilder<T> remote_class(const char* name, doc text) {
    return ClassBuilder<T>{name, text};
}

}  // namespace rivero::remote
