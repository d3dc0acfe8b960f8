// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "input.hpp"
#include "rivero/base/assert.hpp"
#include "transport/dtls/hello_gate.hpp"

using namespace rivero;
using namespace rivero::transport;

// Datagrams of DTLS in clear, one behind the other, from whom nobody knows.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr HelloCookie kCookie{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    fuzz::Input in{data, size};
    HelloGate gate{kCookie};
    Time now{1h};
    std::size_t bytes_in = 0;
    std::size_t bytes_out = 0;
    std::uint64_t number = 0;
    while (in.more()) {
        const std::uint8_t step = in.u8();
        now += std::chrono::milliseconds{step >> 2};
        ByteVector datagram = in.long_piece();
        bytes_in += datagram.size();
        const ClientHello hello = client_hello(datagram);
        const bool has_cookie =
            std::equal(hello.cookie.begin(), hello.cookie.end(), kCookie.begin(), kCookie.end());
        switch (gate.judge(hello, now)) {
            case HelloGate::Verdict::challenge:
                RIVERO_ASSERT(hello.part == ClientHello::Part::first, "only hellos are answered");
                bytes_out += hello_verify_request(kCookie).size();
                break;
            case HelloGate::Verdict::begin:
                RIVERO_ASSERT(has_cookie, "who begins anew has the cookie");
                break;
            default:
                break;
        }
        RIVERO_ASSERT(bytes_out <= bytes_in, "an answer is shorter than what it answers");
        if (step & 1) gate.on_handshake_over((step & 2) != 0);

        const ByteVector before = datagram;
        number_clear_records(datagram, number);
        RIVERO_ASSERT(client_hello(datagram).part == hello.part, "a number is all that changes");
        RIVERO_ASSERT(
            before.size() == datagram.size() &&
                std::equal(before.begin(),
                           before.begin() + std::min<std::ptrdiff_t>(5, std::ssize(before)),
                           datagram.begin()),
            "type, version and epoch stay");

        for (const DtlsRole speaker : {DtlsRole::client, DtlsRole::server}) {
            ByteVector copy = datagram;
            const MutableBytes kept = sift(copy, speaker).datagram;
            const std::size_t size_kept = kept.size();
            const ClearTalk again = sift(kept, speaker);
            RIVERO_ASSERT(again.datagram.size() == size_kept && !again.gave_up,
                          "what is kept stays");
        }
    }
    return 0;
}
