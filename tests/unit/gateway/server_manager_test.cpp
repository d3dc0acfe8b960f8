// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "gateway/server_manager.hpp"

#include "gateway/modules.hpp"
#include "gateway/process_stats.hpp"
#include "manual_loop.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <optional>
#include <unistd.h>

namespace rivero::gateway {
namespace {

class ServerManagerTest : public testing::Test {
protected:
    Json invoke(const char* operation, const Json& params = Json::object()) {
        std::optional<Outcome> got;
        manager.invoke(operation, params, [&](Outcome outcome) { got = std::move(outcome); });
        return got.value().value()["value"];
    }
    int error_of(const char* operation, const Json& params = Json::object()) {
        try {
            invoke(operation, params);
        } catch (const RpcError& error) {
            return error.error().code;
        }
        return 0;
    }

    test::ManualLoop loop;
    Modules modules;
    ServerManager manager{loop,
                          {.modules = modules,
                           .pipelines = [] { return std::vector<std::string>{"P"}; },
                           .sessions = [] { return std::vector<std::string>{"s"}; },
                           .processes = [] { return std::set<pid_t>{getpid()}; }},
                          "1.2.3",
                          Json::parse(R"({"region":"eu"})")};
};

TEST_F(ServerManagerTest, ListsTheThreeModulesThatClientsInsistOn) {
    modules.merge(Json::parse(R"([{"name":"chroma","version":"1","factories":["ChromaFilter"]},
                                  {"name":"core","version":"2","generationTime":"then","factories":["b"]},
                                  {"name":"core","version":"3","factories":["a","b"]}, 5, {"name":""}])"));
    modules.merge(Json::parse(R"([{"name":"core","version":"2","factories":["b"]}])"));
    const Json info = invoke("getInfo");
    EXPECT_EQ(info["type"], "KMS");
    EXPECT_EQ(info["version"], "1.2.3");
    EXPECT_EQ(info["capabilities"], Json::array({"transactions"}));
    EXPECT_EQ(info["__type__"], "ServerInfo");
    std::vector<std::string> names;
    for (const auto& module : info["modules"]) names.push_back(module["name"]);
    EXPECT_EQ(names, (std::vector<std::string>{"core", "elements", "filters", "chroma"}));
    EXPECT_EQ(info["modules"][0].dump(),
              R"({"__module__":"kurento","__type__":"ModuleInfo","factories":["a","b"],)"
              R"("generationTime":"then","name":"core","version":"2"})");
    EXPECT_EQ(info["modules"][2]["factories"], Json::array());
}

TEST_F(ServerManagerTest, GivesTheDescriptorOfAModuleAsText) {
    modules.merge(Json::parse(R"([{"name":"core","kmd":{"remoteClasses":[{"name":"A"}]}},
                                  {"name":"core","kmd":{"remoteClasses":[{"name":"A"},{"name":"B"}]}}])"));
    EXPECT_EQ(invoke("getKmd", {{"moduleName", "core"}}),
              R"({"remoteClasses":[{"name":"A"},{"name":"B"}]})");
    EXPECT_EQ(error_of("getKmd", {{"moduleName", "nope"}}), 40500);
    EXPECT_EQ(error_of("getKmd"), 40001);
}

TEST_F(ServerManagerTest, TellsWhatTheServerHolds) {
    EXPECT_EQ(invoke("getPipelines"), Json::array({"P"}));
    EXPECT_EQ(invoke("getSessions"), Json::array({"s"}));
    EXPECT_EQ(invoke("getMetadata"), R"({"region":"eu"})");
    EXPECT_GT(invoke("getCpuCount"), 0);
    EXPECT_GT(invoke("getUsedMemory"), 1000);
}

TEST_F(ServerManagerTest, MeasuresTheCpuWithoutWaiting) {
    std::optional<Outcome> got;
    manager.invoke("getUsedCpu", {{"interval", 500}}, [&](Outcome outcome) { got = outcome; });
    loop.pass(499ms);
    EXPECT_FALSE(got);
    loop.pass(1ms);
    const auto percent = (*got).value()["value"].get<double>();
    EXPECT_GE(percent, 0);
    EXPECT_EQ(percent, static_cast<double>(static_cast<float>(percent)));
}

TEST_F(ServerManagerTest, RefusesIntervalsThatNobodyCanMean) {
    const double huge = 1e300;
    for (const Json& interval :
         {Json(-5), Json(huge), Json(-0.5), Json(2147483648), Json(std::nan("")), Json(HUGE_VAL)}) {
        try {
            manager.invoke("getUsedCpu", {{"interval", interval}}, [](const Outcome&) { FAIL(); });
            ADD_FAILURE() << interval;
        } catch (const RpcError& error) {
            EXPECT_EQ(error.error().code, 40107);
        }
    }
    int measured = 0;
    for (const Json& interval : {Json(0), Json(1), Json(2147483647), Json(), Json(0.25)})
        manager.invoke("getUsedCpu", {{"interval", interval}}, [&](const Outcome&) { ++measured; });
    loop.pass(60s);
    EXPECT_EQ(measured, 5);
}

TEST_F(ServerManagerTest, IsAMediaObject) {
    EXPECT_EQ(invoke("getId"), "manager_ServerManager");
    EXPECT_EQ(invoke("getName"), "manager_ServerManager");
    EXPECT_EQ(invoke("setName", {{"name", "n"}}), nullptr);
    EXPECT_EQ(invoke("getName"), "n");
    EXPECT_EQ(invoke("getParent"), nullptr);
    EXPECT_EQ(invoke("getChildren"), Json::array());
    EXPECT_TRUE(invoke("getCreationTime").is_number_integer());
    invoke("addTag", {{"key", "b"}, {"value", "1"}});
    invoke("addTag", {{"key", "a"}, {"value", "2"}});
    EXPECT_EQ(invoke("getTags").dump(),
              R"([{"__module__":"kurento","__type__":"Tag","key":"a","value":"2"},)"
              R"({"__module__":"kurento","__type__":"Tag","key":"b","value":"1"}])");
    EXPECT_EQ(manager.event_data()["tags"], Json::array());
    invoke("setSendTagsInEvents", {{"sendTagsInEvents", true}});
    EXPECT_EQ(manager.event_data()["tags"].size(), 2u);
    EXPECT_EQ(invoke("getTag", {{"key", "a"}}), "2");
    invoke("removeTag", {{"key", "a"}});
    EXPECT_EQ(error_of("getTag", {{"key", "a"}}), 40110);
    EXPECT_EQ(error_of("noSuchThing", {{"a", 1}}), 40008);
}

TEST(ProcessStats, LeaveOutProcessesThatAreGone) {
    EXPECT_EQ(cpu_times({getpid(), 999'999'999}).size(), 1u);
    EXPECT_EQ(resident_kib({999'999'999}), 0);
}

}  // namespace
}  // namespace rivero::gateway
