// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "transport/dtls/certificate.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <unistd.h>

namespace rivero::transport {
namespace {

constexpr const char* kSha256 =
    "sha-256 4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB:4A:AD:B9:B1:3F:82:18:3B:"
    "54:02:12:DF";

TEST(Fingerprint, ReadsWhatItWrites) {
    auto fingerprint = Fingerprint::parse(kSha256);
    ASSERT_TRUE(fingerprint);
    EXPECT_EQ(fingerprint->text(), kSha256);
    EXPECT_EQ(fingerprint->digest.size(), 32U);
    auto upper = Fingerprint::parse("SHA-256" + std::string{kSha256}.substr(7));
    ASSERT_TRUE(upper) << "names of hashes have no case, RFC 8122 section 5";
    EXPECT_EQ(*upper, *fingerprint);
}

TEST(Fingerprint, RefusesSha1AndNonsense) {
    for (const char* text :
         {"", "sha-256", "sha-256 ", "sha-256 4A:AD", "md5 00",
          "sha-1 4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB",
          "sha-256 "
          "4A-AD-B9-B1-3F-82-18-3B-54-02-12-DF-3E-5D-49-6B-19-E5-7C-AB-4A-AD-B9-B1-3F-82-18-"
          "3B-54-02-12-DF"}) {
        EXPECT_FALSE(Fingerprint::parse(text)) << text;
    }
}

class PemFile {
public:
    explicit PemFile(const std::string& content) {
        std::string pattern = testing::TempDir() + "rivero-XXXXXX";
        const int fd = mkstemp(pattern.data());
        if (fd >= 0) close(fd);
        path = pattern;
        std::ofstream{path} << content;
    }
    ~PemFile() { std::filesystem::remove(path); }
    std::filesystem::path path;
};

class CertificateTest : public testing::TestWithParam<CertificateKey> {};

TEST_P(CertificateTest, LoadsWhatItMade) {
    auto made = Certificate::generate(GetParam());
    PemFile both{made.pem_with_key()};
    auto loaded = Certificate::load(both.path);
    ASSERT_TRUE(loaded) << loaded.error().message;
    EXPECT_EQ(loaded->fingerprint(), made.fingerprint());
    EXPECT_EQ(loaded->pem(), made.pem());
    EXPECT_NE(made.fingerprint(FingerprintHash::sha512).digest.size(), 32U);
}

INSTANTIATE_TEST_SUITE_P(Keys, CertificateTest,
                         testing::Values(CertificateKey::ecdsa_p256, CertificateKey::rsa_2048),
                         [](const auto& row) {
                             return row.param == CertificateKey::ecdsa_p256 ? "Ecdsa" : "Rsa";
                         });

TEST(Certificate, SaysWhichFileIsWrong) {
    auto one = Certificate::generate();
    auto other = Certificate::generate();
    PemFile certificate_only{one.pem()};
    PemFile other_both{other.pem_with_key()};
    PemFile nonsense{"nothing"};

    auto message = [](const Result<Certificate>& result) {
        return result ? std::string{} : result.error().message;
    };
    EXPECT_NE(message(Certificate::load("/nonexistent.pem")).find("/nonexistent.pem"),
              std::string::npos);
    EXPECT_NE(message(Certificate::load(nonsense.path)).find("no certificate"), std::string::npos);
    EXPECT_NE(message(Certificate::load(certificate_only.path)).find("no private key"),
              std::string::npos);
    EXPECT_NE(
        message(Certificate::load(certificate_only.path, other_both.path)).find("does not belong"),
        std::string::npos);
}

TEST(Certificate, EachIsAnother) {
    EXPECT_NE(Certificate::generate().fingerprint(), Certificate::generate().fingerprint());
}

}  // namespace
}  // namespace rivero::transport
