// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "transport/dtls/dtls_context.hpp"

#include "transport/dtls/openssl.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <stdexcept>
#include <string>

namespace rivero::transport {
namespace {

// Forward secrecy only. AES-GCM first: it is in hardware, and what browsers prefer; CBC for the few
// old stacks that have no AEAD.
constexpr const char* kCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES:!aNULL";
constexpr const char* kGroups = "X25519:P-256:P-384";

// OpenSSL keeps up to ten handshake messages that come too early; this bounds each of them. A
// peer's certificate chain in WebRTC is one self-signed certificate of about 500 bytes.
constexpr long kMaxCertificates = 16 * 1024;

std::string list(const std::vector<SrtpProfile>& profiles) {
    std::string names;
    for (SrtpProfile profile : profiles) {
        if (!names.empty()) names += ':';
        names += name(profile);
    }
    return names;
}

// Cookies are ours to make and to check (HelloGate): OpenSSL sees only hellos whose cookie is
// right.
int no_cookie(SSL*, unsigned char*, unsigned int*) {
    return 0;
}
int any_cookie(SSL*, const unsigned char*, unsigned int) {
    return 1;
}

[[noreturn]] void refuse(const std::string& what) {
    throw std::runtime_error("DTLS: " + what + ": " +
                             take_openssl_error("OpenSSL does not say why"));
}

}  // namespace

DtlsContext::DtlsContext(Certificate certificate, DtlsSettings settings)
    : certificate_{std::move(certificate)},
      settings_{std::move(settings)},
      ctx_{SSL_CTX_new(DTLS_method()), SSL_CTX_free} {
    SSL_CTX* ctx = ctx_.get();
    if (!ctx) refuse("no context");
    // 1.0 has been forbidden since RFC 8996; OpenSSL 3.0 has no 1.3.
    if (SSL_CTX_set_min_proto_version(ctx, DTLS1_2_VERSION) != 1) refuse("version 1.2");
    if (SSL_CTX_set_cipher_list(ctx, kCiphers) != 1) refuse("cipher list");
    if (SSL_CTX_set1_groups_list(ctx, kGroups) != 1) refuse("group list");
    if (SSL_CTX_use_certificate(ctx, certificate_.x509()) != 1) refuse("certificate");
    if (SSL_CTX_use_PrivateKey(ctx, certificate_.key()) != 1) refuse("private key");
    // Returns 0 when all is well, unlike its neighbours.
    if (!settings_.profiles.empty() &&
        SSL_CTX_set_tlsext_use_srtp(ctx, list(settings_.profiles).c_str()) != 0) {
        refuse("SRTP profiles");
    }
    // Each peer comes once: nothing to resume.
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_QUERY_MTU |
                                 SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_COMPRESSION);
    // After the handshake an association is silent for hours; 2 x 17 KB each would be wasted.
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_max_cert_list(ctx, kMaxCertificates);
    SSL_CTX_set_cookie_generate_cb(ctx, no_cookie);
    SSL_CTX_set_cookie_verify_cb(ctx, any_cookie);
}

}  // namespace rivero::transport
