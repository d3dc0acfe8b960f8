// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "config/fields.hpp"

#include <algorithm>
#include <cctype>
#include <limits>
#include <type_traits>

namespace rivero::config {
namespace {

using nlohmann::json;

[[noreturn]] void wrong_type(const json& value, const char* expected) {
    throw ConfigError{print(value) + " is not " + expected};
}

template <class Get>
Field text(std::string path, std::string why, Get member) {
    return {std::move(path), std::move(why),
            [member](const Settings& s) { return json(member(s)); },
            [member](Settings& s, const json& value) {
                if (!value.is_string()) wrong_type(value, "a text in quotes");
                const_cast<std::string&>(member(s)) = value.get<std::string>();
            },
            [](const std::string& given) { return json(given); }};
}

template <class Get>
Field flag(std::string path, std::string why, Get member) {
    return {std::move(path), std::move(why),
            [member](const Settings& s) { return json(member(s)); },
            [member](Settings& s, const json& value) {
                if (!value.is_boolean()) wrong_type(value, "true or false");
                const_cast<bool&>(member(s)) = value.get<bool>();
            },
            [](const std::string& given) {
                if (given == "true" || given == "1" || given == "yes") return json(true);
                if (given == "false" || given == "0" || given == "no") return json(false);
                return json(given);
            }};
}

template <class Get>
Field integer(std::string path, std::string why, std::int64_t least, std::int64_t most,
              Get member) {
    return {std::move(path), std::move(why),
            [member](const Settings& s) { return json(member(s)); },
            [member, least, most](Settings& s, const json& value) {
                if (!value.is_number_integer()) wrong_type(value, "a whole number");
                const bool huge = value.is_number_unsigned() &&
                                  value.get<std::uint64_t>() > std::uint64_t{1} << 62;
                if (huge || value.get<std::int64_t>() > most)
                    throw ConfigError{print(value) + " is above " + std::to_string(most)};
                if (value.get<std::int64_t>() < least)
                    throw ConfigError{print(value) + " is below " + std::to_string(least)};
                using Int = std::remove_cvref_t<decltype(member(s))>;
                const_cast<Int&>(member(s)) = static_cast<Int>(value.get<std::int64_t>());
            },
            [](const std::string& given) {
                auto number = json::parse(given, nullptr, false);
                return number.is_number_integer() ? number : json(given);
            }};
}

template <class Get>
Field real(std::string path, std::string why, double least, double most, Get member) {
    return {std::move(path), std::move(why),
            [member](const Settings& s) { return json(member(s)); },
            [member, least, most](Settings& s, const json& value) {
                if (!value.is_number()) wrong_type(value, "a number");
                const auto number = value.get<double>();
                if (number > most)
                    throw ConfigError{print(value) + " is above " + json(most).dump()};
                if (number < least)
                    throw ConfigError{print(value) + " is below " + json(least).dump()};
                const_cast<double&>(member(s)) = number;
            },
            [](const std::string& given) {
                auto number = json::parse(given, nullptr, false);
                return number.is_number() ? number : json(given);
            }};
}

/// A text that is one of a few.
template <class Get>
Field choice(std::string path, std::string why, std::vector<std::string> words, Get member) {
    Field field = text(std::move(path), std::move(why), member);
    field.set = [set = field.set, words = std::move(words)](Settings& s, const json& value) {
        if (value.is_string() && std::find(words.begin(), words.end(), value) == words.end()) {
            std::string all;
            for (const auto& word : words) all += (all.empty() ? "" : ", ") + word;
            throw ConfigError{print(value) + " is none of " + all};
        }
        set(s, value);
    };
    return field;
}

template <class Get>
Field list(std::string path, std::string why, const char* separators, Get member) {
    return {std::move(path), std::move(why),
            [member](const Settings& s) { return json(member(s)); },
            [member](Settings& s, const json& value) {
                const bool texts = value.is_array() &&
                                   std::all_of(value.begin(), value.end(),
                                               [](const json& one) { return one.is_string(); });
                if (!texts) wrong_type(value, "a list of texts");
                const_cast<std::vector<std::string>&>(member(s)) =
                    value.get<std::vector<std::string>>();
            },
            [separators](const std::string& given) {
                json values = json::array();
                std::size_t from = 0;
                while (from <= given.size()) {
                    const auto to = std::min(given.find_first_of(separators, from), given.size());
                    if (to > from) values.push_back(given.substr(from, to - from));
                    from = to + 1;
                }
                return values;
            }};
}

Field any(std::string path, std::string why) {
    return {std::move(path), std::move(why), [](const Settings& s) { return s.metadata; },
            [](Settings& s, const json& value) { s.metadata = value; },
            [](const std::string& given) {
                auto value = json::parse(given, nullptr, false);
                return value.is_discarded() ? json(given) : value;
            }};
}

/// Names a member, for reading and writing.
#define RIVERO_MEMBER(member)              \
    [](const Settings& s) -> const auto& { \
        return s.member;                   \
    }

std::vector<Field> make_fields() {
    constexpr std::int64_t kMiB = 1 << 20;
    return {
        text("listen.address",
             "IP address for clients. Who reaches the control port commands the server and reads "
             "its files, so it is this machine only unless you say otherwise.",
             RIVERO_MEMBER(listen.address)),
        integer("listen.port",
                "TCP port for WebSocket and HTTP. 0 takes one that is free; -1 turns this listener "
                "off, which leaves the one with TLS.",
                -1, 65535, RIVERO_MEMBER(listen.port)),
        text("listen.path",
             "Clients connect to ws://address:port/<path>; this is what they use by default.",
             RIVERO_MEMBER(listen.path)),
        list("listen.allowedOrigins",
             "Web origins whose pages may connect (https://app.example.org:8443), besides the "
             "pages of "
             "this server itself; \"*\" is all. Another scheme, host or port is another origin. "
             "Clients that are no browsers have no origin and are not asked.",
             ",", RIVERO_MEMBER(listen.allowed_origins)),
        list("listen.hostNames",
             "Names by which browsers reach this server, besides addresses, localhost, the "
             "machine's own name and those in the certificate. Pages of other names are refused, "
             "because anyone can give a name of theirs the address of this machine.",
             ",", RIVERO_MEMBER(listen.host_names)),
        list("listen.accessTokens",
             "Who connects must show one of these: `Authorization: Bearer <token>`, or "
             "`?access_token=<token>` behind the path. Recordings need it, too. Empty, here and in "
             "the file: no token is asked for. At least 16 characters each.",
             ",", RIVERO_MEMBER(listen.access_tokens)),
        text("listen.accessTokenFile",
             "File with such tokens, one a line; lines that start with # do not count. SIGHUP "
             "reads it again.",
             RIVERO_MEMBER(listen.access_token_file)),
        integer(
            "listen.idleSeconds",
            "A client that is silent for this long, and does not answer a ping, is gone. Half of "
            "it is the period of pings, short enough for proxies that cut after 60 s.",
            2, 3600, RIVERO_MEMBER(listen.idle_seconds)),
        integer("listen.patienceSeconds",
                "For the TLS handshake, for a request to be complete, and for each piece of a file "
                "to leave. Who is slower is cut off: it holds a connection that others want.",
                1, 3600, RIVERO_MEMBER(listen.patience_seconds)),
        integer("listen.tls.port",
                "TCP port for WebSocket and HTTP over TLS (wss, https). -1: off; 0 takes one that "
                "is free.",
                -1, 65535, RIVERO_MEMBER(listen.tls.port)),
        text("listen.tls.address", "IP address of this listener. Empty: that of listen.address.",
             RIVERO_MEMBER(listen.tls.address)),
        text("listen.tls.certificate",
             "PEM file: the server's certificate, then those up to the root. It is read again when "
             "it changes, and at SIGHUP; when the new one is no good, the old one stays in use.",
             RIVERO_MEMBER(listen.tls.certificate)),
        text("listen.tls.key",
             "PEM file with the private key. Empty: in the file of the certificate.",
             RIVERO_MEMBER(listen.tls.key)),
        text("listen.tls.keyPassword", "Of an encrypted key.",
             RIVERO_MEMBER(listen.tls.key_password)),
        integer("hosts.count",
                "Media host processes. -1 is one per processor core; 0 runs one host inside the "
                "gateway's process, for debugging: a crash takes everything then.",
                -1, 256, RIVERO_MEMBER(hosts.count)),
        list("modules.paths",
             "Directories with modules. Empty: `modules` beside the program, else "
             "../lib/rivero/modules.",
             ":", RIVERO_MEMBER(modules.paths)),
        text("web.root", "Directory of the demo page, served over HTTP. Empty: no pages.",
             RIVERO_MEMBER(web.root)),
        text("web.recordings",
             "Directory that can be read under /recordings/. Empty: none; recordings are private "
             "until you say otherwise.",
             RIVERO_MEMBER(web.recordings)),
        integer("sessions.collectorPeriod",
                "Seconds. A session without connection ends one to two periods after its last use; "
                "clients rely on the long time to reconnect.",
                1, 86'400, RIVERO_MEMBER(sessions.collector_period_seconds)),
        flag("sessions.requestCache",
             "Answers a repeated request id with the first answer for 20 s, so that a client that "
             "lost its connection can safely ask again.",
             RIVERO_MEMBER(sessions.request_cache)),
        integer("limits.messageBytes",
                "Longest message of a client. The Java client sends up to 1000000 bytes.",
                64 * 1024, 64 * kMiB, RIVERO_MEMBER(limits.message_bytes)),
        integer("limits.sendQueueBytes",
                "A client that lets more than this wait for it is cut off, so that it cannot fill "
                "the memory.",
                64 * 1024, 1024 * kMiB, RIVERO_MEMBER(limits.send_queue_bytes)),
        integer("limits.sendQueueBytesInAll",
                "When more than this waits for all clients together, those are cut off that have "
                "more than their share.",
                64 * 1024, 65'536 * kMiB, RIVERO_MEMBER(limits.send_queue_bytes_in_all)),
        integer(
            "limits.requestsInFlight",
            "Requests of one connection that are worked on at a time; the next ones wait in the "
            "network.",
            1, 100'000, RIVERO_MEMBER(limits.requests_in_flight)),
        integer("limits.requestBytesInFlight",
                "The same in bytes, together with answers that wait for others before them.",
                64 * 1024, 1024 * kMiB, RIVERO_MEMBER(limits.request_bytes_in_flight)),
        integer("limits.requestBytesInFlightInAll",
                "When requests and answers of all connections together are more than this, nothing "
                "is taken from those that have more than their share.",
                64 * 1024, 65'536 * kMiB, RIVERO_MEMBER(limits.request_bytes_in_flight_in_all)),
        integer(
            "limits.unfinishedBytesInAll",
            "When messages that have begun and not ended, and transactions at work, hold more than "
            "this for all clients together, what began first gives way: a message is the end of "
            "its connection, a transaction fails with 40009.",
            128 * 1024, 65'536 * kMiB, RIVERO_MEMBER(limits.unfinished_bytes_in_all)),
        integer("limits.connections", "TCP connections at a time; each costs a file descriptor.", 1,
                1'000'000, RIVERO_MEMBER(limits.connections)),
        integer("limits.sessions", "Sessions at a time; clients may invent them.", 1, 10'000'000,
                RIVERO_MEMBER(limits.sessions)),
        integer("limits.pipelines", "Pipelines at a time. One more gets error 40009.", 1,
                10'000'000, RIVERO_MEMBER(limits.pipelines)),
        integer("limits.objects",
                "Objects at a time: pipelines, elements, hubs and their ports. A guard against "
                "clients that forget to release; what the machine can do is less.",
                1, 10'000'000, RIVERO_MEMBER(limits.objects)),
        integer("limits.objectsPerSession",
                "The same for one session. An application has one session for all its users, as a "
                "rule.",
                1, 10'000'000, RIVERO_MEMBER(limits.objects_per_session)),
        integer("limits.subscriptions", "Subscriptions to events at a time.", 1, 10'000'000,
                RIVERO_MEMBER(limits.subscriptions)),
        integer("limits.subscriptionsPerSession", "The same for one session.", 1, 10'000'000,
                RIVERO_MEMBER(limits.subscriptions_per_session)),
        integer("limits.requestCacheBytes",
                "Memory for answers that may be asked for again; older ones go first.", 0,
                4096 * kMiB, RIVERO_MEMBER(limits.request_cache_bytes)),
        real(
            "resources.exceptionLimit",
            "From this part of the open files (RLIMIT_NOFILE) or threads (RLIMIT_NPROC) that the "
            "system allows on, nothing new is made: `create` gets error 40009, and what runs keeps "
            "room to go on. Looked at for the gateway and each media host.",
            0.05, 1, RIVERO_MEMBER(resources.exception_limit)),
        choice("media.h264Encoder",
               "x264 or openh264: x264 gives the better picture and is under the GPL, openh264 "
               "under a BSD licence.",
               {"x264", "openh264"}, RIVERO_MEMBER(media.h264_encoder)),
        integer("media.encoderBitrate",
                "bit/s that video encoders aim at until a client sets another. 0: by the size of "
                "the picture.",
                0, 2'147'483'647, RIVERO_MEMBER(media.encoder_bitrate)),
        integer("media.minEncoderBitrate",
                "bit/s below which no encoder goes, unless a client sets another.", 0,
                2'147'483'647, RIVERO_MEMBER(media.min_encoder_bitrate)),
        integer("media.maxEncoderBitrate",
                "bit/s above which no encoder goes, unless a client sets another.", 1,
                2'147'483'647, RIVERO_MEMBER(media.max_encoder_bitrate)),
        integer("media.keptPictureMs",
                "Who comes within so many milliseconds after a key frame gets what was sent since "
                "then, instead of a key frame that all others would have to carry, too. 0: off.",
                0, 60'000, RIVERO_MEMBER(media.kept_picture_ms)),
        integer("media.keptPictureBytes",
                "The most that is kept for that, of each source and each of its encodings.", 10'000,
                1 << 30, RIVERO_MEMBER(media.kept_picture_bytes)),
        list("rtc.networkInterfaces",
             "Names of the network interfaces for media. Empty: all, which finds a way to every "
             "client.",
             ", ", RIVERO_MEMBER(rtc.network_interfaces)),
        flag("rtc.includeLoopback",
             "Offers the loopback interface, too: for tests on one machine, useless to others.",
             RIVERO_MEMBER(rtc.include_loopback)),
        text("rtc.stunServerAddress",
             "Name or IP address of a STUN server, for a server behind NAT. Empty: none.",
             RIVERO_MEMBER(rtc.stun_server_address)),
        integer("rtc.stunServerPort", "UDP port of the STUN server, RFC 8489's default.", 1, 65535,
                RIVERO_MEMBER(rtc.stun_server_port)),
        text("rtc.turnURL",
             "user:password@host:port[?transport=udp|tcp|tls], IPv6 in brackets. Empty: no TURN.",
             RIVERO_MEMBER(rtc.turn_url)),
        text("rtc.externalIPv4",
             "Address to announce instead of the local ones, for 1:1 NAT (cloud). Empty: none.",
             RIVERO_MEMBER(rtc.external_ipv4)),
        text("rtc.externalIPv6", "The same for IPv6.", RIVERO_MEMBER(rtc.external_ipv6)),
        integer("rtc.udpPort",
                "UDP and TCP port that all peers of a media host share: this number for the first "
                "host, the next for the second, and so on. 0 takes one that is free; -1 gives each "
                "peer ports of its own, as a STUN or TURN server, minPort or maxPort do.",
                -1, 65535, RIVERO_MEMBER(rtc.udp_port)),
        integer("rtc.minPort", "Lowest UDP and TCP port for media; open the range in the firewall.",
                1024, 65535, RIVERO_MEMBER(rtc.min_port)),
        integer("rtc.maxPort", "Highest port for media.", 1024, 65535, RIVERO_MEMBER(rtc.max_port)),
        integer("rtc.mtu",
                "Bytes of an RTP packet that the server makes, with its header; what it forwards "
                "keeps its size.",
                576, 1500, RIVERO_MEMBER(rtc.mtu)),
        flag("rtc.iceTcp", "Also offers TCP, for clients whose network lets no UDP out.",
             RIVERO_MEMBER(rtc.ice_tcp)),
        flag("rtc.resolveCandidates",
             "Looks up any host name in a candidate of a peer, who can so make the server ask a "
             "name server for what it likes. Without, only names of mDNS (.local) are looked up, "
             "by which browsers hide private addresses.",
             RIVERO_MEMBER(rtc.resolve_candidates)),
        list(
            "rtc.audioCodecs",
            "Audio codecs of WebRtcEndpoints, in the order of their offers; a peer that offers has "
            "its own order.",
            ", ", RIVERO_MEMBER(rtc.audio_codecs)),
        list("rtc.videoCodecs",
             "The same for video: VP8, VP9, H264, AV1, and H265, which is never offered, but taken "
             "from a peer that offers it when it stands here.",
             ", ", RIVERO_MEMBER(rtc.video_codecs)),
        integer("rtc.dscp",
                "DSCP code of what is sent, for endpoints that name none; -1 leaves it to the "
                "system. Networks of one's own heed it, the internet does not.",
                -1, 63, RIVERO_MEMBER(rtc.dscp)),
        text(
            "rtc.certificateRsa",
            "PEM file with certificate and key for DTLS; a relative path starts where the settings "
            "file is. Empty: made new at each start, which suffices for WebRTC.",
            RIVERO_MEMBER(rtc.certificate_rsa)),
        text("rtc.certificateEcdsa", "The same with an EC key.",
             RIVERO_MEMBER(rtc.certificate_ecdsa)),
        text("uri.defaultPath",
             "Put before relative URIs of players and recorders, which are then files there.",
             RIVERO_MEMBER(uri.default_path)),
        text("log.levels",
             "Level for all, then for topics: info,rtp=debug,module.player=trace. Info tells the "
             "life of things without addresses of people.",
             RIVERO_MEMBER(log.levels)),
        any("metadata",
            "Any JSON of yours; clients read it with ServerManager.getMetadata. null: none."),
    };
}

#undef RIVERO_MEMBER

}  // namespace

std::string print(const json& value) {
    return value.dump(-1, ' ', /*ensure_ascii=*/false, json::error_handler_t::replace);
}

const std::vector<Field>& fields() {
    static const std::vector<Field> all = make_fields();
    return all;
}

std::string environment_name(const std::string& path) {
    std::string name = "RIVERO_";
    for (std::size_t i = 0; i < path.size(); ++i) {
        const auto c = static_cast<unsigned char>(path[i]);
        if (c == '.') {
            name += '_';
            continue;
        }
        // A capital starts a word; a run of capitals is one word (turnURL is TURN_URL).
        const bool starts_word = std::isupper(c) && i > 0 && path[i - 1] != '.' &&
                                 !std::isupper(static_cast<unsigned char>(path[i - 1]));
        if (starts_word) name += '_';
        name += static_cast<char>(std::toupper(c));
    }
    return name;
}

}  // namespace rivero::config
