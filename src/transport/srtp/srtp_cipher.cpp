// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0

// The low-level SHA-1 is marked as deprecated, and used here on purpose: its state is a plain
// struct, so the two HMAC states that follow from the key are made once and copied for each packet.
// EVP_MAC and EVP_MD_CTX_copy of OpenSSL 3.0 allocate for each message, which costs more than the
// hashing.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "transport/srtp/srtp_cipher.hpp"

#include "rivero/base/assert.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>

namespace rivero::transport {
namespace {

struct FreeCipherContext {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, FreeCipherContext>;

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
const EVP_CIPHER* packet_cipher(SrtpProfile profile) {
    switch (profile) {
        case SrtpProfile::aead_aes_128_gcm:
            return EVP_aes_128_gcm();
        case SrtpProfile::aead_aes_256_gcm:
            return EVP_aes_256_gcm();
        case SrtpProfile::aes128_cm_sha1_80:
            break;
    }
    return EVP_aes_128_ctr();
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

struct SrtpCipher::State {
    State(SrtpProfile p, Direction direction, const SrtpSessionKeys& keys)
        : profile{p},
          aead{p != SrtpProfile::aes128_cm_sha1_80},
          seals{direction == Direction::seal},
          tag_size{sizes(p).tag},
          hmac{keys.authentication} {
        std::copy_n(keys.salt.begin(), sizes(p).salt, salt.begin());
        context.reset(EVP_CIPHER_CTX_new());
        bool ok = context && EVP_CipherInit_ex(context.get(), packet_cipher(p), nullptr,
                                               keys.cipher.data(), nullptr, seals ? 1 : 0) == 1;
        RIVERO_ASSERT(ok, "OpenSSL has the ciphers of SRTP");
    }

    /// Where a packet's key stream starts. AES-CM: (salt, SSRC, index) << 16, the last two bytes
    /// count blocks, RFC 3711 section 4.1.1. GCM: 12 bytes, RFC 7714 sections 8.1 and 9.1; both
    /// keep the SSRC and the 48 bits of the index side by side.
    ///
    ///     AES-CM  0000 ssrc ssrc....index index index 0000   XOR salt (14 bytes)
    ///     GCM     00 ssrc ssrc index index index             XOR salt (12 bytes)
    [[nodiscard]] bool set_iv(Ssrc ssrc, std::uint64_t index) {
        std::array<std::uint8_t, 16> iv{};
        ByteWriter writer{iv};
        writer.zeros(aead ? 2 : 4);
        writer.u32(ssrc.value);
        writer.u16(static_cast<std::uint16_t>(index >> 32));
        writer.u32(static_cast<std::uint32_t>(index));
        for (std::size_t i = 0; i < salt.size(); ++i) iv[i] ^= salt[i];
        return EVP_CipherInit_ex(context.get(), nullptr, nullptr, nullptr, iv.data(), -1) == 1;
    }
    bool update(std::uint8_t* out, Bytes in) {
        int written = 0;
        return EVP_CipherUpdate(context.get(), out, &written, in.data(),
                                static_cast<int>(in.size())) == 1;
    }
    bool authenticate_only(Bytes in) { return in.empty() || update(nullptr, in); }
    bool crypt(MutableBytes in_place) { return crypt(in_place, in_place); }
    bool crypt(MutableBytes out, Bytes in) { return in.empty() || update(out.data(), in); }

    SrtpProfile profile;
    bool aead;
    bool seals;
    std::size_t tag_size;
    std::array<std::uint8_t, 14> salt{};
    CipherContext context;
    HmacSha1 hmac;  // idle with AEAD
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
    if (!s.set_iv(ssrc, index)) return false;
    const MutableBytes here = packet.subspan(clear, packet.size() - clear - rest.size());
    const MutableBytes place = packet.last(rest.size());
    if (s.aead) {
        int written = 0;
        std::array<std::uint8_t, 16> nothing;
        return s.authenticate_only(packet.first(clear)) && s.authenticate_only(trailer) &&
               s.crypt(here) && s.crypt(place, rest) &&
               EVP_EncryptFinal_ex(s.context.get(), nothing.data(), &written) == 1 &&
               EVP_CIPHER_CTX_ctrl(s.context.get(), EVP_CTRL_AEAD_GET_TAG,
                                   static_cast<int>(tag.size()), tag.data()) == 1;
    }
    if (!s.crypt(here) || !s.crypt(place, rest)) return false;
    auto digest = s.hmac.of(packet, trailer);
    std::copy_n(digest.begin(), tag.size(), tag.begin());
    return true;
}

bool SrtpCipher::open(MutableBytes packet, std::size_t clear, Ssrc ssrc, std::uint64_t index,
                      Bytes trailer, Bytes tag, bool encrypted) {
    State& s = *state_;
    RIVERO_ASSERT(!s.seals && tag.size() == s.tag_size, "an opening cipher and a whole tag");
    if (!encrypted) clear = packet.size();
    MutableBytes secret = packet.subspan(clear);
    if (s.aead) {
        int written = 0;
        std::array<std::uint8_t, 16> rest;
        // OpenSSL only reads the tag; its interface has no const.
        return s.set_iv(ssrc, index) && s.authenticate_only(packet.first(clear)) &&
               s.authenticate_only(trailer) && s.crypt(secret) &&
               EVP_CIPHER_CTX_ctrl(s.context.get(), EVP_CTRL_AEAD_SET_TAG,
                                   static_cast<int>(tag.size()),
                                   const_cast<std::uint8_t*>(tag.data())) == 1 &&
               EVP_DecryptFinal_ex(s.context.get(), rest.data(), &written) == 1;
    }
    auto digest = s.hmac.of(packet, trailer);
    if (CRYPTO_memcmp(digest.data(), tag.data(), tag.size()) != 0) return false;
    return s.set_iv(ssrc, index) && s.crypt(secret);
}

}  // namespace rivero::transport
