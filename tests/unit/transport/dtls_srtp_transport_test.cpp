// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "transport/dtls_srtp_transport.hpp"

#include "glib_test_loop.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <deque>
#include <random>

namespace rivero::transport {
namespace {

/// A path that is there from the beginning, and whoever can put his datagrams on it.
class Path final : public IceTransport {
public:
    void set_listener(Listener* listener) override { listener_ = listener; }
    [[nodiscard]] const IceCredentials& local_credentials() const override { return credentials_; }
    [[nodiscard]] Result<void> gather() override { return {}; }
    [[nodiscard]] Result<void> set_remote_credentials(const IceCredentials&) override { return {}; }
    [[nodiscard]] Result<void> add_remote_candidate(std::string_view) override { return {}; }
    [[nodiscard]] Result<void> add_remote_candidate(const IceCandidate&) override { return {}; }
    void end_of_remote_candidates() override {}
    [[nodiscard]] Result<void> restart(const IceCredentials&) override { return {}; }
    [[nodiscard]] MutableBytes room() override { return room_; }
    bool commit(std::size_t size) override { return send(Bytes{room_}.first(size)); }
    std::size_t send(std::span<const Bytes> datagrams) override {
        for (Bytes datagram : datagrams) {
            bytes_out += datagram.size();
            sent.emplace_back(datagram.begin(), datagram.end());
        }
        return datagrams.size();
    }
    using IceTransport::send;
    [[nodiscard]] IceState state() const override { return IceState::ready; }
    [[nodiscard]] const Counters& counters() const override { return counters_; }

    void arrive(ByteVector datagram) {
        bytes_in += datagram.size();
        listener_->on_datagram(datagram, Clock::now() + later);
    }
    Duration later{};  ///< by so much its clock is ahead
    std::deque<ByteVector> sent;
    std::size_t bytes_in = 0;
    std::size_t bytes_out = 0;

private:
    Listener* listener_ = nullptr;
    std::array<std::uint8_t, kMaxDatagram> room_;
    IceCredentials credentials_;
    Counters counters_;
};

struct End final : DtlsSrtpTransport::Listener {
    End(Loop& loop, const Certificate& c)
        : certificate{c},
          path{new Path},
          transport{loop, std::unique_ptr<IceTransport>{path}, DtlsContext{certificate, quick()}} {
        transport.set_listener(this);
    }
    static DtlsSettings quick() {
        DtlsSettings settings;
        settings.silence_after_refusal = 300ms;
        return settings;
    }
    void on_local_candidate(std::string_view) override {}
    void on_gathering_done() override {}
    void on_ice_state(IceState) override {}
    void on_selected_pair(std::string_view, std::string_view) override {}
    void on_dtls_state(DtlsState state, std::string_view why) override {
        states.push_back(state);
        reason = why;
    }
    [[nodiscard]] bool ended() const { return transport.dtls_state() == DtlsState::failed; }
    void on_rtp(MutableBytes, Time) override { ++packets; }
    void on_rtcp(Bytes, Time) override {}

    const Certificate& certificate;
    Path* path;  ///< the transport's
    std::vector<DtlsState> states;
    std::string reason;  ///< of the last state
    int packets = 0;
    DtlsSrtpTransport transport;
};

class DtlsSrtpTransportTest : public testing::Test {
protected:
    void start() {
        server.transport.start_dtls(DtlsRole::server, {client.certificate.fingerprint()});
        client.transport.start_dtls(DtlsRole::client, {server.certificate.fingerprint()});
    }
    void exchange() {
        while (!client.path->sent.empty() || !server.path->sent.empty()) {
            carry(client, server);
            carry(server, client);
        }
    }
    void carry(End& from, End& to) {
        for (const ByteVector& datagram : std::exchange(from.path->sent, {}))
            to.path->arrive(datagram);
    }
    void connect() {
        start();
        ASSERT_FALSE(client.path->sent.empty());
        hello = client.path->sent.front();
        exchange();
        ASSERT_EQ(server.transport.dtls_state(), DtlsState::connected);
        ASSERT_EQ(client.transport.dtls_state(), DtlsState::connected);
        server.path->bytes_in = server.path->bytes_out = 0;
        server.states.clear();
    }
    void expect_media_flows() { expect_media_flows(client); }
    void expect_media_flows(End& peer) {
        for (auto [from, to] : {std::pair{&peer, &server}, std::pair{&server, &peer}}) {
            const int before = to->packets;
            std::array<std::uint8_t, 200> packet{0x80, 96, 0, ++seq, 0, 0, 0, 1, 0, 0, 0, 9};
            EXPECT_TRUE(from->transport.send_rtp(packet, 100));
            carry(*from, *to);
            EXPECT_EQ(to->packets, before + 1);
        }
    }
    /// What a client that nobody knows begins with: real, but not the peer's.
    ByteVector forged_hello() {
        DtlsAssociation stranger{DtlsContext{server_certificate}, DtlsRole::client};
        stranger.start(Clock::now());
        return stranger.take_datagram().value();
    }
    /// The hello in pieces of `size` bytes, each a datagram of its own.
    static std::vector<ByteVector> in_fragments(const ByteVector& datagram, std::size_t size) {
        const Bytes header = Bytes{datagram}.first(25);
        const Bytes body = Bytes{datagram}.subspan(25);
        std::vector<ByteVector> fragments;
        for (std::size_t at = 0; at < body.size(); at += size) {
            const Bytes piece = body.subspan(at, std::min(size, body.size() - at));
            ByteVector fragment(header.begin(), header.end());
            fragment[10] = static_cast<std::uint8_t>(fragments.size());
            ByteWriter length{MutableBytes{fragment}.subspan(11, 2)};
            length.u16(static_cast<std::uint16_t>(12 + piece.size()));
            ByteWriter place{MutableBytes{fragment}.subspan(19, 6)};
            place.u24(static_cast<std::uint32_t>(at));
            place.u24(static_cast<std::uint32_t>(piece.size()));
            fragment.insert(fragment.end(), piece.begin(), piece.end());
            fragments.push_back(std::move(fragment));
        }
        return fragments;
    }
    /// Hellos, beginnings and ends of hellos, from nobody.
    void flood() {
        if (forged.empty())
            for (int i = 0; i < 20; ++i) forged.push_back(forged_hello());
        for (int i = 0; i < 500; ++i) {
            server.path->later += 50us;
            server.path->arrive(forged[static_cast<std::size_t>(i) % forged.size()]);
            server.path->arrive(fragment(1, 0, 16000, 0, 200));
            server.path->arrive(fragment(1, 1, 900, 300, 200));
        }
    }
    /// The peer begins anew, with its certificate: another transport of its own, the same path.
    void expect_handshake_of(End& anew) {
        anew.transport.start_dtls(DtlsRole::client, {server.certificate.fingerprint()});
        while (!anew.path->sent.empty() || !server.path->sent.empty()) {
            carry(anew, server);
            carry(server, anew);
        }
        EXPECT_EQ(anew.transport.dtls_state(), DtlsState::connected);
        EXPECT_EQ(server.transport.dtls_state(), DtlsState::connected);
        expect_media_flows(anew);
    }
    /// A piece of a handshake message in clear. RFC 6347 section 4.2.2.
    ByteVector fragment(std::uint8_t type, std::uint16_t message, std::uint32_t length,
                        std::uint32_t offset, std::size_t size) {
        ByteVector bytes(13 + 12 + size, 0x55);
        ByteWriter writer{bytes};
        writer.u8(22);
        writer.u16(0xfefd);
        writer.u16(0);
        writer.u16(0);
        writer.u32(++record);
        writer.u16(static_cast<std::uint16_t>(12 + size));
        writer.u8(type);
        writer.u8(static_cast<std::uint8_t>(length >> 16));
        writer.u16(static_cast<std::uint16_t>(length));
        writer.u16(message);
        writer.u8(static_cast<std::uint8_t>(offset >> 16));
        writer.u16(static_cast<std::uint16_t>(offset));
        writer.u8(static_cast<std::uint8_t>(size >> 16));
        writer.u16(static_cast<std::uint16_t>(size));
        return bytes;
    }

    GlibTestLoop loop;
    const Certificate client_certificate = Certificate::generate();
    const Certificate server_certificate = Certificate::generate();
    End client{loop, client_certificate};
    End server{loop, server_certificate};
    ByteVector hello;  ///< the client's first
    std::vector<ByteVector> forged;
    std::uint8_t seq = 0;
    std::uint32_t record = 100;
};

TEST_F(DtlsSrtpTransportTest, AHelloThatIsSentAgainAndAgainChangesNothing) {
    connect();
    for (int i = 0; i < 1000; ++i) {
        server.path->arrive(hello);
        server.path->sent.clear();  // the peer did not ask for it
    }
    expect_media_flows();
    EXPECT_TRUE(server.states.empty());
    EXPECT_LE(server.path->bytes_out, server.path->bytes_in + 4096)
        << "one answer, however often it is asked for";
}

TEST_F(DtlsSrtpTransportTest, FragmentsBeforeTheHandshakeDoNotPreventIt) {
    start();
    for (std::uint16_t i = 0; i < 2000; ++i) {
        server.path->arrive(
            fragment(i % 2 ? 11 : 16, static_cast<std::uint16_t>(1 + i % 40), 16000, i * 7, 100));
    }
    EXPECT_EQ(server.path->bytes_out, 0U);
    exchange();
    EXPECT_EQ(server.transport.dtls_state(), DtlsState::connected);
    expect_media_flows();
}

TEST_F(DtlsSrtpTransportTest, FragmentsAfterTheHandshakeChangeNothing) {
    connect();
    // Of hellos, which could begin another handshake, and of what comes later in one.
    for (std::uint16_t i = 0; i < 2000; ++i) {
        server.path->arrive(
            fragment(i % 3 == 0 ? 1 : 11, static_cast<std::uint16_t>(i % 50), 16000, i * 7, 100));
    }
    EXPECT_LE(server.path->bytes_out, server.path->bytes_in);
    server.path->sent.clear();
    expect_media_flows();
    EXPECT_TRUE(server.states.empty());
    EXPECT_EQ(server.transport.dtls_state(), DtlsState::connected);
}

TEST_F(DtlsSrtpTransportTest, AForgedHelloBeforeTheHandshakeDoesNotPreventIt) {
    start();
    server.path->arrive(forged_hello());
    server.path->sent.clear();
    exchange();
    EXPECT_EQ(server.transport.dtls_state(), DtlsState::connected);
    EXPECT_EQ(client.transport.dtls_state(), DtlsState::connected);
    EXPECT_EQ(server.transport.hellos().challenged, 1U);
    expect_media_flows();
}

TEST_F(DtlsSrtpTransportTest, AFloodOfForgedHellosBeforeTheHandshakeDoesNotPreventIt) {
    start();
    flood();
    EXPECT_LT(server.path->bytes_out * 2, server.path->bytes_in);
    server.path->sent.clear();  // the client has not begun yet
    for (int flight = 0; flight < 4; ++flight) {
        carry(client, server);
        flood();
        carry(server, client);
    }
    exchange();
    EXPECT_EQ(server.transport.dtls_state(), DtlsState::connected);
    EXPECT_EQ(client.transport.dtls_state(), DtlsState::connected);
    EXPECT_EQ(server.transport.hellos().begun, 1U);
    EXPECT_LT(server.path->bytes_out * 2, server.path->bytes_in);
    expect_media_flows();
}

TEST_F(DtlsSrtpTransportTest, AForgedFirstFragmentBeforeTheHandshakeDoesNotPreventIt) {
    start();
    server.path->arrive(in_fragments(forged_hello(), 100).front());
    for (const ByteVector& piece : in_fragments(std::exchange(client.path->sent, {}).front(), 100))
        server.path->arrive(piece);
    exchange();
    EXPECT_EQ(server.transport.dtls_state(), DtlsState::connected);
    expect_media_flows();
}

TEST_F(DtlsSrtpTransportTest, WhatAForgedHandshakeBrokeThePeerBeginsAnew) {
    start();
    server.path->arrive(forged_hello());
    server.path->arrive(fragment(11, 1, 100, 0, 100));  // no certificate at all
    EXPECT_EQ(server.transport.dtls_state(), DtlsState::failed);
    server.path->sent.clear();
    exchange();
    EXPECT_EQ(server.transport.dtls_state(), DtlsState::connected);
    expect_media_flows();
}

TEST_F(DtlsSrtpTransportTest, AForgedAlertDoesNotEndTheHandshake) {
    start();
    carry(client, server);
    server.path->arrive({21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 2, 40});
    exchange();
    EXPECT_EQ(server.states, (std::vector{DtlsState::connecting, DtlsState::connected}));
    EXPECT_EQ(client.transport.dtls_state(), DtlsState::connected);
    EXPECT_EQ(server.transport.counters().strange_dtls, 1U);
    expect_media_flows();
}

TEST_F(DtlsSrtpTransportTest, AForgedAlertBehindAnotherRecordDoesNotEndTheHandshake) {
    start();
    ByteVector datagram = client.path->sent.front();
    const ByteVector alert{21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 2, 40};
    datagram.insert(datagram.end(), alert.begin(), alert.end());
    client.path->sent = {datagram};
    exchange();
    EXPECT_EQ(server.transport.dtls_state(), DtlsState::connected);
    expect_media_flows();
}

TEST_F(DtlsSrtpTransportTest, WhoRepeatsItsHelloAfterAForgedCertificateConnects) {
    start();
    const ByteVector first = client.path->sent.front();
    carry(client, server);
    server.path->sent.clear();  // the answer is lost
    server.path->arrive(fragment(11, 1, 100, 0, 100));
    EXPECT_EQ(server.transport.dtls_state(), DtlsState::failed);
    EXPECT_TRUE(server.path->sent.empty()) << "an alert would end the client's handshake";
    server.path->arrive(first);
    ASSERT_EQ(server.path->sent.size(), 1U);
    EXPECT_EQ(server.transport.hellos().challenged, 1U);
    exchange();
    EXPECT_EQ(server.transport.dtls_state(), DtlsState::connected);
    EXPECT_EQ(client.transport.dtls_state(), DtlsState::connected);
    expect_media_flows();
}

TEST_F(DtlsSrtpTransportTest, AHandshakeBehindACookieThatIsBrokenBeginsAgain) {
    start();
    const ByteVector first = client.path->sent.front();
    carry(client, server);
    server.path->sent.clear();
    server.path->arrive(fragment(11, 1, 100, 0, 100));
    server.path->arrive(first);
    carry(server, client);
    ASSERT_EQ(client.path->sent.size(), 1U);
    const ByteVector second = client.path->sent.front();
    carry(client, server);
    server.path->sent.clear();
    server.path->arrive(fragment(11, 2, 100, 0, 100));
    EXPECT_TRUE(server.path->sent.empty());
    server.path->arrive(second);
    exchange();
    EXPECT_EQ(server.transport.dtls_state(), DtlsState::connected);
    EXPECT_EQ(client.transport.dtls_state(), DtlsState::connected);
    EXPECT_EQ(server.transport.hellos().begun, 2U);
    expect_media_flows();
}

TEST_F(DtlsSrtpTransportTest, AFingerprintThatComesAfterAForgedCertificateIsHeeded) {
    server.transport.start_dtls_server();
    client.transport.start_dtls(DtlsRole::client, {server.certificate.fingerprint()});
    const ByteVector first = client.path->sent.front();
    carry(client, server);
    server.path->sent.clear();
    server.path->arrive(fragment(11, 1, 100, 0, 100));
    server.path->arrive(first);
    exchange();
    EXPECT_NE(server.transport.dtls_state(), DtlsState::connected);
    server.transport.expect_peer({client.certificate.fingerprint()});
    exchange();
    EXPECT_EQ(server.transport.dtls_state(), DtlsState::connected);
    expect_media_flows();
}

TEST_F(DtlsSrtpTransportTest, ForgedEncryptedRecordsDoNotKeepTheFinishedAway) {
    start();
    carry(client, server);
    for (std::uint8_t i = 0; i < 20; ++i) {
        ByteVector forged_record{22, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, i, 0, 40};
        forged_record.resize(13 + 40, 0x55);
        server.path->arrive(std::move(forged_record));
    }
    carry(server, client);
    for (const ByteVector& datagram : std::exchange(client.path->sent, {})) {
        for (Bytes rest{datagram}; !rest.empty();) {
            const std::size_t size = 13U + static_cast<std::size_t>(rest[11] << 8 | rest[12]);
            server.path->arrive({rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(size)});
            rest = rest.subspan(size);
        }
    }
    EXPECT_EQ(server.transport.dtls_state(), DtlsState::connected);
    exchange();
    EXPECT_EQ(client.transport.dtls_state(), DtlsState::connected);
    expect_media_flows();
}

TEST_F(DtlsSrtpTransportTest, APeerWithAnotherCertificateIsReportedAndTold) {
    server.transport.start_dtls(DtlsRole::server, {server.certificate.fingerprint()});
    client.transport.start_dtls(DtlsRole::client, {server.certificate.fingerprint()});
    exchange();
    EXPECT_EQ(server.states, (std::vector{DtlsState::connecting, DtlsState::failed}));
    EXPECT_TRUE(loop.run_until([&] { return client.ended(); }));
    EXPECT_EQ(client.reason, "the peer gave up: bad certificate");
}

TEST_F(DtlsSrtpTransportTest, AClientThatRefusesOurCertificateIsNoticedAtOnce) {
    server.transport.start_dtls(DtlsRole::server, {client.certificate.fingerprint()});
    client.transport.start_dtls(DtlsRole::client, {client.certificate.fingerprint()});
    exchange();
    EXPECT_EQ(client.states, (std::vector{DtlsState::connecting, DtlsState::failed}));
    const Time refused = Clock::now();
    EXPECT_TRUE(loop.run_until([&] { return server.ended(); }));
    EXPECT_EQ(server.reason, "the peer gave up: bad certificate");
    EXPECT_LT(Clock::now() - refused, DtlsSettings{}.handshake_limit);
}

TEST_F(DtlsSrtpTransportTest, AForgedAlertDoesNotEndTheHandshakeOfAClient) {
    start();
    const ByteVector alert{21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 2, 40};
    client.path->arrive(alert);
    carry(client, server);
    client.path->arrive(alert);
    client.path->later = 100ms;
    exchange();
    EXPECT_EQ(client.states, (std::vector{DtlsState::connecting, DtlsState::connected}));
    EXPECT_EQ(server.transport.dtls_state(), DtlsState::connected);
    EXPECT_EQ(client.transport.counters().strange_dtls, 2U);
    expect_media_flows();
}

TEST_F(DtlsSrtpTransportTest, AForgedAlertWhileAFlightIsLostDoesNotEndTheHandshake) {
    start();
    carry(client, server);
    carry(server, client);
    client.path->sent.clear();  // certificate to Finished
    server.path->arrive({21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 2, 40});
    EXPECT_TRUE(loop.run_until([&] {
        exchange();  // what their timers repeat
        return server.transport.dtls_state() != DtlsState::connecting;
    }));
    EXPECT_EQ(server.transport.dtls_state(), DtlsState::connected);
}

TEST_F(DtlsSrtpTransportTest, AHelloInFragmentsOutOfOrderIsPutTogether) {
    start();
    auto pieces = in_fragments(std::exchange(client.path->sent, {}).front(), 120);
    ASSERT_GE(pieces.size(), 2U);
    std::swap(pieces[0], pieces[1]);
    for (const ByteVector& piece : pieces) server.path->arrive(piece);
    exchange();
    EXPECT_EQ(server.transport.dtls_state(), DtlsState::connected);
    EXPECT_EQ(server.transport.hellos().challenged, 0U);
}

TEST_F(DtlsSrtpTransportTest, AForgedFragmentDoesNotDelayTheNextHandshake) {
    connect();
    server.path->arrive(in_fragments(forged_hello(), 100).front());
    server.path->arrive(fragment(1, 0, 16000, 0, 1000));
    server.path->sent.clear();
    expect_media_flows();
    End anew{loop, client_certificate};
    expect_handshake_of(anew);
}

TEST_F(DtlsSrtpTransportTest, TheNextHandshakeMayComeInFragments) {
    connect();
    End anew{loop, client_certificate};
    anew.transport.start_dtls(DtlsRole::client, {server.certificate.fingerprint()});
    for (int flight = 0; flight < 2; ++flight) {  // without the cookie, and with it
        for (const ByteVector& piece : in_fragments(std::exchange(anew.path->sent, {}).at(0), 100))
            server.path->arrive(piece);
        carry(server, anew);
    }
    expect_handshake_of(anew);
}

TEST_F(DtlsSrtpTransportTest, AFloodOfForgedHellosCostsNothingAndStopsNobody) {
    connect();
    flood();
    EXPECT_LT(server.path->bytes_out * 2, server.path->bytes_in) << "less than what came";
    EXPECT_GE(server.transport.hellos().challenged, 1U);
    EXPECT_EQ(server.transport.hellos().begun, 0U);
    EXPECT_GT(server.transport.hellos().dropped, 500U);
    server.path->sent.clear();
    expect_media_flows();
    EXPECT_TRUE(server.states.empty());

    // In the middle of the next handshake, after each of its flights.
    End anew{loop, client_certificate};
    anew.transport.start_dtls(DtlsRole::client, {server.certificate.fingerprint()});
    for (int flight = 0; flight < 4; ++flight) {
        carry(anew, server);
        flood();
        carry(server, anew);
        const int before = server.packets;
        if (flight < 2) {  // then the peer's Finished comes
            std::array<std::uint8_t, 200> packet{0x80, 96, 1, ++seq, 0, 0, 0, 1, 0, 0, 0, 9};
            EXPECT_TRUE(client.transport.send_rtp(packet, 100));
            carry(client, server);
            EXPECT_EQ(server.packets, before + 1) << "the old keys work";
        }
    }
    expect_handshake_of(anew);
    EXPECT_EQ(server.transport.hellos().begun, 1U);
}

TEST_F(DtlsSrtpTransportTest, APeerThatBeginsAgainAndAgainIsServedWithinABudget) {
    connect();
    for (int i = 0; i < 3 * HelloGate::kBurst; ++i) {
        End anew{loop, client_certificate};
        anew.transport.start_dtls(DtlsRole::client, {server.certificate.fingerprint()});
        server.path->later += 10ms;
        carry(anew, server);
        carry(server, anew);  // the cookie
        carry(anew, server);  // and that is all we hear of it
    }
    EXPECT_GE(server.transport.hellos().refused, 1U);
    server.path->sent.clear();
    expect_media_flows();
    EXPECT_EQ(server.transport.dtls_state(), DtlsState::connected);
}

TEST_F(DtlsSrtpTransportTest, WhoHasAnotherCertificateDoesNotTakeOver) {
    connect();
    const Certificate other = Certificate::generate();
    End stranger{loop, other};
    stranger.transport.start_dtls(DtlsRole::client, {server.certificate.fingerprint()});
    while (!stranger.path->sent.empty() || !server.path->sent.empty()) {
        carry(stranger, server);
        carry(server, stranger);
    }
    EXPECT_EQ(server.transport.hellos().begun, 1U) << "it receives what we send";
    expect_media_flows();
    EXPECT_TRUE(server.states.empty());
    End anew{loop, client_certificate};
    expect_handshake_of(anew);
}

TEST_F(DtlsSrtpTransportTest, APeerThatSpeaksWithNewSsrcsForDaysIsHeard) {
    connect();
    std::uint32_t ssrc = 100;
    const auto speak = [&](std::size_t streams) {
        for (std::size_t i = 0; i < streams; ++i, ++ssrc) {
            std::array<std::uint8_t, 200> packet{0x80, 96, 0, 1, 0, 0, 0, 1};
            ByteWriter{MutableBytes{packet}.subspan(8, 4)}.u32(ssrc);
            ASSERT_TRUE(client.transport.send_rtp(packet, 100));
        }
        carry(client, server);
    };
    for (int i = 0; i < 3; ++i) {
        speak(SrtpReceiver::kMaxStreams - 1);  // and that of the media
        for (int minutes = 0; minutes < 3; ++minutes) {
            server.path->later += 1min;
            expect_media_flows();
        }
    }
    EXPECT_EQ(static_cast<std::size_t>(server.packets), 3 * SrtpReceiver::kMaxStreams + 6);
    EXPECT_EQ(server.transport.srtp_receiver()->counters().refused_streams, 0U);
}

TEST_F(DtlsSrtpTransportTest, GarbageOfAnyKindIsDroppedAndCounted) {
    connect();
    std::minstd_rand dice{5};
    for (int i = 0; i < 3000; ++i) {
        ByteVector garbage(1 + dice() % 1500);
        for (auto& byte : garbage) byte = static_cast<std::uint8_t>(dice());
        server.path->arrive(std::move(garbage));
    }
    EXPECT_LE(server.path->bytes_out, server.path->bytes_in);
    server.path->sent.clear();
    expect_media_flows();
    EXPECT_TRUE(server.states.empty());
}

}  // namespace
}  // namespace rivero::transport
