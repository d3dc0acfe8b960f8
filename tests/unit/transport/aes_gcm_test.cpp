// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "transport/srtp/aes_gcm.hpp"

#include "hex.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

namespace rivero::transport {
namespace {

using Direction = AesGcm::Direction;
using Make = std::unique_ptr<AesGcm> (*)(Bytes, Direction);

struct Engine {
    const char* name;
    Make make;
};

/// What this build has for this processor.
std::vector<Engine> engines() {
    std::vector<Engine> list{{"openssl", make_openssl_gcm}};
    const std::vector<std::uint8_t> key(16);
    if (make_ipsec_mb_gcm(key, Direction::seal)) list.push_back({"ipsec_mb", make_ipsec_mb_gcm});
    return list;
}

class AesGcmTest : public testing::TestWithParam<Engine> {
protected:
    [[nodiscard]] std::unique_ptr<AesGcm> make(Bytes key, Direction direction) const {
        return GetParam().make(key, direction);
    }
};

std::vector<std::uint8_t> counting(std::size_t size, unsigned from = 0) {
    std::vector<std::uint8_t> bytes(size);
    std::iota(bytes.begin(), bytes.end(), static_cast<std::uint8_t>(from));
    return bytes;
}

AesGcm::Nonce nonce_of(Bytes bytes) {
    AesGcm::Nonce nonce;
    std::copy_n(bytes.begin(), nonce.size(), nonce.begin());
    return nonce;
}

// The GCM specification, test case 4 (AES-128) and 16 (AES-256): additional data of 20 bytes, a
// text of 60.
TEST_P(AesGcmTest, GivesWhatTheSpecificationGives) {
    const std::string key = "feffe9928665731c6d6a8f9467308308";
    const auto text = from_hex(
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
        "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39");
    const auto clear = from_hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
    const auto nonce = nonce_of(from_hex("cafebabefacedbaddecaf888"));
    struct Case {
        std::string key, cipher, tag;
    };
    for (const auto& [k, cipher, tag] :
         {Case{key,
               "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
               "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091",
               "5bc94fbc3221a5db94fae95ae7121a47"},
          Case{key + key,
               "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
               "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
               "76fc6ece0f4e1768cddf8853bb2d551b"}}) {
        auto bytes = text;
        std::vector<std::uint8_t> got(AesGcm::kTag);
        ASSERT_TRUE(
            make(from_hex(k), Direction::seal)->seal(nonce, {clear, {}}, bytes, {}, {}, got));
        EXPECT_EQ(bytes, from_hex(cipher));
        EXPECT_EQ(got, from_hex(tag));
        ASSERT_TRUE(make(from_hex(k), Direction::open)->open(nonce, {clear, {}}, bytes, got));
        EXPECT_EQ(bytes, text);
    }
}

// Packets of all lengths, split everywhere between what lies in its place and what comes from
// elsewhere, against OpenSSL in one piece.
TEST_P(AesGcmTest, AgreesWithOpensslWhereverAPacketIsSplit) {
    for (const std::size_t key_size : {16U, 32U}) {
        const auto key = counting(key_size, 3);
        const auto one = make(key, Direction::seal);
        const auto other = make_openssl_gcm(key, Direction::seal);
        const auto opens = make(key, Direction::open);
        for (std::size_t size = 0; size < 1500; size += size < 70 ? 1 : 97) {
            const auto text = counting(size, 200);
            const auto clear = counting(12 + size % 33);
            const auto nonce = nonce_of(counting(12, static_cast<unsigned>(size)));
            auto right = text;
            std::vector<std::uint8_t> right_tag(AesGcm::kTag);
            ASSERT_TRUE(other->seal(nonce, {clear, {}}, right, {}, {}, right_tag));
            for (std::size_t here : {std::size_t{0}, std::size_t{1}, std::size_t{16},
                                     std::size_t{23}, size / 2, size}) {
                if (here > size) continue;
                std::vector<std::uint8_t> bytes(size), tag(AesGcm::kTag);
                std::copy_n(text.begin(), here, bytes.begin());
                ASSERT_TRUE(one->seal(nonce, {clear, {}}, MutableBytes{bytes}.first(here),
                                      Bytes{text}.subspan(here), MutableBytes{bytes}.subspan(here),
                                      tag));
                ASSERT_EQ(bytes, right) << size << " bytes, of which in place: " << here;
                ASSERT_EQ(tag, right_tag) << size << " bytes, of which in place: " << here;
                ASSERT_TRUE(opens->open(nonce, {clear, {}}, bytes, tag));
                ASSERT_EQ(bytes, text);
            }
        }
    }
}

TEST_P(AesGcmTest, AuthenticatesPacketAndTrailerAsOne) {
    const auto key = counting(16);
    const auto nonce = nonce_of(counting(12));
    for (const std::size_t size : {8U, 12U, 200U}) {  // the longest: SRTCP without encryption
        const auto whole = counting(size + 4);
        auto bytes = counting(40), same = bytes;
        std::vector<std::uint8_t> tag(AesGcm::kTag), same_tag(AesGcm::kTag);
        const auto seals = make(key, Direction::seal);
        ASSERT_TRUE(seals->seal(nonce, {whole, {}}, bytes, {}, {}, tag));
        const AesGcm::Clear parts{Bytes{whole}.first(size), Bytes{whole}.subspan(size)};
        ASSERT_TRUE(seals->seal(nonce, parts, same, {}, {}, same_tag));
        EXPECT_EQ(bytes, same);
        EXPECT_EQ(tag, same_tag);
        EXPECT_TRUE(make(key, Direction::open)->open(nonce, parts, same, same_tag));
    }
}

TEST_P(AesGcmTest, TakesNothingThatWasChanged) {
    const auto key = counting(16);
    const auto nonce = nonce_of(counting(12));
    const auto clear = counting(12);
    auto sealed = counting(100);
    std::vector<std::uint8_t> tag(AesGcm::kTag);
    ASSERT_TRUE(make(key, Direction::seal)->seal(nonce, {clear, {}}, sealed, {}, {}, tag));
    const auto opens = make(key, Direction::open);
    auto opened = [&](Bytes c, std::vector<std::uint8_t> secret, Bytes t, AesGcm::Nonce n) {
        return opens->open(n, {c, {}}, secret, t);
    };
    EXPECT_TRUE(opened(clear, sealed, tag, nonce));
    for (std::size_t bit = 0; bit < 8 * tag.size(); ++bit) {
        auto wrong = tag;
        wrong[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
        EXPECT_FALSE(opened(clear, sealed, wrong, nonce));
    }
    auto wrong_clear = clear;
    wrong_clear[11] ^= 1;
    EXPECT_FALSE(opened(wrong_clear, sealed, tag, nonce));
    auto wrong = sealed;
    wrong.back() ^= 0x80;
    EXPECT_FALSE(opened(clear, wrong, tag, nonce));
    auto wrong_nonce = nonce;
    wrong_nonce[0] ^= 1;
    EXPECT_FALSE(opened(clear, sealed, tag, wrong_nonce));
    EXPECT_FALSE(opened(clear, sealed, Bytes{tag}.first(12), nonce)) << "half a tag is none";
    EXPECT_TRUE(opened(clear, sealed, tag, nonce)) << "what failed leaves nothing behind";
}

#ifdef RIVERO_HAS_IPSEC_MB
TEST(AesGcm, IsTheFastOneWhereTheProcessorHasTheInstructions) {
    const bool wanted = __builtin_cpu_supports("aes") && __builtin_cpu_supports("pclmul");
    EXPECT_EQ(make_ipsec_mb_gcm(counting(16), Direction::seal) != nullptr, wanted);
}
#endif

INSTANTIATE_TEST_SUITE_P(Engines, AesGcmTest, testing::ValuesIn(engines()),
                         [](const auto& one) { return std::string{one.param.name}; });

}  // namespace
}  // namespace rivero::transport
