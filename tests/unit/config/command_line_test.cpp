// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "config/command_line.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace rivero::config {
namespace {

using Words = std::vector<std::string>;

TEST(CommandLine, WinsOverTheEnvironmentAndThatOverTheFile) {
    const auto path = std::filesystem::temp_directory_path() / "rivero_command_line_test.json";
    std::ofstream{path}
        << R"({"listen":{"port":1,"path":"a"},"hosts":{"count":1},"web":{"root":"/"}})";
    const auto line = read_command_line({"--config", path, "--hosts", "3"},
                                        {"RIVERO_HOSTS_COUNT=2", "RIVERO_LISTEN_PATH=b"});
    std::filesystem::remove(path);
    EXPECT_EQ(line.settings.listen.port, 1);
    EXPECT_EQ(line.settings.listen.path, "b");
    EXPECT_EQ(line.settings.hosts.count, 3);
    EXPECT_EQ(line.settings.web.root, "/");
}

struct Listen {
    const char* text;
    const char* address;
    int port;
};
class ListenOption : public testing::TestWithParam<Listen> {};

TEST_P(ListenOption, GivesAddressAndPort) {
    const auto line = read_command_line({"--listen", GetParam().text}, {});
    EXPECT_EQ(line.settings.listen.address, GetParam().address);
    EXPECT_EQ(line.settings.listen.port, GetParam().port);
}

INSTANTIATE_TEST_SUITE_P(Forms, ListenOption,
                         testing::Values(Listen{"127.0.0.1:0", "127.0.0.1", 0},
                                         Listen{"0.0.0.0:8888", "0.0.0.0", 8888},
                                         Listen{"[::1]:9000", "::1", 9000},
                                         Listen{":9000", "0.0.0.0", 9000},
                                         Listen{"localhost:9000", "127.0.0.1", 9000},
                                         Listen{"9000", "127.0.0.1", 9000}));

TEST(CommandLine, CollectsModuleDirectories) {
    const auto line = read_command_line({"--modules", "/a:/b", "--modules=/c"}, {});
    EXPECT_EQ(line.settings.modules.paths, (Words{"/a", "/b", "/c"}));
}

TEST(CommandLine, SetsAnySetting) {
    const auto line = read_command_line(
        {"--set", "rtc.minPort=5000", "--set", "rtc.includeLoopback=true", "--log", "debug"}, {});
    EXPECT_EQ(line.settings.rtc.min_port, 5000);
    EXPECT_TRUE(line.settings.rtc.include_loopback);
    EXPECT_EQ(line.settings.log.levels, "debug");
}

struct Bad {
    const char* name;
    Words words;
    const char* message;
};
class BadCommandLine : public testing::TestWithParam<Bad> {};

TEST_P(BadCommandLine, IsToldInASentence) {
    try {
        static_cast<void>(read_command_line(GetParam().words, {}));
        FAIL() << "accepted";
    } catch (const ConfigError& error) {
        EXPECT_STREQ(error.what(), GetParam().message);
    }
}

INSTANTIATE_TEST_SUITE_P(
    Options, BadCommandLine,
    testing::Values(
        Bad{"Unknown", {"--port", "1"}, "--port: there is no such option; --help shows all"},
        Bad{"UnknownWithValue", {"--port=1"}, "--port: there is no such option; --help shows all"},
        Bad{"NoValue", {"--listen"}, "--listen: a value must follow"},
        Bad{"NoPort",
            {"--listen", "127.0.0.1:http"},
            "--listen: listen.port: \"http\" is not a whole number"},
        Bad{"NoFile",
            {"--config", "/nowhere/x.json"},
            "/nowhere/x.json: No such file or directory"},
        Bad{"NoAssignment", {"--set", "rtc"}, "--set: 'rtc' is not KEY=VALUE"}),
    [](const auto& row) { return row.param.name; });

TEST(CommandLine, HelpAndVersionDoNotReadSettings) {
    EXPECT_EQ(read_command_line({"--config", "/nowhere", "--help"}, {}).action, Action::help);
    EXPECT_EQ(read_command_line({"--version"}, {"RIVERO_NONSENSE=1"}).action, Action::version);
    EXPECT_EQ(read_command_line({"--check-config"}, {}).action, Action::check_config);
}

}  // namespace
}  // namespace rivero::config
