// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "host/run_host.hpp"
#include "jsonrpc/framer.hpp"
#include "jsonrpc/message.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <set>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace rivero::host {
namespace {

using nlohmann::json;

/// The gateway's end of a host that runs in a thread.
class HostTest : public testing::Test {
protected:
    HostTest() {
        int fds[2];
        EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
        fd_ = fds[0];
        thread_ = std::thread{[fd = fds[1]] {
            run_host(fd,
                     {"test", {RIVERO_MODULES}, {{"uri", {{"defaultPath", "file:///nowhere"}}}}});
        }};
        hello_ = next();
    }
    ~HostTest() override {
        ::close(fd_);
        thread_.join();
    }
    json next() {
        for (;;) {
            auto text = frames_.next();
            if (text && *text) return json::parse(**text);
            std::uint8_t buffer[4096];
            const ssize_t n = ::read(fd_, buffer, sizeof buffer);
            if (n <= 0) return nullptr;
            frames_.feed(Bytes{buffer, static_cast<std::size_t>(n)});
        }
    }
    /// Sends a request and does not wait. @return its id
    int send(const std::string& method, json params) {
        const int id = ++last_id_;
        const std::string frame = jsonrpc::make_frame(
            json{{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", params}}.dump());
        EXPECT_EQ(::write(fd_, frame.data(), frame.size()), static_cast<ssize_t>(frame.size()));
        return id;
    }
    /// Waits for the result or the error of a request.
    json answer(int id) {
        for (;;) {
            if (auto found = answers_.find(id); found != answers_.end())
                return answers_.extract(found).mapped();
            json message = next();
            if (message.is_null()) return message;
            if (message.contains("id")) {
                answers_[message["id"]] =
                    message.contains("error") ? message["error"] : message["result"];
            } else {
                events_.push_back(message);
            }
        }
    }
    json call(const std::string& method, json params) {
        return answer(send(method, std::move(params)));
    }
    std::string create(const std::string& type, json arguments = json::object()) {
        return call("create", {{"type", type}, {"constructorParams", arguments}})
            .value("value", "");
    }
    json invoke(const std::string& object, const std::string& operation, json arguments = nullptr) {
        json result =
            call("invoke",
                 {{"object", object}, {"operation", operation}, {"operationParams", arguments}});
        return result.contains("value") ? result["value"] : result;
    }

    int fd_ = -1;
    std::thread thread_;
    jsonrpc::FrameReader frames_;
    int last_id_ = 0;
    json hello_;
    std::deque<json> events_;
    std::map<int, json> answers_;
};

TEST_F(HostTest, SaysHelloWithTheModulesThatClientsExpect) {
    EXPECT_EQ(hello_["method"], "hello");
    std::vector<std::string> names;
    for (auto& m : hello_["params"]["modules"]) names.push_back(m["name"]);
    EXPECT_EQ(names, (std::vector<std::string>{"core", "elements", "filters"}));
    EXPECT_THAT(hello_["params"]["modules"][0]["factories"].get<std::vector<std::string>>(),
                testing::ElementsAre("HubPort", "MediaPipeline", "PassThrough"));
}

TEST_F(HostTest, DescribesAllThatClientsKnowOfTheCore) {
    const json& kmd = hello_["params"]["modules"][0]["kmd"];
    std::map<std::string, bool> abstract;
    for (auto& c : kmd["remoteClasses"]) abstract[c["name"]] = c["abstract"];
    EXPECT_EQ(abstract, (std::map<std::string, bool>{{"BaseRtpEndpoint", true},
                                                     {"Endpoint", true},
                                                     {"Filter", true},
                                                     {"Hub", true},
                                                     {"HubPort", false},
                                                     {"MediaElement", true},
                                                     {"MediaObject", true},
                                                     {"MediaPipeline", false},
                                                     {"PassThrough", false},
                                                     {"SdpEndpoint", true},
                                                     {"ServerManager", true},
                                                     {"SessionEndpoint", true},
                                                     {"UriEndpoint", true}}));
    std::set<std::string> events, types;
    for (auto& e : kmd["events"]) events.insert(e["name"]);
    for (auto& t : kmd["complexTypes"]) types.insert(t["name"]);
    EXPECT_THAT(events, testing::IsSupersetOf(
                            {"RaiseBase", "Media", "Error", "ObjectCreated", "ObjectDestroyed"}));
    EXPECT_THAT(types, testing::IsSupersetOf({"Stats", "EndpointStats", "RTCInboundRTPStreamStats",
                                              "ServerInfo", "CodecConfiguration", "FilterType",
                                              "StatsType"}));
    EXPECT_EQ(kmd["code"]["api"]["js"]["nodeName"], "kurento-client-core");
    EXPECT_EQ(kmd["imports"], json::array());
    EXPECT_EQ(hello_["params"]["modules"][1]["kmd"]["imports"][0]["name"], "core");
}

TEST_F(HostTest, CreatesConnectsDescribesAndReleases) {
    const auto pipeline = create("MediaPipeline");
    EXPECT_THAT(pipeline, testing::EndsWith("_kurento.MediaPipeline"));
    const auto a = create("PassThrough", {{"mediaPipeline", pipeline}});
    const auto b = create("kurento.PassThrough", {{"mediaPipeline", pipeline}});
    EXPECT_THAT(a, testing::StartsWith(pipeline + "/"));
    EXPECT_EQ(call("describe", {{"object", a}})["hierarchy"],
              json::array({"kurento.MediaElement", "kurento.MediaObject"}));
    EXPECT_EQ(call("subscribe", {{"object", a}, {"type", "ElementConnected"}}), json::object());
    EXPECT_EQ(invoke(a, "connect", {{"sink", b}}), nullptr);
    EXPECT_EQ(invoke(a, "getSinkConnections").size(), 3u);
    ASSERT_EQ(events_.size(), 3u);
    EXPECT_EQ(events_[0]["params"]["value"]["data"]["mediaType"], "AUDIO");
    EXPECT_EQ(events_[0]["params"]["value"]["data"]["sink"], b);
    EXPECT_EQ(events_[0]["params"]["value"]["data"]["type"], "ElementConnected");
    EXPECT_EQ(invoke(b, "getSourceConnections", {{"mediaType", "VIDEO"}})[0]["source"], a);
    EXPECT_EQ(invoke(pipeline, "getChildren").size(), 2u);
    EXPECT_THAT(invoke(pipeline, "getGstreamerDot").get<std::string>(),
                testing::HasSubstr("PassThrough"));
    EXPECT_EQ(call("release", {{"object", pipeline}}), json::object());
    EXPECT_EQ(invoke(a, "getName")["code"], 40101);
    EXPECT_EQ(call("release", {{"object", pipeline}}), json::object());
}

TEST_F(HostTest, AnswersMistakesWithTypedErrors) {
    const auto pipeline = create("MediaPipeline");
    const auto a = create("PassThrough", {{"mediaPipeline", pipeline}});
    EXPECT_EQ(call("create", {{"type", "Toaster"}})["code"], 40108);
    EXPECT_EQ(call("create", {{"type", "MediaElement"}})["code"], 40108);
    EXPECT_EQ(call("create", {{"type", "PassThrough"}})["data"]["type"], "MARSHALL_ERROR");
    EXPECT_EQ(call("create", {{"type", "PassThrough"},
                              {"constructorParams", {{"mediaPipeline", a}}}})["code"],
              40001);
    EXPECT_EQ(call("subscribe", {{"object", a}, {"type", "Nothing"}})["code"], 40106);
    EXPECT_EQ(invoke(a, "fly")["message"], "Method 'fly' with 0 parameters not found");
    EXPECT_EQ(invoke(a, "connect", {{"sink", pipeline}})["code"], 40001);
    EXPECT_EQ(invoke(a, "getTag", {{"key", "x"}})["code"], 40110);
    const auto other = create("MediaPipeline");
    const auto b = create("PassThrough", {{"mediaPipeline", other}});
    EXPECT_EQ(invoke(a, "connect", {{"sink", b}})["code"], 40004);
    EXPECT_EQ(invoke(a, "setVideoFormat", {{"caps", {{"codec", "VP8"}}}})["message"],
              "'framerate' property should be a object");
    EXPECT_EQ(call("explode", json::object())["code"], -32601);
    EXPECT_EQ(invoke(a, "getName"), a);
}

TEST_F(HostTest, KeepsTagsAndSendsThemWithEventsWhenAsked) {
    const auto pipeline = create("MediaPipeline");
    const auto a = create("PassThrough", {{"mediaPipeline", pipeline}});
    invoke(a, "addTag", {{"key", "room"}, {"value", "7"}});
    EXPECT_EQ(invoke(a, "getTag", {{"key", "room"}}), "7");
    invoke(a, "setSendTagsInEvents", {{"sendTagsInEvents", true}});
    call("subscribe", {{"object", a}, {"type", "ElementConnected"}});
    invoke(a, "connect", {{"sink", a}, {"mediaType", "AUDIO"}});
    ASSERT_EQ(events_.size(), 1u);
    EXPECT_EQ(events_[0]["params"]["value"]["data"]["tags"][0]["key"], "room");
    EXPECT_TRUE(events_[0]["params"]["value"]["data"]["timestampMillis"].is_string());
}

TEST_F(HostTest, HubsAndPortsOfTheWrongClassAreRefused) {
    const auto pipeline = create("MediaPipeline");
    EXPECT_EQ(call("create",
                   {{"type", "Hub"}, {"constructorParams", {{"mediaPipeline", pipeline}}}})["code"],
              40108);
    EXPECT_EQ(
        call("create", {{"type", "HubPort"}, {"constructorParams", {{"hub", pipeline}}}})["code"],
        40001);
    EXPECT_EQ(call("create", {{"type", "HubPort"}, {"constructorParams", json::object()}})["code"],
              40001);
    EXPECT_EQ(call("create", {{"type", "HubPort"}})["message"], "'constructorParams' is required");
    EXPECT_EQ(
        call("create", {{"type", "HubPort"}, {"constructorParams", {{"hub", nullptr}}}})["code"],
        40101);
    EXPECT_EQ(call("create", {{"type", "ServerManager"}})["code"], 40108);
}

TEST_F(HostTest, ReleasesWhileCallsAreUnderWay) {
    const auto pipeline = create("MediaPipeline");
    std::vector<int> calls;
    std::string last;
    for (int round = 0; round < 50; ++round) {
        const auto a = create("PassThrough", {{"mediaPipeline", pipeline}});
        const auto b = create("PassThrough", {{"mediaPipeline", pipeline}});
        for (auto& [object, operation, arguments] :
             std::vector<std::tuple<std::string, std::string, json>>{
                 {a, "connect", {{"sink", b}}},
                 {b, "connect", {{"sink", a}}},
                 {a, "getStats", json::object()},
                 {pipeline, "getGstreamerDot", json::object()}})
            calls.push_back(send(
                "invoke",
                {{"object", object}, {"operation", operation}, {"operationParams", arguments}}));
        calls.push_back(send("release", {{"object", round % 2 == 0 ? a : b}}));
        calls.push_back(
            send("invoke",
                 {{"object", a}, {"operation", "connect"}, {"operationParams", {{"sink", b}}}}));
        calls.push_back(send("invoke", {{"object", pipeline}, {"operation", "getChildren"}}));
        last = a;
    }
    // In the middle of it all, the pipeline goes, and somebody still wants something of it.
    calls.push_back(send(
        "create", {{"type", "PassThrough"}, {"constructorParams", {{"mediaPipeline", pipeline}}}}));
    const int gone = send("release", {{"object", pipeline}});
    const int late = send(
        "create", {{"type", "PassThrough"}, {"constructorParams", {{"mediaPipeline", pipeline}}}});
    const int called = send("invoke", {{"object", last}, {"operation", "getName"}});
    for (int id : calls) {
        const json result = answer(id);
        ASSERT_FALSE(result.is_null());
        // Done, or the object was gone: nothing else.
        EXPECT_EQ(result.value("code", 40101), 40101) << result;
    }
    EXPECT_EQ(answer(gone), json::object());
    EXPECT_EQ(answer(late)["code"], 40101);
    EXPECT_EQ(answer(called)["code"], 40101);
    EXPECT_EQ(call("ping", json::object())["objects"], 0);
}

TEST_F(HostTest, ReleasesManyObjectsInOneGo) {
    const auto pipeline = create("MediaPipeline");
    invoke(pipeline, "setLatencyStats", {{"latencyStats", true}});
    const auto source = create("PassThrough", {{"mediaPipeline", pipeline}});
    std::vector<int> calls;
    for (int i = 0; i < 1000; ++i)
        calls.push_back(send("create", {{"type", "PassThrough"},
                                        {"constructorParams", {{"mediaPipeline", pipeline}}}}));
    for (int& id : calls) {
        const std::string sink = answer(id)["value"];
        id = send(
            "invoke",
            {{"object", source}, {"operation", "connect"}, {"operationParams", {{"sink", sink}}}});
    }
    for (int id : calls) EXPECT_TRUE(answer(id)["value"].is_null());
    EXPECT_EQ(invoke(pipeline, "getChildren").size(), 1001u);
    EXPECT_EQ(call("release", {{"object", pipeline}}), json::object());
    EXPECT_EQ(call("ping", json::object())["objects"], 0);
}

}  // namespace
}  // namespace rivero::host
