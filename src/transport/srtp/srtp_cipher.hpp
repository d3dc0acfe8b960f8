// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/bytes.hpp"
#include "rivero/base/units.hpp"
#include "transport/srtp/srtp_keys.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace rivero::transport {

enum class SrtpUse { rtp, rtcp };

/// What a master key turns into; the profile says how much of the arrays counts. Wiped when it
/// goes.
struct SrtpSessionKeys {
    std::array<std::uint8_t, 32> cipher{};
    std::array<std::uint8_t, 14> salt{};
    std::array<std::uint8_t, 20> authentication{};  ///< zeros with AEAD

    SrtpSessionKeys() = default;
    SrtpSessionKeys(const SrtpSessionKeys&) = default;
    SrtpSessionKeys& operator=(const SrtpSessionKeys&) = default;
    ~SrtpSessionKeys();
};

/// Fills `key` with the key stream that belongs to the label: AES_CM_PRF with a key derivation rate
/// of 0. RFC 3711 section 4.3; RFC 7714 section 11 pads its salt of 12 bytes with zeros.
void derive_srtp_key(SrtpProfile profile, const SrtpMasterKey& master, std::uint8_t label,
                     MutableBytes key);
[[nodiscard]] SrtpSessionKeys derive_session_keys(SrtpProfile profile, SrtpUse use,
                                                  const SrtpMasterKey& master);

/// The session keys of one direction of SRTP, or of SRTCP, and the cipher contexts made of them:
/// the door to OpenSSL's ciphers. Encrypts or decrypts in place, keeps no packet state.
class SrtpCipher {
public:
    enum class Direction { seal, open };

    SrtpCipher(SrtpProfile profile, Direction direction, const SrtpSessionKeys& keys);
    SrtpCipher(SrtpCipher&&) noexcept;
    ~SrtpCipher();

    [[nodiscard]] SrtpProfile profile() const;
    [[nodiscard]] std::size_t tag_size() const;

    /// Encrypts what lies in `packet` behind its first `clear` bytes, in place, but the last of it
    /// from elsewhere, and writes the tag.
    /// @param rest what the end of `packet` is to become, unless it lies there already (then
    ///        empty). The fastest where a multiple of 16 bytes lies before it
    /// @param trailer authenticated behind the packet: the ROC in SRTP with HMAC, the index word in
    ///        SRTCP; empty in SRTP with AEAD, which has the ROC in the nonce
    /// @param tag tag_size() bytes; may lie directly behind the packet
    /// @return false when OpenSSL fails
    [[nodiscard]] bool seal(MutableBytes packet, std::size_t clear, Bytes rest, Ssrc ssrc,
                            std::uint64_t index, Bytes trailer, MutableBytes tag);
    /// All of it in place.
    [[nodiscard]] bool seal(MutableBytes packet, std::size_t clear, Ssrc ssrc, std::uint64_t index,
                            Bytes trailer, MutableBytes tag) {
        return seal(packet, clear, Bytes{}, ssrc, index, trailer, tag);
    }
    /// Checks the tag and decrypts `packet` from `clear` on.
    /// @param encrypted false: only checks the tag (SRTCP without the E flag)
    /// @return false when the tag is wrong; then the packet is spoilt
    [[nodiscard]] bool open(MutableBytes packet, std::size_t clear, Ssrc ssrc, std::uint64_t index,
                            Bytes trailer, Bytes tag, bool encrypted = true);

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace rivero::transport
