// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
// The other side of MediaService: hosts that come and go, and what they tell without being asked.
#include "gateway/media_service.hpp"
#include "rivero/base/log.hpp"

namespace rivero::gateway {
namespace {

/// Pipelines of hosts that were lost, for errors that say so.
constexpr std::size_t kMaxLost = 10'000;
/// `errorCode` of the Error event; no code of the media engine is negative.
constexpr int kHostLostCode = -1;

auto& log() {
    static const auto topic = log_topic("gateway");
    return *topic;
}

}  // namespace

void MediaService::add_host(HostId host, HostLink::Write write, std::function<void()> on_hello) {
    auto link = std::make_unique<HostLink>(std::move(write),
                                           [this, host](jsonrpc::Notification notification) {
                                               on_notification(host, std::move(notification));
                                           });
    hosts_.emplace(host, Host{std::move(link), std::move(on_hello)});
}

Result<void> MediaService::on_host_bytes(HostId host, Bytes bytes) {
    return hosts_.at(host).link->on_bytes(bytes);
}

void MediaService::call_host(HostId host, const std::string& method, Reply reply) {
    hosts_.at(host).link->call(method, Json::object(), std::move(reply));
}

void MediaService::lose_host(HostId host, const std::string& why) {
    router_.remove(host);
    auto lost = hosts_.extract(host);
    const Removed removed = objects_.lose_host(host);
    const std::string text = "The media host that had this object ended (" + why + ")";
    for (const auto& id : removed.ids) {
        Json data = manager_.event_data();
        data["source"] = id;
        data["tags"] = Json::array();
        data["description"] = text;
        data["errorCode"] = kHostLostCode;
        data["type"] = "MEDIA_HOST_LOST";
        publish({id, "Error"}, data);
        subscriptions_.drop_object(id);
        if (parent_of(id).empty()) remember_lost(id);
    }
    for (const auto& id : removed.ids) raise_destroyed(id);
    lost.mapped().link->fail(unexpected_error("The media host ended (" + why + ")"));
}

void MediaService::on_notification(HostId host, jsonrpc::Notification notification) {
    if (notification.method == "hello") return on_hello(host, notification.params);
    if (notification.method != "onEvent") {
        log().warn("a media host notifies of '{}', which means nothing here", notification.method);
        return;
    }
    const Json& params = notification.params;
    if (!params.is_object() || !params.contains("value") || !params["value"].is_object()) return;
    const Json& value = params["value"];
    const auto object = value.find("object");
    const auto type = value.find("type");
    if (object == value.end() || !object->is_string() || type == value.end() || !type->is_string())
        return;
    const Topic topic{object->get<std::string>(), type->get<std::string>()};
    const auto sessions = subscriptions_.sessions(topic);
    if (sessions.empty()) return;
    const auto text = std::make_shared<const std::string>(jsonrpc::write(std::move(notification)));
    for (const auto& session : sessions) deliver_(session, text);
}

void MediaService::on_hello(HostId id, const Json& hello) {
    Host& host = hosts_.at(id);
    if (host.ready || !hello.is_object()) return;
    if (const auto pid = hello.find("pid"); pid != hello.end() && pid->is_number_integer())
        host.pid = pid->get<pid_t>();
    if (const auto modules = hello.find("modules"); modules != hello.end())
        modules_.merge(*modules);
    host.ready = true;
    router_.add(id);
    host.on_hello();
}

void MediaService::publish(const Topic& topic, const Json& data) {
    const auto sessions = subscriptions_.sessions(topic);
    if (sessions.empty()) return;
    const Json value{{"data", data}, {"object", topic.object}, {"type", topic.type}};
    const auto text = std::make_shared<const std::string>(
        jsonrpc::write(jsonrpc::Notification{"onEvent", Json{{"value", value}}}));
    for (const auto& session : sessions) deliver_(session, text);
}

void MediaService::raise_destroyed(const std::string& id) {
    Json data = manager_.event_data();
    data["objectId"] = id;
    publish({std::string{kServerManager}, "ObjectDestroyed"}, data);
}

void MediaService::remember_lost(const std::string& pipeline) {
    if (!lost_.insert(pipeline).second) return;
    lost_in_order_.push_back(pipeline);
    if (lost_in_order_.size() <= kMaxLost) return;
    lost_.erase(lost_in_order_.front());
    lost_in_order_.pop_front();
}

}  // namespace rivero::gateway
