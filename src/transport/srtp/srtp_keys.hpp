// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace rivero::transport {

/// How SRTP packets are protected. The values are those of the use_srtp extension.
/// RFC 5764 section 4.1.2, RFC 7714 section 14.2.
enum class SrtpProfile : std::uint16_t {
    aes128_cm_sha1_80 = 0x0001,
    aead_aes_128_gcm = 0x0007,
    aead_aes_256_gcm = 0x0008,
};

/// Sizes in bytes that follow from a profile.
struct SrtpProfileSizes {
    std::size_t key;
    std::size_t salt;
    std::size_t tag;
};
[[nodiscard]] constexpr SrtpProfileSizes sizes(SrtpProfile profile) {
    switch (profile) {
        case SrtpProfile::aead_aes_128_gcm:
            return {16, 12, 16};
        case SrtpProfile::aead_aes_256_gcm:
            return {32, 12, 16};
        case SrtpProfile::aes128_cm_sha1_80:
            break;
    }
    return {16, 14, 10};
}

/// The registered name, e.g. SRTP_AEAD_AES_128_GCM.
[[nodiscard]] std::string_view name(SrtpProfile profile);
[[nodiscard]] std::optional<SrtpProfile> srtp_profile(std::string_view name);
[[nodiscard]] std::optional<SrtpProfile> srtp_profile(std::uint16_t wire);

/// Master key and master salt of one direction; the profile says how much of the arrays counts.
/// Wiped when it goes.
struct SrtpMasterKey {
    std::array<std::uint8_t, 32> key{};
    std::array<std::uint8_t, 14> salt{};

    SrtpMasterKey() = default;
    SrtpMasterKey(const SrtpMasterKey&) = default;
    SrtpMasterKey& operator=(const SrtpMasterKey&) = default;
    ~SrtpMasterKey();
    friend bool operator==(const SrtpMasterKey&, const SrtpMasterKey&) = default;
};

/// What DTLS agreed on, already sorted by direction: the client's write key is `send` at the client
/// and `receive` at the server. RFC 5764 section 4.2.
struct SrtpKeys {
    SrtpProfile profile{};
    SrtpMasterKey send;
    SrtpMasterKey receive;
};

}  // namespace rivero::transport
