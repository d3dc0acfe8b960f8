// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "config/kurento/convert.hpp"

#include "config/fields.hpp"
#include "config/kurento/config_tree.hpp"
#include "config/settings_io.hpp"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <set>
#include <sstream>

namespace rivero::config::kurento {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

/// What a value is made of on its way.
using Translate = std::function<json(const Value& value)>;

std::string as_text(const json& value) {
    return value.is_string() ? value.get<std::string>() : value.dump();
}
json text(const Value& value) {
    return as_text(value.value);
}
json number(const Value& value) {
    if (!value.value.is_string()) return value.value;
    auto parsed = json::parse(as_text(value.value), nullptr, false);
    return parsed.is_number() ? parsed : value.value;
}
json flag(const Value& value) {
    const auto word = as_text(value.value);
    if (word == "true" || word == "1") return true;
    if (word == "false" || word == "0") return false;
    return value.value;
}
json inverted(const Value& value) {
    const json on = flag(value);
    return on.is_boolean() ? json(!on.get<bool>()) : on;
}
/// Names with commas or spaces between them.
json words(const Value& value) {
    json list = json::array();
    std::string given = as_text(value.value);
    std::replace(given.begin(), given.end(), ',', ' ');
    std::istringstream stream{given};
    for (std::string word; stream >> word;) list.push_back(word);
    return list;
}
/// [{"name": "VP8/90000"}] is ["VP8"]. Those that nobody negotiates any more (AMR) are left out.
json codecs(const Value& value) {
    static const std::set<std::string> known{"opus", "PCMU", "PCMA", "G722", "VP8",
                                             "VP9",  "H264", "AV1",  "H265"};
    json names = json::array();
    for (const auto& codec : value.value) {
        const std::string given = as_text(codec.is_object() ? codec.value("name", json()) : codec);
        const std::string name = given.substr(0, given.find('/'));
        if (known.contains(name)) names.push_back(name);
    }
    return names;
}
/// A name of Kurento's is a code point of ours: RFC 2474, 2597, 3246, 5865, 8622 and 8837.
json dscp(const Value& value) {
    static const std::map<std::string, int> codes{{"NO_VALUE", -1},
                                                  {"NO_DSCP", -1},
                                                  {"CS0", 0},
                                                  {"CS1", 8},
                                                  {"CS2", 16},
                                                  {"CS3", 24},
                                                  {"CS4", 32},
                                                  {"CS5", 40},
                                                  {"CS6", 48},
                                                  {"CS7", 56},
                                                  {"AF11", 10},
                                                  {"AF12", 12},
                                                  {"AF13", 14},
                                                  {"AF21", 18},
                                                  {"AF22", 20},
                                                  {"AF23", 22},
                                                  {"AF31", 26},
                                                  {"AF32", 28},
                                                  {"AF33", 30},
                                                  {"AF41", 34},
                                                  {"AF42", 36},
                                                  {"AF43", 38},
                                                  {"EF", 46},
                                                  {"VOICEADMIT", 44},
                                                  {"LE", 1},
                                                  {"AUDIO_VERYLOW", 1},
                                                  {"AUDIO_LOW", 0},
                                                  {"AUDIO_MEDIUM", 46},
                                                  {"AUDIO_HIGH", 46},
                                                  {"VIDEO_VERYLOW", 1},
                                                  {"VIDEO_LOW", 0},
                                                  {"VIDEO_MEDIUM", 36},
                                                  {"VIDEO_MEDIUM_THROUGHPUT", 38},
                                                  {"VIDEO_HIGH", 36},
                                                  {"VIDEO_HIGH_THROUGHPUT", 34},
                                                  {"DATA_VERYLOW", 1},
                                                  {"DATA_LOW", 0},
                                                  {"DATA_MEDIUM", 10},
                                                  {"DATA_HIGH", 18},
                                                  {"CHROME_HIGH", 56},
                                                  {"CHROME_MEDIUM", 56},
                                                  {"CHROME_LOW", 0},
                                                  {"CHROME_VERYLOW", 8}};
    const auto found = codes.find(as_text(value.value));
    return found == codes.end() ? value.value : json(found->second);
}
/// 0 is how Kurento says that there is no such listener.
json port(const Value& value) {
    const json given = number(value);
    return given == 0 ? json(-1) : given;
}
json media_port(const Value& value) {
    const json given = number(value);
    if (!given.is_number_integer()) return given;
    return std::clamp<std::int64_t>(given.get<std::int64_t>(), 1024, 65535);
}
/// Relative names of files are meant from the directory of the file that they stand in.
json path(const Value& value) {
    const fs::path given = as_text(value.value);
    if (given.empty() || given.is_absolute() || value.file.empty()) return given.string();
    return (fs::absolute(value.file).parent_path() / given).lexically_normal().string();
}

constexpr const char* kEnableH265 = "modules.kurento.WebRtcEndpoint.enable-h265";

struct Rule {
    const char* from;
    const char* to;  ///< empty: it has no counterpart
    Translate translate;
    const char* why = "";
};

/// Everything that Kurento 7 reads.
const std::vector<Rule>& rules() {
    static const std::vector<Rule> all{
        {"mediaServer.resources.exceptionLimit", "resources.exceptionLimit", number},
        {"mediaServer.resources.killLimit", "", nullptr,
         "the server does not end itself; systemd or the container watches over it"},
        {"mediaServer.resources.garbageCollectorPeriod", "sessions.collectorPeriod", number},
        {"mediaServer.resources.disableRequestCache", "sessions.requestCache", inverted},
        {"mediaServer.net.websocket.port", "listen.port", port},
        {"mediaServer.net.websocket.address", "listen.address", text},
        {"mediaServer.net.websocket.ipv6", "", nullptr, "it is part of listen.address"},
        {"mediaServer.net.websocket.path", "listen.path", text},
        {"mediaServer.net.websocket.threads", "", nullptr,
         "connections need no threads: none of them waits for another"},
        {"mediaServer.net.websocket.connqueue", "", nullptr,
         "it is as long as the system allows; limits.connections bounds what is accepted"},
        {"mediaServer.net.websocket.secure.port", "listen.tls.port", port},
        {"mediaServer.net.websocket.secure.certificate", "listen.tls.certificate", path},
        {"mediaServer.net.websocket.secure.password", "listen.tls.keyPassword", text},
        {"mediaServer.net.websocket.registrar.address", "", nullptr,
         "the server does not announce itself; who starts it knows where it is"},
        {"mediaServer.net.websocket.registrar.localAddress", "", nullptr,
         "the server does not announce itself"},
        {"mediaServer.metadata", "metadata", [](const Value& value) { return value.value; }},

        {"modules.kurento.MediaElement.encoderBitrate", "media.encoderBitrate", number},
        {"modules.kurento.MediaElement.minEncoderBitrate", "media.minEncoderBitrate", number},
        {"modules.kurento.MediaElement.maxEncoderBitrate", "media.maxEncoderBitrate", number},
        {"modules.kurento.BaseRtpEndpoint.minPort", "rtc.minPort", media_port},
        {"modules.kurento.BaseRtpEndpoint.maxPort", "rtc.maxPort", media_port},
        {"modules.kurento.BaseRtpEndpoint.mtu", "rtc.mtu", number},
        {"modules.kurento.UriEndpoint.defaultPath", "uri.defaultPath", text},
        {"modules.kurento.WebRtcEndpoint.networkInterfaces", "rtc.networkInterfaces", words},
        {"modules.kurento.WebRtcEndpoint.stunServerAddress", "rtc.stunServerAddress", text},
        {"modules.kurento.WebRtcEndpoint.stunServerPort", "rtc.stunServerPort", number},
        {"modules.kurento.WebRtcEndpoint.turnURL", "rtc.turnURL", text},
        {"modules.kurento.WebRtcEndpoint.pemCertificateRSA", "rtc.certificateRsa", path},
        {"modules.kurento.WebRtcEndpoint.pemCertificateECDSA", "rtc.certificateEcdsa", path},
        {"modules.kurento.WebRtcEndpoint.externalIPv4", "rtc.externalIPv4", text},
        {"modules.kurento.WebRtcEndpoint.externalIPv6", "rtc.externalIPv6", text},
        {"modules.kurento.WebRtcEndpoint.iceTcp", "rtc.iceTcp", flag},
        {"modules.kurento.WebRtcEndpoint.qos-dscp", "rtc.dscp", dscp},
        {kEnableH265, "", nullptr, "H265 stands in rtc.videoCodecs, or does not"},
        {"modules.kurento.SdpEndpoint.numAudioMedias", "", nullptr,
         "an offer has one audio section, as with Kurento"},
        {"modules.kurento.SdpEndpoint.numVideoMedias", "", nullptr,
         "an offer has one video section, as with Kurento"},
        {"modules.kurento.SdpEndpoint.audioCodecs", "rtc.audioCodecs", codecs},
        {"modules.kurento.SdpEndpoint.videoCodecs", "rtc.videoCodecs", codecs},
        {"modules.kurento.HttpEndpoint.serverAddress", "http.address", text,
         "there is no such endpoint in this version"},
        {"modules.kurento.HttpEndpoint.serverPort", "http.port", number,
         "there is no such endpoint in this version"},
        {"modules.kurento.HttpEndpoint.announcedAddress", "http.announcedAddress", text,
         "there is no such endpoint in this version"},
        {"modules.kurento.HttpEndpoint.port", "", nullptr, "Kurento does not read it, either"},
        {"modules.kurento.PlayerEndpoint.rtspClientPortRange", "player.rtspClientPortRange", text,
         "RTSP over UDP takes ports that are free"},
        {"modules.kurento.RecorderEndpoint.gapsFix", "recorder.gapsFix", text,
         "recordings keep the time of every frame, so gaps stay gaps and sound stays in step"},
        {"modules.kurento.Composite.width", "", nullptr, "it has no effect in Kurento, either"},
        {"modules.kurento.Composite.height", "", nullptr, "it has no effect in Kurento, either"},
        {"modules.kurento.Composite.framerate", "", nullptr, "it has no effect in Kurento, either"},
    };
    return all;
}

struct Variable {
    const char* name;
    const char* key;  ///< that the container's entry script writes; empty: see `why`
    const char* why = "";
};
const std::vector<Variable>& variables() {
    static const std::vector<Variable> all{
        {"KMS_MIN_PORT", "modules.kurento.BaseRtpEndpoint.minPort"},
        {"KMS_MAX_PORT", "modules.kurento.BaseRtpEndpoint.maxPort"},
        {"KMS_MTU", "modules.kurento.BaseRtpEndpoint.mtu"},
        {"KMS_EXTERNAL_IPV4", "modules.kurento.WebRtcEndpoint.externalIPv4"},
        {"KMS_EXTERNAL_IPV6", "modules.kurento.WebRtcEndpoint.externalIPv6"},
        {"KMS_NETWORK_INTERFACES", "modules.kurento.WebRtcEndpoint.networkInterfaces"},
        {"KMS_ICE_TCP", "modules.kurento.WebRtcEndpoint.iceTcp"},
        {"KMS_STUN_IP", "modules.kurento.WebRtcEndpoint.stunServerAddress"},
        {"KMS_STUN_PORT", "modules.kurento.WebRtcEndpoint.stunServerPort"},
        {"KMS_TURN_URL", "modules.kurento.WebRtcEndpoint.turnURL"},
        {"KMS_PEM_CERTIFICATE_RSA", "modules.kurento.WebRtcEndpoint.pemCertificateRSA"},
        {"KMS_PEM_CERTIFICATE_ECDSA", "modules.kurento.WebRtcEndpoint.pemCertificateECDSA"},
        {"KMS_UID", "", "start the server as the user that it is to be"},
        {"KURENTO_MODULES_PATH", "", "modules of Kurento cannot be loaded; see modules.paths"},
        {"KURENTO_LOGS_PATH", "", "the log goes to standard error, for journald or the container"},
        {"KURENTO_LOG_FILE_SIZE", "", "the log goes to standard error"},
        {"KURENTO_NUMBER_LOG_FILES", "", "the log goes to standard error"},
        {"GST_DEBUG", "", "it works for GStreamer as ever; ours is log.levels"},
    };
    return all;
}

/// What stands in the shipped files, and is no choice of anybody's.
const std::set<json>& shipped() {
    const auto list = [](std::initializer_list<const char*> names) {
        json codecs = json::array();
        for (const char* name : names) codecs.push_back({{"name", name}});
        return codecs;
    };
    static const std::set<json> all{
        // Of WebRtcEndpoint.conf.ini, although nobody has this server.
        "user:password@198.51.100.1:3478?transport=udp",
        // Of SdpEndpoint.conf.json. Our own order begins with what costs browsers the least.
        list({"opus/48000/2", "PCMU/8000", "PCMA/8000", "AMR/8000"}),
        list({"H265/90000", "AV1/90000", "VP9/90000", "VP8/90000", "H264/90000"})};
    return all;
}

const Field* find_field(const std::string& name) {
    const auto& all = fields();
    const auto found = std::find_if(all.begin(), all.end(),
                                    [&](const Field& field) { return field.path == name; });
    return found == all.end() ? nullptr : &*found;
}

std::string value_of(const std::vector<std::string>& environment, const std::string& name) {
    for (const auto& variable : environment)
        if (variable.starts_with(name + '=')) return variable.substr(name.size() + 1);
    return {};
}

std::vector<std::string> split(const std::string& list, char separator) {
    std::vector<std::string> parts;
    std::istringstream stream{list};
    for (std::string part; std::getline(stream, part, separator);)
        if (!part.empty()) parts.push_back(part);
    return parts;
}

class Conversion {
public:
    void run(ConfigTree tree) {
        tree_ = std::move(tree);
        for (const auto& note : tree_.skipped) say(note + "; skipped");
        for (const auto& rule : rules()) apply(rule);
        for (const auto& [key, value] : tree_.values)
            if (!known_.contains(key)) say(key + ": not a key of Kurento 7; left out");
        listeners();
        h265();
        certificates();
        ports();
    }
    void say(const std::string& line) { report_.push_back(line); }

    [[nodiscard]] Converted result() const {
        std::vector<Entry> entries;
        for (const auto& field : fields())
            if (const auto found = origins_.find(field.path); found != origins_.end())
                entries.push_back({field.path, found->second, field.get(settings_)});
        return {
            "// Made by rivero --convert-kurento-config. What does not stand here keeps its "
            "default.\n" +
                write_commented(entries),
            report_};
    }

private:
    void apply(const Rule& rule) {
        known_.insert(rule.from);
        const auto found = tree_.values.find(rule.from);
        if (found == tree_.values.end()) return;
        const Value& value = found->second;
        const Field* field = find_field(rule.to);
        if (field == nullptr || !rule.translate)
            return say(std::string{rule.from} + ": no counterpart: " + rule.why);
        if (shipped().contains(value.value))
            return say(std::string{rule.from} +
                       ": left out: this is what stands in the shipped file");
        set(*field, rule.from, rule.translate(value));
    }
    void set(const Field& field, const std::string& origin, const json& value) {
        const bool secret = field.path == "rtc.turnURL" || field.path == "listen.tls.keyPassword";
        try {
            field.set(settings_, value);
        } catch (const ConfigError& error) {
            return say(origin + ": left out: " + error.what());
        }
        origins_[field.path] = "Was " + origin + '.';
        say(origin + " -> " + field.path + (secret ? "" : " = " + value.dump()));
    }
    /// Kurento listens on all addresses unless told otherwise; we on this machine's own only.
    void listeners() {
        const auto ipv6 = tree_.values.find("mediaServer.net.websocket.ipv6");
        const bool no_ipv6 = ipv6 != tree_.values.end() && flag(ipv6->second) == false;
        const char* everywhere = no_ipv6 ? "0.0.0.0" : "::";
        const auto open = [&](const char* key, const char* why) {
            find_field(key)->set(settings_, everywhere);
            origins_[key] = why;
            say(std::string{key} + " = \"" + everywhere + "\": " + why);
        };
        if (!tree_.values.contains("mediaServer.net.websocket.port")) {
            // Kurento's own default is no listener at all.
            set(*find_field("listen.port"), "mediaServer.net.websocket.port (not set)", -1);
        }
        if (settings_.listen.port >= 0 && !origins_.contains("listen.address"))
            open("listen.address",
                 "Kurento listens on all addresses. Whoever reaches this port commands the server: "
                 "narrow it, or set listen.accessTokens.");
        auto& tls = settings_.listen.tls;
        if (tls.port >= 0 && (tls.certificate.empty() || !fs::exists(tls.certificate))) {
            say("listen.tls.port: left out: there is no certificate, without which Kurento does "
                "not "
                "listen there, either");
            tls = {};
            for (const char* key :
                 {"listen.tls.port", "listen.tls.certificate", "listen.tls.keyPassword"})
                origins_.erase(key);
        }
        if (tls.port >= 0)
            open("listen.tls.address", "Kurento's secure listener is always on all addresses.");
        if (settings_.listen.port < 0 && tls.port < 0) {
            settings_.listen.port = Settings{}.listen.port;
            origins_.erase("listen.port");
            say("listen.port: left at its default: without any listener there would be no server");
        }
    }
    /// Kurento's list is for all endpoints, and those for browsers speak H265 with a setting of its
    /// own only.
    void h265() {
        const auto found = tree_.values.find(kEnableH265);
        const bool enabled = found != tree_.values.end() && flag(found->second) == true;
        auto& list = settings_.rtc.video_codecs;
        const auto at = std::find(list.begin(), list.end(), "H265");
        if (!enabled && at != list.end()) {
            list.erase(at);
            say("rtc.videoCodecs is without H265: Kurento's WebRTC endpoints need enable-h265 for "
                "it");
        } else if (enabled && at == list.end()) {
            list.push_back("H265");
            origins_.try_emplace("rtc.videoCodecs",
                                 std::string{"Has H265 because of "} + kEnableH265 + '.');
            say(std::string{kEnableH265} + " -> H265 in rtc.videoCodecs");
        }
    }
    void certificates() {
        if (origins_.contains("rtc.certificateRsa"))
            say("rtc.certificateRsa is for endpoints that are created with certificateKeyType RSA; "
                "without it they have rtc.certificateEcdsa");
    }
    void ports() {
        if (origins_.contains("rtc.minPort") || origins_.contains("rtc.maxPort"))
            say("rtc.minPort and rtc.maxPort give each peer ports of its own, as Kurento does; "
                "without them all share rtc.udpPort, and the firewall opens one port");
        auto& rtc = settings_.rtc;
        if (rtc.min_port > rtc.max_port) {
            say("rtc.minPort is above rtc.maxPort: both left out");
            rtc.min_port = Settings{}.rtc.min_port;
            rtc.max_port = Settings{}.rtc.max_port;
            origins_.erase("rtc.minPort");
            origins_.erase("rtc.maxPort");
        }
        auto& media = settings_.media;
        if (media.min_encoder_bitrate > media.max_encoder_bitrate) {
            say("media.minEncoderBitrate is above media.maxEncoderBitrate: both left out");
            media.min_encoder_bitrate = Settings{}.media.min_encoder_bitrate;
            media.max_encoder_bitrate = Settings{}.media.max_encoder_bitrate;
            origins_.erase("media.minEncoderBitrate");
            origins_.erase("media.maxEncoderBitrate");
        }
    }

    ConfigTree tree_;
    Settings settings_;
    std::set<std::string> known_;
    std::map<std::string, std::string> origins_;  ///< by our key: the comment above it
    std::vector<std::string> report_;
};

}  // namespace

Converted convert(const std::string& main_file, const std::vector<std::string>& environment) {
    ConfigTree tree = read_config_tree(
        main_file, split(value_of(environment, "KURENTO_MODULES_CONFIG_PATH"), ':'));
    Conversion conversion;
    for (const auto& variable : variables()) {
        const auto value = value_of(environment, variable.name);
        if (value.empty()) continue;
        if (variable.key[0] == '\0') {
            conversion.say(std::string{variable.name} + ": no counterpart: " + variable.why);
        } else if (value == "auto") {
            conversion.say(
                std::string{variable.name} +
                ": left out: the address is not looked up; write it, or use rtc.stunServerAddress");
        } else {
            tree.values[variable.key] = {value, ""};
            conversion.say(std::string{variable.name} + " is " + variable.key);
        }
    }
    conversion.run(std::move(tree));
    return conversion.result();
}

}  // namespace rivero::config::kurento
