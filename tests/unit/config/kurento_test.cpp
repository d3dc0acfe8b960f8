// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "config/kurento/convert.hpp"
#include "config/settings_io.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace rivero::config::kurento {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::Contains;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class KurentoConfig : public testing::Test {
protected:
    KurentoConfig() { fs::create_directories(root / "modules" / "kurento"); }
    ~KurentoConfig() override { fs::remove_all(root); }

    void main_file(const std::string& text) { std::ofstream{root / "kurento.conf.json"} << text; }
    void module_file(const std::string& name, const std::string& text) {
        std::ofstream{root / "modules" / "kurento" / name} << text;
    }
    Converted convert(const std::vector<std::string>& environment = {}) {
        return kurento::convert(root / "kurento.conf.json", environment);
    }
    /// The settings that the printed file stands for: it must be one that we take.
    static Settings read(const Converted& converted) {
        Settings settings;
        apply_json(settings, converted.settings, "converted");
        check(settings);
        return settings;
    }

    std::string templ = (fs::temp_directory_path() / "rivero_kurento_XXXXXX").string();
    fs::path root = mkdtemp(templ.data());
};

TEST_F(KurentoConfig, CodecListsKeepTheirOrder) {
    main_file("{}");
    module_file("SdpEndpoint.conf.json", R"({
        "audioCodecs": [{"name": "PCMA/8000"}, {"name": "AMR/8000"}, {"name": "opus/48000/2"}],
        "videoCodecs": [{"name": "H265/90000"}, {"name": "H264/90000"}, {"name": "VP8/90000"}]})");
    const auto converted = convert();
    const auto settings = read(converted);
    EXPECT_EQ(settings.rtc.audio_codecs, (std::vector<std::string>{"PCMA", "opus"}));
    EXPECT_EQ(settings.rtc.video_codecs, (std::vector<std::string>{"H264", "VP8"}));
    EXPECT_THAT(converted.report, Contains(HasSubstr("without H265")));
}

TEST_F(KurentoConfig, H265IsSpokenWhenItWasEnabled) {
    main_file("{}");
    module_file("WebRtcEndpoint.conf.ini", "enable-h265=true\n");
    EXPECT_EQ(read(convert()).rtc.video_codecs,
              (std::vector<std::string>{"VP8", "VP9", "H264", "AV1", "H265"}));
    module_file("SdpEndpoint.conf.json",
                R"({"videoCodecs": [{"name": "H265/90000"}, {"name": "VP8/90000"}]})");
    EXPECT_EQ(read(convert()).rtc.video_codecs, (std::vector<std::string>{"H265", "VP8"}));
}

TEST_F(KurentoConfig, TheShippedListsAreNobodysChoice) {
    main_file("{}");
    module_file("SdpEndpoint.conf.json", R"({
        "audioCodecs": [{"name": "opus/48000/2"}, {"name": "PCMU/8000"}, {"name": "PCMA/8000"},
                        {"name": "AMR/8000"}],
        "videoCodecs": [{"name": "H265/90000"}, {"name": "AV1/90000"}, {"name": "VP9/90000"},
                        {"name": "VP8/90000"}, {"name": "H264/90000"}]})");
    const auto converted = convert();
    EXPECT_EQ(read(converted).rtc.video_codecs, Settings{}.rtc.video_codecs);
    EXPECT_EQ(read(converted).rtc.audio_codecs, Settings{}.rtc.audio_codecs);
    EXPECT_THAT(converted.report, Contains(AllOf(HasSubstr("videoCodecs"), HasSubstr("shipped"))));
}

struct Dscp {
    const char* name;
    int code;
};
class KurentoDscp : public KurentoConfig, public testing::WithParamInterface<Dscp> {};
TEST_P(KurentoDscp, IsANumber) {
    main_file("{}");
    module_file("WebRtcEndpoint.conf.ini", std::string{"qos-dscp="} + GetParam().name + "\n");
    EXPECT_EQ(read(convert()).rtc.dscp, GetParam().code);
}
INSTANTIATE_TEST_SUITE_P(Names, KurentoDscp,
                         testing::Values(Dscp{"EF", 46}, Dscp{"CS0", 0}, Dscp{"AF41", 34},
                                         Dscp{"VIDEO_HIGH", 36}, Dscp{"CHROME_HIGH", 56},
                                         Dscp{"NO_VALUE", -1}),
                         [](const auto& row) { return row.param.name; });

TEST_F(KurentoConfig, ADscpNameThatIsNoneIsLeftOut) {
    main_file("{}");
    module_file("WebRtcEndpoint.conf.ini", "qos-dscp=VERY_HIGH\n");
    const auto converted = convert();
    EXPECT_EQ(read(converted).rtc.dscp, -1);
    EXPECT_THAT(converted.report, Contains(HasSubstr("qos-dscp: left out")));
}

/// What a fresh installation has.
constexpr const char* kShippedMain = R"({
  "mediaServer": {
    "resources": {
      // "exceptionLimit": "0.8",
      "garbageCollectorPeriod": 240,
      "disableRequestCache": false
    },
    "net": {
      "websocket": {
        "port": 8888,
        //"secure": { "port": 8433, "certificate": "cert.pem", "password": "" },
        "//address": "127.0.0.1",
        "path": "kurento",
        "threads": 10
      }
    }
  }
})";

TEST_F(KurentoConfig, OfAFreshInstallation) {
    main_file(kShippedMain);
    module_file("BaseRtpEndpoint.conf.ini", "; minPort=5000\n; maxPort=5050\n");
    module_file("MediaElement.conf.ini", ";encoderBitrate=300000\n");
    module_file("UriEndpoint.conf.ini", "defaultPath = file:///var/lib/kurento/\n");
    module_file("WebRtcEndpoint.conf.ini",
                "; stunServerAddress=198.51.100.1\n"
                "turnURL=user:password@198.51.100.1:3478?transport=udp\n;iceTcp=1\n");
    module_file("SdpEndpoint.conf.json",
                R"({"numAudioMedias": 1, "numVideoMedias": 1,
                    "audioCodecs": [{"name": "opus/48000/2"}], "videoCodecs": [{"name": "VP8/90000"}]})");
    module_file("Composite.conf.ini", "width=800\nheight=600\n");
    module_file("README.txt", "hello");
    const auto converted = convert();
    const auto settings = read(converted);
    EXPECT_EQ(settings.listen.address, "::") << "Kurento is open to all";
    EXPECT_EQ(settings.listen.port, 8888);
    EXPECT_EQ(settings.sessions.collector_period_seconds, 240);
    EXPECT_TRUE(settings.sessions.request_cache);
    EXPECT_EQ(settings.uri.default_path, "file:///var/lib/kurento/");
    EXPECT_EQ(settings.rtc.turn_url, "") << "nobody has the server of the example";
    EXPECT_THAT(
        converted.settings,
        AllOf(StartsWith("// Made by rivero"), HasSubstr("commands the server"),
              HasSubstr("// Was mediaServer.net.websocket.port."), Not(HasSubstr("minPort"))));
    EXPECT_THAT(converted.report, Contains("mediaServer.net.websocket.port -> listen.port = 8888"));
    EXPECT_THAT(converted.report,
                Contains(AllOf(StartsWith("mediaServer.net.websocket.threads: no counterpart: "),
                               HasSubstr("need no threads"))));
    EXPECT_THAT(converted.report,
                Contains(StartsWith("modules.kurento.WebRtcEndpoint.turnURL: left out: ")));
    EXPECT_THAT(converted.report,
                Contains(StartsWith("modules.kurento.Composite.width: no counterpart: ")));
    EXPECT_THAT(converted.report, Contains(HasSubstr("README.txt: only .conf.json")));
}

TEST_F(KurentoConfig, WithEverythingSet) {
    for (const auto* name : {"cert.pem", "ec.pem", "modules/kurento/rsa.pem"})
        std::ofstream{root / name} << "not looked into";
    main_file(R"({"mediaServer": {
        "resources": {"exceptionLimit": "0.7", "killLimit": 0.9, "garbageCollectorPeriod": "60",
                      "disableRequestCache": "true"},
        "net": {"websocket": {"port": "9999", "address": "192.0.2.7", "ipv6": false, "path": "media",
            "connqueue": 100, "registrar": {"address": "ws://r", "localAddress": "l"},
            "secure": {"port": 8433, "certificate": "cert.pem", "password": "secret word"}}},
        "metadata": {"region": {"name": "eu"}, "// no": 1}}})");
    module_file("BaseRtpEndpoint.conf.ini", "minPort=500\nmaxPort = 70000\nmtu=1300\n");
    module_file("MediaElement.conf.ini",
                "encoderBitrate=1000000\nminEncoderBitrate=200000\nmaxEncoderBitrate=2000000\n");
    module_file("WebRtcEndpoint.conf.ini",
                "# old\nnetworkInterfaces=eth0, eth1 wlan0\nstunServerAddress=192.0.2.1\n"
                "stunServerPort=3479\nturnURL=u:p@192.0.2.2:3478\npemCertificateRSA=rsa.pem\n"
                "pemCertificateECDSA=" +
                    (root / "ec.pem").string() +
                    "\nexternalIPv4=203.0.113.1\n"
                    "externalIPv6=2001:db8::1\niceTcp=0\nenable-h265=true\nmisspelt=1\n");
    const auto converted = convert();
    const auto s = read(converted);
    EXPECT_EQ(s.resources.exception_limit, 0.7);
    EXPECT_EQ(s.sessions.collector_period_seconds, 60);
    EXPECT_FALSE(s.sessions.request_cache);
    EXPECT_EQ(s.listen.address, "192.0.2.7");
    EXPECT_EQ(s.listen.port, 9999);
    EXPECT_EQ(s.listen.path, "media");
    EXPECT_EQ(s.listen.tls.port, 8433);
    EXPECT_EQ(s.listen.tls.address, "0.0.0.0") << "Kurento's address is for the other listener";
    EXPECT_EQ(s.listen.tls.certificate, (root / "cert.pem").string());
    EXPECT_EQ(s.listen.tls.key_password, "secret word");
    EXPECT_EQ(s.metadata, nlohmann::json::parse(R"({"region": {"name": "eu"}, "// no": 1})"));
    EXPECT_EQ(s.rtc.min_port, 1024) << "Kurento raises it, too";
    EXPECT_EQ(s.rtc.max_port, 65535);
    EXPECT_EQ(s.rtc.mtu, 1300);
    EXPECT_EQ(s.media.encoder_bitrate, 1'000'000);
    EXPECT_EQ(s.media.min_encoder_bitrate, 200'000);
    EXPECT_EQ(s.media.max_encoder_bitrate, 2'000'000);
    EXPECT_EQ(s.rtc.network_interfaces, (std::vector<std::string>{"eth0", "eth1", "wlan0"}));
    EXPECT_EQ(s.rtc.stun_server_address, "192.0.2.1");
    EXPECT_EQ(s.rtc.stun_server_port, 3479);
    EXPECT_EQ(s.rtc.turn_url, "u:p@192.0.2.2:3478");
    EXPECT_EQ(s.rtc.certificate_rsa, (root / "modules/kurento/rsa.pem").string());
    EXPECT_EQ(s.rtc.certificate_ecdsa, (root / "ec.pem").string());
    EXPECT_EQ(s.rtc.external_ipv4, "203.0.113.1");
    EXPECT_EQ(s.rtc.external_ipv6, "2001:db8::1");
    EXPECT_FALSE(s.rtc.ice_tcp);
    EXPECT_THAT(converted.report, Contains(StartsWith("mediaServer.resources.killLimit: no")));
    EXPECT_THAT(converted.report, Contains(HasSubstr("WebRtcEndpoint.misspelt: not a key")));
    for (const auto& line : converted.report)
        EXPECT_THAT(line, AllOf(Not(HasSubstr("secret word")), Not(HasSubstr("u:p@"))));
}

TEST_F(KurentoConfig, WhatMakesNoSenseIsLeftOutAndSaid) {
    main_file(R"({"mediaServer": {"net": {"websocket": {"port": "many",
        "secure": {"port": 8433, "certificate": "missing.pem"}}}}})");
    module_file("BaseRtpEndpoint.conf.ini", "minPort=6000\nmaxPort=5000\n");
    module_file("Broken.conf.ini", "no equals sign\n");
    module_file("WebRtcEndpoint.conf.json", "{");
    const auto converted = convert();
    const auto s = read(converted);
    EXPECT_EQ(s.listen.port, 8888);
    EXPECT_EQ(s.listen.tls.port, -1);
    EXPECT_EQ(s.rtc.min_port, Settings{}.rtc.min_port);
    EXPECT_THAT(
        converted.report,
        Contains("mediaServer.net.websocket.port: left out: \"many\" is not a whole number"));
    EXPECT_THAT(converted.report, Contains(HasSubstr("there is no certificate")));
    EXPECT_THAT(converted.report, Contains(HasSubstr("Broken.conf.ini")));
    EXPECT_THAT(converted.report,
                Contains(HasSubstr("WebRtcEndpoint.conf.json: this is not JSON")));
}

TEST_F(KurentoConfig, VariablesOfTheContainerWin) {
    main_file(kShippedMain);
    module_file("BaseRtpEndpoint.conf.ini", "minPort=5000\n");
    const auto converted =
        convert({"KMS_MIN_PORT=40000", "KMS_MAX_PORT=40100", "KMS_EXTERNAL_IPV4=auto",
                 "KMS_ICE_TCP=0", "KMS_STUN_IP=192.0.2.1", "KMS_STUN_PORT=3480", "KMS_UID=1000",
                 "KURENTO_LOGS_PATH=/var/log", "HOME=/root"});
    const auto s = read(converted);
    EXPECT_EQ(s.rtc.min_port, 40000);
    EXPECT_EQ(s.rtc.max_port, 40100);
    EXPECT_FALSE(s.rtc.ice_tcp);
    EXPECT_EQ(s.rtc.stun_server_port, 3480);
    EXPECT_EQ(s.rtc.external_ipv4, "");
    EXPECT_THAT(converted.report, Contains(StartsWith("KMS_EXTERNAL_IPV4: left out")));
    EXPECT_THAT(converted.report, Contains(StartsWith("KMS_UID: no counterpart")));
}

TEST_F(KurentoConfig, ModuleFilesMayLieElsewhere) {
    main_file(kShippedMain);
    fs::create_directories(root / "other" / "kurento");
    std::ofstream{root / "other" / "kurento" / "BaseRtpEndpoint.conf.ini"} << "minPort=7000\n";
    const auto converted =
        convert({"KURENTO_MODULES_CONFIG_PATH=/nowhere:" + (root / "other").string()});
    EXPECT_EQ(read(converted).rtc.min_port, 7000);
    EXPECT_THAT(converted.report, Contains(StartsWith("/nowhere: ")));
}

TEST_F(KurentoConfig, WithoutAMainFileThereIsNothing) {
    EXPECT_THROW(convert(), ConfigError);
    main_file("[]");
    EXPECT_THROW(convert(), ConfigError);
}

}  // namespace
}  // namespace rivero::config::kurento
