// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "host/dispatcher.hpp"

#include "jsonrpc/framer.hpp"
#include "rivero/base/log.hpp"
#include "rivero/base/uuid.hpp"
#include "rivero/media/object.hpp"

#include <atomic>
#include <future>
#include <memory>
#include <vector>

namespace rivero::host {
namespace {

using remote::ErrorCode;
using remote::RpcError;

const std::string& text(const Json& params, const char* name) {
    auto found = params.is_object() ? params.find(name) : params.end();
    if (!params.is_object() || found == params.end() || !found->is_string())
        throw RpcError{ErrorCode::marshall_error,
                       "'" + std::string{name} + "' parameter should be a string"};
    return found->get_ref<const std::string&>();
}

/// Release goes on whatever one object says: the others must not stay.
void let_go(remote::Object& object) noexcept {
    try {
        object.release();
    } catch (const std::exception& e) {
        log_topic("host")->error("{} has trouble with its release: {}", object.id(), e.what());
    }
}

remote::Future<remote::Done> finish(remote::Object& object) noexcept {
    try {
        return object.finish();
    } catch (const std::exception& e) {
        log_topic("host")->error("{} does not come to its end: {}", object.id(), e.what());
        return remote::Done{};
    }
}

Json member(const Json& params, const char* name) {
    auto found = params.find(name);
    return found == params.end() ? Json{} : *found;
}

}  // namespace

Dispatcher::Dispatcher(const remote::Registry& registry, const media::Services& services,
                       ThreadPool& pool, Send send)
    : registry_{registry}, services_{services}, pool_{pool}, send_{std::move(send)} {}

void Dispatcher::answer(const Json& id, Json result) {
    std::string text = jsonrpc::write(jsonrpc::Response{id, std::move(result)});
    if (text.size() > jsonrpc::kMaxFrame)
        return fail(id, static_cast<int>(ErrorCode::not_enough_resources), "NOT_ENOUGH_RESOURCES",
                    "The answer is too large: " + std::to_string(text.size()) + " bytes");
    send_(std::move(text));
}

void Dispatcher::fail(const Json& id, int code, const std::string& type,
                      const std::string& message) {
    send_(jsonrpc::write(
        jsonrpc::Response{id, tl::unexpected{jsonrpc::media_error(code, type, message)}}));
}

template <class F>
void Dispatcher::guarded(const Json& id, F&& f) {
    try {
        f();
    } catch (const RpcError& e) {
        fail(id, static_cast<int>(e.code()), std::string{error_type(e.code())}, e.what());
    } catch (const std::exception& e) {
        log_topic("host")->error("a call failed in an unforeseen way: {}", e.what());
        fail(id, static_cast<int>(ErrorCode::unexpected_error), "UNEXPECTED_ERROR",
             std::string{"Unexpected error while processing method: "} + e.what());
    }
}

void Dispatcher::on_request(jsonrpc::Request request) {
    const Json& id = request.id;
    guarded(id, [&] {
        if (request.method == "invoke") return invoke(id, request.params);
        if (request.method == "create") return create(id, request.params);
        if (request.method == "release") return release(id, request.params);
        if (request.method == "subscribe") return subscribe(id, request.params);
        if (request.method == "unsubscribe") return unsubscribe(id, request.params);
        if (request.method == "describe") return describe(id, request.params);
        if (request.method == "ping")
            return answer(id, {{"value", "pong"}, {"objects", objects_.size()}});
        send_(jsonrpc::write(
            jsonrpc::Response{id, tl::unexpected{jsonrpc::ErrorObject{
                                      jsonrpc::kMethodNotFound, "Method not found.", nullptr}}}));
    });
}

void Dispatcher::create(const Json& id, const Json& params) {
    const std::string& type = text(params, "type");
    const remote::Class* remote_class = registry_.find(type);
    if (!remote_class || remote_class->is_abstract())
        throw RpcError{ErrorCode::media_object_not_available, "Factory '" + type + "' not found"};
    Json arguments = member(params, "constructorParams");

    remote::ObjectInit init;
    init.remote_class = remote_class;
    init.events = this;
    init.directory = &objects_;
    init.id = make_uuid() + "_" + remote_class->qualified_name();
    if (const std::string& name = remote_class->parent_parameter(); !name.empty()) {
        auto parent = arguments.is_object() ? arguments.find(name) : arguments.end();
        if (!arguments.is_object() || parent == arguments.end()) {
            throw RpcError{ErrorCode::marshall_error,
                           arguments.is_null() ? "'constructorParams' is required"
                                               : "'" + name + "' parameter should be a string"};
        }
        init.parent = remote::find_object(*parent, {objects_, name});
        init.id = init.parent->id() + "/" + init.id;
        init.strand = init.parent->shared_strand();
    } else {
        init.strand = pool_.make_strand();
    }
    auto strand = init.strand;
    strand->post([this, id, init = std::move(init), arguments = std::move(arguments),
                  remote_class]() mutable {
        guarded(id, [&] {
            auto parent = init.parent;
            // The parent may have been released while we waited for our turn: nothing is made for
            // one that is gone.
            const auto need_parent = [&] {
                if (parent && !objects_.find(parent->id()))
                    throw RpcError{ErrorCode::media_object_not_found,
                                   "Object '" + parent->id() + "' not found"};
            };
            need_parent();
            auto object = remote_class->construct(std::move(init), arguments, objects_);
            if (!objects_.add(object)) {
                let_go(*object);
                need_parent();
                throw std::logic_error{"the id '" + object->id() + "' is taken"};
            }
            if (auto of = std::dynamic_pointer_cast<media::MediaObject>(parent))
                adopt_child(*of, std::dynamic_pointer_cast<media::MediaObject>(object));
            answer(id, {{"value", object->id()}});
        });
    });
}

void Dispatcher::invoke(const Json& id, const Json& params) {
    auto object = remote::find_object(member(params, "object"), {objects_, "object"});
    std::string name = text(params, "operation");
    Json arguments = member(params, "operationParams");
    auto strand = object->shared_strand();
    strand->post([this, id, object = std::move(object), name = std::move(name),
                  arguments = std::move(arguments)]() mutable {
        guarded(id, [&] {
            if (!objects_.find(object->id()))
                throw RpcError{ErrorCode::media_object_not_found,
                               "Object '" + object->id() + "' not found"};
            const remote::Operation* operation = object->remote_class().find_operation(name);
            if (!operation)
                throw RpcError{ErrorCode::malformed_transaction,
                               "Method '" + name + "' with " + std::to_string(arguments.size()) +
                                   " parameters not found"};
            operation->call(*object, arguments, objects_)
                .then([this, id](remote::Outcome<Json> outcome) {
                    if (outcome) {
                        answer(id, {{"value", std::move(*outcome)}});
                    } else {
                        fail(id, static_cast<int>(outcome.error().code()),
                             std::string{error_type(outcome.error().code())},
                             outcome.error().what());
                    }
                });
        });
    });
}

void Dispatcher::describe(const Json& id, const Json& params) {
    auto object = remote::find_object(member(params, "object"), {objects_, "object"});
    const remote::Class& c = object->remote_class();
    answer(
        id,
        {{"type", c.name()}, {"qualifiedType", c.qualified_name()}, {"hierarchy", c.hierarchy()}});
}

void Dispatcher::subscribe(const Json& id, const Json& params) {
    auto object = remote::find_object(member(params, "object"), {objects_, "object"});
    const std::string& type = text(params, "type");
    if (!object->remote_class().has_event(type))
        throw RpcError{ErrorCode::media_object_event_not_supported,
                       "'" + object->remote_class().name() + "' has no event '" + type + "'"};
    subscriptions_.with([&](auto& s) { s.emplace(object->id(), type); });
    answer(id, Json::object());
}

void Dispatcher::unsubscribe(const Json& id, const Json& params) {
    subscriptions_.with([&](auto& s) { s.erase({text(params, "object"), text(params, "type")}); });
    answer(id, Json::object());
}

void Dispatcher::on_event(const std::string& object_id, const std::string& type, Json data) {
    if (!subscriptions_.with([&](auto& s) { return s.count({object_id, type}) != 0; })) return;
    std::string text = jsonrpc::write(jsonrpc::Notification{
        "onEvent",
        {{"value", {{"data", std::move(data)}, {"object", object_id}, {"type", type}}}}});
    if (text.size() > jsonrpc::kMaxFrame) {
        log_topic("host")->warn("an event {} of {} is lost: it has {} bytes", type, object_id,
                                text.size());
        return;
    }
    send_(std::move(text));
}

void Dispatcher::release(const Json& id, const Json& params) {
    release_object(text(params, "object"), [this, id] { answer(id, Json::object()); });
}

void Dispatcher::release_object(const std::string& object_id, std::function<void()> gone) {
    auto objects = objects_.take(object_id);
    if (objects.empty()) return gone();
    auto strand = objects.front()->shared_strand();
    strand->post([this, strand, object_id, objects = std::move(objects),
                  gone = std::move(gone)]() mutable {
        for (auto& object : objects) let_go(*object);
        subscriptions_.with([&](auto& s) {
            for (auto it = s.lower_bound({object_id, ""}); it != s.end();) {
                if (it->first != object_id && !it->first.starts_with(object_id + "/")) break;
                it = s.erase(it);
            }
        });
        // The last one that finishes ends it; the objects live until then.
        struct Ending {
            std::vector<std::shared_ptr<remote::Object>> objects;
            std::function<void()> gone;
            std::atomic<std::size_t> left;
        };
        auto ending = std::make_shared<Ending>();
        ending->left = objects.size();
        ending->gone = std::move(gone);
        ending->objects = std::move(objects);
        auto bury = [&worker = services_.worker, strand, ending] {
            if (--ending->left != 0) return;
            // What the objects leave on the worker, and what the worker leaves on the strand, goes
            // before the answer.
            strand->post([&worker, strand, ending] {
                ending->objects.clear();
                worker.post([&worker, strand, ending] {
                    strand->post([&worker, ending] { worker.post([ending] { ending->gone(); }); });
                });
            });
        };
        for (auto& object : std::vector<std::shared_ptr<remote::Object>>{ending->objects})
            finish(*object).then([bury](remote::Outcome<remote::Done>) { bury(); });
    });
}

void Dispatcher::release_all() {
    for (const std::string& root : objects_.roots()) {
        std::promise<void> done;
        release_object(root, [&] { done.set_value(); });
        done.get_future().wait();
    }
}

}  // namespace rivero::host
