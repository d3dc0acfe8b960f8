// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/bytes.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace rivero::transport {

/// AES-GCM with one key, for many packets in one direction: what RFC 7714 takes from NIST
/// SP 800-38D. Keeps nothing of a packet. One thread.
class AesGcm {
public:
    enum class Direction { seal, open };
    static constexpr std::size_t kNonce = 12;
    static constexpr std::size_t kTag = 16;
    using Nonce = std::array<std::uint8_t, kNonce>;

    /// What is authenticated and not encrypted: the two one after the other.
    struct Clear {
        Bytes packet;
        Bytes trailer;
    };

    virtual ~AesGcm() = default;

    /// Encrypts `here` in place and `rest` into the place behind it.
    /// @param place where `rest` goes, of its size; directly behind `here`
    /// @param tag kTag bytes
    /// @return false when the cipher fails
    [[nodiscard]] virtual bool seal(const Nonce& nonce, const Clear& clear, MutableBytes here,
                                    Bytes rest, MutableBytes place, MutableBytes tag) = 0;
    /// Decrypts in place. @return false when the tag is wrong; then `secret` is spoilt
    [[nodiscard]] virtual bool open(const Nonce& nonce, const Clear& clear, MutableBytes secret,
                                    Bytes tag) = 0;
};

/// @param key of 16 or 32 bytes
[[nodiscard]] std::unique_ptr<AesGcm> make_openssl_gcm(Bytes key, AesGcm::Direction direction);
/// By Intel's library for packet ciphers, which takes a third of the time and touches little
/// memory: decision 0015. Null where it was not built in or the processor has no instructions for
/// it.
[[nodiscard]] std::unique_ptr<AesGcm> make_ipsec_mb_gcm(Bytes key, AesGcm::Direction direction);
/// The fastest that there is here.
[[nodiscard]] std::unique_ptr<AesGcm> make_aes_gcm(Bytes key, AesGcm::Direction direction);

}  // namespace rivero::transport
