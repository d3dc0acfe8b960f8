// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/result.hpp"
#include "transport/dtls/fingerprint.hpp"

#include <filesystem>
#include <memory>
#include <string>

struct x509_st;
struct evp_pkey_st;

namespace rivero::transport {

enum class CertificateKey { ecdsa_p256, rsa_2048 };

/// An X.509 certificate with its private key. Cheap to copy: copies share both, which do not
/// change.
class Certificate {
public:
    /// A self-signed one, valid from yesterday for a year. RSA takes some 100 ms.
    [[nodiscard]] static Certificate generate(CertificateKey key = CertificateKey::ecdsa_p256);
    /// From one PEM file that holds certificate and private key, in any order.
    [[nodiscard]] static Result<Certificate> load(const std::filesystem::path& pem);
    [[nodiscard]] static Result<Certificate> load(const std::filesystem::path& certificate_pem,
                                                  const std::filesystem::path& key_pem);

    [[nodiscard]] Fingerprint fingerprint(FingerprintHash hash = FingerprintHash::sha256) const;
    /// The certificate alone, without the key.
    [[nodiscard]] std::string pem() const;
    /// Both; what load() reads.
    [[nodiscard]] std::string pem_with_key() const;

    [[nodiscard]] x509_st* x509() const { return x509_.get(); }    ///< borrowed
    [[nodiscard]] evp_pkey_st* key() const { return key_.get(); }  ///< borrowed

private:
    Certificate(std::shared_ptr<x509_st> x509, std::shared_ptr<evp_pkey_st> key)
        : x509_{std::move(x509)}, key_{std::move(key)} {}

    std::shared_ptr<x509_st> x509_;
    std::shared_ptr<evp_pkey_st> key_;
};

}  // namespace rivero::transport
