// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "transport/srtp/srtp_keys.hpp"

#include <openssl/crypto.h>

namespace rivero::transport {

std::string_view name(SrtpProfile profile) {
    switch (profile) {
        case SrtpProfile::aead_aes_128_gcm:
            return "SRTP_AEAD_AES_128_GCM";
        case SrtpProfile::aead_aes_256_gcm:
            return "SRTP_AEAD_AES_256_GCM";
        case SrtpProfile::aes128_cm_sha1_80:
            break;
    }
    return "SRTP_AES128_CM_SHA1_80";  // OpenSSL's name of SRTP_AES128_CM_HMAC_SHA1_80
}

namespace {
constexpr SrtpProfile kProfiles[] = {SrtpProfile::aead_aes_128_gcm, SrtpProfile::aead_aes_256_gcm,
                                     SrtpProfile::aes128_cm_sha1_80};
}

std::optional<SrtpProfile> srtp_profile(std::string_view text) {
    for (SrtpProfile profile : kProfiles) {
        if (name(profile) == text) return profile;
    }
    return std::nullopt;
}

std::optional<SrtpProfile> srtp_profile(std::uint16_t wire) {
    for (SrtpProfile profile : kProfiles) {
        if (static_cast<std::uint16_t>(profile) == wire) return profile;
    }
    return std::nullopt;
}

SrtpMasterKey::~SrtpMasterKey() {
    OPENSSL_cleanse(key.data(), key.size());
    OPENSSL_cleanse(salt.data(), salt.size());
}

}  // namespace rivero::transport
