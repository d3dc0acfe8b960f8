// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "context.hpp"

#include "rivero/base/log.hpp"
#include "transport/ice/local_addresses.hpp"
#include "transport/ice/nice_ice_transport.hpp"
#include "transport/ice/shared_ice_transport.hpp"

#include <algorithm>
#include <iterator>
#include <sstream>

namespace rivero::webrtc {
namespace {

/// The codecs of this list, in its order; a codec may stand in several lines.
void choose(std::vector<sdp::CodecCapability>& codecs, const std::vector<std::string>& names) {
    std::vector<sdp::CodecCapability> chosen;
    for (const auto& name : names)
        std::copy_if(codecs.begin(), codecs.end(), std::back_inserter(chosen),
                     [&](auto& codec) { return encoding_name(codec.codec) == name; });
    codecs = std::move(chosen);
}

Result<transport::Certificate> load(const std::string& pem) {
    try {
        return transport::Certificate::load(pem);
    } catch (const std::exception& error) {
        return failure(error.what());
    }
}

}  // namespace

std::vector<std::string> words(std::string list) {
    std::replace(list.begin(), list.end(), ',', ' ');
    std::istringstream in{list};
    return {std::istream_iterator<std::string>{in}, {}};
}

Context::Context(const media::Services& services) {
    const auto found = services.settings.find("rtc");
    if (found == services.settings.end()) return;
    const Json& rtc = *found;
    // Checked when the settings were read: kinds and ranges are right.
    auto& d = defaults_;
    for (const auto& name : rtc.value("networkInterfaces", std::vector<std::string>{}))
        d.network_interfaces += (d.network_interfaces.empty() ? "" : ",") + name;
    d.include_loopback = rtc.value("includeLoopback", d.include_loopback);
    d.ice_tcp = rtc.value("iceTcp", d.ice_tcp);
    d.resolve_candidates = rtc.value("resolveCandidates", d.resolve_candidates);
    d.stun_server_address = rtc.value("stunServerAddress", d.stun_server_address);
    d.stun_server_port = rtc.value("stunServerPort", d.stun_server_port);
    d.turn_url = rtc.value("turnURL", d.turn_url);
    d.external_ipv4 = rtc.value("externalIPv4", d.external_ipv4);
    d.external_ipv6 = rtc.value("externalIPv6", d.external_ipv6);
    d.min_port = rtc.value("minPort", d.min_port);
    d.max_port = rtc.value("maxPort", d.max_port);
    // The whole range is no wish: the system picks ports faster than we do.
    if (d.min_port <= 1024 && d.max_port >= 65535) d.min_port = d.max_port = 0;
    d.udp_port = rtc.value("udpPort", d.udp_port);
    // Hosts are numbered from 0; each has a port of its own.
    if (d.udp_port > 0) d.udp_port += services.settings.value("hostIndex", 0);
    if (const int code = rtc.value("dscp", -1); code >= 0) d.dscp = static_cast<std::uint8_t>(code);
    if (rtc.contains("audioCodecs")) choose(capabilities_.audio.codecs, rtc["audioCodecs"]);
    if (rtc.contains("videoCodecs")) choose(capabilities_.video.codecs, rtc["videoCodecs"]);
    auto log = log_topic("module.webrtc");
    if (!d.turn_url.empty()) {
        if (auto parsed = transport::TurnServer::parse(d.turn_url); !parsed) {
            log->error("rtc.turnURL: {}; there is no TURN", parsed.error().message);
            d.turn_url.clear();
        }
    }
    pem_rsa_ = rtc.value("certificateRsa", "");
    pem_ecdsa_ = rtc.value("certificateEcdsa", "");
    for (const auto& [name, pem] : {std::pair{"rtc.certificateRsa", pem_rsa_},
                                    std::pair{"rtc.certificateEcdsa", pem_ecdsa_}}) {
        if (pem.empty()) continue;
        if (auto loaded = load(pem); !loaded)
            log->error("{}: {}: {}; endpoints that want it are refused", name, pem,
                       loaded.error().message);
    }
}

transport::DtlsContext Context::dtls(CertificateKeyType key) {
    const bool rsa = key == CertificateKeyType::rsa;
    std::lock_guard lock{mutex_};
    auto& context = rsa ? rsa_ : ecdsa_;
    if (!context) {
        const std::string& pem = rsa ? pem_rsa_ : pem_ecdsa_;
        auto made = pem.empty() ? Result<transport::Certificate>{transport::Certificate::generate(
                                      rsa ? transport::CertificateKey::rsa_2048
                                          : transport::CertificateKey::ecdsa_p256)}
                                : load(pem);
        if (!made)
            throw remote::RpcError{
                remote::ErrorCode::sdp_cannot_create_session,
                "the DTLS certificate of the settings cannot be used: " + made.error().message};
        context.emplace(std::move(*made));
    }
    return *context;
}

transport::MediaPort* Context::port_for(gst::GlibLoop& worker,
                                        const transport::IceSettings& settings) {
    if (defaults_.udp_port < 0 || settings.stun || !settings.turn.empty() ||
        settings.min_port != 0 || settings.max_port != 0)
        return nullptr;
    const auto system = transport::system_addresses();
    auto only_loopback = [](const std::vector<transport::LocalAddress>& addresses) {
        return !addresses.empty() &&
               std::all_of(addresses.begin(), addresses.end(), [](auto& a) { return a.loopback; });
    };
    if (!port_ && !port_failed_) {
        // The port is everybody's: what it reaches is for the settings of the server to say, not
        // for those of the endpoint that happens to come first.
        transport::IceSettings of_all;
        of_all.interfaces = words(defaults_.network_interfaces);
        of_all.include_loopback = defaults_.include_loopback;
        port_loopback_ = only_loopback(transport::choose_addresses(system, of_all));
        transport::MediaPort::Settings wanted;
        wanted.port = static_cast<std::uint16_t>(defaults_.udp_port);
        wanted.loopback_only = port_loopback_;
        auto opened = transport::MediaPort::open(worker, wanted);
        if (opened) {
            port_ = std::shared_ptr<transport::MediaPort>{
                opened->release(),
                [&worker](transport::MediaPort* port) { worker.post([port] { delete port; }); }};
            log_topic("module.webrtc")
                ->info("media on UDP{} port {}", port_->has_tcp() ? " and TCP" : "", port_->port());
            if (const auto granted = port_->granted(); !granted.whole()) {
                log_topic("module.webrtc")
                    ->warn(
                        "of {} KiB the system grants media sockets {} to receive and {} to send: "
                        "set net.core.rmem_max and net.core.wmem_max",
                        transport::UdpSocket::kBuffer / 1024, granted.receive / 1024,
                        granted.send / 1024);
            }
        } else {
            port_failed_ = true;
            log_topic("module.webrtc")
                ->error("no port for media, each peer gets its own: {}", opened.error().message);
        }
    }
    // An endpoint may want other interfaces than those that the port was opened for.
    const bool reaches =
        !port_loopback_ || only_loopback(transport::choose_addresses(system, settings));
    return port_ && reaches ? port_.get() : nullptr;
}

std::unique_ptr<transport::IceTransport> Context::make_ice(gst::GlibLoop& worker,
                                                           transport::IceSettings settings) {
    if (auto* port = port_for(worker, settings))
        return std::make_unique<transport::SharedIceTransport>(worker, *port, resolver_,
                                                               std::move(settings));
    return std::make_unique<transport::NiceIceTransport>(worker, worker.context(), resolver_,
                                                         std::move(settings));
}

}  // namespace rivero::webrtc
