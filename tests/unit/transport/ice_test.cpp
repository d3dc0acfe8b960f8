// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "glib_test_loop.hpp"
#include "transport/dtls_srtp_transport.hpp"
#include "transport/ice/host_resolver.hpp"
#include "transport/ice/nice_ice_transport.hpp"

#include <gtest/gtest.h>

#include <array>
#include <condition_variable>
#include <mutex>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace rivero::transport {
namespace {

const DtlsContext& context_of(DtlsRole role) {
    static const DtlsContext client{Certificate::generate()};
    static const DtlsContext server{Certificate::generate()};
    return role == DtlsRole::client ? client : server;
}
DtlsRole other(DtlsRole role) {
    return role == DtlsRole::client ? DtlsRole::server : DtlsRole::client;
}

// The controlling end is the DTLS server, as when we make an offer.
IceSettings loopback_settings(DtlsRole role) {
    IceSettings settings;
    settings.controlling = role == DtlsRole::server;
    settings.interfaces = {"lo"};
    settings.ipv6 = false;
    return settings;
}

std::vector<std::string> nobody_knows(const std::string&) {
    return {};
}

/// One end: a transport and what it reported.
class Peer final : public DtlsSrtpTransport::Listener {
public:
    Peer(GlibTestLoop& loop, HostResolver& resolver, DtlsRole dtls_role)
        : Peer{loop, resolver, dtls_role, loopback_settings(dtls_role)} {}
    Peer(GlibTestLoop& loop, HostResolver& resolver, DtlsRole dtls_role, IceSettings settings)
        : role{dtls_role} {
        transport = std::make_unique<DtlsSrtpTransport>(
            loop,
            std::make_unique<NiceIceTransport>(loop, loop.context(), resolver, std::move(settings)),
            context_of(role));
        transport->set_listener(this);
    }

    void start(Peer& peer) {
        ASSERT_TRUE(
            transport->ice().set_remote_credentials(peer.transport->ice().local_credentials()));
        transport->start_dtls(role, {context_of(other(role)).certificate().fingerprint()});
    }

    void on_local_candidate(std::string_view candidate) override {
        candidates.emplace_back(candidate);
        if (trickle_to && trickle_to->transport) {
            EXPECT_TRUE(trickle_to->transport->ice().add_remote_candidate(candidate));
        }
    }
    void on_gathering_done() override { gathering_done = true; }
    void on_ice_state(IceState state) override {
        ice_states.push_back(state);
        if (die_on_ice_state == state) transport.reset();
    }
    void on_selected_pair(std::string_view local, std::string_view remote) override {
        pairs.emplace_back(std::string{local}, std::string{remote});
    }
    void on_dtls_state(DtlsState state, std::string_view why) override {
        dtls_states.push_back(state);
        reason = why;
        if (die_on_dtls_state == state) transport.reset();
    }
    void on_rtp(MutableBytes packet, Time) override {
        rtp.emplace_back(packet.begin(), packet.end());
        if (die_on_rtp) transport.reset();
    }
    void on_rtcp(Bytes compound, Time) override {
        rtcp.emplace_back(compound.begin(), compound.end());
    }
    void on_data(Bytes packet, Time) override { data.emplace_back(packet.begin(), packet.end()); }

    [[nodiscard]] bool connected() const {
        return transport && transport->dtls_state() == DtlsState::connected;
    }

    DtlsRole role;
    Peer* trickle_to = nullptr;
    std::optional<IceState> die_on_ice_state;
    std::optional<DtlsState> die_on_dtls_state;
    bool die_on_rtp = false;
    bool gathering_done = false;
    std::string reason;
    std::vector<std::string> candidates;
    std::vector<IceState> ice_states;
    std::vector<DtlsState> dtls_states;
    std::vector<std::pair<std::string, std::string>> pairs;
    std::vector<ByteVector> rtp;
    std::vector<ByteVector> rtcp;
    std::vector<ByteVector> data;
    std::unique_ptr<DtlsSrtpTransport> transport;
};

class TransportTest : public testing::Test {
protected:
    void trickle() {
        a.trickle_to = &b;
        b.trickle_to = &a;
    }
    void gather_both() {
        ASSERT_TRUE(a.transport->ice().gather());
        ASSERT_TRUE(b.transport->ice().gather());
    }
    void connect() {
        trickle();
        a.start(b);
        b.start(a);
        gather_both();
        ASSERT_TRUE(loop.run_until([&] { return a.connected() && b.connected(); }))
            << a.reason << b.reason;
    }
    static bool send_rtp(Peer& peer, std::uint16_t seq, std::size_t payload = 800) {
        ByteVector packet(12 + payload + SrtpSender::kRtpOverhead, 0x33);
        ByteWriter writer{packet};
        writer.u8(0x80);
        writer.u8(96);
        writer.u16(seq);
        writer.u32(1);
        writer.u32(0x1234);
        return peer.transport->send_rtp(packet, 12 + payload);
    }

    GlibTestLoop loop;
    HostResolver resolver{nobody_knows};
    Peer a{loop, resolver, DtlsRole::client};
    Peer b{loop, resolver, DtlsRole::server};
};

TEST_F(TransportTest, ConnectsOverLoopbackAndCarriesRtpRtcpAndData) {
    connect();
    EXPECT_EQ(a.dtls_states, (std::vector{DtlsState::connecting, DtlsState::connected}));
    EXPECT_EQ(b.dtls_states, (std::vector{DtlsState::connecting, DtlsState::connected}));
    EXPECT_EQ(a.transport->srtp_profile(), SrtpProfile::aead_aes_128_gcm);
    EXPECT_EQ(a.ice_states.front(), IceState::gathering);
    ASSERT_FALSE(a.pairs.empty());
    auto local = IceCandidate::parse(a.pairs.back().first);
    ASSERT_TRUE(local);
    EXPECT_EQ(local->address, "127.0.0.1");
    EXPECT_TRUE(a.gathering_done && b.gathering_done);

    for (std::uint16_t seq = 0; seq < 20; ++seq) {
        EXPECT_TRUE(send_rtp(a, seq));
        EXPECT_TRUE(send_rtp(b, seq));
    }
    const ByteVector report{0x80, 201, 0, 1, 0, 0, 0, 9};
    EXPECT_TRUE(a.transport->send_rtcp(report));
    EXPECT_TRUE(b.transport->send_data(ByteVector{5, 0, 5, 0}));
    EXPECT_TRUE(loop.run_until([&] {
        return a.rtp.size() == 20 && b.rtp.size() == 20 && b.rtcp.size() == 1 && a.data.size() == 1;
    }));
    EXPECT_EQ(b.rtp[3].size(), 812U);
    EXPECT_EQ(b.rtp[3][3], 3);
    EXPECT_EQ(b.rtcp.front(), report);
    EXPECT_EQ(a.data.front(), (ByteVector{5, 0, 5, 0}));
    EXPECT_EQ(a.transport->srtp_receiver()->counters().unauthenticated, 0U);
    EXPECT_GE(a.transport->ice().counters().datagrams_sent, 20U);
}

TEST_F(TransportTest, ARestartKeepsMediaAndDtlsAndFindsAPairOfItsOwn) {
    connect();
    ASSERT_TRUE(loop.run_until([&] {
        return a.transport->ice().state() == IceState::ready &&
               b.transport->ice().state() == IceState::ready && a.gathering_done &&
               b.gathering_done;
    }));
    a.ice_states.clear();
    b.ice_states.clear();
    const auto pairs_before = a.pairs.size();
    const IceCredentials old_a = a.transport->ice().local_credentials();
    EXPECT_FALSE(a.transport->ice().restart({"x", "y"}));
    ASSERT_TRUE(a.transport->ice().restart(IceCredentials::generate()));
    ASSERT_TRUE(b.transport->ice().restart(IceCredentials::generate()));
    EXPECT_NE(a.transport->ice().local_credentials().ufrag, old_a.ufrag);
    // Neither knows the other's new credentials yet: the old pair carries on.
    ASSERT_TRUE(send_rtp(a, 1));
    ASSERT_TRUE(send_rtp(b, 1));
    ASSERT_TRUE(loop.run_until([&] { return a.rtp.size() == 1 && b.rtp.size() == 1; }));

    ASSERT_TRUE(a.transport->ice().set_remote_credentials(b.transport->ice().local_credentials()));
    ASSERT_TRUE(b.transport->ice().set_remote_credentials(a.transport->ice().local_credentials()));
    for (const auto& candidate : b.candidates)
        ASSERT_TRUE(a.transport->ice().add_remote_candidate(candidate));
    for (const auto& candidate : a.candidates)
        ASSERT_TRUE(b.transport->ice().add_remote_candidate(candidate));
    std::uint16_t seq = 2;
    EXPECT_TRUE(loop.run_until([&] {
        EXPECT_TRUE(send_rtp(a, seq));
        EXPECT_TRUE(send_rtp(b, seq++));
        return a.pairs.size() > pairs_before && a.transport->ice().state() == IceState::ready &&
               b.transport->ice().state() == IceState::ready;
    }));
    EXPECT_TRUE(
        loop.run_until([&] { return a.rtp.size() == seq - 1U && b.rtp.size() == seq - 1U; }));
    EXPECT_EQ(a.dtls_states, (std::vector{DtlsState::connecting, DtlsState::connected}));
    EXPECT_EQ(std::count(a.ice_states.begin(), a.ice_states.end(), IceState::failed), 0);
}

TEST_F(TransportTest, SendsABatchInOneCall) {
    connect();
    std::vector<ByteVector> buffers;
    std::vector<Bytes> batch;
    for (std::uint16_t seq = 0; seq < 100; ++seq) {
        ByteVector packet(12 + 500 + SrtpSender::kRtpOverhead, 1);
        ByteWriter writer{packet};
        writer.u16(0x8060);
        writer.u16(seq);
        buffers.push_back(std::move(packet));
    }
    for (ByteVector& buffer : buffers) {
        auto packet = a.transport->protect_rtp(buffer, 512);
        ASSERT_TRUE(packet);
        batch.push_back(*packet);
    }
    EXPECT_EQ(a.transport->send_protected(batch), 100U);
    EXPECT_TRUE(loop.run_until([&] { return b.rtp.size() == 100; }));
}

TEST_F(TransportTest, CandidatesMayComeBeforeCredentialsAndGathering) {
    ASSERT_TRUE(a.transport->ice().gather());
    ASSERT_TRUE(loop.run_until([&] { return a.gathering_done; }));
    for (const auto& candidate : a.candidates) {
        EXPECT_TRUE(b.transport->ice().add_remote_candidate(candidate));
        EXPECT_TRUE(b.transport->ice().add_remote_candidate("a=" + candidate)) << "once more";
    }
    EXPECT_TRUE(b.transport->ice().add_remote_candidate("")) << "end of candidates";
    b.start(a);
    loop.settle();
    ASSERT_TRUE(b.transport->ice().gather());
    a.start(b);
    // b's candidates are never told: a learns them from b's checks.
    EXPECT_TRUE(loop.run_until([&] { return a.connected() && b.connected(); }));
}

TEST_F(TransportTest, GarbageCandidatesAreErrorsAndDoNoHarm) {
    for (const char* garbage :
         {"garbage", "candidate:", "candidate:x y z", "candidate:1 1 UDP 1 1.2.3.4 0 typ host",
          "candidate:1 1 UDP 1 :::::: 5 typ host"}) {
        EXPECT_FALSE(a.transport->ice().add_remote_candidate(garbage)) << garbage;
    }
    EXPECT_TRUE(a.transport->ice().add_remote_candidate(
        "candidate:1 2 UDP 2113937150 127.0.0.1 5 typ host"))
        << "component 2 is well-formed, but RTCP is muxed";
    EXPECT_TRUE(a.transport->ice().add_remote_candidate(
        "candidate:1 1 TCP 2113937150 127.0.0.1 9 typ host tcptype active"));
    EXPECT_FALSE(a.transport->ice().set_remote_credentials({"a", "b"}));
    EXPECT_EQ(a.transport->ice().counters().candidates_ignored, 2U);
    connect();
}

TEST_F(TransportTest, KeepsAHundredRemoteCandidatesAtMost) {
    for (int i = 0; i < 150; ++i) {
        EXPECT_TRUE(a.transport->ice().add_remote_candidate(
            "candidate:1 1 UDP 1 127.0.0.1 " + std::to_string(1000 + i) + " typ host"));
    }
    EXPECT_EQ(a.transport->ice().counters().candidates_ignored, 50U);
    EXPECT_TRUE(
        b.transport->ice().add_remote_candidate("candidate:1 1 UDP 1 127.0.0.1 1000 typ host"));
    for (int i = 0; i < 150; ++i) {
        EXPECT_TRUE(
            b.transport->ice().add_remote_candidate("candidate:1 1 UDP 1 127.0.0.1 1000 typ host"));
    }
    EXPECT_TRUE(
        b.transport->ice().add_remote_candidate("candidate:1 1 UDP 1 127.0.0.1 1001 typ host"));
    EXPECT_EQ(b.transport->ice().counters().candidates_ignored, 150U)
        << "what is known takes no room";
}

TEST_F(TransportTest, AMulticastNameThatNobodyKnowsIsIgnored) {
    ASSERT_TRUE(a.transport->ice().add_remote_candidate(
        "candidate:1 1 udp 2113937151 1f4712db-ea17-4bcf-a596-105139dfd8bf.local 5000 typ host"));
    connect();
    EXPECT_TRUE(
        loop.run_until([&] { return a.transport->ice().counters().candidates_ignored >= 1; }));
}

/// A name server that does not answer before it is told to.
class SlowNames {
public:
    std::vector<std::string> look_up(const std::string&) {
        std::unique_lock lock{mutex_};
        wake_.wait(lock, [this] { return released_; });
        return {"127.0.0.1"};
    }
    void release() {
        std::lock_guard lock{mutex_};
        released_ = true;
        wake_.notify_all();
    }

private:
    std::mutex mutex_;
    std::condition_variable wake_;
    bool released_ = false;
};

TEST_F(TransportTest, ANameThatResolvesLateBecomesACandidate) {
    SlowNames names;
    HostResolver slow{[&](const std::string& host) { return names.look_up(host); }};
    Peer c{loop, slow, DtlsRole::server};
    // a never hears of c's candidates, and c of a's only by name.
    a.start(c);
    c.start(a);
    ASSERT_TRUE(a.transport->ice().gather());
    ASSERT_TRUE(c.transport->ice().gather());
    ASSERT_TRUE(loop.run_until([&] { return a.gathering_done && c.gathering_done; }));
    auto candidate = IceCandidate::parse(a.candidates.front());
    ASSERT_TRUE(candidate);
    candidate->address = "a.local";
    ASSERT_TRUE(c.transport->ice().add_remote_candidate(*candidate));
    loop.settle();
    EXPECT_TRUE(c.pairs.empty());
    names.release();
    EXPECT_TRUE(loop.run_until([&] { return a.connected() && c.connected(); }));
}

TEST(HostResolver, AnswersEmptyWhenTheTimeIsOverOrTooManyWait) {
    GlibTestLoop loop;
    auto names = std::make_shared<SlowNames>();  // outlives the thread that hangs in it
    HostResolver resolver{[names](const std::string& host) { return names->look_up(host); }, 1, 2};
    int empty = 0;
    auto count = [&](const std::vector<std::string>& found) { empty += found.empty() ? 1 : 0; };
    for (int i = 0; i < 5; ++i) resolver.resolve(loop, "x.local", count, 50ms);
    EXPECT_EQ(empty, 0) << "never within the call";
    EXPECT_TRUE(loop.run_until([&] { return empty == 5; }));
    names->release();
}

TEST_F(TransportTest, CanBeDestroyedAtAnyMoment) {
    // Once in each state that a connection passes through; the other end goes on alone.
    trickle();
    a.start(b);
    b.start(a);
    gather_both();
    a.transport.reset();
    loop.settle();

    for (IceState state :
         {IceState::gathering, IceState::connecting, IceState::connected, IceState::ready}) {
        Peer c{loop, resolver, DtlsRole::client};
        Peer d{loop, resolver, DtlsRole::server};
        c.trickle_to = &d;
        d.trickle_to = &c;
        c.start(d);
        d.start(c);
        c.die_on_ice_state = state;
        ASSERT_TRUE(c.transport->ice().gather());
        ASSERT_TRUE(d.transport->ice().gather());
        EXPECT_TRUE(loop.run_until([&] { return !c.transport; })) << name(state);
    }
}

TEST_F(TransportTest, CanBeDestroyedFromWithinADtlsEventAndAPacket) {
    for (DtlsState state : {DtlsState::connecting, DtlsState::connected}) {
        Peer c{loop, resolver, DtlsRole::client};
        Peer d{loop, resolver, DtlsRole::server};
        c.trickle_to = &d;
        d.trickle_to = &c;
        c.start(d);
        d.start(c);
        d.die_on_dtls_state = state;
        ASSERT_TRUE(c.transport->ice().gather());
        ASSERT_TRUE(d.transport->ice().gather());
        EXPECT_TRUE(loop.run_until([&] { return !d.transport; })) << name(state);
    }
    connect();
    b.die_on_rtp = true;
    ASSERT_TRUE(send_rtp(a, 1));
    ASSERT_TRUE(send_rtp(a, 2));
    EXPECT_TRUE(loop.run_until([&] { return !b.transport; }));
    EXPECT_EQ(b.rtp.size(), 1U);
    EXPECT_TRUE(loop.run_until([&] { return a.transport->dtls_state() == DtlsState::closed; }))
        << "the good-bye has arrived";
}

TEST_F(TransportTest, CanBeDestroyedByTheEventThatStartingDtlsRaises) {
    trickle();
    ASSERT_TRUE(a.transport->ice().set_remote_credentials(b.transport->ice().local_credentials()));
    ASSERT_TRUE(b.transport->ice().set_remote_credentials(a.transport->ice().local_credentials()));
    gather_both();
    ASSERT_TRUE(loop.run_until([&] { return a.transport->ice().state() == IceState::ready; }));
    a.die_on_dtls_state = DtlsState::connecting;
    a.transport->start_dtls(DtlsRole::client,
                            {context_of(DtlsRole::server).certificate().fingerprint()});
    EXPECT_FALSE(a.transport);
}

TEST_F(TransportTest, AWrongFingerprintFailsAndNoMediaPasses) {
    trickle();
    a.start(b);
    ASSERT_TRUE(b.transport->ice().set_remote_credentials(a.transport->ice().local_credentials()));
    b.transport->start_dtls(DtlsRole::server,
                            {context_of(DtlsRole::server).certificate().fingerprint()});
    gather_both();
    EXPECT_TRUE(loop.run_until([&] {
        return a.transport->dtls_state() == DtlsState::failed &&
               b.transport->dtls_state() == DtlsState::failed;
    }));
    EXPECT_FALSE(b.reason.empty());
    EXPECT_FALSE(send_rtp(b, 1));
    EXPECT_EQ(b.transport->counters().unsent_media, 1U);
}

TEST_F(TransportTest, AFingerprintThatComesAfterTheHandshakeCompletesIt) {
    trickle();
    a.start(b);
    ASSERT_TRUE(b.transport->ice().set_remote_credentials(a.transport->ice().local_credentials()));
    b.transport->start_dtls_server();
    gather_both();
    ASSERT_TRUE(loop.run_until([&] { return a.connected(); }));
    EXPECT_EQ(b.transport->dtls_state(), DtlsState::connecting);
    ASSERT_TRUE(send_rtp(a, 1));
    ASSERT_TRUE(loop.run_until([&] { return b.transport->counters().early_media == 1; }));
    b.transport->expect_peer({context_of(DtlsRole::client).certificate().fingerprint()});
    EXPECT_TRUE(b.connected());
    ASSERT_TRUE(send_rtp(a, 2));
    EXPECT_TRUE(loop.run_until([&] { return b.rtp.size() == 1; }));
}

TEST_F(TransportTest, DtlsThatComesBeforeTheAnswerIsAskedForAgain) {
    trickle();
    a.start(b);
    ASSERT_TRUE(b.transport->ice().set_remote_credentials(a.transport->ice().local_credentials()));
    gather_both();
    ASSERT_TRUE(loop.run_until([&] { return b.transport->counters().early_dtls > 0; }));
    b.transport->start_dtls(DtlsRole::server,
                            {context_of(DtlsRole::client).certificate().fingerprint()});
    EXPECT_TRUE(loop.run_until([&] { return a.connected() && b.connected(); }));
}

/// Takes the place of a's DTLS: a bare association over the same ICE transport.
struct BareClient final : IceTransport::Listener {
    BareClient(IceTransport& transport, const DtlsContext& context)
        : ice{transport}, dtls{context, DtlsRole::client} {
        ice.set_listener(this);
        dtls.expect_peer({context_of(DtlsRole::server).certificate().fingerprint()}, Clock::now());
        dtls.start(Clock::now());
        carry();
    }
    void on_local_candidate(std::string_view) override {}
    void on_gathering_done() override {}
    void on_ice_state(IceState) override {}
    void on_selected_pair(std::string_view, std::string_view) override {}
    void on_datagram(MutableBytes datagram, Time arrival) override {
        dtls.receive(datagram, arrival);
        carry();
    }
    void carry() {
        while (auto datagram = dtls.take_datagram()) ice.send(Bytes{*datagram});
        while (auto event = dtls.take_event()) {
            if (auto* connected = std::get_if<DtlsConnected>(&*event)) keys = connected->srtp;
            ended = ended || !keys;
        }
    }
    IceTransport& ice;
    DtlsAssociation dtls;
    std::optional<SrtpKeys> keys;
    bool ended = false;
};

TEST_F(TransportTest, APeerMayBeginANewHandshakeOverARunningAssociation) {
    connect();
    b.dtls_states.clear();
    // Somebody with another certificate gets nowhere, and disturbs nobody.
    const DtlsContext other_context{Certificate::generate()};
    {
        BareClient stranger{a.transport->ice(), other_context};
        ASSERT_TRUE(loop.run_until([&] { return stranger.keys || stranger.ended; }));
        loop.settle();
        ASSERT_TRUE(send_rtp(a, 1)) << "with the keys of before";
        ASSERT_TRUE(loop.run_until([&] { return b.rtp.size() == 1; }));
    }
    // The same peer once more: new keys.
    BareClient client{a.transport->ice(), context_of(DtlsRole::client)};
    ASSERT_TRUE(loop.run_until([&] { return client.keys.has_value(); }));
    SrtpSender sender{client.keys->profile, client.keys->send};
    ByteVector packet(12 + 100 + SrtpSender::kRtpOverhead, 7);
    packet[0] = 0x80;
    packet[1] = 96;
    const auto size = sender.protect_rtp(packet, 112);
    ASSERT_TRUE(size);
    ASSERT_TRUE(a.transport->ice().send(Bytes{packet}.first(*size)));
    EXPECT_TRUE(loop.run_until([&] { return b.rtp.size() == 2; }));
    EXPECT_TRUE(b.dtls_states.empty()) << "for the listener it is one association";

    // And after it said good-bye.
    client.dtls.close();
    client.carry();
    ASSERT_TRUE(loop.run_until([&] { return b.transport->dtls_state() == DtlsState::closed; }));
    BareClient last{a.transport->ice(), context_of(DtlsRole::client)};
    EXPECT_TRUE(loop.run_until([&] { return last.keys && b.connected(); }));
    a.transport->ice().set_listener(nullptr);
}

TEST_F(TransportTest, CloseTellsThePeer) {
    connect();
    a.transport->close();
    EXPECT_EQ(a.transport->dtls_state(), DtlsState::closed);
    EXPECT_TRUE(loop.run_until([&] { return b.transport->dtls_state() == DtlsState::closed; }));
    EXPECT_FALSE(send_rtp(a, 1));
    EXPECT_FALSE(send_rtp(b, 1));
}

TEST_F(TransportTest, ExternalAddressesStandInHostCandidates) {
    IceSettings settings = loopback_settings(DtlsRole::client);
    settings.external_ipv4 = "203.0.113.9";
    Peer c{loop, resolver, DtlsRole::client, settings};
    ASSERT_TRUE(c.transport->ice().gather());
    ASSERT_TRUE(loop.run_until([&] { return c.gathering_done; }));
    ASSERT_EQ(c.candidates.size(), 1U);
    EXPECT_EQ(IceCandidate::parse(c.candidates.front())->address, "203.0.113.9");
}

TEST_F(TransportTest, PacketsCarryTheDscpThatWasAskedFor) {
    IceSettings settings = loopback_settings(DtlsRole::server);
    settings.dscp = 46;
    Peer c{loop, resolver, DtlsRole::server, settings};
    // Somebody who looks at the checks that come.
    const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    const int on = 1;
    setsockopt(socket, IPPROTO_IP, IP_RECVTOS, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    socklen_t size = sizeof address;
    getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
    ASSERT_TRUE(c.transport->ice().set_remote_credentials(IceCredentials::generate()));
    ASSERT_TRUE(c.transport->ice().gather());
    ASSERT_TRUE(c.transport->ice().add_remote_candidate("candidate:1 1 UDP 2113937150 127.0.0.1 " +
                                                        std::to_string(ntohs(address.sin_port)) +
                                                        " typ host"));
    int tos = -1;
    EXPECT_TRUE(loop.run_until([&] {
        std::array<char, 1500> data{};
        std::array<char, 64> control{};
        iovec vector{data.data(), data.size()};
        msghdr message{};
        message.msg_iov = &vector;
        message.msg_iovlen = 1;
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        if (recvmsg(socket, &message, 0) < 0) return tos >= 0;
        for (cmsghdr* c2 = CMSG_FIRSTHDR(&message); c2; c2 = CMSG_NXTHDR(&message, c2))
            if (c2->cmsg_level == IPPROTO_IP && c2->cmsg_type == IP_TOS) tos = *CMSG_DATA(c2);
        return tos >= 0;
    }));
    EXPECT_EQ(tos, 46 << 2);
    close(socket);
}

TEST_F(TransportTest, IceTcpConnectsWhenItIsTheOnlyWay) {
    auto tcp_settings = [](DtlsRole role) {
        IceSettings settings = loopback_settings(role);
        settings.udp = false;
        settings.tcp = true;
        return settings;
    };
    Peer c{loop, resolver, DtlsRole::client, tcp_settings(DtlsRole::client)};
    Peer d{loop, resolver, DtlsRole::server, tcp_settings(DtlsRole::server)};
    c.trickle_to = &d;
    d.trickle_to = &c;
    c.start(d);
    d.start(c);
    ASSERT_TRUE(c.transport->ice().gather());
    ASSERT_TRUE(d.transport->ice().gather());
    EXPECT_TRUE(loop.run_until([&] { return c.connected() && d.connected(); }));
    ASSERT_TRUE(send_rtp(c, 1));
    EXPECT_TRUE(loop.run_until([&] { return d.rtp.size() == 1; }));
}

TEST_F(TransportTest, APortRangeThatIsTakenIsAnErrorAndNothingIsHeardOfIt) {
    IceSettings settings = loopback_settings(DtlsRole::client);
    ASSERT_TRUE(a.transport->ice().gather());
    ASSERT_TRUE(loop.run_until([&] { return a.gathering_done; }));
    settings.min_port = settings.max_port = IceCandidate::parse(a.candidates.front())->port;
    Peer c{loop, resolver, DtlsRole::client, settings};
    auto result = c.transport->ice().gather();
    ASSERT_FALSE(result);
    EXPECT_NE(result.error().message.find(std::to_string(settings.min_port)), std::string::npos);
    EXPECT_TRUE(c.candidates.empty());

    settings.interfaces = {"no-such-interface"};
    Peer d{loop, resolver, DtlsRole::client, settings};
    EXPECT_FALSE(d.transport->ice().gather());
}

TEST_F(TransportTest, SendingBeforeThereIsAPairIsCounted) {
    EXPECT_FALSE(send_rtp(a, 1));
    EXPECT_FALSE(a.transport->ice().send(ByteVector{1, 2}));
    EXPECT_EQ(a.transport->ice().counters().not_sent, 1U);
    EXPECT_FALSE(a.transport->send_data(ByteVector{1}));
}

}  // namespace
}  // namespace rivero::transport
