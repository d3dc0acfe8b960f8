// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/assert.hpp"
#include "rivero/base/bytes.hpp"
#include "transport/srtp/srtp_keys.hpp"

#include <srtp2/srtp.h>

#include <array>
#include <optional>

namespace rivero::transport {

/// The other implementation of SRTP, to compare ours with.
class LibSrtp {
public:
    enum class Direction { send, receive };

    LibSrtp(SrtpProfile profile, const SrtpMasterKey& master, Direction direction) {
        static const bool initialised = srtp_init() == srtp_err_status_ok;
        RIVERO_ASSERT(initialised, "libsrtp starts");
        const auto [key_size, salt_size, tag_size] = sizes(profile);
        static_cast<void>(tag_size);
        std::array<std::uint8_t, SRTP_MAX_KEY_LEN> key{};
        std::copy_n(master.key.begin(), key_size, key.begin());
        std::copy_n(master.salt.begin(), salt_size, key.begin() + key_size);
        srtp_policy_t policy{};
        const auto wire = static_cast<srtp_profile_t>(profile);
        srtp_crypto_policy_set_from_profile_for_rtp(&policy.rtp, wire);
        srtp_crypto_policy_set_from_profile_for_rtcp(&policy.rtcp, wire);
        policy.ssrc.type = direction == Direction::send ? ssrc_any_outbound : ssrc_any_inbound;
        policy.key = key.data();
        policy.window_size = 1024;
        policy.allow_repeat_tx = 1;
        const auto status = srtp_create(&session_, &policy);
        RIVERO_ASSERT(status == srtp_err_status_ok, "libsrtp knows the profile");
    }
    LibSrtp(const LibSrtp&) = delete;
    LibSrtp& operator=(const LibSrtp&) = delete;
    ~LibSrtp() { srtp_dealloc(session_); }

    [[nodiscard]] std::optional<ByteVector> protect_rtp(Bytes packet) {
        return run(srtp_protect, packet, SRTP_MAX_TRAILER_LEN);
    }
    [[nodiscard]] std::optional<ByteVector> protect_rtcp(Bytes packet) {
        return run(srtp_protect_rtcp, packet, SRTP_MAX_TRAILER_LEN + 4);
    }
    [[nodiscard]] std::optional<ByteVector> unprotect_rtp(Bytes packet) {
        return run(srtp_unprotect, packet, 0);
    }
    [[nodiscard]] std::optional<ByteVector> unprotect_rtcp(Bytes packet) {
        return run(srtp_unprotect_rtcp, packet, 0);
    }
    [[nodiscard]] srtp_t session() const { return session_; }

private:
    template <class F>
    std::optional<ByteVector> run(F function, Bytes packet, std::size_t room) {
        ByteVector copy(packet.begin(), packet.end());
        copy.resize(packet.size() + room);
        int size = static_cast<int>(packet.size());
        if (function(session_, copy.data(), &size) != srtp_err_status_ok) return std::nullopt;
        copy.resize(static_cast<std::size_t>(size));
        return copy;
    }
    srtp_t session_ = nullptr;
};

}  // namespace rivero::transport
