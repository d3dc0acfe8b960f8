// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "fake_host.hpp"

#include "rivero/base/uuid.hpp"

#include <csignal>
#include <filesystem>
#include <unistd.h>

namespace rivero::gateway::test {

using jsonrpc::media_error;
using jsonrpc::RpcError;

void FakeHost::hello() {
    const Json modules = Json::parse(R"([
        {"name":"core","version":"1.0","generationTime":"today","factories":["PassThrough","MediaPipeline"],
         "kmd":{"name":"core","remoteClasses":[{"name":"MediaPipeline"}]}},
        {"name":"elements","version":"1.0","generationTime":"today","factories":["PlayerEndpoint"],"kmd":{}},
        {"name":"elements","version":"1.0","generationTime":"today","factories":["Composite"],"kmd":{}}])");
    write_(jsonrpc::make_frame(jsonrpc::write(
        jsonrpc::Notification{"hello", Json{{"pid", getpid()}, {"modules", modules}}})));
}

void FakeHost::on_bytes(Bytes bytes) {
    reader_.feed(bytes);
    for (auto text = reader_.next(); text && *text; text = reader_.next()) {
        auto message = jsonrpc::read_message(**text, {.max_depth = 256});
        answer(std::get<jsonrpc::Request>(std::move(*message)));
    }
}

void FakeHost::answer_held() {
    for (auto& id : std::exchange(held_, {}))
        write_(jsonrpc::make_frame(
            jsonrpc::write(jsonrpc::Response{std::move(id), Json{{"value", "held"}}})));
}

void FakeHost::answer(jsonrpc::Request request) {
    jsonrpc::Response response{request.id, Json()};
    try {
        if (request.method == "invoke" && request.params["operation"] == "hold") {
            held_.push_back(request.id);
            return;
        }
        response.outcome = run(request);
    } catch (const RpcError& error) {
        response.outcome = tl::unexpected{error.error()};
    }
    write_(jsonrpc::make_frame(jsonrpc::write(std::move(response))));
}

FakeHost::Json FakeHost::run(const jsonrpc::Request& request) {
    const Json& params = request.params;
    if (request.method == "ping") return Json::object();
    if (request.method == "shutdown") {
        ended_ = true;
        return Json::object();
    }
    if (request.method == "create") {
        const auto type = params["type"].get<std::string>();
        asked.push_back("create " + type);
        if (type == "Nope")
            throw RpcError{
                media_error(40108, "MEDIA_OBJECT_NOT_AVAILABLE", "Factory 'Nope' not found")};
        std::string parent;
        for (const char* name : {"mediaPipeline", "hub"})
            if (params["constructorParams"].contains(name))
                parent = params["constructorParams"][name].get<std::string>() + '/';
        const std::string id =
            parent + make_uuid() + "_kurento." +
            type.substr(type.find('.') == std::string::npos ? 0 : type.find('.') + 1);
        objects.insert(id);
        return {{"value", id}};
    }
    const auto object = params["object"].get<std::string>();
    if (!objects.contains(object))
        throw RpcError{media_error(40101, "MEDIA_OBJECT_NOT_FOUND", "host: no " + object)};
    if (request.method == "describe")
        return {{"type", "T"}, {"qualifiedType", "kurento.T"}, {"hierarchy", Json::array()}};
    if (request.method == "release") {
        asked.push_back("release " + object);
        std::erase_if(objects, [&](const std::string& id) {
            return id == object || id.starts_with(object + '/');
        });
        return Json::object();
    }
    if (request.method == "invoke") return invoke(params);
    const auto type = params["type"].get<std::string>();
    asked.push_back(request.method + ' ' + object + ' ' + type);
    if (type == "Nope")
        throw RpcError{media_error(40106, "MEDIA_OBJECT_EVENT_NOT_SUPPORTED", "no event Nope")};
    if (request.method == "subscribe") subscribed_.insert(object + type);
    if (request.method == "unsubscribe") subscribed_.erase(object + type);
    return Json::object();
}

FakeHost::Json FakeHost::invoke(const Json& params) {
    const auto operation = params["operation"].get<std::string>();
    const auto object = params["object"].get<std::string>();
    const Json& given = params["operationParams"];
    if (operation == "echo") return {{"value", given}};
    if (operation == "pid") return {{"value", getpid()}};
    if (operation == "sockets") {
        int sockets = 0;
        for (const auto& entry : std::filesystem::directory_iterator{"/proc/self/fd"}) {
            std::error_code gone;  // the directory's own descriptor
            const auto target = std::filesystem::read_symlink(entry.path(), gone).string();
            if (target.starts_with("socket:")) ++sockets;
        }
        return {{"value", sockets}};
    }
    if (operation == "nothing") return Json::object();
    if (operation == "fail") throw RpcError{media_error(40001, "MARSHALL_ERROR", "as told")};
    if (operation == "crash") std::raise(SIGKILL);
    if (operation == "let go") answer_held();
    if (operation == "raise" && subscribed_.contains(object + given["type"].get<std::string>())) {
        const Json value{{"object", object}, {"type", given["type"]}, {"data", given["data"]}};
        write_(jsonrpc::make_frame(
            jsonrpc::write(jsonrpc::Notification{"onEvent", Json{{"value", value}}})));
    }
    return {{"value", operation}};
}

}  // namespace rivero::gateway::test
