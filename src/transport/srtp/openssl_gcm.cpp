// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/base/assert.hpp"
#include "transport/srtp/aes_gcm.hpp"
#include "transport/srtp/cipher_context.hpp"

namespace rivero::transport {
namespace {

class OpensslGcm final : public AesGcm {
public:
    OpensslGcm(Bytes key, Direction direction) : context_{EVP_CIPHER_CTX_new()} {
        const bool ok =
            context_ &&
            EVP_CipherInit_ex(context_.get(),
                              key.size() == 32 ? EVP_aes_256_gcm() : EVP_aes_128_gcm(), nullptr,
                              key.data(), nullptr, direction == Direction::seal ? 1 : 0) == 1;
        RIVERO_ASSERT(ok, "OpenSSL has the ciphers of SRTP");
    }

    bool seal(const Nonce& nonce, const Clear& clear, MutableBytes here, Bytes rest,
              MutableBytes place, MutableBytes tag) override {
        int written = 0;
        std::array<std::uint8_t, 16> nothing;
        return begin(nonce, clear) && update(here.data(), here) && update(place.data(), rest) &&
               EVP_EncryptFinal_ex(context_.get(), nothing.data(), &written) == 1 &&
               EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_GET_TAG,
                                   static_cast<int>(tag.size()), tag.data()) == 1;
    }

    bool open(const Nonce& nonce, const Clear& clear, MutableBytes secret, Bytes tag) override {
        int written = 0;
        std::array<std::uint8_t, 16> nothing;
        // OpenSSL only reads the tag; its interface has no const.
        return tag.size() == kTag && begin(nonce, clear) && update(secret.data(), secret) &&
               EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_SET_TAG,
                                   static_cast<int>(tag.size()),
                                   const_cast<std::uint8_t*>(tag.data())) == 1 &&
               EVP_DecryptFinal_ex(context_.get(), nothing.data(), &written) == 1;
    }

private:
    [[nodiscard]] bool begin(const Nonce& nonce, const Clear& clear) {
        return EVP_CipherInit_ex(context_.get(), nullptr, nullptr, nullptr, nonce.data(), -1) ==
                   1 &&
               update(nullptr, clear.packet) && update(nullptr, clear.trailer);
    }
    [[nodiscard]] bool update(std::uint8_t* out, Bytes in) {
        return in.empty() || cipher_update(context_.get(), out, in);
    }

    CipherContext context_;
};

}  // namespace

std::unique_ptr<AesGcm> make_openssl_gcm(Bytes key, AesGcm::Direction direction) {
    return std::make_unique<OpensslGcm>(key, direction);
}

std::unique_ptr<AesGcm> make_aes_gcm(Bytes key, AesGcm::Direction direction) {
    auto fastest = make_ipsec_mb_gcm(key, direction);
    return fastest ? std::move(fastest) : make_openssl_gcm(key, direction);
}

}  // namespace rivero::transport
