// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "transport/dtls/dtls_association.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>
#include <thread>

namespace rivero::transport {
namespace {

const Certificate& client_certificate() {
    static const Certificate certificate = Certificate::generate();
    return certificate;
}
const Certificate& server_certificate() {
    static const Certificate certificate = Certificate::generate();
    return certificate;
}

/// One end, and what it said.
struct End {
    End(const Certificate& certificate, DtlsRole role, const DtlsSettings& settings)
        : association{DtlsContext{certificate, settings}, role} {}

    void collect() {
        while (auto event = association.take_event()) events.push_back(std::move(*event));
        while (auto message = association.take_data()) data.push_back(std::move(*message));
    }
    [[nodiscard]] const SrtpKeys* keys() const {
        for (const auto& event : events) {
            const auto* connected = std::get_if<DtlsConnected>(&event);
            if (connected && connected->srtp) return &*connected->srtp;
        }
        return nullptr;
    }
    template <class Event>
    [[nodiscard]] bool has() const {
        return std::any_of(events.begin(), events.end(),
                           [](const DtlsEvent& e) { return std::holds_alternative<Event>(e); });
    }
    DtlsAssociation association;
    std::vector<DtlsEvent> events;
    std::vector<ByteVector> data;
};

/// Two ends and the network between them.
struct Pair {
    using Network = std::function<std::vector<ByteVector>(std::vector<ByteVector>)>;

    explicit Pair(const DtlsSettings& client_settings = {},
                  const DtlsSettings& server_settings = {})
        : client{client_certificate(), DtlsRole::client, client_settings},
          server{server_certificate(), DtlsRole::server, server_settings} {}

    void expect_each_other() {
        client.association.expect_peer({server_certificate().fingerprint()}, Clock::now());
        server.association.expect_peer({client_certificate().fingerprint()}, Clock::now());
    }
    /// Carries datagrams over until both are silent.
    void exchange() {
        for (bool busy = true; busy;) {
            busy = carry(client, server);
            busy = carry(server, client) || busy;
        }
    }
    bool carry(End& from, End& to) {
        std::vector<ByteVector> datagrams;
        while (auto datagram = from.association.take_datagram()) {
            sizes.push_back(datagram->size());
            datagrams.push_back(std::move(*datagram));
        }
        from.collect();
        const bool busy = !datagrams.empty();
        if (network) datagrams = network(std::move(datagrams));
        for (const ByteVector& datagram : datagrams) {
            to.association.receive(datagram, Clock::now());
        }
        to.collect();
        return busy;
    }
    /// Exchanges and waits for retransmission timers until `done`.
    void run_until(const std::function<bool()>& done) {
        for (exchange(); !done(); exchange()) {
            auto a = client.association.next_deadline();
            auto b = server.association.next_deadline();
            ASSERT_TRUE(a || b) << "nothing would ever happen";
            std::this_thread::sleep_until(
                std::min(a.value_or(Time::max()), b.value_or(Time::max())));
            client.association.on_deadline(Clock::now());
            server.association.on_deadline(Clock::now());
        }
    }

    End client;
    End server;
    Network network;
    std::vector<std::size_t> sizes;
};

void expect_same_keys(const End& client, const End& server) {
    ASSERT_TRUE(client.keys() && server.keys());
    EXPECT_EQ(client.keys()->profile, server.keys()->profile);
    EXPECT_EQ(client.keys()->send, server.keys()->receive);
    EXPECT_EQ(client.keys()->receive, server.keys()->send);
    EXPECT_NE(client.keys()->send, client.keys()->receive);
}

TEST(DtlsAssociation, ConnectsAndGivesBothEndsTheSameKeys) {
    Pair pair;
    pair.expect_each_other();
    pair.client.association.start(Clock::now());
    pair.exchange();
    expect_same_keys(pair.client, pair.server);
    EXPECT_EQ(pair.client.association.next_deadline(), std::nullopt);
    EXPECT_EQ(pair.server.association.next_deadline(), std::nullopt);
    EXPECT_LE(*std::max_element(pair.sizes.begin(), pair.sizes.end()), 1200U);
    EXPECT_EQ(pair.client.association.peer_certificate_pem(), server_certificate().pem());
}

TEST(DtlsAssociation, WorksWithRsaAndASmallMtu) {
    const auto rsa = Certificate::generate(CertificateKey::rsa_2048);
    Pair pair;
    DtlsSettings small;
    small.mtu = 300;
    End server{rsa, DtlsRole::server, small};
    End client{client_certificate(), DtlsRole::client, small};
    client.association.expect_peer({rsa.fingerprint(FingerprintHash::sha512)}, Clock::now());
    server.association.expect_peer({client_certificate().fingerprint(FingerprintHash::sha384)},
                                   Clock::now());
    client.association.start(Clock::now());
    for (bool busy = true; busy;) {
        busy = pair.carry(client, server);
        busy = pair.carry(server, client) || busy;
    }
    expect_same_keys(client, server);
    EXPECT_LE(*std::max_element(pair.sizes.begin(), pair.sizes.end()), 300U);
}

struct ProfileCase {
    const char* name;
    std::vector<SrtpProfile> client;
    std::vector<SrtpProfile> server;
    std::optional<SrtpProfile> chosen;
};
class ProfileTest : public testing::TestWithParam<ProfileCase> {};

TEST_P(ProfileTest, TheServersOrderDecides) {
    DtlsSettings client;
    client.profiles = GetParam().client;
    DtlsSettings server;
    server.profiles = GetParam().server;
    Pair pair{client, server};
    pair.expect_each_other();
    pair.client.association.start(Clock::now());
    pair.exchange();
    ASSERT_TRUE(pair.client.has<DtlsConnected>() && pair.server.has<DtlsConnected>());
    if (GetParam().chosen) {
        expect_same_keys(pair.client, pair.server);
        EXPECT_EQ(pair.server.keys()->profile, GetParam().chosen);
    } else {
        EXPECT_FALSE(pair.client.keys() || pair.server.keys());
    }
}

constexpr auto kGcm = SrtpProfile::aead_aes_128_gcm;
constexpr auto kGcm256 = SrtpProfile::aead_aes_256_gcm;
constexpr auto kCm = SrtpProfile::aes128_cm_sha1_80;
INSTANTIATE_TEST_SUITE_P(
    UseSrtp, ProfileTest,
    testing::Values(ProfileCase{"GcmWinsThoughTheClientWantsItLast",
                                {kCm, kGcm256, kGcm},
                                {kGcm, kGcm256, kCm},
                                kGcm},
                    ProfileCase{"OnlySha1InCommon", {kCm}, {kGcm, kCm}, kCm},
                    ProfileCase{"Gcm256", {kGcm256, kCm}, {kGcm, kGcm256, kCm}, kGcm256},
                    ProfileCase{"NothingInCommon", {kCm}, {kGcm}, std::nullopt},
                    ProfileCase{"NoSrtpAtAll", {}, {kGcm}, std::nullopt}),
    [](const auto& row) { return row.param.name; });

TEST(DtlsAssociation, AWrongFingerprintFailsOnBothEndsAndNothingIsConnected) {
    Pair pair;
    pair.client.association.expect_peer({client_certificate().fingerprint()}, Clock::now());
    pair.server.association.expect_peer({client_certificate().fingerprint()}, Clock::now());
    pair.client.association.start(Clock::now());
    pair.exchange();
    EXPECT_TRUE(pair.client.has<DtlsFailed>());
    EXPECT_TRUE(pair.server.has<DtlsFailed>()) << "the alert reaches the server";
    EXPECT_FALSE(pair.client.has<DtlsConnected>() || pair.server.has<DtlsConnected>());
    EXPECT_EQ(pair.client.association.next_deadline(), std::nullopt);
}

TEST(DtlsAssociation, NoFingerprintAtAllIsNotAnyFingerprint) {
    Pair pair;
    pair.expect_each_other();
    pair.server.association.expect_peer({}, Clock::now());
    pair.client.association.start(Clock::now());
    pair.exchange();
    EXPECT_TRUE(pair.server.has<DtlsFailed>());
    EXPECT_FALSE(pair.server.has<DtlsConnected>());
}

TEST(DtlsAssociation, OneOfSeveralFingerprintsIsEnough) {
    Pair pair;
    pair.expect_each_other();
    pair.server.association.expect_peer(
        {server_certificate().fingerprint(), client_certificate().fingerprint()}, Clock::now());
    pair.client.association.start(Clock::now());
    pair.exchange();
    EXPECT_TRUE(pair.server.has<DtlsConnected>());
}

TEST(DtlsAssociation, ALateFingerprintCompletesAHandshakeThatWasDoneBefore) {
    Pair pair;
    pair.client.association.expect_peer({server_certificate().fingerprint()}, Clock::now());
    pair.client.association.start(Clock::now());
    pair.exchange();
    EXPECT_TRUE(pair.client.has<DtlsConnected>());
    EXPECT_TRUE(pair.server.events.empty()) << "not before the certificate is checked";
    EXPECT_FALSE(pair.server.association.send(ByteVector{1, 2, 3}));

    ASSERT_TRUE(pair.client.association.send(ByteVector{1, 2, 3}));
    pair.exchange();
    EXPECT_TRUE(pair.server.data.empty());
    EXPECT_EQ(pair.server.association.counters().early_data, 1U);

    pair.server.association.expect_peer({client_certificate().fingerprint()}, Clock::now());
    pair.exchange();
    expect_same_keys(pair.client, pair.server);
}

TEST(DtlsAssociation, ALateFingerprintThatIsWrongFails) {
    Pair pair;
    pair.client.association.expect_peer({server_certificate().fingerprint()}, Clock::now());
    pair.client.association.start(Clock::now());
    pair.exchange();
    pair.server.association.expect_peer({server_certificate().fingerprint()}, Clock::now());
    pair.exchange();
    EXPECT_TRUE(pair.server.has<DtlsFailed>());
    EXPECT_FALSE(pair.server.has<DtlsConnected>());
    EXPECT_TRUE(pair.client.has<DtlsClosed>());
}

TEST(DtlsAssociation, CarriesDataAndSaysGoodBye) {
    Pair pair;
    pair.expect_each_other();
    pair.client.association.start(Clock::now());
    pair.exchange();
    const ByteVector message(1100, 7);
    ASSERT_TRUE(pair.client.association.send(message));
    ASSERT_TRUE(pair.client.association.send(ByteVector{9}));
    ASSERT_TRUE(pair.server.association.send(ByteVector{8}));
    pair.exchange();
    EXPECT_EQ(pair.server.data, (std::vector<ByteVector>{message, {9}}));
    EXPECT_EQ(pair.client.data, (std::vector<ByteVector>{{8}}));

    pair.client.association.close();
    pair.exchange();
    EXPECT_TRUE(pair.server.has<DtlsClosed>());
    EXPECT_FALSE(pair.client.has<DtlsClosed>()) << "it knows";
    EXPECT_FALSE(pair.server.association.send(ByteVector{1}));
}

class LossTest : public testing::TestWithParam<unsigned> {};

TEST_P(LossTest, ConnectsThoughDatagramsAreLostDoubledAndOutOfOrder) {
    DtlsSettings fast;
    fast.first_retransmit = 20ms;
    Pair pair{fast, fast};
    pair.expect_each_other();
    std::mt19937 random{GetParam()};
    pair.network = [&random](std::vector<ByteVector> datagrams) {
        std::vector<ByteVector> arrive;
        for (ByteVector& datagram : datagrams) {
            if (random() % 4 == 0) continue;
            if (random() % 8 == 0) arrive.push_back(datagram);
            arrive.push_back(std::move(datagram));
        }
        std::shuffle(arrive.begin(), arrive.end(), random);
        return arrive;
    };
    pair.client.association.start(Clock::now());
    pair.run_until([&] {
        return (pair.client.has<DtlsConnected>() && pair.server.has<DtlsConnected>()) ||
               pair.client.has<DtlsFailed>() || pair.server.has<DtlsFailed>();
    });
    expect_same_keys(pair.client, pair.server);
}

INSTANTIATE_TEST_SUITE_P(Seeds, LossTest, testing::Range(1U, 9U));

TEST(DtlsAssociation, IgnoresGarbageBeforeDuringAndAfterTheHandshake) {
    std::mt19937 random{3};
    auto flood = [&random](DtlsAssociation& association) {
        for (int i = 0; i < 3000; ++i) {
            ByteVector garbage(random() % 400);
            for (auto& byte : garbage) byte = static_cast<std::uint8_t>(random());
            if (!garbage.empty() && i % 2)
                garbage[0] = static_cast<std::uint8_t>(20 + random() % 44);
            association.receive(garbage, Clock::now());
            while (association.take_datagram()) {
            }
        }
    };
    Pair pair;
    pair.expect_each_other();
    flood(pair.server.association);
    pair.client.association.start(Clock::now());
    pair.carry(pair.client, pair.server);
    pair.carry(pair.server, pair.client);
    pair.exchange();
    flood(pair.server.association);
    flood(pair.client.association);
    pair.client.collect();
    pair.server.collect();
    expect_same_keys(pair.client, pair.server);
    EXPECT_FALSE(pair.server.has<DtlsFailed>());
    EXPECT_GT(pair.server.association.counters().ignored, 1000U);
    ASSERT_TRUE(pair.client.association.send(ByteVector{1}));
    pair.exchange();
    EXPECT_EQ(pair.server.data.size(), 1U);
}

TEST(DtlsAssociation, TakesFewEncryptedRecordsBeforeTheHandshakeIsDone) {
    Pair pair;
    pair.expect_each_other();
    pair.client.association.start(Clock::now());
    pair.carry(pair.client, pair.server);
    ByteVector early(1000, 0);
    early[0] = 23;
    early[1] = 0xfe;
    early[2] = 0xfd;
    early[4] = 1;  // epoch 1
    early[11] = 0x03;
    early[12] = 0xdb;  // 987 bytes
    for (int i = 0; i < 500; ++i) {
        early[10] = static_cast<std::uint8_t>(i);
        early[9] = static_cast<std::uint8_t>(i >> 8);
        pair.server.association.receive(early, Clock::now());
    }
    EXPECT_GE(pair.server.association.counters().ignored, 480U);
}

TEST(DtlsAssociation, AFragmentFloodDoesNotGrowOrBreakTheServer) {
    Pair pair;
    pair.expect_each_other();
    pair.client.association.start(Clock::now());
    // First fragments of ClientHellos that never become whole, of all message numbers.
    for (int i = 0; i < 2000; ++i) {
        ByteVector fragment(13 + 12 + 100, 0);
        ByteWriter writer{fragment};
        writer.u8(22);
        writer.u16(0xfefd);
        writer.u64(static_cast<std::uint64_t>(i));  // epoch 0 and sequence number
        writer.u16(12 + 100);
        writer.u8(1);
        writer.u24(16000);                              // length of the message
        writer.u16(static_cast<std::uint16_t>(1 + i));  // its number
        writer.u24(static_cast<std::uint32_t>(100 * (i % 100)));
        writer.u24(100);
        pair.server.association.receive(fragment, Clock::now());
    }
    pair.server.collect();
    EXPECT_FALSE(pair.server.has<DtlsConnected>());
}

TEST(DtlsAssociation, GivesUpWhenTheHandshakeTakesTooLong) {
    DtlsSettings impatient;
    impatient.handshake_limit = 5s;
    Pair pair{impatient, impatient};
    const Time start = Clock::now();
    pair.client.association.start(start);
    EXPECT_EQ(pair.server.association.next_deadline(), std::nullopt) << "it waits for a client";
    ASSERT_TRUE(pair.client.association.next_deadline());
    pair.client.association.on_deadline(start + 4s);
    pair.client.collect();
    EXPECT_FALSE(pair.client.has<DtlsFailed>());
    pair.client.association.on_deadline(start + 5s);
    pair.client.collect();
    EXPECT_TRUE(pair.client.has<DtlsFailed>());
    EXPECT_EQ(pair.client.association.next_deadline(), std::nullopt);
}

}  // namespace
}  // namespace rivero::transport
