// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/base/assert.hpp"
#include "transport/srtp/aes_gcm.hpp"

#ifdef RIVERO_HAS_IPSEC_MB

#include <openssl/crypto.h>

#include <algorithm>
#include <intel-ipsec-mb.h>
#include <vector>

namespace rivero::transport {
namespace {

/// What the library has for this processor, for one length of keys.
struct Functions {
    aes_gcm_pre_t expand = nullptr;
    aes_gcm_enc_dec_t seal = nullptr, open = nullptr;
    aes_gcm_init_t begin = nullptr;
    aes_gcm_enc_dec_update_t seal_part = nullptr;
    aes_gcm_enc_dec_finalize_t seal_end = nullptr;
};
struct Library {
    bool usable = false;
    Functions keys_of_16, keys_of_32;

    Library() {
        // Only its table of functions is of use; what it wants for queues of jobs is not needed.
        IMB_MGR* manager = alloc_mb_mgr(0);
        if (!manager) return;
        init_mb_mgr_auto(manager, nullptr);
        constexpr std::uint64_t kNeeded = IMB_FEATURE_AESNI | IMB_FEATURE_PCLMULQDQ;
        usable = imb_get_errno(manager) == 0 && (manager->features & kNeeded) == kNeeded;
        keys_of_16 = {manager->gcm128_pre,        manager->gcm128_enc,
                      manager->gcm128_dec,        manager->gcm128_init,
                      manager->gcm128_enc_update, manager->gcm128_enc_finalize};
        keys_of_32 = {manager->gcm256_pre,        manager->gcm256_enc,
                      manager->gcm256_dec,        manager->gcm256_init,
                      manager->gcm256_enc_update, manager->gcm256_enc_finalize};
        free_mb_mgr(manager);
    }
};
const Library& library() {
    static const Library one;
    return one;
}

/// Packet and trailer side by side, as the library wants them.
class Joined {
public:
    explicit Joined(const AesGcm::Clear& clear) {
        if (clear.trailer.empty()) {
            bytes_ = clear.packet;
            return;
        }
        const std::size_t size = clear.packet.size() + clear.trailer.size();
        MutableBytes place;
        if (size <= small_.size()) {
            place = MutableBytes{small_}.first(size);
        } else {
            // SRTCP that is not encrypted, which WebRTC does not send.
            large_.resize(size);
            place = large_;
        }
        std::copy(clear.trailer.begin(), clear.trailer.end(),
                  std::copy(clear.packet.begin(), clear.packet.end(), place.begin()));
        bytes_ = place;
    }
    Joined(const Joined&) = delete;
    Joined& operator=(const Joined&) = delete;
    [[nodiscard]] Bytes bytes() const { return bytes_; }

private:
    std::array<std::uint8_t, 16> small_;  // not cleared: SRTCP's header and index
    std::vector<std::uint8_t> large_;
    Bytes bytes_;
};

class IpsecMbGcm final : public AesGcm {
public:
    explicit IpsecMbGcm(Bytes key)
        : f_{key.size() == 32 ? library().keys_of_32 : library().keys_of_16} {
        RIVERO_ASSERT(key.size() == 16 || key.size() == 32, "a key of AES-128 or AES-256");
        f_.expand(key.data(), &key_);
    }
    ~IpsecMbGcm() override { OPENSSL_cleanse(&key_, sizeof key_); }
    IpsecMbGcm(const IpsecMbGcm&) = delete;
    IpsecMbGcm& operator=(const IpsecMbGcm&) = delete;

    bool seal(const Nonce& nonce, const Clear& clear, MutableBytes here, Bytes rest,
              MutableBytes place, MutableBytes tag) override {
        const Joined joined{clear};
        const Bytes aad = joined.bytes();
        gcm_context_data context;
        if (here.empty() || rest.empty()) {
            const Bytes in = here.empty() ? rest : Bytes{here};
            std::uint8_t* out = here.empty() ? place.data() : here.data();
            f_.seal(&key_, &context, out, in.data(), in.size(), nonce.data(), aad.data(),
                    aad.size(), tag.data(), tag.size());
            return true;
        }
        f_.begin(&key_, &context, nonce.data(), aad.data(), aad.size());
        f_.seal_part(&key_, &context, here.data(), here.data(), here.size());
        f_.seal_part(&key_, &context, place.data(), rest.data(), rest.size());
        f_.seal_end(&key_, &context, tag.data(), tag.size());
        return true;
    }

    bool open(const Nonce& nonce, const Clear& clear, MutableBytes secret, Bytes tag) override {
        const Joined joined{clear};
        const Bytes aad = joined.bytes();
        gcm_context_data context;
        std::array<std::uint8_t, kTag> right;
        f_.open(&key_, &context, secret.data(), secret.data(), secret.size(), nonce.data(),
                aad.data(), aad.size(), right.data(), right.size());
        return tag.size() == right.size() &&
               CRYPTO_memcmp(right.data(), tag.data(), right.size()) == 0;
    }

private:
    const Functions& f_;
    gcm_key_data key_;
};

}  // namespace

std::unique_ptr<AesGcm> make_ipsec_mb_gcm(Bytes key, AesGcm::Direction) {
    if (!library().usable) return nullptr;
    return std::make_unique<IpsecMbGcm>(key);
}

}  // namespace rivero::transport

#else

namespace rivero::transport {
std::unique_ptr<AesGcm> make_ipsec_mb_gcm(Bytes, AesGcm::Direction) {
    return nullptr;
}
}  // namespace rivero::transport

#endif
