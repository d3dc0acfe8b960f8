// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "transport/dtls/certificate.hpp"

#include "rivero/base/assert.hpp"
#include "transport/dtls/openssl.hpp"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <array>
#include <stdexcept>

namespace rivero::transport {
namespace {

struct FreeBio {
    void operator()(BIO* bio) const { BIO_free(bio); }
};
using BioPtr = std::unique_ptr<BIO, FreeBio>;

std::shared_ptr<X509> own(X509* certificate) {
    return {certificate, X509_free};
}
std::shared_ptr<EVP_PKEY> own(EVP_PKEY* key) {
    return {key, EVP_PKEY_free};
}

std::string text_of(BIO* bio) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    return {data, static_cast<std::size_t>(size)};
}

// A daemon has no terminal to ask for a pass phrase.
int no_pass_phrase(char*, int, int, void*) {
    return -1;
}

const EVP_MD* digest(FingerprintHash hash) {
    switch (hash) {
        case FingerprintHash::sha384:
            return EVP_sha384();
        case FingerprintHash::sha512:
            return EVP_sha512();
        case FingerprintHash::sha256:
            break;
    }
    return EVP_sha256();
}

bool fill_in(X509* certificate, EVP_PKEY* key) {
    // Random, not zero, at most 20 bytes: RFC 5280 section 4.1.2.2.
    std::unique_ptr<BIGNUM, void (*)(BIGNUM*)> serial{BN_new(), BN_free};
    const std::array<unsigned char, 6> common_name{'r', 'i', 'v', 'e', 'r', 'o'};
    X509_NAME* subject = X509_get_subject_name(certificate);
    constexpr long kDay = 24L * 60 * 60;
    return serial && BN_rand(serial.get(), 64, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
           BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(certificate)) &&
           X509_set_version(certificate, X509_VERSION_3) == 1 &&
           // Browsers' clocks differ from ours.
           X509_gmtime_adj(X509_getm_notBefore(certificate), -kDay) &&
           X509_gmtime_adj(X509_getm_notAfter(certificate), 365 * kDay) &&
           X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, common_name.data(),
                                      static_cast<int>(common_name.size()), -1, 0) == 1 &&
           X509_set_issuer_name(certificate, subject) == 1 &&
           X509_set_pubkey(certificate, key) == 1 && X509_sign(certificate, key, EVP_sha256()) > 0;
}

}  // namespace

std::string take_openssl_error(const std::string& otherwise) {
    const unsigned long code = ERR_get_error();
    const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
    ERR_clear_error();
    return reason ? std::string{reason} : otherwise;
}

Fingerprint fingerprint_of(const X509* certificate, FingerprintHash hash) {
    Fingerprint fingerprint{hash, ByteVector(EVP_MAX_MD_SIZE)};
    unsigned int size = 0;
    const bool ok = X509_digest(certificate, digest(hash), fingerprint.digest.data(), &size) == 1;
    RIVERO_ASSERT(ok, "OpenSSL has SHA-2");
    fingerprint.digest.resize(size);
    return fingerprint;
}

std::string pem_of(X509* certificate) {
    BioPtr bio{BIO_new(BIO_s_mem())};
    const bool ok = bio && PEM_write_bio_X509(bio.get(), certificate) == 1;
    RIVERO_ASSERT(ok, "a certificate can be written into memory");
    return text_of(bio.get());
}

Certificate Certificate::generate(CertificateKey kind) {
    auto key = own(kind == CertificateKey::rsa_2048 ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256"));
    auto certificate = own(X509_new());
    if (!key || !certificate || !fill_in(certificate.get(), key.get())) {
        throw std::runtime_error("cannot make a certificate: " +
                                 take_openssl_error("OpenSSL does not say why"));
    }
    return Certificate{std::move(certificate), std::move(key)};
}

Result<Certificate> Certificate::load(const std::filesystem::path& pem) {
    return load(pem, pem);
}

Result<Certificate> Certificate::load(const std::filesystem::path& certificate_pem,
                                      const std::filesystem::path& key_pem) {
    ERR_clear_error();
    BioPtr certificate_file{BIO_new_file(certificate_pem.c_str(), "r")};
    if (!certificate_file) {
        return failure(certificate_pem.string() + ": " + take_openssl_error("cannot be read"));
    }
    auto certificate =
        own(PEM_read_bio_X509(certificate_file.get(), nullptr, no_pass_phrase, nullptr));
    if (!certificate) {
        return failure(certificate_pem.string() +
                       ": holds no certificate in PEM: " + take_openssl_error("nothing found"));
    }
    BioPtr key_file{BIO_new_file(key_pem.c_str(), "r")};
    if (!key_file) return failure(key_pem.string() + ": " + take_openssl_error("cannot be read"));
    auto key = own(PEM_read_bio_PrivateKey(key_file.get(), nullptr, no_pass_phrase, nullptr));
    if (!key) {
        return failure(key_pem.string() + ": holds no private key in PEM without a pass phrase: " +
                       take_openssl_error("nothing found"));
    }
    if (X509_check_private_key(certificate.get(), key.get()) != 1) {
        ERR_clear_error();
        return failure(key_pem.string() + ": the private key does not belong to the certificate");
    }
    return Certificate{std::move(certificate), std::move(key)};
}

Fingerprint Certificate::fingerprint(FingerprintHash hash) const {
    return fingerprint_of(x509_.get(), hash);
}

std::string Certificate::pem() const {
    return pem_of(x509_.get());
}

std::string Certificate::pem_with_key() const {
    BioPtr bio{BIO_new(BIO_s_mem())};
    const bool ok = bio && PEM_write_bio_PrivateKey(bio.get(), key_.get(), nullptr, nullptr, 0,
                                                    nullptr, nullptr) == 1;
    RIVERO_ASSERT(ok, "a key can be written into memory");
    return pem() + text_of(bio.get());
}

}  // namespace rivero::transport
