// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "gateway/server_manager.hpp"

#include "gateway/ids.hpp"
#include "gateway/modules.hpp"
#include "gateway/process_stats.hpp"

#include <algorithm>
#include <chrono>
#include <limits>

namespace rivero::gateway {
namespace {

// A client that connects can set tags and never give them back: they are few and short.
constexpr std::size_t kMaxTags = 1000;
constexpr std::size_t kMaxTagBytes = 64 * 1024;  // of all of them
constexpr std::size_t kMaxName = 4096;
/// Milliseconds that are measured at most; who asks for more gets so many.
constexpr double kLongestMeasurement = 60'000;

const Json& parameter(const Json& params, const std::string& name, const char* type) {
    if (params.is_null()) throw RpcError{bad_parameter("'operationParams' is required")};
    const auto found = params.find(name);
    if (found == params.end())
        throw RpcError{bad_parameter("'" + name + "' parameter should be a " + type)};
    return *found;
}

// What is taken for a value of each type is as generous as everywhere in the protocol.

std::string text_parameter(const Json& params, const char* name) {
    const Json& given = parameter(params, name, "string");
    if (given.is_string()) return given.get<std::string>();
    if (given.is_number() || given.is_boolean()) return given.dump();
    if (given.is_null()) return {};
    throw RpcError{bad_parameter("'" + std::string{name} + "' parameter should be a string")};
}

bool boolean_parameter(const Json& params, const char* name) {
    const Json& given = parameter(params, name, "boolean");
    if (given.is_boolean()) return given.get<bool>();
    if (given.is_number()) return given.get<double>() != 0;
    if (given.is_null()) return false;
    throw RpcError{bad_parameter("'" + std::string{name} + "' parameter should be a boolean")};
}

/// An int of milliseconds, a second when it is absent. No time at all is the shortest there is.
Duration interval_parameter(const Json& params) {
    const auto given = params.find("interval");
    if (given == params.end()) return 1s;
    if (!given->is_number() && !given->is_boolean() && !given->is_null())
        throw RpcError{bad_parameter("'interval' parameter should be a integer")};
    const double wanted = given->is_number() ? given->get<double>() : 0;
    // Not a number is neither.
    if (!(wanted >= 0 && wanted <= std::numeric_limits<std::int32_t>::max()))
        throw RpcError{media_error(remote::ErrorCode::media_object_illegal_param,
                                   "interval: " + given->dump() + " is not in 0..2147483647 ms")};
    return std::chrono::milliseconds{
        static_cast<std::int64_t>(std::clamp(wanted, 1.0, kLongestMeasurement))};
}

std::int64_t milliseconds_since_epoch() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

}  // namespace

ServerManager::ServerManager(Loop& loop, Sources sources, std::string version, Json metadata)
    : loop_{loop},
      sources_{std::move(sources)},
      version_{std::move(version)},
      metadata_(std::move(metadata)),
      created_{milliseconds_since_epoch() / 1000},
      name_{kServerManager},
      operations_{operations()} {}

void ServerManager::invoke(const std::string& operation, const Json& params, Reply reply) {
    if (operation == "getUsedCpu") {
        used_cpu(interval_parameter(params), std::move(reply));
        return;
    }
    const auto found = operations_.find(operation);
    if (found == operations_.end()) throw RpcError{no_such_operation(operation, params.size())};
    Json value = found->second(params);
    reply(Json{{"value", std::move(value)}});
}

std::map<std::string, ServerManager::Operation> ServerManager::operations() {
    return {
        {"getInfo", [this](const Json&) { return info(); }},
        {"getPipelines", [this](const Json&) { return Json(sources_.pipelines()); }},
        {"getSessions", [this](const Json&) { return Json(sources_.sessions()); }},
        {"getMetadata",
         [this](const Json&) { return metadata_.is_null() ? Json("") : Json(metadata_.dump()); }},
        {"getKmd",
         [this](const Json& params) {
             const std::string name = text_parameter(params, "moduleName");
             const Json* kmd = sources_.modules.kmd(name);
             if (kmd == nullptr)
                 throw RpcError{media_error(remote::ErrorCode::server_manager_error,
                                            "There is no module '" + name + "'")};
             return Json(jsonrpc::write(*kmd));
         }},
        {"getCpuCount", [](const Json&) { return Json(cpu_count()); }},
        {"getUsedMemory", [this](const Json&) { return Json(resident_kib(sources_.processes())); }},
        // What it has as a MediaObject.
        {"getId", [](const Json&) { return Json(kServerManager); }},
        {"getParent", [](const Json&) { return Json(); }},
        {"getMediaPipeline", [](const Json&) { return Json(); }},
        {"getChildren", [](const Json&) { return Json::array(); }},
        {"getCreationTime", [this](const Json&) { return Json(created_); }},
        {"getName", [this](const Json&) { return Json(name_); }},
        {"setName",
         [this](const Json& params) {
             std::string name = text_parameter(params, "name");
             if (name.size() > kMaxName)
                 throw RpcError{media_error(
                     remote::ErrorCode::media_object_illegal_param,
                     "name: " + std::to_string(name.size()) + " bytes are more than 4096")};
             name_ = std::move(name);
             return Json();
         }},
        {"getSendTagsInEvents", [this](const Json&) { return Json(tags_in_events_); }},
        {"setSendTagsInEvents",
         [this](const Json& params) {
             tags_in_events_ = boolean_parameter(params, "sendTagsInEvents");
             return Json();
         }},
        {"addTag",
         [this](const Json& params) {
             std::string key = text_parameter(params, "key");
             std::string value = text_parameter(params, "value");
             if (tags_.size() >= kMaxTags && !tags_.contains(key))
                 throw RpcError{not_enough_resources("the server manager has 1000 tags")};
             std::size_t bytes = key.size() + value.size();
             for (const auto& [other, text] : tags_)
                 if (other != key) bytes += other.size() + text.size();
             if (bytes > kMaxTagBytes)
                 throw RpcError{not_enough_resources(
                     "the tags of the server manager have 65536 bytes at most")};
             tags_[std::move(key)] = std::move(value);
             return Json();
         }},
        {"removeTag",
         [this](const Json& params) {
             tags_.erase(text_parameter(params, "key"));
             return Json();
         }},
        {"getTag",
         [this](const Json& params) {
             const auto key = text_parameter(params, "key");
             const auto found = tags_.find(key);
             if (found == tags_.end())
                 throw RpcError{media_error(remote::ErrorCode::media_object_tag_key_not_found,
                                            "There is no tag '" + key + "'")};
             return Json(found->second);
         }},
        {"getTags", [this](const Json&) { return tags(); }},
    };
}

Json ServerManager::describe() {
    return {{"type", "ServerManager"},
            {"qualifiedType", "kurento.ServerManager"},
            {"hierarchy", Json::array({"kurento.MediaObject"})}};
}

bool ServerManager::has_event(const std::string& type) {
    return type == "ObjectCreated" || type == "ObjectDestroyed" || type == "Error";
}

Json ServerManager::event_data() const {
    // The time is text: JavaScript clients once lost digits of large numbers.
    return {{"source", kServerManager},
            {"timestampMillis", std::to_string(milliseconds_since_epoch())},
            {"tags", tags_in_events_ ? tags() : Json::array()}};
}

Json ServerManager::info() const {
    return {{"__module__", "kurento"}, {"__type__", "ServerInfo"},
            {"version", version_},     {"modules", sources_.modules.infos()},
            {"type", "KMS"},           {"capabilities", Json::array({"transactions"})}};
}

Json ServerManager::tags() const {
    Json list = Json::array();
    for (const auto& [key, value] : tags_)
        list.push_back(
            {{"__module__", "kurento"}, {"__type__", "Tag"}, {"key", key}, {"value", value}});
    return list;
}

/// Percent of one processor that all processes together use, from now on for `interval`.
void ServerManager::used_cpu(Duration interval, Reply reply) {
    auto finish = [this, alive = std::weak_ptr{alive_}, reply = std::move(reply),
                   start = Clock::now(), before = cpu_times(sources_.processes())] {
        if (alive.expired()) return;
        std::chrono::nanoseconds used{0};
        for (const auto& [process, time] : cpu_times(sources_.processes())) {
            const auto earlier = before.find(process);
            used += earlier == before.end() ? time : time - earlier->second;
        }
        const std::chrono::duration<double> spent = used;
        const std::chrono::duration<double> passed = Clock::now() - start;
        // A float on the wire: exactly what a 32-bit value gives, the Java client checks it.
        const auto percent = static_cast<float>(100 * spent / passed);
        reply(Json{{"value", static_cast<double>(percent)}});
    };
    loop_.post_after(interval, std::move(finish)).detach();
}

}  // namespace rivero::gateway
