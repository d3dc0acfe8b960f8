// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0

// CPU per packet of SRTP: ours against libsrtp2. Not a test: numbers to look at.
//     cmake --build --preset release --target bench_srtp && build/release/bench_srtp

#include "transport/srtp/srtp_receiver.hpp"
#include "transport/srtp/srtp_sender.hpp"

#include <srtp2/srtp.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <time.h>

namespace rivero::transport {
namespace {

constexpr std::size_t kPacket = 1200;
constexpr int kRounds = 20;
constexpr int kPackets = 10'000;

void write_header(MutableBytes packet, int i) {
    ByteWriter writer{packet};
    writer.u16(0x8060);
    writer.u16(static_cast<std::uint16_t>(i));
    writer.u32(static_cast<std::uint32_t>(i) * 90);
    writer.u32(0x1234);
}

double cpu_us() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

/// Of the fastest round: the others were disturbed.
template <class F>
double us_per_packet(F&& one) {
    double best = 1e9;
    int i = 0;
    for (int round = 0; round < kRounds; ++round) {
        const double start = cpu_us();
        for (int n = 0; n < kPackets; ++n) one(i++);
        best = std::min(best, (cpu_us() - start) / kPackets);
    }
    return best;
}

[[noreturn]] void broken(const char* what) {
    std::fprintf(stderr, "bench_srtp: %s\n", what);
    std::exit(1);
}

srtp_t make_session(SrtpProfile profile, const SrtpMasterKey& master, srtp_ssrc_type_t direction) {
    std::array<unsigned char, SRTP_MAX_KEY_LEN> key{};
    std::copy_n(master.key.begin(), sizes(profile).key, key.begin());
    std::copy_n(master.salt.begin(), sizes(profile).salt, key.begin() + sizes(profile).key);
    srtp_policy_t policy{};
    srtp_crypto_policy_set_from_profile_for_rtp(&policy.rtp, static_cast<srtp_profile_t>(profile));
    srtp_crypto_policy_set_from_profile_for_rtcp(&policy.rtcp,
                                                 static_cast<srtp_profile_t>(profile));
    policy.ssrc.type = direction;
    policy.key = key.data();
    policy.window_size = 1024;
    srtp_t session = nullptr;
    if (srtp_create(&session, &policy) != srtp_err_status_ok) broken("libsrtp refuses");
    return session;
}

void measure(SrtpProfile profile) {
    SrtpMasterKey master;
    master.key.fill(7);
    master.salt.fill(9);
    std::array<std::uint8_t, kPacket + SRTP_MAX_TRAILER_LEN> buffer{};

    SrtpSender sender{profile, master};
    const double our_protect = us_per_packet([&](int i) {
        write_header(buffer, i);
        if (!sender.protect_rtp(buffer, kPacket)) broken("protect");
    });
    srtp_t theirs = make_session(profile, master, ssrc_any_outbound);
    const double their_protect = us_per_packet([&](int i) {
        write_header(buffer, i);
        int size = kPacket;
        if (srtp_protect(theirs, buffer.data(), &size) != srtp_err_status_ok)
            broken("srtp_protect");
    });
    srtp_dealloc(theirs);

    // Both directions in one, less what protecting took: a packet can be opened only once.
    SrtpSender again{profile, master};
    SrtpReceiver receiver{profile, master};
    const double our_both = us_per_packet([&](int i) {
        write_header(buffer, i);
        auto size = again.protect_rtp(buffer, kPacket);
        if (!size || !receiver.unprotect_rtp(MutableBytes{buffer}.first(*size)))
            broken("unprotect");
    });
    SrtpSender third{profile, master};
    theirs = make_session(profile, master, ssrc_any_inbound);
    const double their_both = us_per_packet([&](int i) {
        write_header(buffer, i);
        int size = static_cast<int>(third.protect_rtp(buffer, kPacket).value_or(0));
        if (srtp_unprotect(theirs, buffer.data(), &size) != srtp_err_status_ok) {
            broken("srtp_unprotect");
        }
    });
    srtp_dealloc(theirs);
    std::printf("%-24s %8.2f %8.2f %10.2f %8.2f\n", std::string{name(profile)}.c_str(), our_protect,
                their_protect, our_both - our_protect, their_both - our_protect);
}

}  // namespace
}  // namespace rivero::transport

int main() {
    using rivero::transport::SrtpProfile;
    if (srtp_init() != srtp_err_status_ok) return 1;
    std::printf("us per packet of %zu bytes    protect             unprotect\n",
                rivero::transport::kPacket);
    std::printf("%-24s %8s %8s %10s %8s\n", "", "Rivero", "libsrtp", "Rivero", "libsrtp");
    for (auto profile : {SrtpProfile::aead_aes_128_gcm, SrtpProfile::aead_aes_256_gcm,
                         SrtpProfile::aes128_cm_sha1_80}) {
        rivero::transport::measure(profile);
    }
    srtp_shutdown();
    return 0;
}
