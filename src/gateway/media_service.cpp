// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "gateway/media_service.hpp"

#include "rivero/base/assert.hpp"
#include "rivero/base/log.hpp"
#include "rivero/base/uuid.hpp"

#include <algorithm>
#include <limits>
#include <unistd.h>

namespace rivero::gateway {
namespace {

auto& log() {
    static const auto topic = log_topic("gateway");
    return *topic;
}

[[noreturn]] void missing(const std::string& name) {
    throw RpcError{{jsonrpc::kServerError, "'" + name + "' parameter is required", {}}};
}
[[noreturn]] void ill_typed(const std::string& name, const std::string& type) {
    throw RpcError{{jsonrpc::kServerError, "'" + name + "' parameter should be a " + type, {}}};
}

const std::string& required_string(const Json& params, const std::string& name) {
    const auto found = params.find(name);
    if (found == params.end()) missing(name);
    if (!found->is_string()) ill_typed(name, "string");
    return found->get_ref<const std::string&>();
}

/// operationParams or constructorParams: absent and null are the same, null. Whether that will do
/// is for the operation to say.
Json optional_object(const Json& params, const std::string& name) {
    const auto found = params.find(name);
    if (found == params.end() || found->is_null()) return {};
    if (!found->is_object()) throw RpcError{bad_parameter("'" + name + "' should be an object")};
    return *found;
}

void require_params(const Call& call) {
    if (call.params.is_object()) return;
    throw RpcError{jsonrpc::ErrorObject{jsonrpc::kInvalidParams, "'params' is required",
                                        Json{{"type", "INVALID_PARAMS"}}}};
}

Json only_session(const std::string& session) {
    return {{"sessionId", session}};
}

/// Passes a host's answer on, with the session in it.
Reply with_session(const std::string& session, Reply reply) {
    return [session, reply = std::move(reply)](Outcome outcome) {
        if (outcome) {
            if (!outcome->is_object()) outcome = Json::object();
            (*outcome)["sessionId"] = session;
        }
        reply(std::move(outcome));
    };
}

bool is_pipeline_type(const std::string& type) {
    return type == "MediaPipeline" || type == "kurento.MediaPipeline";
}

}  // namespace

MediaService::MediaService(Loop& loop, const ServiceOptions& options, Deliver deliver)
    : loop_{loop},
      options_{options},
      deliver_{std::move(deliver)},
      memory_{options.memory ? options.memory
                             : std::make_shared<InputBudget>(ServiceOptions::kMemory)},
      server_id_{make_uuid()},
      subscriptions_{options.subscriptions},
      sessions_{options.max_sessions},
      resources_{options.resource_limit},
      manager_{loop,
               {.modules = modules_,
                .pipelines = [this] { return objects_.pipelines(); },
                .sessions = [this] { return sessions_.all(); },
                .processes = [this] { return processes(); }},
               options.version,
               options.metadata} {}

const std::map<std::string, MediaService::Method>& MediaService::methods() {
    static const std::map<std::string, Method> methods{
        {"ping", &MediaService::ping},
        {"connect", &MediaService::connect},
        {"create", &MediaService::create},
        {"describe", &MediaService::describe},
        {"invoke", &MediaService::invoke},
        {"subscribe", &MediaService::subscribe},
        {"unsubscribe", &MediaService::unsubscribe},
        {"release", &MediaService::release},
        {"ref", &MediaService::ref},
        {"unref", &MediaService::unref},
        {"keepAlive", &MediaService::keep_alive},
        {"transaction", &MediaService::transaction},
        {"closeSession", &MediaService::close_session},
    };
    return methods;
}

bool MediaService::has_method(const std::string& method) {
    return methods().contains(method);
}

bool MediaService::only_waits(const Call& call) {
    return call.method == "invoke" && call.params.is_object() &&
           call.params.value("object", Json()) == kServerManager &&
           call.params.value("operation", Json()) == "getUsedCpu";
}

void MediaService::execute(Call call, Reply reply) {
    try {
        const auto found = methods().find(call.method);
        if (found == methods().end())
            throw RpcError{{jsonrpc::kMethodNotFound, "Method not found.", {}}};
        if (call.session.size() > kMaxSessionName)
            throw RpcError{{jsonrpc::kServerError, "'sessionId' is longer than 256 bytes", {}}};
        // A method throws before it keeps the reply or runs it, never after.
        (this->*found->second)(call, reply);
    } catch (const RpcError& error) {
        reply(tl::unexpected{error.error()});
    } catch (const std::exception& error) {
        log().error("{}: {}", call.method, error.what());
        reply(tl::unexpected{
            ErrorObject{jsonrpc::kInternalError,
                        std::string{"Unexpected error while processing method: "} + error.what(),
                        {}}});
    }
}

// The methods, in the order of the protocol's description
// ------------------------------------------

void MediaService::ping(const Call& call, Reply reply) {
    Json result{{"value", "pong"}};
    if (call.session_named) result["sessionId"] = call.session;
    reply(std::move(result));
}

void MediaService::connect(const Call& call, Reply reply) {
    if (call.session_named && !sessions_.keep_alive(call.session) && !call.session_fresh)
        throw RpcError{invalid_session(call.session)};
    reply(Json{{"serverId", server_id_}, {"sessionId", call.session}});
}

void MediaService::create(const Call& call, Reply reply) {
    require_params(call);
    const std::string type = required_string(call.params, "type");
    Json constructor_params = optional_object(call.params, "constructorParams");
    const HostId host = host_for_create(type, constructor_params);
    check_limits(type, call.session);
    use_session(call.session);
    const bool is_pipeline = is_pipeline_type(type);
    ++making_[call.session];
    ++making_in_all_;
    if (is_pipeline) ++making_pipelines_;
    hosts_.at(host).link->call(
        "create", {{"type", type}, {"constructorParams", std::move(constructor_params)}},
        [this, host, call = Call{call.method, {}, call.session, true, false}, is_pipeline,
         reply = std::move(reply)](Outcome outcome) {
            if (const auto making = making_.find(call.session); --making->second == 0)
                making_.erase(making);
            --making_in_all_;
            if (is_pipeline) --making_pipelines_;
            created(host, call, std::move(outcome), reply);
        });
}

void MediaService::created(HostId host, const Call& call, Outcome outcome, const Reply& reply) {
    if (!outcome) return reply(std::move(outcome));
    if (!outcome->is_object() || !outcome->contains("value") || !(*outcome)["value"].is_string())
        return reply(tl::unexpected{unexpected_error("A media host gave no id for a new object")});
    const std::string id = (*outcome)["value"].get<std::string>();
    if (!objects_.add(id, host, call.session)) {
        // Its parent was released meanwhile, which takes the new object with it.
        return reply(tl::unexpected{not_found(std::string{parent_of(id)})});
    }
    Json data = manager_.event_data();
    data["object"] = id;
    publish({std::string{kServerManager}, "ObjectCreated"}, data);
    // The session was closed while the host made it: nobody else would ever let it go.
    if (!sessions_.known(call.session)) finish_removal(objects_.end_session(call.session), [] {});
    reply(Json{{"value", id}, {"sessionId", call.session}});
}

void MediaService::describe(const Call& call, Reply reply) {
    require_params(call);
    const auto& object = required_string(call.params, "object");
    if (object == kServerManager) {
        use_session(call.session);
        return with_session(call.session, std::move(reply))(ServerManager::describe());
    }
    access(call.session, object)
        .link->call("describe", {{"object", object}}, with_session(call.session, std::move(reply)));
}

void MediaService::invoke(const Call& call, Reply reply) {
    require_params(call);
    const auto& object = required_string(call.params, "object");
    const auto& operation = required_string(call.params, "operation");
    Json params = optional_object(call.params, "operationParams");
    if (object == kServerManager) {
        use_session(call.session);
        manager_.invoke(operation, params, with_session(call.session, std::move(reply)));
        return;
    }
    if (objects_.contains(object)) check_same_host(object, operation, params);
    Host& host = access(call.session, object);
    host.link->call(
        "invoke",
        {{"object", object}, {"operation", operation}, {"operationParams", std::move(params)}},
        [session = call.session, reply = std::move(reply)](Outcome outcome) {
            // JavaScript clients resolve with the object itself when there is no value.
            if (outcome && outcome->is_object() && !outcome->contains("value"))
                (*outcome)["value"] = nullptr;
            with_session(session, reply)(std::move(outcome));
        });
}

void MediaService::subscribe(const Call& call, Reply reply) {
    require_params(call);
    const Topic topic{required_string(call.params, "object"), required_string(call.params, "type")};
    Host* host = nullptr;
    if (topic.object == kServerManager) {
        use_session(call.session);
        if (!ServerManager::has_event(topic.type))
            throw RpcError{media_error(remote::ErrorCode::media_object_event_not_supported,
                                       "ServerManager has no event '" + topic.type + "'")};
    } else {
        host = &access(call.session, topic.object);
    }
    // Added before the host confirms it: its first events may come before its answer.
    const auto added = subscriptions_.add(call.session, topic);
    if (!added) throw RpcError{not_enough_resources("There are too many subscriptions")};

    Reply finish = [this, session = call.session, topic, id = added->id,
                    reply = std::move(reply)](Outcome outcome) {
        if (!outcome) {
            subscriptions_.remove(session, topic.object, id);
            return reply(std::move(outcome));
        }
        reply(Json{{"value", id}, {"sessionId", session}});
    };
    if (const auto waiting = subscribing_.find(topic); waiting != subscribing_.end()) {
        waiting->second.push_back(std::move(finish));
    } else if (host == nullptr || !added->first) {
        finish(Json::object());
    } else {
        subscribing_[topic].push_back(std::move(finish));
        host->link->call("subscribe", {{"object", topic.object}, {"type", topic.type}},
                         [this, topic](Outcome outcome) {
                             auto waiters = subscribing_.extract(topic);
                             for (auto& waiter : waiters.mapped()) waiter(outcome);
                             // All who asked may have gone while the host was thinking.
                             if (outcome && !subscriptions_.wanted(topic)) stop_topics({topic});
                         });
    }
}

void MediaService::unsubscribe(const Call& call, Reply reply) {
    require_params(call);
    const auto& object = required_string(call.params, "object");
    const auto& subscription = required_string(call.params, "subscription");
    const auto& session = required_string(call.params, "sessionId");
    if (const auto topic = subscriptions_.remove(session, object, subscription))
        stop_topics({*topic});
    reply(only_session(call.session));
}

void MediaService::release(const Call& call, Reply reply) {
    require_params(call);
    const auto& object = required_string(call.params, "object");
    finish_removal(objects_.release(object), [session = call.session, reply = std::move(reply)] {
        reply(only_session(session));
    });
}

void MediaService::ref(const Call& call, Reply reply) {
    require_params(call);
    const auto& object = required_string(call.params, "object");
    required_string(call.params, "sessionId");
    if (object == kServerManager) {
        use_session(call.session);
    } else {
        access(call.session, object);
    }
    reply(only_session(call.session));
}

void MediaService::unref(const Call& call, Reply reply) {
    require_params(call);
    const auto& object = required_string(call.params, "object");
    required_string(call.params, "sessionId");
    drop_reference(call.session, object, [session = call.session, reply = std::move(reply)] {
        reply(only_session(session));
    });
}

void MediaService::keep_alive(const Call& call, Reply reply) {
    require_params(call);
    const auto& session = required_string(call.params, "sessionId");
    if (!sessions_.keep_alive(session) && !call.session_fresh)
        throw RpcError{invalid_session(session)};
    reply(only_session(session));
}

void MediaService::transaction(const Call& call, Reply reply) {
    require_params(call);
    const auto operations = call.params.find("operations");
    if (operations == call.params.end()) missing("operations");
    if (!operations->is_array()) ill_typed("operations", "array");
    auto execute_one = [this, session = call.session, fresh = call.session_fresh](
                           std::string method, Json params, Reply reply_one) {
        execute({std::move(method), std::move(params), session, true, fresh}, std::move(reply_one));
    };
    Transaction::run(loop_, memory_, *operations, call.session, std::move(execute_one),
                     [session = call.session, reply = std::move(reply)](Outcome outcome) {
                         if (outcome)
                             outcome = Json{{"value", std::move(*outcome)}, {"sessionId", session}};
                         reply(std::move(outcome));
                     });
}

void MediaService::close_session(const Call& call, Reply reply) {
    require_params(call);
    const std::string session = required_string(call.params, "sessionId");
    bool release_objects = false;
    if (const auto given = call.params.find("release"); given != call.params.end()) {
        if (!given->is_boolean()) ill_typed("release", "boolean");
        release_objects = given->get<bool>();
    }
    if (release_objects) finish_removal(objects_.release_all_of(session), [] {});
    sessions_.end(session);
    end_session(session);
    reply(Json());
}

// Objects and their hosts
// --------------------------------------------------------------------------

void MediaService::use_session(const std::string& session) {
    if (!sessions_.use(session))
        throw RpcError{not_enough_resources("There are " + std::to_string(options_.max_sessions) +
                                            " sessions; the server takes no more")};
}

MediaService::Host& MediaService::access(const std::string& session, const std::string& object) {
    const auto host = objects_.host_of(object);
    if (!host) throw RpcError{not_found(object)};
    use_session(session);
    const bool is_there = objects_.reference(session, object);
    RIVERO_ASSERT(is_there, "an object that has a host can be referred to");
    return hosts_.at(*host);
}

ErrorObject MediaService::not_found(const std::string& object) const {
    if (object.starts_with(kNewref)) return newref_outside_transaction(object);
    auto error = object_not_found(object);
    if (lost_.contains(pipeline_of(object)))
        error.message += ": the media host that had it was lost, and its pipelines with it";
    return error;
}

HostId MediaService::host_for_create(const std::string& type, const Json& params) {
    const auto refuse_when = [](const std::string& scarce) {
        if (!scarce.empty())
            throw RpcError{not_enough_resources("The server is nearly full: " + scarce)};
    };
    refuse_when(resources_.scarce_threads(Clock::now(), processes()));
    refuse_when(resources_.scarce(Clock::now(), getpid()));
    if (!is_pipeline_type(type)) {
        if (const auto object = first_known_object(params)) {
            const HostId host = *objects_.host_of(*object);
            refuse_when(resources_.scarce(Clock::now(), process_of(host)));
            return host;
        }
        for (const auto& value : params) {
            if (!value.is_string()) continue;
            const auto& text = value.get_ref<const std::string&>();
            if (text.starts_with(kNewref) || lost_.contains(pipeline_of(text)))
                throw RpcError{not_found(text)};
        }
    }
    // A host that is nearly out of files takes no new pipeline while another has room.
    const auto now = Clock::now();
    std::string scarce;
    const auto host = router_.choose([&](HostId id) {
        const auto why = resources_.scarce(now, process_of(id));
        if (why.empty()) return objects_.load(id);
        scarce = why;
        return std::numeric_limits<std::size_t>::max();
    });
    if (!host)
        throw RpcError{not_enough_resources("No media host is running; one is being started")};
    if (!resources_.scarce(now, process_of(*host)).empty())
        throw RpcError{not_enough_resources("All media hosts are full: " + scarce)};
    return *host;
}

void MediaService::check_limits(const std::string& type, const std::string& session) const {
    const auto refuse = [](std::size_t most, const std::string& of_what) {
        throw RpcError{not_enough_resources("There are " + std::to_string(most) + ' ' + of_what +
                                            "; the server takes no more")};
    };
    const auto making = making_.find(session);
    const std::size_t mine =
        objects_.count_of(session) + (making == making_.end() ? 0 : making->second);
    if (objects_.size() + making_in_all_ >= options_.max_objects)
        refuse(options_.max_objects, "objects");
    if (mine >= options_.max_objects_per_session)
        refuse(options_.max_objects_per_session, "objects in this session");
    if (is_pipeline_type(type) &&
        objects_.pipeline_count() + making_pipelines_ >= options_.max_pipelines)
        refuse(options_.max_pipelines, "pipelines");
}

std::set<pid_t> MediaService::processes() const {
    std::set<pid_t> processes{getpid()};
    for (const auto& [id, host] : hosts_)
        if (host.ready) processes.insert(host.pid);
    return processes;
}

pid_t MediaService::process_of(HostId host) const {
    return hosts_.at(host).pid;
}

void MediaService::for_each_known_object(
    const Json& params, const std::function<void(const std::string&)>& visit) const {
    if (params.is_string()) {
        const auto& text = params.get_ref<const std::string&>();
        if (objects_.contains(text)) visit(text);
    } else if (params.is_structured()) {
        for (const auto& member : params) for_each_known_object(member, visit);
    }
}

std::optional<std::string> MediaService::first_known_object(const Json& params) const {
    std::optional<std::string> first;
    for_each_known_object(params, [&](const std::string& id) {
        if (!first) first = id;
    });
    return first;
}

/// Two pipelines may live on two hosts, neither of which knows the other's objects: what is wrong
/// with connecting them is said here.
void MediaService::check_same_host(const std::string& object, const std::string& operation,
                                   const Json& params) const {
    if (operation != "connect" && operation != "disconnect") return;
    const auto host = objects_.host_of(object);
    for_each_known_object(params, [&](const std::string& other) {
        if (objects_.host_of(other) != host)
            throw RpcError{media_error(
                remote::ErrorCode::connect_error,
                "Objects '" + object + "' and '" + other + "' belong to different pipelines")};
    });
}

void MediaService::drop_reference(const std::string& session, const std::string& object,
                                  std::function<void()> done) {
    for (const auto& id : objects_.objects_of(object))
        stop_topics(subscriptions_.drop(session, id));
    if (object == kServerManager) stop_topics(subscriptions_.drop(session, object));
    finish_removal(objects_.unreference(session, object), std::move(done));
}

void MediaService::end_session(const std::string& session) {
    stop_topics(subscriptions_.drop_session(session));
    finish_removal(objects_.end_session(session), [] {});
}

void MediaService::collect() {
    for (const auto& session : sessions_.collect()) {
        log().info("session {} was not used for a whole period: collected", session);
        end_session(session);
    }
}

void MediaService::finish_removal(Removed removed, std::function<void()> done) {
    for (const auto& id : removed.ids) subscriptions_.drop_object(id);
    if (removed.tops.empty()) return done();
    auto left = std::make_shared<std::size_t>(removed.tops.size());
    auto all_done = std::make_shared<std::function<void()>>(std::move(done));
    std::map<std::string_view, std::vector<std::string>> below;
    for (const auto& [host, top] : removed.tops) below.try_emplace(top);
    for (const auto& id : removed.ids) {
        for (std::string_view step = id; !step.empty(); step = parent_of(step)) {
            const auto top = below.find(step);
            if (top == below.end()) continue;
            top->second.push_back(id);
            break;
        }
    }
    for (auto& [host, top] : removed.tops) {
        std::vector<std::string> ids = std::move(below.at(top));
        Json params{{"object", top}};
        hosts_.at(host).link->call(
            "release", std::move(params),
            [this, object = top, ids = std::move(ids), left, all_done](Outcome outcome) {
                if (!outcome) log().warn("release of {}: {}", object, outcome.error().message);
                for (const auto& id : ids) raise_destroyed(id);
                if (--*left == 0) (*all_done)();
            });
    }
}

void MediaService::stop_topics(const std::vector<Topic>& topics) {
    for (const auto& topic : topics) {
        const auto host = objects_.host_of(topic.object);
        // While the host still thinks about the subscription, its answer will find nobody.
        if (!host || subscribing_.contains(topic)) continue;
        hosts_.at(*host).link->call("unsubscribe", {{"object", topic.object}, {"type", topic.type}},
                                    [](const Outcome&) {});
    }
}

}  // namespace rivero::gateway
