// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "gateway/net/tls.hpp"

#include "gateway/net/tls_context.hpp"
#include "rivero/base/log.hpp"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <sys/stat.h>

namespace rivero::gateway::net {
namespace {

constexpr int kWarnDays = 14;

auto& log() {
    static const auto topic = log_topic("gateway.tls");
    return *topic;
}

X509* certificate_of(const TlsContext& context) {
    return SSL_CTX_get0_certificate(const_cast<asio::ssl::context&>(context.ssl).native_handle());
}

/// Changes when the file, or what the name leads to, does.
std::string stamp_of(const std::string& path) {
    struct stat info {};
    if (path.empty() || stat(path.c_str(), &info) != 0) return "-";
    return std::to_string(info.st_ino) + ' ' + std::to_string(info.st_size) + ' ' +
           std::to_string(info.st_mtim.tv_sec) + '.' + std::to_string(info.st_mtim.tv_nsec);
}

void say_how_long(const TlsContext& context) {
    int days = 0;
    int seconds = 0;
    if (ASN1_TIME_diff(&days, &seconds, nullptr, X509_get0_notAfter(certificate_of(context))) != 1)
        return;
    if (days < 0 || seconds < 0) {
        log().warn("the TLS certificate has expired: browsers will refuse it");
    } else if (days < kWarnDays) {
        log().warn("the TLS certificate expires in {} days", days);
    } else {
        log().info("the TLS certificate is good for {} days", days);
    }
}

}  // namespace

Tls::Tls(const TlsOptions& options) : options_{options}, stamp_{stamp()} {
    auto context = load();
    if (!context) throw DaemonError{context.error().message};
    context_ = std::move(*context);
    say_how_long(*context_);
}

bool Tls::names(const std::string& host) const {
    X509* certificate = certificate_of(*context_);
    return X509_check_host(certificate, host.data(), host.size(), 0, nullptr) == 1;
}

void Tls::reload() {
    // The stamp first: a file that is written while we read it differs once more.
    stamp_ = stamp();
    auto context = load();
    if (!context) {
        log().error("the old TLS certificate stays in use: {}", context.error().message);
        return;
    }
    context_ = std::move(*context);
    log().info("the TLS certificate was read again");
    say_how_long(*context_);
}

void Tls::reload_if_changed() {
    if (stamp() != stamp_) reload();
}

Result<std::shared_ptr<TlsContext>> Tls::load() const {
    const std::string& key = options_.key.empty() ? options_.certificate : options_.key;
    auto context = std::make_shared<TlsContext>();
    SSL_CTX* ssl = context->ssl.native_handle();
    // What is older than TLS 1.2, or has no authenticated encryption, nobody needs any more.
    SSL_CTX_set_min_proto_version(ssl, TLS1_2_VERSION);
    SSL_CTX_set_cipher_list(ssl, "ECDHE+AESGCM:ECDHE+CHACHA20");
    SSL_CTX_set_options(ssl, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                 SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS);  // idle connections need no buffers
    error_code error;
    // Always set: without it OpenSSL would ask on the terminal.
    context->ssl.set_password_callback(
        [password = options_.key_password](std::size_t, asio::ssl::context::password_purpose) {
            return password;
        },
        error);
    context->ssl.use_certificate_chain_file(options_.certificate, error);
    if (error)
        return failure("listen.tls.certificate: " + options_.certificate + ": " + error.message());
    context->ssl.use_private_key_file(key, asio::ssl::context::pem, error);
    if (error) return failure("listen.tls.key: " + key + ": " + error.message());
    if (SSL_CTX_check_private_key(ssl) != 1)
        return failure("listen.tls.key: " + key + " is not the key of the certificate");
    return context;
}

std::string Tls::stamp() const {
    return stamp_of(options_.certificate) + ", " + stamp_of(options_.key);
}

}  // namespace rivero::gateway::net
