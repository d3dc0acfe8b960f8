// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "transport/dtls/hello_gate.hpp"

#include "transport/dtls/dtls_association.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace rivero::transport {
namespace {

using Part = ClientHello::Part;
using Verdict = HelloGate::Verdict;

constexpr HelloCookie kCookie{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
const Time t0{1h};

/// What OpenSSL's client begins with.
ByteVector real_hello() {
    static const Certificate certificate = Certificate::generate();
    DtlsAssociation client{DtlsContext{certificate}, DtlsRole::client};
    client.start(Clock::now());
    return client.take_datagram().value();
}

TEST(ClientHello, IsReadFromWhatAClientSends) {
    const ByteVector datagram = real_hello();
    const ClientHello hello = client_hello(datagram);
    EXPECT_EQ(hello.part, Part::first);
    EXPECT_EQ(hello.message, 0);
    EXPECT_EQ(hello.length, datagram.size() - 25);
    EXPECT_TRUE(std::equal(hello.random.begin(), hello.random.end(), datagram.begin() + 27));
    EXPECT_TRUE(hello.cookie.empty());
}

TEST(ClientHello, TheAnswerToACookieHoldsItAndIsAnotherMessage) {
    static const Certificate certificate = Certificate::generate();
    DtlsAssociation client{DtlsContext{certificate}, DtlsRole::client};
    client.start(Clock::now());
    const ByteVector first = client.take_datagram().value();
    client.receive(hello_verify_request(kCookie), Clock::now());
    const ByteVector second = client.take_datagram().value();
    const ClientHello hello = client_hello(second);
    EXPECT_EQ(hello.part, Part::first);
    EXPECT_EQ(hello.message, 1);
    EXPECT_EQ(hello.random, client_hello(first).random);
    EXPECT_TRUE(
        std::equal(hello.cookie.begin(), hello.cookie.end(), kCookie.begin(), kCookie.end()));
    EXPECT_LT(kHelloVerifyRequestSize, first.size());
}

TEST(ClientHello, EveryShorterDatagramIsBadOrNothing) {
    const ByteVector whole = real_hello();
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const Part part = client_hello(Bytes{whole}.first(size)).part;
        EXPECT_TRUE(part == Part::bad || part == Part::none) << size;
    }
}

TEST(ClientHello, OneBehindSomethingElseIsBad) {
    const ByteVector hello = real_hello();
    const ByteVector alert{21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2, 1, 0};
    auto joined = [](ByteVector a, const ByteVector& b) {
        a.insert(a.end(), b.begin(), b.end());
        return client_hello(a).part;
    };
    EXPECT_EQ(client_hello(alert).part, Part::none);
    EXPECT_EQ(joined(alert, hello), Part::bad);
    EXPECT_EQ(joined(hello, hello), Part::bad) << "two beginnings";
    EXPECT_EQ(joined(hello, alert), Part::first);
}

ByteVector clear_record(std::uint8_t type, const ByteVector& content) {
    ByteVector record{type, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0};
    record[12] = static_cast<std::uint8_t>(content.size());
    record.insert(record.end(), content.begin(), content.end());
    return record;
}

TEST(ClearRecords, OnlyWhatAClientSaysIsKept) {
    auto kept = [](const std::vector<ByteVector>& records) {
        ByteVector datagram;
        for (const ByteVector& record : records)
            datagram.insert(datagram.end(), record.begin(), record.end());
        const MutableBytes rest = sift(datagram, DtlsRole::client).datagram;
        return ByteVector(rest.begin(), rest.end());
    };
    const ByteVector nothing;
    const ByteVector hello = real_hello();
    const ByteVector change = clear_record(20, {1});
    ByteVector encrypted = clear_record(21, {1, 2, 3});
    encrypted[4] = 1;
    ByteVector both = hello;
    both.insert(both.end(), encrypted.begin(), encrypted.end());

    EXPECT_EQ(kept({hello}), hello);
    EXPECT_EQ(kept({change}), change);
    EXPECT_EQ(kept({encrypted}), encrypted);
    EXPECT_EQ(kept({clear_record(21, {2, 40}), hello, clear_record(21, {1, 0}), encrypted}), both);
    EXPECT_EQ(kept({clear_record(21, {2, 40})}), nothing) << "an alert";
    EXPECT_EQ(kept({clear_record(20, {2})}), nothing);
    EXPECT_EQ(kept({clear_record(23, {1, 2, 3})}), nothing) << "data without keys";
    EXPECT_EQ(kept({clear_record(25, {1})}), nothing);
    EXPECT_EQ(kept({clear_record(22, {})}), nothing);
    EXPECT_EQ(kept({clear_record(22, {0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0})}), nothing)
        << "a HelloRequest";
    EXPECT_EQ(kept({clear_record(22, {11, 0, 0, 1, 0, 1, 0, 0, 1, 0, 0, 1, 9})}), nothing)
        << "a piece behind the end of its message";
    EXPECT_EQ(kept({hello, ByteVector(12, 22)}), hello) << "half a record";
}

TEST(ClearRecords, OnlyWhatAServerSaysIsKeptOfAServer) {
    auto keeps = [](std::uint8_t message) {
        ByteVector record = clear_record(22, {message, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 1, 9});
        return !sift(record, DtlsRole::server).datagram.empty();
    };
    for (const std::uint8_t message : {2, 3, 4, 11, 12, 13, 14, 22}) EXPECT_TRUE(keeps(message));
    for (const std::uint8_t message : {0, 1, 15, 16, 20}) EXPECT_FALSE(keeps(message));
}

TEST(ClearRecords, AnAlertThatEndsAHandshakeIsToldAndTakenOut) {
    const auto told = [](ByteVector datagram) {
        const ClearTalk talk = sift(datagram, DtlsRole::client);
        EXPECT_TRUE(talk.datagram.empty());
        return talk.gave_up;
    };
    EXPECT_EQ(told(clear_record(21, {2, 42})), 42) << "bad certificate";
    EXPECT_EQ(told(clear_record(21, {1, 0})), 0) << "good-bye";
    EXPECT_EQ(told(clear_record(21, {1, 90})), std::nullopt) << "a warning";
    EXPECT_EQ(told(clear_record(21, {2, 42, 1})), std::nullopt);
}

ClientHello first(std::uint8_t random, Bytes cookie = {}) {
    ClientHello hello;
    hello.part = Part::first;
    hello.message = cookie.empty() ? 0 : 1;
    hello.length = 180;
    hello.random.fill(random);
    hello.cookie = cookie;
    return hello;
}
ClientHello further(std::uint16_t message, std::uint32_t length) {
    ClientHello hello;
    hello.part = Part::further;
    hello.message = message;
    hello.length = length;
    return hello;
}

TEST(HelloGate, TheFirstHelloNeedsNoCookieAndItsRepetitionsAreItsOwn) {
    HelloGate gate{kCookie};
    EXPECT_EQ(gate.judge(further(0, 180), t0), Verdict::wait);
    EXPECT_EQ(gate.judge(first(7), t0), Verdict::feed);
    EXPECT_EQ(gate.judge(first(7), t0 + 1s), Verdict::feed);
    EXPECT_EQ(gate.judge(further(0, 180), t0), Verdict::feed);
    EXPECT_EQ(gate.judge(further(0, 181), t0), Verdict::drop);
    EXPECT_EQ(gate.judge(further(1, 180), t0), Verdict::drop);
    EXPECT_EQ(gate.judge(ClientHello{}, t0), Verdict::feed);
    EXPECT_EQ(gate.counters().dropped, 2U);
}

TEST(HelloGate, NothingComesBeforeAHello) {
    HelloGate gate{kCookie};
    EXPECT_EQ(gate.judge(ClientHello{}, t0), Verdict::drop);
    EXPECT_EQ(gate.judge(first(7), t0), Verdict::feed);
    EXPECT_EQ(gate.judge(ClientHello{}, t0), Verdict::feed);
}

TEST(HelloGate, AfterAnEndWithoutAnyHelloOneNeedsTheCookie) {
    HelloGate gate{kCookie};
    gate.on_handshake_over(false);
    EXPECT_EQ(gate.judge(first(7), t0), Verdict::challenge);
    EXPECT_EQ(gate.judge(first(7, kCookie), t0), Verdict::begin);
}

TEST(HelloGate, AnotherHelloIsAskedForTheCookieAndThenBegins) {
    HelloGate gate{kCookie};
    EXPECT_EQ(gate.judge(first(6), t0), Verdict::feed);
    EXPECT_EQ(gate.judge(first(7), t0), Verdict::challenge);
    EXPECT_EQ(gate.judge(further(0, 180), t0), Verdict::drop) << "of which of them?";
    EXPECT_EQ(gate.judge(first(7, kCookie), t0), Verdict::begin);
    EXPECT_EQ(gate.judge(first(8), t0), Verdict::challenge);
    EXPECT_EQ(gate.judge(further(1, 180), t0), Verdict::feed);
    EXPECT_EQ(gate.judge(first(7, kCookie), t0), Verdict::feed) << "sent again";
    EXPECT_EQ(gate.judge(first(6), t0 + 1s), Verdict::challenge) << "the forged one is over";
}

TEST(HelloGate, TheClientOfTheHandshakeUnderWayMayBeAskedToo) {
    HelloGate gate{kCookie};
    EXPECT_EQ(gate.judge(first(7), t0), Verdict::feed);
    EXPECT_EQ(gate.judge(first(9), t0), Verdict::challenge) << "what it reads, too";
    EXPECT_EQ(gate.judge(first(7, kCookie), t0), Verdict::begin);
}

TEST(HelloGate, AWrongCookieIsNone) {
    HelloGate gate{kCookie};
    HelloCookie wrong = kCookie;
    wrong.back() ^= 1;
    EXPECT_EQ(gate.judge(first(7, wrong), t0), Verdict::challenge);
    EXPECT_EQ(gate.judge(first(7, Bytes{kCookie}.first(15)), t0 + 1s), Verdict::challenge);
    EXPECT_EQ(gate.counters().begun, 0U);
}

TEST(HelloGate, AfterTheHandshakeEveryHelloNeedsTheCookieAndOldCopiesAreDropped) {
    HelloGate gate{kCookie};
    EXPECT_EQ(gate.judge(first(7), t0), Verdict::feed);
    gate.on_handshake_over(true);
    EXPECT_EQ(gate.judge(first(7), t0), Verdict::drop);
    EXPECT_EQ(gate.judge(further(0, 180), t0), Verdict::drop);
    EXPECT_EQ(gate.judge(first(8), t0), Verdict::challenge);
    EXPECT_EQ(gate.judge(first(8, kCookie), t0), Verdict::begin);
    EXPECT_EQ(gate.judge(further(1, 180), t0), Verdict::feed);
}

TEST(HelloGate, AHelloWhoseHandshakeCameToNothingIsNoCopy) {
    HelloGate gate{kCookie};
    EXPECT_EQ(gate.judge(first(7), t0), Verdict::feed);
    gate.on_handshake_over(false);
    EXPECT_EQ(gate.judge(first(7), t0), Verdict::challenge);
    EXPECT_EQ(gate.judge(first(7, kCookie), t0), Verdict::begin);
    gate.on_handshake_over(false);
    EXPECT_EQ(gate.judge(first(7, kCookie), t0), Verdict::begin) << "sent again";
    gate.on_handshake_over(true);
    EXPECT_EQ(gate.judge(first(7, kCookie), t0), Verdict::drop);
    EXPECT_EQ(gate.counters().begun, 2U);
}

TEST(HelloGate, ChallengesAreFewHoweverManyHellosCome) {
    HelloGate gate{kCookie};
    EXPECT_EQ(gate.judge(first(0), t0), Verdict::feed);
    for (int i = 0; i < 10000; ++i)
        static_cast<void>(gate.judge(first(static_cast<std::uint8_t>(1 + i % 200)), t0 + i * 10us));
    const auto later = static_cast<std::uint64_t>((100ms - 10us) / HelloGate::kOneChallengeMore);
    EXPECT_EQ(gate.counters().challenged, HelloGate::kChallenges + later);
    EXPECT_EQ(gate.counters().challenged + gate.counters().dropped, 10000U);
}

TEST(HelloGate, HandshakesBeginWithinABudget) {
    HelloGate gate{kCookie};
    int begun = 0;
    auto hellos = [&](int count, Time at) {
        for (int i = 0; i < count; ++i)
            begun += gate.judge(first(static_cast<std::uint8_t>(i), kCookie), at) == Verdict::begin;
    };
    hellos(100, t0);
    EXPECT_EQ(begun, HelloGate::kBurst);
    hellos(100, t0 + HelloGate::kOneMore - 1ms);
    EXPECT_EQ(begun, HelloGate::kBurst);
    hellos(100, t0 + HelloGate::kOneMore);
    EXPECT_EQ(begun, HelloGate::kBurst + 1);
    hellos(100, t0 + 1h);
    EXPECT_EQ(begun, 2 * HelloGate::kBurst + 1);
    EXPECT_GT(gate.counters().refused, 0U);
}

}  // namespace
}  // namespace rivero::transport
