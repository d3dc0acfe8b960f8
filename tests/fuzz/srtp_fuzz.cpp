// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "input.hpp"
#include "rivero/base/assert.hpp"
#include "transport/srtp/srtp_receiver.hpp"
#include "transport/srtp/srtp_sender.hpp"

#include <set>

using namespace rivero;
using namespace rivero::transport;

namespace {

constexpr std::array kProfiles{SrtpProfile::aead_aes_128_gcm, SrtpProfile::aead_aes_256_gcm,
                               SrtpProfile::aes128_cm_sha1_80};

struct Association {
    explicit Association(SrtpProfile profile)
        : sender{profile, SrtpMasterKey{}}, receiver{profile, SrtpMasterKey{}} {}
    SrtpSender sender;
    SrtpReceiver receiver;
};

}  // namespace

// A byte for the profile, then packets: one byte says what happens to it on the way, then its
// bytes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input in{data, size};
    Association peers{kProfiles[in.below(kProfiles.size())]};
    for (int packets = 0; in.more() && packets < 64; ++packets) {
        const std::uint8_t way = in.u8();
        const bool rtcp = way & 1;
        const ByteVector plain = in.piece();
        ByteVector buffer = plain;
        if (way & 2) {  // never saw a key
            static_cast<void>(rtcp ? peers.receiver.unprotect_rtcp(buffer)
                                   : peers.receiver.unprotect_rtp(buffer));
            continue;
        }
        buffer.resize(plain.size() + (rtcp ? SrtpSender::kRtcpOverhead : SrtpSender::kRtpOverhead));
        const auto length = rtcp ? peers.sender.protect_rtcp(buffer, plain.size())
                                 : peers.sender.protect_rtp(buffer, plain.size());
        if (!length) continue;
        RIVERO_ASSERT(*length <= buffer.size(), "a packet stays within its buffer");
        buffer.resize(*length);
        buffer.shrink_to_fit();
        const bool damaged = way & 4;
        if (damaged) {
            const std::size_t at = in.u16() % *length;
            const std::uint8_t flip = in.u8();
            if (flip == 0) continue;
            buffer[at] ^= flip;
        }
        const auto plain_again =
            rtcp ? peers.receiver.unprotect_rtcp(buffer) : peers.receiver.unprotect_rtp(buffer);
        RIVERO_ASSERT(!plain_again || !damaged, "a damaged packet is not authentic");
        if (plain_again)
            RIVERO_ASSERT(ByteVector(plain_again->begin(), plain_again->end()) == plain,
                          "the packet arrives as it was sent");
    }
    return 0;
}
