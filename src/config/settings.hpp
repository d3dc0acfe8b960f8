// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace rivero::config {

/// Everything an operator can set, at its default. Read by read_settings(); each member is
/// explained where it is declared to the outside, in fields().
struct Settings {
    struct Listen {
        std::string address = "127.0.0.1";
        std::int32_t port = 8888;  ///< -1: no listener without TLS
        std::string path = "kurento";
        std::vector<std::string> allowed_origins;
        std::vector<std::string> host_names;
        std::vector<std::string> access_tokens;  ///< secrets: not for the log, nor for media hosts
        std::string access_token_file;
        std::int64_t idle_seconds = 60;
        std::int64_t patience_seconds = 10;
        struct Tls {
            std::string address;     ///< empty: that of `listen`
            std::int32_t port = -1;  ///< -1: off
            std::string certificate;
            std::string key;
            std::string key_password;  ///< a secret, like the tokens
        } tls;
    } listen;

    struct Hosts {
        std::int64_t count = -1;  ///< -1: one per processor core
    } hosts;

    struct Modules {
        std::vector<std::string> paths;
    } modules;

    struct Web {
        std::string root;
        std::string recordings;
    } web;

    struct Sessions {
        std::int64_t collector_period_seconds = 240;
        bool request_cache = true;
    } sessions;

    struct Limits {
        std::int64_t message_bytes = 1 << 20;
        std::int64_t send_queue_bytes = 16 << 20;
        std::int64_t send_queue_bytes_in_all = 256 << 20;
        std::int64_t requests_in_flight = 256;
        std::int64_t request_bytes_in_flight = 4 << 20;
        std::int64_t request_bytes_in_flight_in_all = 256 << 20;
        std::int64_t unfinished_bytes_in_all = 64 << 20;
        std::int64_t connections = 4096;
        std::int64_t sessions = 20'000;
        std::int64_t pipelines = 20'000;
        std::int64_t objects = 100'000;
        std::int64_t objects_per_session = 50'000;
        std::int64_t subscriptions = 200'000;
        std::int64_t subscriptions_per_session = 20'000;
        std::int64_t request_cache_bytes = 64 << 20;
    } limits;

    struct Resources {
        double exception_limit = 0.8;
    } resources;

    struct Media {
        std::string h264_encoder = "x264";
        std::int32_t encoder_bitrate = 0;
        std::int32_t min_encoder_bitrate = 0;
        std::int32_t max_encoder_bitrate = 2'147'483'647;
        std::int32_t kept_picture_ms = 1000;  ///< 0: nothing is kept
        std::int64_t kept_picture_bytes = 1'000'000;
    } media;

    struct Rtc {
        std::vector<std::string> network_interfaces;
        bool include_loopback = false;
        std::string stun_server_address;
        std::uint16_t stun_server_port = 3478;
        std::string turn_url;  ///< holds a password: not for the log
        std::string external_ipv4;
        std::string external_ipv6;
        std::uint16_t min_port = 1024;
        std::uint16_t max_port = 65535;
        std::int32_t udp_port = 0;  ///< -1: a port for each peer
        std::int32_t mtu = 1200;
        bool ice_tcp = true;
        bool resolve_candidates = false;
        std::vector<std::string> audio_codecs{"opus", "PCMU", "PCMA", "G722"};
        std::vector<std::string> video_codecs{"VP8", "VP9", "H264", "AV1"};
        int dscp = -1;
        std::string certificate_rsa;
        std::string certificate_ecdsa;
    } rtc;

    struct Uri {
        std::string default_path = "file:///var/lib/rivero/";
    } uri;

    struct Log {
        std::string levels = "info";
    } log;

    nlohmann::json metadata;  ///< any JSON; null when there is none
};

/// The operator is wrong: names the place, the value and what was expected.
class ConfigError : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

}  // namespace rivero::config
