// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/clock.hpp"
#include "transport/dtls/certificate.hpp"
#include "transport/dtls/dtls_role.hpp"
#include "transport/srtp/srtp_keys.hpp"

#include <cstddef>
#include <memory>
#include <vector>

struct ssl_ctx_st;

namespace rivero::transport {

struct DtlsSettings {
    /// In order of preference. As server the first that the client knows is taken, as client the
    /// server chooses. GCM costs a third of what AES-CM with HMAC-SHA1 costs per packet.
    std::vector<SrtpProfile> profiles = {SrtpProfile::aead_aes_128_gcm,
                                         SrtpProfile::aead_aes_256_gcm,
                                         SrtpProfile::aes128_cm_sha1_80};
    /// Upper bound of a handshake datagram, in bytes of UDP payload.
    std::size_t mtu = 1200;
    /// An answer that does not come is asked for again after this time, then twice this time, ...
    /// up to 3 s. RFC 6347 section 4.2.4.1 suggests 1 s; a lost packet must not cost a viewer a
    /// second of black picture. OpenSSL gives up after twelve times.
    Duration first_retransmit = 100ms;
    /// From the first datagram to the end of the handshake.
    Duration handshake_limit = 30s;
    /// A peer that says in clear that it gives up is believed when it has been silent for so long:
    /// anybody could have said it, and the peer itself would repeat its last flight meanwhile.
    Duration silence_after_refusal = 1500ms;
};

/// What associations with the same certificate share (one SSL_CTX, for both roles). DTLS 1.2 only.
/// Associations may outlive it. Thread-safe after construction.
class DtlsContext {
public:
    explicit DtlsContext(Certificate certificate, DtlsSettings settings = {});

    [[nodiscard]] const Certificate& certificate() const { return certificate_; }
    [[nodiscard]] const DtlsSettings& settings() const { return settings_; }
    [[nodiscard]] ssl_ctx_st* ssl_ctx() const { return ctx_.get(); }  ///< borrowed

private:
    Certificate certificate_;
    DtlsSettings settings_;
    std::shared_ptr<ssl_ctx_st> ctx_;
};

}  // namespace rivero::transport
