// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "gateway/gateway.hpp"

#include "fake_host.hpp"
#include "manual_loop.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>

namespace rivero::gateway {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A client whose messages the test reads.
class Client final : public ClientChannel {
public:
    explicit Client(Gateway& gateway) : gateway_{gateway}, id_{gateway.open(*this)} {}
    ~Client() override { leave(); }
    void leave() {
        if (open_) gateway_.close(id_);
        open_ = false;
    }
    void send(Text text) override {
        Json message = Json::parse(*text);
        (message.contains("method") ? events : answers).push_back(std::move(message));
    }
    void resume() override { ++resumed; }

    bool text(const std::string& text) { return gateway_.on_text(id_, text); }
    bool request(const Json& id, const char* method, Json params = nullptr) {
        Json json{{"jsonrpc", "2.0"}, {"id", id}, {"method", method}};
        if (!params.is_null()) json["params"] = std::move(params);
        return text(json.dump());
    }

    std::deque<Json> answers;
    std::deque<Json> events;
    int resumed = 0;

private:
    Gateway& gateway_;
    ConnectionId id_;
    bool open_ = true;
};

class GatewayTest : public testing::Test {
protected:
    struct Host {
        HostId id;
        std::unique_ptr<test::FakeHost> fake;
    };
    GatewayTest() {
        add_host(1);
        add_host(2);
    }
    Host& add_host(std::uint32_t number) {
        // Through the loop both ways: a message never arrives within the call that sends it.
        const HostId id{number};
        auto fake = std::make_unique<test::FakeHost>([this, id](std::string frame) {
            loop.post([this, id, frame = std::move(frame)] {
                if (find(id) != nullptr) {
                    EXPECT_TRUE(gateway.service().on_host_bytes(id, as_bytes(frame)));
                }
            });
        });
        hosts.push_back({id, std::move(fake)});
        gateway.service().add_host(
            id,
            [this, id](std::string frame) {
                loop.post([this, id, frame = std::move(frame)] {
                    if (auto* host = find(id)) host->fake->on_bytes(as_bytes(frame));
                });
            },
            [this] { ++hellos; });
        hosts.back().fake->hello();
        loop.run();
        return hosts.back();
    }
    Host* find(HostId id) {
        const auto found =
            std::find_if(hosts.begin(), hosts.end(), [&](auto& h) { return h.id == id; });
        return found == hosts.end() ? nullptr : &*found;
    }
    void lose_host(HostId id) {
        std::erase_if(hosts, [&](auto& h) { return h.id == id; });
        gateway.service().lose_host(id, "signal 9, Killed");
        loop.run();
    }
    Host& host_with(const std::string& id) {
        return *std::find_if(hosts.begin(), hosts.end(),
                             [&](auto& h) { return h.fake->objects.contains(id); });
    }
    bool alive(const std::string& id) {
        return std::any_of(hosts.begin(), hosts.end(),
                           [&](auto& h) { return h.fake->objects.contains(id); });
    }

    /// Asks with a fresh id and gives the answer.
    Json ask(Client& by, const char* method, Json params = nullptr) {
        by.request(++last_id, method, std::move(params));
        loop.run();
        EXPECT_FALSE(by.answers.empty()) << method;
        if (by.answers.empty()) return {};
        Json answer = by.answers.back();
        by.answers.pop_back();
        return answer;
    }
    std::string create(Client& by, const char* type, Json params = Json::object()) {
        return ask(by, "create",
                   {{"type", type}, {"constructorParams", std::move(params)}})["result"]["value"];
    }
    Json invoke(Client& by, const std::string& object, const char* operation,
                Json params = nullptr) {
        return ask(
            by, "invoke",
            {{"object", object}, {"operation", operation}, {"operationParams", std::move(params)}});
    }
    std::string session(Client& by) { return ask(by, "ping")["result"].value("sessionId", ""); }

    test::ManualLoop loop;
    Gateway gateway{loop,
                    {.service = {.version = "1", .metadata = {}, .max_sessions = 100},
                     .requests_in_flight = 4,
                     .bytes_in_flight = 100'000,
                     .bytes_in_flight_in_all = 150'000}};
    std::vector<Host> hosts;
    int hellos = 0;
    int last_id = 0;
    Client client{gateway};
    Client other{gateway};
};

// The envelope
// -------------------------------------------------------------------------------------

struct Envelope {
    const char* name;
    const char* request;
    const char* answer;
};
class GatewayEnvelope : public GatewayTest, public testing::WithParamInterface<Envelope> {};

TEST_P(GatewayEnvelope, IsAnswered) {
    client.text(GetParam().request);
    loop.run();
    ASSERT_EQ(client.answers.size(), 1u);
    EXPECT_EQ(client.answers[0], Json::parse(GetParam().answer)) << client.answers[0];
}

INSTANTIATE_TEST_SUITE_P(
    Cases, GatewayEnvelope,
    testing::Values(
        Envelope{
            "NoRequest", "[]",
            R"({"error":{"code":-32600,"message":"Invalid JSON-RPC request."},"id":null,"jsonrpc":"2.0"})"},
        Envelope{
            "AnAnswer", R"({"id":1,"jsonrpc":"2.0","result":1})",
            R"({"error":{"code":-32600,"message":"Invalid JSON-RPC request."},"id":null,"jsonrpc":"2.0"})"},
        Envelope{
            "UnknownMethod", R"({"id":"x","jsonrpc":"2.0","method":"Ping"})",
            R"({"error":{"code":-32601,"message":"Method not found."},"id":"x","jsonrpc":"2.0"})"},
        Envelope{
            "NoParams", R"({"id":1,"jsonrpc":"2.0","method":"create"})",
            R"({"error":{"code":-32602,"message":"'params' is required","data":{"type":"INVALID_PARAMS"}},
                     "id":1,"jsonrpc":"2.0"})"},
        Envelope{
            "NoType", R"({"id":1,"jsonrpc":"2.0","method":"create","params":{}})",
            R"({"error":{"code":-32000,"message":"'type' parameter is required"},"id":1,"jsonrpc":"2.0"})"},
        Envelope{"TypeIsANumber",
                 R"({"id":1,"jsonrpc":"2.0","method":"create","params":{"type":1}})",
                 R"({"error":{"code":-32000,"message":"'type' parameter should be a string"},
                     "id":1,"jsonrpc":"2.0"})"},
        Envelope{"SessionIsANumber",
                 R"({"id":1,"jsonrpc":"2.0","method":"ping","params":{"sessionId":1}})",
                 R"({"error":{"code":-32000,"message":"'sessionId' parameter should be a string"},
                     "id":1,"jsonrpc":"2.0"})"},
        Envelope{"OperationsAreNoArray",
                 R"({"id":1,"jsonrpc":"2.0","method":"transaction","params":{"operations":5}})",
                 R"({"error":{"code":-32000,"message":"'operations' parameter should be a array"},
                     "id":1,"jsonrpc":"2.0"})"},
        Envelope{"PingWithoutSession",
                 R"({"id":0,"jsonrpc":"2.0","method":"ping","params":{"interval":5000}})",
                 R"({"id":0,"jsonrpc":"2.0","result":{"value":"pong"}})"},
        Envelope{"PingWithSession",
                 R"({"id":0,"jsonrpc":"2.0","method":"ping","params":{"sessionId":"s"}})",
                 R"({"id":0,"jsonrpc":"2.0","result":{"sessionId":"s","value":"pong"}})"},
        Envelope{
            "TextBehindIt",
            R"({"id":0,"jsonrpc":"2.0","method":"ping"} {"id":1,"jsonrpc":"2.0","method":"ping"} x)",
            R"({"id":0,"jsonrpc":"2.0","result":{"value":"pong"}})"},
        Envelope{
            "NotificationWithResult", R"({"jsonrpc":"2.0","method":"ping"})",
            R"({"error":{"code":-32000,"message":"Ignoring response because of a notification request",
                     "data":{"value":"pong"}},"id":null,"jsonrpc":"2.0"})"}),
    [](const auto& row) { return row.param.name; });

TEST_F(GatewayTest, AnswersWhatIsNoJson) {
    client.text("{");
    EXPECT_EQ(client.answers.at(0)["error"]["code"], -32700);
    EXPECT_EQ(client.answers.at(0)["id"], nullptr);
}

TEST_F(GatewayTest, ANotificationWithoutResultGetsNoAnswer) {
    client.text(R"({"jsonrpc":"2.0","method":"closeSession","params":{"sessionId":"s"}})");
    EXPECT_THAT(client.answers, IsEmpty());
}

// Sessions
// -----------------------------------------------------------------------------------------

TEST_F(GatewayTest, AConnectionKeepsTheSessionOfItsFirstAnswer) {
    EXPECT_EQ(session(client), "");
    const auto answer = ask(client, "connect");
    const auto made = answer["result"]["sessionId"].get<std::string>();
    EXPECT_EQ(answer["result"]["serverId"].get<std::string>().size(), 36u);
    EXPECT_EQ(session(client), made);
    EXPECT_EQ(ask(client, "connect")["result"]["sessionId"], made);
}

TEST_F(GatewayTest, RequestsThatComeBeforeTheFirstAnswerShareItsSession) {
    client.request(1, "create", {{"type", "MediaPipeline"}});
    client.request(2, "create", {{"type", "MediaPipeline"}});
    loop.run();
    EXPECT_EQ(client.answers.at(0)["result"]["sessionId"],
              client.answers.at(1)["result"]["sessionId"]);
}

TEST_F(GatewayTest, ASessionIsKnownOnceItUsedAnObject) {
    const auto unused = ask(client, "connect")["result"]["sessionId"];
    EXPECT_EQ(ask(other, "connect", {{"sessionId", unused}})["error"]["code"], 40007);
    EXPECT_EQ(ask(other, "keepAlive", {{"sessionId", unused}})["error"]["code"], 40007);
    ask(client, "describe", {{"object", "manager_ServerManager"}});
    EXPECT_EQ(ask(other, "keepAlive", {{"sessionId", unused}})["result"]["sessionId"], unused);
    EXPECT_EQ(ask(other, "connect", {{"sessionId", unused}})["result"]["sessionId"], unused);
}

TEST_F(GatewayTest, AFailedConnectLeavesNoTrace) {
    EXPECT_EQ(ask(client, "connect", {{"sessionId", "gone"}})["error"]["code"], 40007);
    EXPECT_EQ(session(client), "");
    EXPECT_NE(ask(client, "connect")["result"]["sessionId"], "gone");
}

TEST_F(GatewayTest, APingDoesNotMakeASessionKnown) {
    ask(client, "ping", {{"sessionId", "old"}});
    EXPECT_EQ(ask(client, "connect", {{"sessionId", "old"}})["error"]["code"], 40007);
}

TEST_F(GatewayTest, AcceptsSessionsThatClientsInvent) {
    ask(client, "create", {{"type", "MediaPipeline"}, {"sessionId", "mine"}});
    EXPECT_EQ(session(client), "mine");
    EXPECT_EQ(
        ask(client, "invoke",
            {{"object", "manager_ServerManager"}, {"operation", "getSessions"}})["result"]["value"],
        Json::array({"mine"}));
}

TEST_F(GatewayTest, AnEmptyNameOfASessionIsNone) {
    const auto own = ask(client, "ping", {{"sessionId", ""}, {"interval", 1}});
    EXPECT_FALSE(own["result"].contains("sessionId"));
    const auto mine = ask(client, "connect", {{"sessionId", ""}})["result"]["sessionId"];
    const auto theirs = ask(other, "connect", {{"sessionId", ""}})["result"]["sessionId"];
    EXPECT_NE(mine, theirs);
    EXPECT_EQ(ask(client, "connect", {{"sessionId", ""}})["result"]["sessionId"], mine);
}

TEST_F(GatewayTest, CollectsTheObjectsOfASessionThatLostItsConnection) {
    const auto pipeline = create(client, "MediaPipeline");
    loop.pass(2000s);
    EXPECT_TRUE(alive(pipeline)) << "an open connection keeps its session";
    client.leave();
    loop.pass(240s);
    EXPECT_TRUE(alive(pipeline));
    loop.pass(240s);
    EXPECT_FALSE(alive(pipeline));
}

TEST_F(GatewayTest, TheNewestConnectionGetsTheEvents) {
    const auto pipeline = create(client, "MediaPipeline");
    const auto mine = session(client);
    ask(client, "subscribe", {{"object", pipeline}, {"type", "E"}});
    EXPECT_EQ(ask(other, "connect", {{"sessionId", mine}})["result"]["sessionId"], mine);
    invoke(other, pipeline, "raise", {{"type", "E"}, {"data", {{"n", 1}}}});
    EXPECT_THAT(client.events, IsEmpty());
    EXPECT_EQ(other.events.size(), 1u);
    EXPECT_NE(ask(client, "connect")["result"]["sessionId"], mine);
}

TEST_F(GatewayTest, CloseSessionDropsItsReferences) {
    const auto shared = create(client, "MediaPipeline");
    const auto own = create(client, "MediaPipeline");
    ask(other, "describe", {{"object", shared}});
    const auto answer = ask(client, "closeSession", {{"sessionId", session(client)}});
    EXPECT_TRUE(answer.contains("result"));
    EXPECT_EQ(answer["result"], nullptr);
    EXPECT_FALSE(alive(own));
    EXPECT_TRUE(alive(shared));
    ask(other, "closeSession", {{"release", true}});
    EXPECT_FALSE(alive(shared));
}

TEST_F(GatewayTest, TheNumberOfSessionsIsBounded) {
    for (int i = 0; i < 100; ++i)
        ask(client, "create", {{"type", "MediaPipeline"}, {"sessionId", std::to_string(i)}});
    EXPECT_EQ(
        ask(client, "create", {{"type", "MediaPipeline"}, {"sessionId", "x"}})["error"]["code"],
        40009);
}

// Objects
// ------------------------------------------------------------------------------------------

TEST_F(GatewayTest, SpreadsPipelinesAndKeepsTheirElementsTogether) {
    const auto p1 = create(client, "MediaPipeline");
    const auto p2 = create(client, "kurento.MediaPipeline");
    EXPECT_NE(host_with(p1).id, host_with(p2).id);
    const auto element = create(client, "PassThrough", {{"mediaPipeline", p2}});
    EXPECT_EQ(host_with(element).id, host_with(p2).id);
    EXPECT_EQ(host_with(create(client, "MediaPipeline")).id, host_with(p1).id)
        << "the other has more objects";
}

TEST_F(GatewayTest, PassesCallsAndErrorsOn) {
    const auto pipeline = create(client, "MediaPipeline");
    EXPECT_EQ(invoke(client, pipeline, "echo", {{"a", {1, 2}}})["result"]["value"],
              Json::parse(R"({"a":[1,2]})"));
    const auto empty = invoke(client, pipeline, "nothing")["result"];
    EXPECT_TRUE(empty.contains("value") && empty["value"].is_null());
    EXPECT_EQ(invoke(client, pipeline, "fail")["error"].dump(),
              R"({"code":40001,"data":{"type":"MARSHALL_ERROR"},"message":"as told"})");
    EXPECT_EQ(ask(client, "create", {{"type", "Nope"}})["error"]["code"], 40108);
    EXPECT_EQ(ask(client, "describe", {{"object", pipeline}})["result"]["qualifiedType"],
              "kurento.T");
}

TEST_F(GatewayTest, ChecksParametersBeforeItAsksAHost) {
    const auto p = create(client, "MediaPipeline");
    EXPECT_EQ(invoke(client, p, "echo", Json::array())["error"]["message"],
              "'operationParams' should be an object");
    EXPECT_EQ(ask(client, "create", {{"type", "A"}, {"constructorParams", 5}})["error"]["code"],
              40001);
    EXPECT_EQ(ask(client, "invoke", {{"object", p}})["error"]["message"],
              "'operation' parameter is required");
}

TEST_F(GatewayTest, UnknownObjectsAreNotFound) {
    for (const char* method : {"describe", "invoke", "subscribe", "ref"})
        EXPECT_EQ(ask(client, method,
                      {{"object", "x_kurento.MediaPipeline"},
                       {"operation", "o"},
                       {"type", "t"},
                       {"sessionId", "s"}})["error"]["code"],
                  40101)
            << method;
    EXPECT_EQ(invoke(client, "newref:0", "play")["error"]["code"], 40109);
    for (const char* method : {"release", "unref"})
        EXPECT_TRUE(ask(client, method, {{"object", "x"}, {"sessionId", "s"}}).contains("result"))
            << method;
}

TEST_F(GatewayTest, ReleaseTakesTheObjectFromAllSessions) {
    const auto pipeline = create(client, "MediaPipeline");
    const auto element = create(client, "PassThrough", {{"mediaPipeline", pipeline}});
    ask(other, "describe", {{"object", element}});
    EXPECT_TRUE(ask(client, "release", {{"object", pipeline}}).contains("result"));
    EXPECT_FALSE(alive(element));
    EXPECT_EQ(invoke(other, element, "echo")["error"]["code"], 40101);
    EXPECT_THAT(invoke(other, "manager_ServerManager", "getPipelines")["result"]["value"],
                Json::array());
}

TEST_F(GatewayTest, ObjectsLiveUntilTheirLastSessionLetsGo) {
    const auto pipeline = create(client, "MediaPipeline");
    const auto a = create(client, "PassThrough", {{"mediaPipeline", pipeline}});
    ask(other, "ref", {{"object", a}, {"sessionId", "o"}});
    ask(client, "unref", {{"object", pipeline}, {"sessionId", session(client)}});
    EXPECT_TRUE(alive(a));
    EXPECT_TRUE(alive(pipeline));
    ask(other, "unref", {{"object", pipeline}, {"sessionId", "o"}});
    EXPECT_FALSE(alive(pipeline));
}

TEST_F(GatewayTest, ConnectingElementsOfTwoHostsIsAConnectError) {
    const auto p1 = create(client, "MediaPipeline");
    const auto p2 = create(client, "MediaPipeline");
    const auto a = create(client, "PassThrough", {{"mediaPipeline", p1}});
    const auto b = create(client, "PassThrough", {{"mediaPipeline", p2}});
    EXPECT_EQ(invoke(client, a, "connect", {{"sink", b}})["error"]["code"], 40004);
    EXPECT_TRUE(invoke(client, a, "echo", {{"value", b}}).contains("result"));
    // Any of its objects, not the first alone; and then the session refers to nothing, either.
    const auto c = create(client, "PassThrough", {{"mediaPipeline", p1}});
    const auto host = host_with(a).fake->objects.size();
    const auto refused = ask(client, "invoke",
                             {{"sessionId", "another"},
                              {"object", a},
                              {"operation", "connect"},
                              {"operationParams", {{"sink", c}, {"more", {{"deep", {b}}}}}}});
    EXPECT_EQ(refused["error"]["code"], 40004);
    EXPECT_THAT(refused["error"]["message"].get<std::string>(), HasSubstr(b));
    EXPECT_EQ(host_with(a).fake->objects.size(), host);
    EXPECT_EQ(ask(other, "keepAlive", {{"sessionId", "another"}})["error"]["code"], 40007);
}

TEST_F(GatewayTest, AnElementWhosePipelineIsReleasedMeanwhileIsNotFound) {
    const auto pipeline = create(client, "MediaPipeline");
    client.request(1000, "create",
                   {{"type", "PassThrough"}, {"constructorParams", {{"mediaPipeline", pipeline}}}});
    client.request(1001, "release", {{"object", pipeline}});
    loop.run();
    EXPECT_EQ(client.answers.at(0)["error"]["code"], 40101);
    EXPECT_TRUE(client.answers.at(1).contains("result"));
    for (auto& host : hosts) EXPECT_THAT(host.fake->objects, IsEmpty());
}

// Order, repeats, back-pressure
// --------------------------------------------------------------------

TEST_F(GatewayTest, AnswersInOrderAlthoughAnotherPipelineIsFaster) {
    const auto p1 = create(client, "MediaPipeline");
    const auto p2 = create(client, "MediaPipeline");
    client.request("slow", "invoke", {{"object", p1}, {"operation", "hold"}});
    client.request("fast", "invoke", {{"object", p2}, {"operation", "echo"}});
    loop.run();
    EXPECT_THAT(client.answers, IsEmpty());
    host_with(p1).fake->answer_held();
    loop.run();
    EXPECT_EQ(client.answers.at(0)["id"], "slow");
    EXPECT_EQ(client.answers.at(1)["id"], "fast");
}

TEST_F(GatewayTest, OtherConnectionsDoNotWait) {
    const auto pipeline = create(client, "MediaPipeline");
    client.request("slow", "invoke", {{"object", pipeline}, {"operation", "hold"}});
    EXPECT_TRUE(invoke(other, pipeline, "echo").contains("result"));
}

TEST_F(GatewayTest, StopsReadingWhenTooManyRequestsAreUnderWay) {
    const auto pipeline = create(client, "MediaPipeline");
    for (int i = 1; i < 4; ++i)
        EXPECT_TRUE(
            client.request(1000 + i, "invoke", {{"object", pipeline}, {"operation", "hold"}}));
    EXPECT_FALSE(client.request(1004, "invoke", {{"object", pipeline}, {"operation", "hold"}}));
    loop.run();
    EXPECT_EQ(client.resumed, 0);
    host_with(pipeline).fake->answer_held();
    loop.run();
    EXPECT_EQ(client.resumed, 1);
}

TEST_F(GatewayTest, StopsReadingWhenRequestsUnderWayAreLarge) {
    const auto pipeline = create(client, "MediaPipeline");
    const std::string text(60'000, 'x');
    const Json hold{
        {"object", pipeline}, {"operation", "hold"}, {"operationParams", {{"t", text}}}};
    EXPECT_TRUE(client.request(1001, "invoke", hold));
    EXPECT_FALSE(client.request(1002, "invoke", hold));
    loop.run();
    EXPECT_EQ(client.resumed, 0);
    host_with(pipeline).fake->answer_held();
    loop.run();
    EXPECT_EQ(client.resumed, 1);
}

TEST_F(GatewayTest, StopsReadingWhenAnswersThatWaitForTheFirstAreLarge) {
    const auto p1 = create(client, "MediaPipeline");
    const auto p2 = create(client, "MediaPipeline");
    const std::string text(60'000, 'x');
    const Json echo{{"object", p2}, {"operation", "echo"}, {"operationParams", {{"t", text}}}};
    EXPECT_TRUE(client.request(1001, "invoke", {{"object", p1}, {"operation", "hold"}}));
    EXPECT_TRUE(client.request(1002, "invoke", echo));
    loop.run();
    EXPECT_FALSE(client.request(1003, "invoke", echo));
    loop.run();
    EXPECT_EQ(client.resumed, 0);
    host_with(p1).fake->answer_held();
    loop.run();
    EXPECT_EQ(client.answers.size(), 3u);
    EXPECT_EQ(client.resumed, 1);
}

TEST_F(GatewayTest, ReadsNoMoreThanTheirShareOfAllConnections) {
    const auto pipeline = create(client, "MediaPipeline");
    const auto hold = [&](std::size_t bytes) {
        return Json{{"object", pipeline},
                    {"operation", "hold"},
                    {"operationParams", {{"t", std::string(bytes, 'x')}}}};
    };
    EXPECT_TRUE(client.request(1001, "invoke", hold(90'000)));
    EXPECT_FALSE(other.request(1001, "invoke", hold(90'000)));
    Client small{gateway};
    EXPECT_TRUE(small.request(1001, "invoke", hold(1'000)));
    loop.run();
    EXPECT_EQ(other.resumed, 0);
    host_with(pipeline).fake->answer_held();
    loop.run();
    EXPECT_EQ(other.resumed, 1);
    EXPECT_EQ(client.resumed, 0);
    EXPECT_TRUE(other.request(1002, "invoke", hold(90'000)));
}

TEST_F(GatewayTest, RequestsOfAClientThatLeftCountUntilTheyAreDone) {
    const auto pipeline = create(client, "MediaPipeline");
    const Json hold{{"object", pipeline},
                    {"operation", "hold"},
                    {"operationParams", {{"t", std::string(90'000, 'x')}}}};
    EXPECT_TRUE(client.request(1001, "invoke", hold));
    loop.run();
    client.leave();
    Client third{gateway};
    EXPECT_FALSE(third.request(1001, "invoke", hold));
    loop.run();
    host_with(pipeline).fake->answer_held();
    loop.run();
    EXPECT_EQ(third.resumed, 1);
    EXPECT_TRUE(third.request(1002, "invoke", hold));
}

TEST_F(GatewayTest, NobodyWaitsForAMeasurement) {
    const Json measure{{"object", "manager_ServerManager"},
                       {"operation", "getUsedCpu"},
                       {"operationParams", {{"interval", 1000}}}};
    client.request("cpu", "invoke", measure);
    client.request("ping", "ping");
    ASSERT_EQ(client.answers.size(), 1u);
    EXPECT_EQ(client.answers[0]["id"], "ping");
    const auto pipeline = create(client, "MediaPipeline");
    loop.pass(1s);
    ASSERT_EQ(client.answers.size(), 2u);
    EXPECT_EQ(client.answers[1]["id"], "cpu");
    EXPECT_EQ(client.answers[1]["result"]["sessionId"], session(client))
        << "requests that come meanwhile are of the same session";
    // A repeat that comes while it runs is answered with it, in its place.
    client.request("again", "invoke", measure);
    client.request("again", "invoke", measure);
    loop.pass(1s);
    EXPECT_EQ(client.answers.size(), 4u);
    client.request("gone", "invoke", measure);
    client.leave();
    loop.pass(1s);
}

TEST_F(GatewayTest, ARepeatedRequestIsAnsweredOnceMoreButNotDoneAgain) {
    const auto pipeline = create(client, "MediaPipeline");
    client.request(7, "create",
                   {{"type", "PassThrough"}, {"constructorParams", {{"mediaPipeline", pipeline}}}});
    client.request(7, "create",
                   {{"type", "PassThrough"}, {"constructorParams", {{"mediaPipeline", pipeline}}}});
    loop.run();
    client.request(7, "ping");
    loop.run();
    ASSERT_EQ(client.answers.size(), 3u);
    EXPECT_EQ(client.answers[0], client.answers[1]);
    EXPECT_EQ(client.answers[0], client.answers[2]);
    EXPECT_EQ(host_with(pipeline).fake->objects.size(), 2u);
}

TEST_F(GatewayTest, ARepeatedRequestBindsTheConnectionThatRepeatsIt) {
    const Json make{{"type", "MediaPipeline"}, {"sessionId", "mine"}};
    {
        Client first{gateway};
        first.request(1, "create", make);
        loop.run();
    }
    Client second{gateway};
    second.request(1, "create", make);
    EXPECT_EQ(ask(second, "ping")["result"]["sessionId"], "mine");
    // The same while the first is still at work.
    Client third{gateway};
    third.request(2, "create", make);
    Client fourth{gateway};
    fourth.request(2, "create", make);
    loop.run();
    EXPECT_EQ(ask(fourth, "ping")["result"]["sessionId"], "mine");
}

TEST_F(GatewayTest, AConnectInVainBehindAnotherRequestChangesNothing) {
    const auto pipeline = create(client, "MediaPipeline");
    const std::string session = ask(client, "ping")["result"]["sessionId"];
    const Json call{{"object", pipeline}, {"operation", "getName"}};
    client.answers.clear();
    client.request(101, "invoke", call);
    client.request(102, "connect", {{"sessionId", "nonsense"}});
    client.request(103, "invoke", call);
    loop.run();
    ASSERT_EQ(client.answers.size(), 3u);
    EXPECT_EQ(client.answers[1]["error"]["code"], 40007);
    EXPECT_EQ(client.answers[2]["result"]["sessionId"], session);
}

TEST_F(GatewayTest, ACallInVainOfAnUnknownSessionChangesNothingForWhoComesAfter) {
    const auto pipeline = create(client, "MediaPipeline");
    const std::string session = ask(client, "ping")["result"]["sessionId"];
    const Json call{{"object", pipeline}, {"operation", "getName"}};
    client.answers.clear();
    int id = 200;
    const std::vector<std::pair<const char*, Json>> in_vain{
        {"keepAlive", {{"sessionId", "nonsense"}}},
        {"describe", {{"sessionId", "nonsense"}, {"object", "nothing"}}},
        {"invoke", {{"sessionId", "nonsense"}, {"object", "nothing"}, {"operation", "x"}}},
        {"subscribe", {{"sessionId", "nonsense"}, {"object", "nothing"}, {"type", "E"}}},
        {"create", {{"sessionId", "nonsense"}}},
        {"ref", {{"sessionId", "nonsense"}, {"object", "nothing"}}},
        {"transaction", {{"sessionId", "nonsense"}, {"operations", 5}}}};
    for (const auto& [method, params] : in_vain) {
        client.answers.clear();
        client.request(++id, "invoke", call);
        client.request(++id, method, params);
        client.request(++id, "subscribe", {{"object", pipeline}, {"type", "E"}});
        client.request(id, method, params);  // no repeat of that one: it names another session
        loop.run();
        ASSERT_EQ(client.answers.size(), 4u) << method;
        EXPECT_TRUE(client.answers[1].contains("error")) << method;
        EXPECT_EQ(client.answers[2]["result"]["sessionId"], session) << method;
    }
    client.events.clear();
    invoke(client, pipeline, "raise", {{"type", "E"}, {"data", {{"n", 1}}}});
    EXPECT_EQ(client.events.size(), 1u);
    EXPECT_EQ(ask(client, "ping")["result"]["sessionId"], session);
}

TEST_F(GatewayTest, TheSessionThatSucceedsLastIsTheConnections) {
    const auto pipeline = create(client, "MediaPipeline");
    const Json call{{"object", pipeline}, {"operation", "getName"}};
    auto named = [&](const char* session) {
        Json params = call;
        params["sessionId"] = session;
        return params;
    };
    client.answers.clear();
    client.request(301, "invoke", named("one"));
    client.request(302, "keepAlive", {{"sessionId", "nonsense"}});
    client.request(303, "invoke", call);
    loop.run();
    ASSERT_EQ(client.answers.size(), 3u);
    EXPECT_EQ(client.answers[2]["result"]["sessionId"], "one");
}

TEST_F(GatewayTest, WhatIsMadeForASessionThatWasClosedMeanwhileGoesWithIt) {
    client.request(101, "create", {{"type", "MediaPipeline"}, {"sessionId", "short"}});
    client.request(102, "closeSession", {{"sessionId", "short"}, {"release", true}});
    loop.run();
    ASSERT_EQ(client.answers.size(), 2u);
    const std::string pipeline = client.answers[0]["result"]["value"];
    EXPECT_FALSE(alive(pipeline));
    EXPECT_EQ(ask(client, "describe", {{"object", pipeline}})["error"]["code"], 40101);
}

TEST_F(GatewayTest, ALongNameOfASessionIsRefusedBeforeAnythingKeepsIt) {
    const Json params{{"sessionId", std::string(257, 's')}};
    EXPECT_EQ(ask(client, "ping", params)["error"]["code"], -32000);
    EXPECT_EQ(ask(client, "ping")["result"], (Json{{"value", "pong"}}));
    EXPECT_EQ(ask(client, "ping", {{"sessionId", std::string(256, 's')}})["result"]["value"],
              "pong");
}

TEST_F(GatewayTest, ErrorsAreRepeatedToo) {
    ask(client, "describe", {{"object", "manager_ServerManager"}});
    client.request(7, "create", {{"type", "Nope"}});
    loop.run();
    client.request(7, "ping");
    loop.run();
    EXPECT_EQ(client.answers.at(1)["error"]["code"], 40108);
}

TEST_F(GatewayTest, AClientThatLeftIsNotAnswered) {
    auto gone = std::make_unique<Client>(gateway);
    const auto pipeline = create(*gone, "MediaPipeline");
    gone->request(1000, "invoke", {{"object", pipeline}, {"operation", "hold"}});
    loop.run();
    gone.reset();
    host_with(pipeline).fake->answer_held();
    loop.run();
}

// Transactions
// -------------------------------------------------------------------------------------

TEST_F(GatewayTest, RunsATransaction) {
    const auto answer = ask(client, "transaction", Json::parse(R"({"operations":[
        {"id":0,"jsonrpc":"2.0","method":"create","params":{"type":"MediaPipeline"}},
        {"id":1,"jsonrpc":"2.0","method":"create","params":{"type":"PassThrough",
            "constructorParams":{"mediaPipeline":"newref:0"}}},
        {"id":2,"jsonrpc":"2.0","method":"invoke","params":{"object":"newref:1","operation":"echo",
            "operationParams":{"x":"newref:0"}}},
        {"id":3,"jsonrpc":"2.0","method":"invoke","params":{"object":"newref:1","operation":"fail"}},
        {"id":4,"jsonrpc":"2.0","method":"ping"}]})"));
    const Json& value = answer["result"]["value"];
    ASSERT_EQ(value.size(), 4u);
    const auto pipeline = value[0]["result"]["value"].get<std::string>();
    EXPECT_THAT(value[1]["result"]["value"].get<std::string>(),
                testing::StartsWith(pipeline + '/'));
    EXPECT_EQ(value[2]["result"]["value"]["x"], pipeline);
    EXPECT_EQ(value[3]["error"]["code"], 40001);
    EXPECT_EQ(value[2]["result"]["sessionId"], answer["result"]["sessionId"]);
    EXPECT_EQ(value[2]["id"], 2);
}

TEST_F(GatewayTest, ATransactionMayHoldAnother) {
    const auto answer = ask(client, "transaction", Json::parse(R"({"operations":[
        {"id":0,"jsonrpc":"2.0","method":"transaction","params":{"operations":[
            {"id":0,"jsonrpc":"2.0","method":"ping"}]}}]})"));
    EXPECT_EQ(answer["result"]["value"][0]["result"]["value"][0]["result"]["value"], "pong");
}

// Events
// -------------------------------------------------------------------------------------------

TEST_F(GatewayTest, EventsReachEachSubscribedSessionOnce) {
    const auto pipeline = create(client, "MediaPipeline");
    const auto first =
        ask(client, "subscribe", {{"object", pipeline}, {"type", "E"}})["result"]["value"];
    ask(client, "subscribe", {{"object", pipeline}, {"type", "E"}});
    ask(other, "subscribe", {{"object", pipeline}, {"type", "E"}});
    invoke(client, pipeline, "raise", {{"type", "E"}, {"data", {{"n", 1}}}});
    ASSERT_EQ(client.events.size(), 1u);
    EXPECT_EQ(client.events[0].dump(),
              R"({"jsonrpc":"2.0","method":"onEvent","params":{"value":{"data":{"n":1},)"
              R"("object":")" +
                  pipeline + R"(","type":"E"}}})");
    EXPECT_EQ(other.events.size(), 1u);
    EXPECT_EQ(std::count(host_with(pipeline).fake->asked.begin(),
                         host_with(pipeline).fake->asked.end(), "subscribe " + pipeline + " E"),
              1);

    ask(client, "unsubscribe", {{"object", pipeline}, {"subscription", first}});
    invoke(client, pipeline, "raise", {{"type", "E"}, {"data", {{"n", 2}}}});
    EXPECT_EQ(client.events.size(), 2u) << "the second subscription is still there";
}

TEST_F(GatewayTest, TheLastUnsubscribeTellsTheHost) {
    const auto pipeline = create(client, "MediaPipeline");
    const auto id =
        ask(client, "subscribe", {{"object", pipeline}, {"type", "E"}})["result"]["value"];
    ask(client, "unsubscribe", {{"object", pipeline}, {"subscription", id}});
    ask(client, "unsubscribe", {{"object", pipeline}, {"subscription", id}});
    EXPECT_THAT(host_with(pipeline).fake->asked,
                ElementsAre("create MediaPipeline", "subscribe " + pipeline + " E",
                            "unsubscribe " + pipeline + " E"));
}

TEST_F(GatewayTest, ASubscriptionThatTheHostRefusesIsNone) {
    const auto pipeline = create(client, "MediaPipeline");
    client.request(1000, "subscribe", {{"object", pipeline}, {"type", "Nope"}});
    client.request(1001, "subscribe", {{"object", pipeline}, {"type", "Nope"}});
    loop.run();
    EXPECT_EQ(client.answers.at(0)["error"]["code"], 40106);
    EXPECT_EQ(client.answers.at(1)["error"]["code"], 40106);
    EXPECT_EQ(ask(client, "subscribe",
                  {{"object", "manager_ServerManager"}, {"type", "Nope"}})["error"]["code"],
              40106);
}

TEST_F(GatewayTest, TheServerManagerTellsOfObjects) {
    ask(other, "subscribe", {{"object", "manager_ServerManager"}, {"type", "ObjectCreated"}});
    ask(other, "subscribe", {{"object", "manager_ServerManager"}, {"type", "ObjectDestroyed"}});
    const auto pipeline = create(client, "MediaPipeline");
    const auto element = create(client, "PassThrough", {{"mediaPipeline", pipeline}});
    ask(client, "release", {{"object", pipeline}});
    std::vector<std::string> seen;
    for (const auto& event : other.events) {
        const Json& value = event["params"]["value"];
        EXPECT_EQ(value["object"], "manager_ServerManager");
        EXPECT_EQ(value["data"]["source"], "manager_ServerManager");
        EXPECT_TRUE(value["data"]["timestampMillis"].is_string());
        EXPECT_TRUE(value["data"]["tags"].is_array());
        seen.push_back(value["type"].get<std::string>() + ' ' +
                       value["data"].value("object", value["data"].value("objectId", "")));
    }
    EXPECT_THAT(seen, ElementsAre("ObjectCreated " + pipeline, "ObjectCreated " + element,
                                  "ObjectDestroyed " + element, "ObjectDestroyed " + pipeline));
}

TEST_F(GatewayTest, TheServerManagerCannotBeReleased) {
    EXPECT_TRUE(ask(client, "release", {{"object", "manager_ServerManager"}}).contains("result"));
    EXPECT_EQ(
        ask(client, "describe", {{"object", "manager_ServerManager"}})["result"].value("type", ""),
        "ServerManager");
}

// Loss of a host
// -----------------------------------------------------------------------------------

TEST_F(GatewayTest, TheLossOfAHostIsToldToThoseWhoAskedAndHarmsNoOthers) {
    const auto p1 = create(client, "MediaPipeline");
    const auto p2 = create(client, "MediaPipeline");
    const auto element = create(client, "PassThrough", {{"mediaPipeline", p1}});
    ask(client, "subscribe", {{"object", element}, {"type", "Error"}});
    ask(other, "subscribe", {{"object", "manager_ServerManager"}, {"type", "ObjectDestroyed"}});
    client.request("waits", "invoke", {{"object", p1}, {"operation", "hold"}});
    loop.run();
    lose_host(host_with(p1).id);

    ASSERT_EQ(client.events.size(), 1u);
    const Json& value = client.events[0]["params"]["value"];
    EXPECT_EQ(value["object"], element);
    EXPECT_EQ(value["type"], "Error");
    EXPECT_EQ(value["data"]["type"], "MEDIA_HOST_LOST");
    EXPECT_EQ(value["data"]["source"], element);
    EXPECT_TRUE(value["data"]["errorCode"].is_number_integer());
    EXPECT_THAT(value["data"]["description"].get<std::string>(), HasSubstr("signal 9"));
    EXPECT_EQ(other.events.size(), 2u);

    EXPECT_EQ(client.answers.at(0)["id"], "waits");
    EXPECT_EQ(client.answers.at(0)["error"]["code"], 40003);
    const auto later = invoke(client, element, "echo");
    EXPECT_EQ(later["error"]["code"], 40101);
    EXPECT_THAT(later["error"]["message"].get<std::string>(), HasSubstr("host"));
    EXPECT_THAT(ask(client, "create",
                    {{"type", "PassThrough"},
                     {"constructorParams", {{"mediaPipeline", p1}}}})["error"]["message"]
                    .get<std::string>(),
                HasSubstr("host"));
    EXPECT_TRUE(ask(client, "release", {{"object", p1}}).contains("result"));
    EXPECT_TRUE(invoke(client, p2, "echo").contains("result"));
    EXPECT_THAT(invoke(client, "manager_ServerManager", "getPipelines")["result"]["value"],
                Json::array({p2}));
}

TEST_F(GatewayTest, WithoutAHostNothingIsMade) {
    lose_host(HostId{1});
    lose_host(HostId{2});
    EXPECT_EQ(ask(client, "create", {{"type", "MediaPipeline"}})["error"]["code"], 40009);
    add_host(3);
    EXPECT_FALSE(create(client, "MediaPipeline").empty());
    EXPECT_EQ(hellos, 3);
}

TEST_F(GatewayTest, TheNumberOfObjectsIsBounded) {
    test::ManualLoop own_loop;
    Gateway small{own_loop,
                  {.service = {.version = "1",
                               .metadata = {},
                               .max_objects = 4,
                               .max_objects_per_session = 3,
                               .max_pipelines = 2}}};
    std::unique_ptr<test::FakeHost> fake;
    fake = std::make_unique<test::FakeHost>([&](std::string frame) {
        own_loop.post([&, frame = std::move(frame)] {
            EXPECT_TRUE(small.service().on_host_bytes(HostId{1}, as_bytes(frame)));
        });
    });
    small.service().add_host(
        HostId{1},
        [&](std::string frame) {
            own_loop.post([&, frame = std::move(frame)] { fake->on_bytes(as_bytes(frame)); });
        },
        [] {});
    fake->hello();
    own_loop.run();
    Client a{small};
    Client b{small};
    int id = 0;
    const auto pipeline_for = [&](Client& by) {
        by.request(++id, "create", {{"type", "MediaPipeline"}});
    };
    const auto answer_of = [&](Client& by) {
        own_loop.run();
        Json answer = by.answers.back();
        by.answers.clear();
        return answer.contains("error") ? answer["error"]["message"].get<std::string>()
                                        : answer["result"]["value"].get<std::string>();
    };
    pipeline_for(a);
    const auto first = answer_of(a);
    // Those that are being made count, too.
    pipeline_for(a);
    pipeline_for(a);
    own_loop.run();
    EXPECT_EQ(a.answers.at(1)["error"]["code"], 40009);
    EXPECT_THAT(answer_of(a), HasSubstr("2 pipelines"));
    const auto element_for = [&](Client& by) {
        by.request(++id, "create",
                   {{"type", "PassThrough"}, {"constructorParams", {{"mediaPipeline", first}}}});
        return answer_of(by);
    };
    EXPECT_THAT(element_for(a), HasSubstr("PassThrough"));
    EXPECT_THAT(element_for(a), HasSubstr("3 objects in this session"));
    EXPECT_THAT(element_for(b), HasSubstr("PassThrough"));
    EXPECT_THAT(element_for(b), HasSubstr("4 objects"));
    a.request(++id, "release", {{"object", first}});
    own_loop.run();
    pipeline_for(b);
    EXPECT_THAT(answer_of(b), HasSubstr("_kurento.MediaPipeline"));
}

TEST_F(GatewayTest, NothingIsMadeWhenFilesAreScarce) {
    test::ManualLoop own_loop;
    Gateway tight{own_loop, {.service = {.version = "1", .metadata = {}, .resource_limit = 1e-9}}};
    tight.service().add_host(
        HostId{1}, [](const std::string&) {}, [] {});
    Client a{tight};
    a.request(1, "create", {{"type", "MediaPipeline"}});
    own_loop.run();
    EXPECT_EQ(a.answers.at(0)["error"]["code"], 40009);
    EXPECT_EQ(a.answers.at(0)["error"]["data"]["type"], "NOT_ENOUGH_RESOURCES");
    EXPECT_THAT(a.answers.at(0)["error"]["message"].get<std::string>(), HasSubstr(" of "));
    a.request(2, "ping");
    EXPECT_EQ(a.answers.at(1)["result"]["value"], "pong") << "only create is refused";
}

TEST_F(GatewayTest, AHostThatTalksNonsenseMustGo) {
    const auto frame = [](const char* text) { return jsonrpc::make_frame(text); };
    for (const auto& bytes :
         {frame("nonsense"), frame(R"({"jsonrpc":"2.0","id":99,"result":1})"),
          frame(R"({"jsonrpc":"2.0","id":1,"method":"x"})"), std::string(4, '\0')})
        EXPECT_FALSE(gateway.service().on_host_bytes(HostId{1}, as_bytes(bytes)));
}

}  // namespace
}  // namespace rivero::gateway
