// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/bytes.hpp"
#include "rivero/base/units.hpp"
#include "transport/srtp/srtp_keys.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>

namespace rivero::transport {

/// The session keys of one direction of SRTP, or of SRTCP, and the cipher contexts made of them:
/// the door to OpenSSL's ciphers. Encrypts and decrypts in place, keeps no packet state.
class SrtpCipher {
public:
    enum class Use { rtp, rtcp };

    SrtpCipher(SrtpProfile profile, Use use, const SrtpMasterKey& master);
    SrtpCipher(SrtpCipher&&) noexcept;
    ~SrtpCipher();

    [[nodiscard]] SrtpProfile profile() const;
    [[nodiscard]] std::size_t tag_size() const;

    /// Encrypts `packet` from `clear` on and writes the tag.
    /// @param trailer authenticated behind the packet: the ROC in SRTP with HMAC, the index word in
    ///        SRTCP; empty in SRTP with AEAD, which has the ROC in the nonce
    /// @param tag tag_size() bytes; may lie directly behind the packet
    /// @return false when OpenSSL fails
    [[nodiscard]] bool seal(MutableBytes packet, std::size_t clear, Ssrc ssrc, std::uint64_t index,
                            Bytes trailer, MutableBytes tag);
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
