// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0

// The low-level SHA-1 is marked as deprecated, and used here on purpose: its state is a plain
// struct, so the two HMAC states that follow from the key are made once and copied for each packet.
// EVP_MAC and EVP_MD_CTX_copy of OpenSSL 3.0 allocate for each message, which costs more than the
// hashing.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "transport/srtp/srtp_cipher.hpp"

#include "rivero/base/assert.hpp"
#include "transport/srtp/aes_gcm.hpp"
#include "transport/srtp/cipher_context.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <optional>

namespace rivero::transport {
namespace {

/// HMAC-SHA1 with a fixed key. RFC 2104.
class HmacSha1 {
public:
    explicit HmacSha1(Bytes key) {
        RIVERO_ASSERT(key.size() <= SHA_CBLOCK, "SRTP authentication keys have 20 bytes");
        std::array<std::uint8_t, SHA_CBLOCK> block{};
        std::copy(key.begin(), key.end(), block.begin());
        for (std::uint8_t& byte : block) byte ^= 0x36;
        SHA1_Init(&inner_);
        SHA1_Update(&inner_, block.data(), block.size());
        for (std::uint8_t& byte : block) byte ^= 0x36 ^ 0x5c;
        SHA1_Init(&outer_);
        SHA1_Update(&outer_, block.data(), block.size());
        OPENSSL_cleanse(block.data(), block.size());
    }
    ~HmacSha1() {
        OPENSSL_cleanse(&inner_, sizeof inner_);
        OPENSSL_cleanse(&outer_, sizeof outer_);
    }
    HmacSha1(const HmacSha1&) = delete;
    HmacSha1& operator=(const HmacSha1&) = delete;

    [[nodiscard]] std::array<std::uint8_t, SHA_DIGEST_LENGTH> of(Bytes first, Bytes second) const {
        std::array<std::uint8_t, SHA_DIGEST_LENGTH> digest;
        SHA_CTX state = inner_;
        SHA1_Update(&state, first.data(), first.size());
        SHA1_Update(&state, second.data(), second.size());
        SHA1_Final(digest.data(), &state);
        state = outer_;
        SHA1_Update(&state, digest.data(), digest.size());
        SHA1_Final(digest.data(), &state);
        return digest;
    }

private:
    SHA_CTX inner_;
    SHA_CTX outer_;
};

const EVP_CIPHER* counter_mode(std::size_t key_size) {
    return key_size == 32 ? EVP_aes_256_ctr() : EVP_aes_128_ctr();
}
}  // namespace

SrtpSessionKeys::~SrtpSessionKeys() {
    OPENSSL_cleanse(cipher.data(), cipher.size());
    OPENSSL_cleanse(salt.data(), salt.size());
    OPENSSL_cleanse(authentication.data(), authentication.size());
}

void derive_srtp_key(SrtpProfile profile, const SrtpMasterKey& master, std::uint8_t label,
                     MutableBytes key) {
    std::array<std::uint8_t, 16> iv{};
    std::copy_n(master.salt.begin(), sizes(profile).salt, iv.begin());
    iv[7] ^= label;
    std::fill(key.begin(), key.end(), std::uint8_t{0});
    CipherContext context{EVP_CIPHER_CTX_new()};
    int written = 0;
    bool ok = context &&
              EVP_EncryptInit_ex(context.get(), counter_mode(sizes(profile).key), nullptr,
                                 master.key.data(), iv.data()) == 1 &&
              EVP_EncryptUpdate(context.get(), key.data(), &written, key.data(),
                                static_cast<int>(key.size())) == 1;
    RIVERO_ASSERT(ok, "OpenSSL has AES in counter mode");
}

SrtpSessionKeys derive_session_keys(SrtpProfile profile, SrtpUse use, const SrtpMasterKey& master) {
    const std::uint8_t first = use == SrtpUse::rtp ? 0 : 3;
    SrtpSessionKeys keys;
    derive_srtp_key(profile, master, first, MutableBytes{keys.cipher}.first(sizes(profile).key));
    if (profile == SrtpProfile::aes128_cm_sha1_80) {
        derive_srtp_key(profile, master, static_cast<std::uint8_t>(first + 1), keys.authentication);
    }
    derive_srtp_key(profile, master, static_cast<std::uint8_t>(first + 2),
                    MutableBytes{keys.salt}.first(sizes(profile).salt));
    return keys;
}

namespace {

/// AES in counter mode with an authentication code. RFC 3711 section 4.
class AesCmHmac {
public:
    explicit AesCmHmac(const SrtpSessionKeys& keys)
        : context_{EVP_CIPHER_CTX_new()}, hmac_{keys.authentication} {
        const bool ok = context_ && EVP_EncryptInit_ex(context_.get(), EVP_aes_128_ctr(), nullptr,
                                                       keys.cipher.data(), nullptr) == 1;
        RIVERO_ASSERT(ok, "OpenSSL has the ciphers of SRTP");
    }
    [[nodiscard]] bool begin(const std::array<std::uint8_t, 16>& iv) {
        return EVP_EncryptInit_ex(context_.get(), nullptr, nullptr, nullptr, iv.data()) == 1;
    }
    [[nodiscard]] bool crypt(MutableBytes out, Bytes in) {
        return in.empty() || cipher_update(context_.get(), out.data(), in);
    }
    [[nodiscard]] auto digest(Bytes packet, Bytes trailer) const {
        return hmac_.of(packet, trailer);
    }

private:
    CipherContext context_;
    HmacSha1 hmac_;
};

}  // namespace

struct SrtpCipher::State {
    State(SrtpProfile p, Direction direction, const SrtpSessionKeys& keys)
        : profile{p}, seals{direction == Direction::seal}, tag_size{sizes(p).tag} {
        std::copy_n(keys.salt.begin(), sizes(p).salt, salt.begin());
        if (p == SrtpProfile::aes128_cm_sha1_80) {
            counter.emplace(keys);
        } else {
            gcm = make_aes_gcm(Bytes{keys.cipher}.first(sizes(p).key),
                               seals ? AesGcm::Direction::seal : AesGcm::Direction::open);
        }
    }

    /// Where a packet's key stream starts. AES-CM: (salt, SSRC, index) << 16, the last two bytes
    /// count blocks, RFC 3711 section 4.1.1. GCM: 12 bytes, RFC 7714 sections 8.1 and 9.1; both
    /// keep the SSRC and the 48 bits of the index side by side.
    ///
    ///     AES-CM  0000 ssrc ssrc....index index index 0000   XOR salt (14 bytes)
    ///     GCM     00 ssrc ssrc index index index             XOR salt (12 bytes)
    template <std::size_t kSize>
    [[nodiscard]] std::array<std::uint8_t, kSize> iv(Ssrc ssrc, std::uint64_t index) const {
        std::array<std::uint8_t, kSize> iv{};
        ByteWriter writer{iv};
        writer.zeros(kSize == AesGcm::kNonce ? 2 : 4);
        writer.u32(ssrc.value);
        writer.u16(static_cast<std::uint16_t>(index >> 32));
        writer.u32(static_cast<std::uint32_t>(index));
        for (std::size_t i = 0; i < std::min(kSize, salt.size()); ++i) iv[i] ^= salt[i];
        return iv;
    }
    [[nodiscard]] auto nonce(Ssrc ssrc, std::uint64_t index) const {
        return iv<AesGcm::kNonce>(ssrc, index);
    }
    [[nodiscard]] bool begin_counter(Ssrc ssrc, std::uint64_t index) {
        return counter->begin(iv<16>(ssrc, index));
    }

    SrtpProfile profile;
    bool seals;
    std::size_t tag_size;
    std::array<std::uint8_t, 14> salt{};
    std::unique_ptr<AesGcm> gcm;       ///< with AEAD
    std::optional<AesCmHmac> counter;  ///< without
};

SrtpCipher::SrtpCipher(SrtpProfile profile, Direction direction, const SrtpSessionKeys& keys)
    : state_{std::make_unique<State>(profile, direction, keys)} {}
SrtpCipher::SrtpCipher(SrtpCipher&&) noexcept = default;
SrtpCipher::~SrtpCipher() = default;

SrtpProfile SrtpCipher::profile() const {
    return state_->profile;
}
std::size_t SrtpCipher::tag_size() const {
    return state_->tag_size;
}

bool SrtpCipher::seal(MutableBytes packet, std::size_t clear, Bytes rest, Ssrc ssrc,
                      std::uint64_t index, Bytes trailer, MutableBytes tag) {
    State& s = *state_;
    RIVERO_ASSERT(s.seals && tag.size() == s.tag_size, "a sealing cipher and room for its tag");
    RIVERO_ASSERT(packet.size() >= clear + rest.size(), "a place for each byte");
    const MutableBytes here = packet.subspan(clear, packet.size() - clear - rest.size());
    const MutableBytes place = packet.last(rest.size());
    if (s.gcm) {
        return s.gcm->seal(s.nonce(ssrc, index), {packet.first(clear), trailer}, here, rest, place,
                           tag);
    }
    if (!s.begin_counter(ssrc, index) || !s.counter->crypt(here, here) ||
        !s.counter->crypt(place, rest))
        return false;
    auto digest = s.counter->digest(packet, trailer);
    std::copy_n(digest.begin(), tag.size(), tag.begin());
    return true;
}

bool SrtpCipher::open(MutableBytes packet, std::size_t clear, Ssrc ssrc, std::uint64_t index,
                      Bytes trailer, Bytes tag, bool encrypted) {
    State& s = *state_;
    RIVERO_ASSERT(!s.seals && tag.size() == s.tag_size, "an opening cipher and a whole tag");
    if (!encrypted) clear = packet.size();
    const MutableBytes secret = packet.subspan(clear);
    if (s.gcm)
        return s.gcm->open(s.nonce(ssrc, index), {packet.first(clear), trailer}, secret, tag);
    auto digest = s.counter->digest(packet, trailer);
    if (CRYPTO_memcmp(digest.data(), tag.data(), tag.size()) != 0) return false;
    return s.begin_counter(ssrc, index) && s.counter->crypt(secret, secret);
}

}  // namespace rivero::transport
