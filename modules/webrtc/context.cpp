// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "context.hpp"


namespace rivero::webrtc {

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
    d.stun_server_address = rtc.value("stunServerAddress", d.stun_server_address);
    d.stun_server_port = rtc.value("stunServerPort", d.stun_server_port);
    d.turn_url = rtc.value("turnURL", d.turn_url);
    d.external_ipv4 = rtc.value("externalIPv4", d.external_ipv4);
    d.external_ipv6 = rtc.value("externalIPv6", d.external_ipv6);
    d.min_port = rtc.value("minPort", d.min_port);
    d.max_port = rtc.value("maxPort", d.max_port);
    // The whole range is no wish: the system picks ports faster than we do.
    if (d.min_port <= 1024 && d.max_port >= 65535) d.min_port = d.max_port = 0;
    pem_rsa_ = rtc.value("certificateRsa", "");
    pem_ecdsa_ = rtc.value("certificateEcdsa", "");
}

transport::DtlsContext Context::dtls(CertificateKeyType key) {
    const bool rsa = key == CertificateKeyType::rsa;
    std::lock_guard lock{mutex_};
    auto& context = rsa ? rsa_ : ecdsa_;
    if (!context) {
        const std::string& pem = rsa ? pem_rsa_ : pem_ecdsa_;
        auto made = transport::Certificate::generate(rsa ? transport::CertificateKey::rsa_2048
                                                         : transport::CertificateKey::ecdsa_p256);
        if (!pem.empty()) {
            auto loaded = transport::Certificate::load(pem);
            if (!loaded) {
                throw remote::RpcError{remote::ErrorCode::sdp_cannot_create_session,
                                       "the DTLS certificate cannot be used: " + loaded.error().message};
            }
            made = *loaded;
        }
        context.emplace(std::move(made));
    }
    return *context;
}

}  // namespace rivero::webrtc
