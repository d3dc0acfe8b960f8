// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/media/pipeline.hpp"
#include "sdp/negotiation.hpp"
#include "transport/dtls/dtls_context.hpp"
#include "transport/ice/host_resolver.hpp"
#include "transport/ice/ice_settings.hpp"
#include "transport/ice/ice_transport.hpp"
#include "transport/udp/media_port.hpp"
#include "types.hpp"

#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace rivero::webrtc {

/// Names of interfaces, as the client API lists them: separated by commas or blanks.
[[nodiscard]] std::vector<std::string> words(std::string list);

/// What all WebRtcEndpoints of a media host share: certificates, name resolution, defaults from the
/// settings.
class Context {
public:
    /// Settings that are of no use are logged, and as if they were not there; but without its
    /// certificate there is no endpoint.
    explicit Context(const media::Services& services);

    /// Made at the first use, then shared by all: a certificate of our own costs time (RSA a tenth
    /// of a second). Any thread. Throws RpcError 40211 when the certificate of the settings cannot
    /// be used.
    [[nodiscard]] transport::DtlsContext dtls(CertificateKeyType key);

    /// By the port that all share, where that will do; by libnice where the settings name a STUN or
    /// TURN server or a range of ports. RTC worker; this may end on any thread.
    [[nodiscard]] std::unique_ptr<transport::IceTransport> make_ice(
        gst::GlibLoop& worker, transport::IceSettings settings);

    /// The settings under `rtc`.
    struct Defaults {
        std::string network_interfaces;
        bool include_loopback = false;
        bool ice_tcp = true;
        bool resolve_candidates = false;
        std::string stun_server_address;
        int stun_server_port = 3478;
        std::string turn_url;
        std::string external_ipv4, external_ipv6;
        int min_port = 0, max_port = 0;
        std::optional<std::uint8_t> dscp;
        int udp_port = 0;  ///< of this host; -1: none that is shared
    };
    /// Codecs and extensions, without what is an endpoint's own.
    [[nodiscard]] const sdp::LocalCapabilities& capabilities() const { return capabilities_; }
    [[nodiscard]] const Defaults& defaults() const { return defaults_; }

private:
    Defaults defaults_;
    sdp::LocalCapabilities capabilities_ = sdp::webrtc_defaults();
    std::string pem_rsa_, pem_ecdsa_;
    [[nodiscard]] transport::MediaPort* port_for(gst::GlibLoop& worker,
                                                 const transport::IceSettings& settings);

    transport::HostResolver resolver_;
    std::shared_ptr<transport::MediaPort> port_;  // of the worker
    bool port_failed_ = false;                    // of the worker
    bool port_loopback_ = false;                  // of the worker
    std::mutex mutex_;                            // of the two below
    std::optional<transport::DtlsContext> rsa_, ecdsa_;
};

}  // namespace rivero::webrtc
