// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "transport/dtls/hello_gate.hpp"

#include "rivero/base/assert.hpp"

#include <openssl/rand.h>

#include <algorithm>

namespace rivero::transport {

HelloCookie new_hello_cookie() {
    HelloCookie cookie;
    const int ok = RAND_bytes(cookie.data(), static_cast<int>(cookie.size()));
    RIVERO_ASSERT(ok == 1, "OpenSSL has random bytes");
    return cookie;
}

HelloGate::Verdict HelloGate::judge(const ClientHello& hello, Time now) {
    Verdict verdict = Verdict::drop;
    switch (hello.part) {
        case ClientHello::Part::none:
            // Before any hello it would only set clocks going.
            verdict = under_way_ || over_ ? Verdict::feed : Verdict::drop;
            break;
        case ClientHello::Part::bad:
            break;
        case ClientHello::Part::further:
            if (under_way_) {
                const bool its_own = !under_way_->doubtful &&
                                     hello.message == under_way_->message &&
                                     hello.length == under_way_->length;
                verdict = its_own ? Verdict::feed : Verdict::drop;
            } else {
                verdict = over_ ? Verdict::drop : Verdict::wait;
            }
            break;
        case ClientHello::Part::first:
            verdict = judge_first(hello, now);
            break;
    }
    if (verdict == Verdict::drop) ++counters_.dropped;
    return verdict;
}

HelloGate::Verdict HelloGate::judge_first(const ClientHello& hello, Time now) {
    const Handshake handshake{hello.random, hello.message, hello.length, false};
    if (under_way_ && under_way_->random == hello.random && under_way_->message == hello.message &&
        under_way_->length == hello.length)
        return Verdict::feed;  // sent again
    if (!under_way_ && last_ && last_->random == hello.random && last_->message == hello.message)
        return Verdict::drop;  // late, or copied
    if (has_cookie(hello)) {
        if (!handshakes_.take(now)) {
            ++counters_.refused;
            return Verdict::drop;
        }
        ++counters_.begun;
        under_way_ = handshake;
        return Verdict::begin;
    }
    if (!under_way_ && !over_ && hello.message == 0 && hello.cookie.empty()) {
        under_way_ = handshake;
        return Verdict::feed;
    }
    // With message 1 it has shown the cookie.
    if (under_way_ && under_way_->message == 0) under_way_->doubtful = true;
    if (!challenges_.take(now)) return Verdict::drop;
    ++counters_.challenged;
    return Verdict::challenge;
}

bool HelloGate::has_cookie(const ClientHello& hello) const {
    return std::equal(hello.cookie.begin(), hello.cookie.end(), cookie_.begin(), cookie_.end());
}

bool HelloGate::Allowance::take(Time now) {
    while (left_ < most_ && now - counted_ >= one_more_) {
        ++left_;
        counted_ += one_more_;
    }
    if (left_ == most_) counted_ = now;
    if (left_ == 0) return false;
    --left_;
    return true;
}

void HelloGate::on_handshake_over(bool connected) {
    over_ = true;
    // A client whose handshake somebody broke says the same hello again.
    if (connected && under_way_) last_ = under_way_;
    under_way_.reset();
}

}  // namespace rivero::transport
