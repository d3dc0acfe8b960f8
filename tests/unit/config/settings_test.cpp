// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "config/fields.hpp"
#include "config/settings_io.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

namespace rivero::config {
namespace {

std::string complaint(const std::string& text) {
    Settings settings;
    try {
        apply_json(settings, text, "rivero.json");
        check(settings);
    } catch (const ConfigError& error) {
        return error.what();
    }
    return {};
}

struct Wrong {
    const char* name;
    const char* text;
    const char* message;
};
class WrongSetting : public testing::TestWithParam<Wrong> {};

TEST_P(WrongSetting, IsNamedWithPlaceValueAndWhatIsExpected) {
    EXPECT_EQ(complaint(GetParam().text), GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    Files, WrongSetting,
    testing::Values(
        Wrong{"TooHigh", R"({"rtc":{"minPort":70000}})",
              "rivero.json: rtc.minPort: 70000 is above 65535"},
        Wrong{"TooLow", R"({"rtc":{"minPort":80}})", "rivero.json: rtc.minPort: 80 is below 1024"},
        Wrong{"Huge", R"({"limits":{"sessions":18446744073709551615}})",
              "rivero.json: limits.sessions: 18446744073709551615 is above 10000000"},
        Wrong{"Fraction", R"({"listen":{"port":80.5}})",
              "rivero.json: listen.port: 80.5 is not a whole number"},
        Wrong{"NumberAsText", R"({"listen":{"port":"80"}})",
              "rivero.json: listen.port: \"80\" is not a whole number"},
        Wrong{"TextAsNumber", R"({"listen":{"path":5}})",
              "rivero.json: listen.path: 5 is not a text in quotes"},
        Wrong{"NoFlag", R"({"rtc":{"iceTcp":1}})",
              "rivero.json: rtc.iceTcp: 1 is not true or false"},
        Wrong{"NoList", R"({"modules":{"paths":"/a"}})",
              "rivero.json: modules.paths: \"/a\" is not a list of texts"},
        Wrong{"Misspelt", R"({"rtc":{"minport":5000}})",
              "rivero.json: rtc.minport: there is no such setting; did you mean rtc.minPort?"},
        Wrong{"OtherSection", R"({"rct":{"minPort":5000}})",
              "rivero.json: rct: there is no such setting"},
        Wrong{"NothingLikeIt", R"({"colour":"red"})",
              "rivero.json: colour: there is no such setting"},
        Wrong{"SectionIsNoObject", R"({"rtc":5})",
              "rivero.json: rtc: 5 is not a section in braces"},
        Wrong{"NoJson", "{\n\"rtc\": {\n", "rivero.json: line 3: this is not JSON"},
        Wrong{"HugeNumber", R"({"rtc":{"minPort":-1e400}})", "rivero.json: a number is too large"},
        Wrong{"NoObject", "[]", "rivero.json: the file is not one JSON object"},
        Wrong{"PortsTurnedRound", R"({"rtc":{"minPort":5000,"maxPort":4000}})",
              "rtc.minPort: 5000 is above rtc.maxPort, 4000"},
        Wrong{"NoSuchWord", R"({"media":{"h264Encoder":"x265"}})",
              "rivero.json: media.h264Encoder: \"x265\" is none of x264, openh264"},
        Wrong{"PartAboveOne", R"({"resources":{"exceptionLimit":1.5}})",
              "rivero.json: resources.exceptionLimit: 1.5 is above 1.0"},
        Wrong{"NestedSection", R"({"listen":{"tls":{"prot":1}}})",
              "rivero.json: listen.tls.prot: there is no such setting; did you mean "
              "listen.tls.port?"},
        Wrong{"NoListener", R"({"listen":{"port":-1}})",
              "listen.port and listen.tls.port are both -1: nobody could reach the server"},
        Wrong{"TlsWithoutCertificate", R"({"listen":{"tls":{"port":8433}}})",
              "listen.tls.certificate: TLS on port 8433 needs a certificate"},
        Wrong{"ShortToken", R"({"listen":{"accessTokens":["hunter2"]}})",
              "listen.accessTokens: a token of 7 characters can be guessed; 16 are the least"},
        Wrong{"OriginIsNoOrigin", R"({"listen":{"allowedOrigins":["app.example.org"]}})",
              "listen.allowedOrigins: \"app.example.org\" is not like https://app.example.org"},
        Wrong{"BitratesTurnedRound", R"({"media":{"minEncoderBitrate":5,"maxEncoderBitrate":4}})",
              "media.minEncoderBitrate: 5 is above media.maxEncoderBitrate, 4"},
        Wrong{"SlashInPath", R"({"listen":{"path":"/kurento"}})",
              "listen.path: \"/kurento\" starts with a slash, which is not part of it"}),
    [](const auto& row) { return row.param.name; });

TEST(Settings, TakeWhatTheFileNamesAndKeepTheRest) {
    Settings settings;
    apply_json(settings, R"({ // mine
        "listen": {"port": 9000}, "rtc": {"iceTcp": false, "networkInterfaces": ["eth0"]},
        "metadata": {"region": "eu"} })",
               "rivero.json");
    EXPECT_EQ(settings.listen.port, 9000);
    EXPECT_EQ(settings.listen.path, "kurento");
    EXPECT_FALSE(settings.rtc.ice_tcp);
    EXPECT_EQ(settings.rtc.network_interfaces, std::vector<std::string>{"eth0"});
    EXPECT_EQ(settings.metadata["region"], "eu");
}

TEST(Settings, ComeFromTheEnvironment) {
    Settings settings;
    apply_environment(settings,
                      {"HOME=/root", "RIVERO_RTC_MIN_PORT=5000", "RIVERO_RTC_TURN_URL=u:p@h",
                       "RIVERO_MODULES_PATHS=/a:/b", "RIVERO_RTC_ICE_TCP=0",
                       "RIVERO_LISTEN_TLS_KEY_PASSWORD=x", "RIVERO_RESOURCES_EXCEPTION_LIMIT=0.5"});
    EXPECT_EQ(settings.rtc.min_port, 5000);
    EXPECT_EQ(settings.rtc.turn_url, "u:p@h");
    EXPECT_EQ(settings.modules.paths, (std::vector<std::string>{"/a", "/b"}));
    EXPECT_FALSE(settings.rtc.ice_tcp);
    EXPECT_EQ(settings.listen.tls.key_password, "x");
    EXPECT_EQ(settings.resources.exception_limit, 0.5);
    EXPECT_THROW(apply_environment(settings, {"RIVERO_RTC_MINPORT=1"}), ConfigError);
    EXPECT_THROW(apply_environment(settings, {"RIVERO_RTC_MIN_PORT=many"}), ConfigError);
}

TEST(Settings, AreUtf8) {
    Settings settings;
    const auto refusal = [&](const char* variable) -> std::string {
        try {
            apply_environment(settings, {variable});
        } catch (const ConfigError& error) {
            return error.what();
        }
        return "";
    };
    EXPECT_EQ(refusal("RIVERO_WEB_ROOT=/srv/caf\xe9"),
              "environment: RIVERO_WEB_ROOT: \"/srv/caf\xef\xbf\xbd\" is not UTF-8");
    EXPECT_EQ(refusal("RIVERO_RTC_MIN_PORT=\x93"),
              "environment: RIVERO_RTC_MIN_PORT: \"\xef\xbf\xbd\" is not UTF-8");
    EXPECT_EQ(refusal("RIVERO_WEB_ROOT=/srv/caf\xc3\xa9"), "");
}

TEST(Settings, EachHasItsOwnNameInTheEnvironment) {
    std::set<std::string> names;
    for (const auto& field : fields())
        EXPECT_TRUE(names.insert(environment_name(field.path)).second) << field.path;
}

TEST(Settings, SurviveBeingWrittenAndReadAgain) {
    Settings settings;
    settings.listen.port = 1;
    settings.web.root = "/srv/\"web\"";
    settings.limits.sessions = 5;
    settings.metadata = nullptr;
    Settings back;
    apply_json(back, to_commented_json(settings), "test");
    EXPECT_EQ(to_json(back), to_json(settings));
}

TEST(ShippedFile, ShowsEveryKeyAtItsDefaultWithItsReason) {
    std::ifstream file{RIVERO_SHIPPED_CONFIG};
    std::ostringstream text;
    text << file.rdbuf();
    // After a change: rivero --print-config > config/rivero.json
    EXPECT_EQ(text.str(), to_commented_json(Settings{}));
}

}  // namespace
}  // namespace rivero::config
