// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "transport/udp/media_port.hpp"

#include "glib_test_loop.hpp"
#include "transport/dtls_srtp_transport.hpp"
#include "transport/ice/host_resolver.hpp"
#include "transport/ice/nice_ice_transport.hpp"
#include "transport/ice/shared_ice_transport.hpp"
#include "transport/stun/stun_message.hpp"
#include "transport/tcp/framing.hpp"
#include "transport/udp/address_table.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <netinet/in.h>
#include <random>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <unordered_map>

namespace rivero::transport {
namespace {

const DtlsContext& dtls_context() {
    static const DtlsContext context{Certificate::generate()};
    return context;
}

/// One end, over a port that is shared or by libnice.
class End final : public DtlsSrtpTransport::Listener {
public:
    End(GlibTestLoop& loop, MediaPort* port, HostResolver& resolver, bool controlling,
        bool udp = true, bool tcp = false)
        : role{controlling ? DtlsRole::server : DtlsRole::client} {
        IceSettings settings;
        settings.controlling = controlling;
        settings.interfaces = {"lo"};
        settings.ipv6 = false;
        settings.udp = udp;
        settings.tcp = tcp;
        std::unique_ptr<IceTransport> ice;
        if (port) {
            ice = std::make_unique<SharedIceTransport>(loop, *port, resolver, settings);
        } else {
            ice = std::make_unique<NiceIceTransport>(loop, loop.context(), resolver, settings);
        }
        transport = std::make_unique<DtlsSrtpTransport>(loop, std::move(ice), dtls_context());
        transport->set_listener(this);
    }
    void meet(End& other) {
        trickle_to = &other;
        ASSERT_TRUE(
            transport->ice().set_remote_credentials(other.transport->ice().local_credentials()));
        transport->start_dtls(role, {dtls_context().certificate().fingerprint()});
        ASSERT_TRUE(transport->ice().gather());
    }
    void on_local_candidate(std::string_view candidate) override {
        candidates.emplace_back(candidate);
        if (trickle_to && trickle_to->transport) {
            EXPECT_TRUE(trickle_to->transport->ice().add_remote_candidate(candidate));
        }
    }
    void on_gathering_done() override { gathered = true; }
    void on_ice_state(IceState state) override { states.push_back(state); }
    void on_selected_pair(std::string_view local, std::string_view remote) override {
        pairs.emplace_back(std::string{local}, std::string{remote});
    }
    void on_dtls_state(DtlsState state, std::string_view) override {
        if (die_on_dtls == state) transport.reset();
    }
    void on_rtp(MutableBytes packet, Time) override {
        rtp.emplace_back(packet.begin(), packet.end());
    }
    void on_rtcp(Bytes, Time) override {}
    [[nodiscard]] bool connected() const {
        return transport && transport->dtls_state() == DtlsState::connected;
    }
    bool send(std::uint16_t seq, std::uint8_t fill = 0x33, std::size_t size = 800) {
        const ByteVector payload(size, fill);
        const MutableBytes room = transport->room();
        if (room.empty()) return false;
        ByteWriter writer{room};
        writer.u16(0x8060);
        writer.u16(seq);
        writer.u32(1);
        writer.u32(0x1234);
        return transport->send_rtp_from(room, 12, payload);
    }

    DtlsRole role;
    End* trickle_to = nullptr;
    std::optional<DtlsState> die_on_dtls;
    bool gathered = false;
    std::vector<std::string> candidates;
    std::vector<IceState> states;
    std::vector<std::pair<std::string, std::string>> pairs;
    std::vector<ByteVector> rtp;
    std::unique_ptr<DtlsSrtpTransport> transport;
};

class MediaPortTest : public testing::Test {
protected:
    static std::unique_ptr<MediaPort> open(GlibTestLoop& loop, bool loopback = true) {
        MediaPort::Settings settings;
        settings.loopback_only = loopback;
        auto port = MediaPort::open(loop, settings);
        EXPECT_TRUE(port);
        return std::move(*port);
    }
    void connect(End& a, End& b) {
        a.meet(b);
        b.meet(a);
        ASSERT_TRUE(loop.run_until([&] { return a.connected() && b.connected(); }));
    }

    /// From an address of this machine to the port.
    Fd connect_tcp(const std::string& from) {
        Fd fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        sockaddr_storage native{};
        auto size = static_cast<socklen_t>(SocketAddress::parse(from, 0)->write(native));
        EXPECT_EQ(::bind(fd.get(), reinterpret_cast<sockaddr*>(&native), size), 0);
        size =
            static_cast<socklen_t>(SocketAddress::parse("127.0.0.1", port->port())->write(native));
        EXPECT_EQ(::connect(fd.get(), reinterpret_cast<sockaddr*>(&native), size), 0);
        return fd;
    }

    GlibTestLoop loop;
    HostResolver resolver{[](const std::string&) { return std::vector<std::string>{}; }};
    std::unique_ptr<MediaPort> port = open(loop);
};

TEST_F(MediaPortTest, ManyPeersOfLibniceShareOnePort) {
    std::vector<std::unique_ptr<End>> ours, theirs;
    for (int i = 0; i < 8; ++i) {
        ours.push_back(std::make_unique<End>(loop, port.get(), resolver, i % 2 == 0));
        theirs.push_back(std::make_unique<End>(loop, nullptr, resolver, i % 2 != 0));
        ours.back()->meet(*theirs.back());
        theirs.back()->meet(*ours.back());
    }
    ASSERT_TRUE(loop.run_until([&] {
        return std::all_of(ours.begin(), ours.end(), [](auto& e) { return e->connected(); }) &&
               std::all_of(theirs.begin(), theirs.end(), [](auto& e) { return e->connected(); });
    }));
    for (auto& end : ours) {
        ASSERT_EQ(end->candidates.size(), 1U);
        EXPECT_EQ(IceCandidate::parse(end->candidates[0])->port, port->port());
        EXPECT_EQ(end->states.front(), IceState::gathering);
        EXPECT_EQ(end->states.back(), IceState::ready);
        EXPECT_TRUE(end->gathered);
        ASSERT_FALSE(end->pairs.empty());
    }
    // To each something else, all in one turn: nothing is mixed up, nothing out of order.
    for (std::uint16_t seq = 0; seq < 50; ++seq) {
        for (std::size_t i = 0; i < ours.size(); ++i) {
            EXPECT_TRUE(ours[i]->send(seq, static_cast<std::uint8_t>(i)));
            EXPECT_TRUE(theirs[i]->send(seq, static_cast<std::uint8_t>(100 + i)));
        }
    }
    ASSERT_TRUE(loop.run_until([&] {
        return std::all_of(ours.begin(), ours.end(), [](auto& e) { return e->rtp.size() == 50; }) &&
               std::all_of(theirs.begin(), theirs.end(),
                           [](auto& e) { return e->rtp.size() == 50; });
    }));
    for (std::size_t i = 0; i < ours.size(); ++i) {
        for (std::uint16_t seq = 0; seq < 50; ++seq) {
            EXPECT_EQ(theirs[i]->rtp[seq][3], seq);
            EXPECT_EQ(theirs[i]->rtp[seq][20], i);
            EXPECT_EQ(ours[i]->rtp[seq][20], 100 + i);
        }
    }
    const auto& sent = port->socket(false)->batch().counters();
    EXPECT_LT(sent.messages * 4, sent.datagrams) << "segments of one peer go together";
    EXPECT_EQ(sent.failed + sent.refused, 0U);
}

TEST_F(MediaPortTest, BoundToAllAddressesItAnswersFromTheOneThatWasAsked) {
    auto all = open(loop, false);
    End a{loop, all.get(), resolver, true};
    End b{loop, nullptr, resolver, false};
    connect(a, b);
    EXPECT_TRUE(a.send(1));
    EXPECT_TRUE(loop.run_until([&] { return b.rtp.size() == 1; }));
}

TEST_F(MediaPortTest, TwoPeersOfOnePortConnectToEachOther) {
    // Both ends have the same address: one of them moves to a port of its own.
    for (int i = 0; i < 3; ++i) {
        End a{loop, port.get(), resolver, true};
        End b{loop, port.get(), resolver, false};
        connect(a, b);
        EXPECT_TRUE(a.send(1));
        EXPECT_TRUE(b.send(2));
        EXPECT_TRUE(loop.run_until([&] { return b.rtp.size() == 1 && a.rtp.size() == 1; }));
    }
}

TEST_F(MediaPortTest, SeveralPeersBetweenTwoPortsConnect) {
    // As between two servers: all pairs of addresses are the same.
    auto other = open(loop);
    std::vector<std::unique_ptr<End>> ends;
    for (int i = 0; i < 4; ++i) {
        ends.push_back(std::make_unique<End>(loop, port.get(), resolver, true));
        ends.push_back(std::make_unique<End>(loop, other.get(), resolver, false));
        End& a = *ends[ends.size() - 2];
        End& b = *ends.back();
        connect(a, b);
        EXPECT_TRUE(a.send(1, static_cast<std::uint8_t>(i)));
        EXPECT_TRUE(b.send(2, static_cast<std::uint8_t>(i)));
        ASSERT_TRUE(loop.run_until([&] { return b.rtp.size() == 1 && a.rtp.size() == 1; }));
        EXPECT_EQ(b.rtp[0][20], i);
        EXPECT_EQ(a.rtp[0][20], i);
    }
    ends.clear();
}

TEST_F(MediaPortTest, ConnectsByTcpOnTheSamePort) {
    End a{loop, port.get(), resolver, true, false, true};
    End b{loop, nullptr, resolver, false, false, true};
    connect(a, b);
    ASSERT_FALSE(a.candidates.empty());
    const auto candidate = IceCandidate::parse(a.candidates[0]);
    EXPECT_EQ(candidate->tcp_type, IceTcpType::passive);
    EXPECT_EQ(candidate->port, port->port());
    for (std::uint16_t seq = 0; seq < 100; ++seq) {
        EXPECT_TRUE(a.send(seq));
        EXPECT_TRUE(b.send(seq));
    }
    EXPECT_TRUE(loop.run_until([&] { return b.rtp.size() == 100 && a.rtp.size() == 100; }));
    EXPECT_EQ(b.rtp[99][3], 99);
    // The end of the connection is the end of the path.
    b.transport.reset();
    EXPECT_TRUE(loop.run_until([&] { return a.states.back() == IceState::failed; }));
}

TEST_F(MediaPortTest, TcpConnectionsOfNobodyAreBounded) {
    std::vector<Fd> connections;
    for (int i = 0; i < 40; ++i) connections.push_back(connect_tcp("127.0.0.1"));
    ASSERT_TRUE(
        loop.run_until([&] { return port->tcp()->counters().accepted == connections.size(); }));
    EXPECT_EQ(port->tcp()->connections(), Newcomers::kMaxOfNetwork);
    EXPECT_EQ(port->tcp()->counters().displaced, 40 - Newcomers::kMaxOfNetwork);
    std::array<std::uint8_t, 1> end;
    EXPECT_EQ(::recv(connections.front().get(), end.data(), end.size(), 0), 0) << "the oldest";
    // Garbage ends a connection; so does time.
    const std::array<std::uint8_t, 4> huge{0xff, 0xff, 1, 2};
    EXPECT_EQ(::send(connections.back().get(), huge.data(), huge.size(), MSG_NOSIGNAL), 4);
    EXPECT_TRUE(
        loop.run_until([&] { return port->tcp()->connections() < Newcomers::kMaxOfNetwork; }));
    port->tcp()->on_deadline(Clock::now() + TcpPort::kPatience);
    EXPECT_EQ(port->tcp()->connections(), 0U);
}

TEST_F(MediaPortTest, WhoHoldsConnectionsOpenKeepsNobodyOut) {
    std::vector<Fd> idle;
    for (int i = 0; i < 160; ++i) {
        idle.push_back(connect_tcp("127.0.0." + std::to_string(2 + i / 16)));
        // The kernel's queue is no longer than this.
        if (i % 32 == 31) loop.turn();
    }
    ASSERT_TRUE(loop.run_until([&] {
        const auto& counters = port->tcp()->counters();
        return counters.accepted + counters.refused == idle.size();
    }));
    End a{loop, port.get(), resolver, true, false, true};
    End b{loop, nullptr, resolver, false, false, true};
    connect(a, b);
    EXPECT_EQ(port->tcp()->counters().refused, 0U);
    EXPECT_LE(port->tcp()->unowned(), Newcomers::kMax);
}

TEST_F(MediaPortTest, WithoutADescriptorNobodyIsAcceptedAndNothingSpins) {
    auto connect = [&] { return connect_tcp("127.0.0.1"); };
    const Fd client = connect();
    rlimit before{};
    ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
    rlimit few = before;
    few.rlim_cur = std::min<rlim_t>(256, before.rlim_cur);
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
    std::vector<Fd> taken;
    for (int fd = 0; (fd = ::dup(client.get())) >= 0;) taken.emplace_back(fd);
    int turns = 0;
    while (turns < 100 && loop.turn()) ++turns;
    taken.clear();
    setrlimit(RLIMIT_NOFILE, &before);
    EXPECT_LT(turns, 10) << "woken for what it cannot take";
    EXPECT_EQ(port->tcp()->counters().no_descriptor, 1U);
    EXPECT_TRUE(loop.run_until([&] { return port->tcp()->connections() == 1; }))
        << "and it goes on when there are descriptors again";
}

TEST_F(MediaPortTest, ConnectionsThatSayLittleOrNonsenseLeaveNothing) {
    auto connect = [&] { return connect_tcp("127.0.0.1"); };
    // Half a length, half a frame, frames of nothing, frames of nobody.
    const Fd length = connect();
    EXPECT_EQ(::send(length.get(), "\0", 1, 0), 1);
    const Fd half = connect();
    EXPECT_EQ(::send(half.get(), "\0\x40only so much", 14, 0), 14);
    const Fd empty = connect();
    const ByteVector zeros(60000, 0);
    EXPECT_GT(::send(empty.get(), zeros.data(), zeros.size(), 0), 0);
    const Fd nobody = connect();
    const ByteVector hello{0, 14, 22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1};
    EXPECT_EQ(::send(nobody.get(), hello.data(), hello.size(), 0),
              static_cast<ssize_t>(hello.size()));
    // One that ends at once, and one whose frame is longer than any datagram: we end it.
    { const Fd gone = connect(); }
    const Fd oversized = connect();
    EXPECT_EQ(::send(oversized.get(), "\x08\x01....", 6, 0), 6);
    ASSERT_TRUE(loop.run_until([&] {
        return port->tcp()->counters().accepted == 6 && port->counters().unknown_address == 1 &&
               port->tcp()->connections() == 4;
    }));
    EXPECT_EQ(port->tcp()->unowned(), 4U);
    port->tcp()->on_deadline(Clock::now() + TcpPort::kPatience);
    EXPECT_EQ(port->tcp()->connections(), 0U);
    std::array<std::uint8_t, 10> answer;
    EXPECT_EQ(::recv(nobody.get(), answer.data(), answer.size(), 0), 0) << "not one byte";
    EXPECT_LE(::recv(oversized.get(), answer.data(), answer.size(), 0), 0);
}

TEST_F(MediaPortTest, AFullSocketThatWasEmptiedMeanwhileDoesNotSpin) {
    // A pair of local sockets in place of the port's: here "full" is real.
    std::array<int, 2> fds{};
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, fds.data()), 0);
    const Fd reader{fds[1]};
    ASSERT_GE(dup2(fds[0], port->socket(false)->fd()), 0);
    { const Fd same{fds[0]}; }
    SendBatch& batch = port->socket(false)->batch();
    batch.disable_segmentation();
    SendBatch::Lane lane;
    while (batch.counters().would_block == 0) {
        ASSERT_FALSE(batch.room().empty());
        batch.commit({}, lane, 1000);
        port->flush();
    }
    std::array<std::uint8_t, 2000> buffer;
    auto drain = [&] {
        while (::recv(reader.get(), buffer.data(), buffer.size(), 0) >= 0) {
        }
    };
    drain();
    EXPECT_TRUE(batch.flush());  // as room() does when the batch is full
    drain();
    int turns = 0;
    while (turns < 100 && loop.turn()) ++turns;
    EXPECT_LT(turns, 10) << "woken with nothing to send";
}

/// What comes for one user of the port.
class Recorder final : public MediaPort::Client {
public:
    explicit Recorder(MediaPort& port) : port_{port}, id{port.join(*this)} {}
    ~Recorder() { port_.leave(id); }
    Recorder(const Recorder&) = delete;
    Recorder& operator=(const Recorder&) = delete;
    void on_stun(MediaPort&, const IcePath&, Bytes, Time) override {}
    void on_datagram(MediaPort&, const SocketAddress&, bool, MutableBytes, Time) override {
        ++datagrams;
    }
    void on_path_closed(const IcePath&) override { ++closed; }

private:
    MediaPort& port_;

public:
    std::uint32_t id;
    int datagrams = 0;
    int closed = 0;
};

TEST_F(MediaPortTest, AnAddressIsTheLastOnesUntilItIsClaimed) {
    Recorder a{*port}, b{*port};
    Fd fd{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    sockaddr_storage native{};
    socklen_t size = static_cast<socklen_t>(SocketAddress::parse("127.0.0.1", 0)->write(native));
    ASSERT_EQ(::bind(fd.get(), reinterpret_cast<sockaddr*>(&native), size), 0);
    ASSERT_EQ(getsockname(fd.get(), reinterpret_cast<sockaddr*>(&native), &size), 0);
    const IcePath path{*SocketAddress::parse("127.0.0.1", port->port()),
                       SocketAddress::from(reinterpret_cast<sockaddr&>(native)), false};
    path.local.write(native);
    auto sent_to = [&] {
        const int before_a = a.datagrams, before_b = b.datagrams;
        const auto unknown = port->counters().unknown_address;
        const std::array<std::uint8_t, 20> rtp{0x80, 96};
        EXPECT_EQ(::sendto(fd.get(), rtp.data(), rtp.size(), 0,
                           reinterpret_cast<sockaddr*>(&native), size),
                  20);
        EXPECT_TRUE(loop.run_until([&] {
            return a.datagrams + b.datagrams + static_cast<int>(port->counters().unknown_address) !=
                   before_a + before_b + static_cast<int>(unknown);
        }));
        return a.datagrams > before_a ? 'a' : b.datagrams > before_b ? 'b' : '-';
    };
    EXPECT_EQ(sent_to(), '-');
    EXPECT_TRUE(port->expect(a.id, path));
    EXPECT_EQ(sent_to(), 'a');
    EXPECT_TRUE(port->expect(b.id, path)) << "it may be b's as well";
    EXPECT_EQ(sent_to(), 'b');
    EXPECT_TRUE(port->expect(a.id, path));
    EXPECT_TRUE(port->claim(b.id, path));
    EXPECT_EQ(sent_to(), 'b');
    EXPECT_FALSE(port->expect(a.id, path)) << "a request, replayed perhaps, takes nothing away";
    EXPECT_FALSE(port->claim(a.id, path));
    port->release(a.id, path);
    EXPECT_EQ(sent_to(), 'b');
    port->release(b.id, path);
    EXPECT_EQ(sent_to(), '-');
    EXPECT_TRUE(port->claim(a.id, path));
    EXPECT_EQ(sent_to(), 'a');
}

TEST_F(MediaPortTest, AddressesOfOnePeerAreBoundedAndTheOldestGoes) {
    Recorder a{*port}, b{*port};
    auto path = [&](std::size_t i) {
        return IcePath{*SocketAddress::parse("127.0.0.1", port->port()),
                       *SocketAddress::parse("10.0.0.1", static_cast<std::uint16_t>(1000 + i)),
                       false};
    };
    constexpr std::size_t kMany = 10 * MediaPort::kMaxAddresses;
    for (std::size_t i = 0; i < kMany; ++i) {
        EXPECT_TRUE(port->expect(a.id, path(i)));
        EXPECT_TRUE(port->claim(a.id, path(i))) << "also after many others: " << i;
        EXPECT_TRUE(port->claim(a.id, path(0))) << "the one that is in use";
    }
    EXPECT_FALSE(port->claim(b.id, path(0)));
    EXPECT_FALSE(port->claim(b.id, path(kMany - 1)));
    EXPECT_TRUE(port->claim(b.id, path(1))) << "let go";
    // What only sends requests pushes nobody out.
    for (std::size_t i = kMany; i < 2 * kMany; ++i) EXPECT_TRUE(port->expect(a.id, path(i)));
    EXPECT_FALSE(port->claim(b.id, path(0)));
    EXPECT_FALSE(port->claim(b.id, path(kMany - 1)));
}

TEST_F(MediaPortTest, PacketsCarryTheDscpThatWasAskedFor) {
    for (const bool ipv6 : {false, true}) {
        if (ipv6 && !port->socket(true)) continue;  // a machine without
        auto all = open(loop, false);
        for (MediaPort* from : {port.get(), all.get()}) {
            for (const std::optional<std::uint8_t> dscp :
                 {std::optional<std::uint8_t>{46}, std::optional<std::uint8_t>{}}) {
                const Fd fd{::socket(ipv6 ? AF_INET6 : AF_INET,
                                     SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
                const int on = 1;
                ASSERT_EQ(setsockopt(fd.get(), ipv6 ? IPPROTO_IPV6 : IPPROTO_IP,
                                     ipv6 ? IPV6_RECVTCLASS : IP_RECVTOS, &on, sizeof on),
                          0);
                sockaddr_storage native{};
                const std::string loopback = ipv6 ? "::1" : "127.0.0.1";
                auto size =
                    static_cast<socklen_t>(SocketAddress::parse(loopback, 0)->write(native));
                ASSERT_EQ(::bind(fd.get(), reinterpret_cast<sockaddr*>(&native), size), 0);
                ASSERT_EQ(getsockname(fd.get(), reinterpret_cast<sockaddr*>(&native), &size), 0);
                const IcePath path{*SocketAddress::parse(loopback, from->port()),
                                   SocketAddress::from(reinterpret_cast<sockaddr&>(native)), false};
                const ByteVector datagram(100, 0x80);
                // Several, which leave together.
                for (int i = 0; i < 3; ++i) from->send(path, datagram, dscp);
                loop.settle();
                int got = 0;
                EXPECT_TRUE(loop.run_until([&] {
                    std::array<char, 1500> data{};
                    alignas(cmsghdr) std::array<char, 64> control{};
                    iovec vector{data.data(), data.size()};
                    msghdr message{};
                    message.msg_iov = &vector;
                    message.msg_iovlen = 1;
                    message.msg_control = control.data();
                    message.msg_controllen = control.size();
                    while (::recvmsg(fd.get(), &message, 0) >= 0) {
                        int value = 0;
                        const cmsghdr* c = CMSG_FIRSTHDR(&message);
                        if (c && c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_TCLASS)
                            std::memcpy(&value, CMSG_DATA(c), sizeof value);
                        if (c && c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TOS)
                            value = *CMSG_DATA(c);
                        EXPECT_EQ(value, dscp ? *dscp << 2 : 0) << loopback;
                        ++got;
                        message.msg_controllen = control.size();
                    }
                    return got == 3;
                }));
            }
        }
    }
}

TEST_F(MediaPortTest, StrangersAreCountedAndNothingElse) {
    Fd fd{::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    sockaddr_storage native{};
    const auto size =
        static_cast<socklen_t>(SocketAddress::parse("127.0.0.1", port->port())->write(native));
    auto send = [&](Bytes bytes) {
        EXPECT_EQ(::sendto(fd.get(), bytes.data(), bytes.size(), 0,
                           reinterpret_cast<sockaddr*>(&native), size),
                  static_cast<ssize_t>(bytes.size()));
    };
    const ByteVector hello{22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1};
    const ByteVector rtp(40, 0x80);
    StunWriter writer{StunClass::request, {1}};
    writer.username("nobody:here");
    send(hello);
    send(rtp);
    send(writer.finish("whatever-it-is-whatever"));
    send(ByteVector(3000, 1));
    EXPECT_TRUE(loop.run_until([&] {
        return port->counters().unknown_address == 2 && port->counters().unknown_name == 1 &&
               port->socket(false)->counters().truncated == 1;
    }));
    std::array<std::uint8_t, 100> answer;
    EXPECT_LT(::recv(fd.get(), answer.data(), answer.size(), 0), 0) << "not one byte";
}

TEST_F(MediaPortTest, DtlsFromWhereNobodyHasAnsweredACheckIsNotHeard) {
    for (MediaPort* shared : {port.get(), static_cast<MediaPort*>(nullptr)}) {
        End a{loop, shared, resolver, true};
        End b{loop, nullptr, resolver, false};
        connect(a, b);
        const auto pair = IceCandidate::parse(a.pairs.back().first);
        ASSERT_TRUE(pair);
        Fd fd{::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
        sockaddr_storage native{};
        const auto size =
            static_cast<socklen_t>(SocketAddress::parse(pair->address, pair->port)->write(native));
        const auto send = [&](Bytes bytes) {
            EXPECT_EQ(::sendto(fd.get(), bytes.data(), bytes.size(), 0,
                               reinterpret_cast<sockaddr*>(&native), size),
                      static_cast<ssize_t>(bytes.size()));
        };
        const auto& hellos = a.transport->hellos();
        const auto before = hellos.challenged + hellos.begun + hellos.dropped;
        // As who has heard a request of the peer would replay it. libnice would believe him.
        const auto& ours = a.transport->ice().local_credentials();
        StunWriter writer{StunClass::request, {1}};
        writer.username(ours.ufrag + ":" + b.transport->ice().local_credentials().ufrag);
        writer.priority(1);
        writer.controlled(1);
        if (shared) send(writer.finish(ours.pwd));
        DtlsAssociation stranger{dtls_context(), DtlsRole::client};
        stranger.start(Clock::now());
        send(stranger.take_datagram().value());
        const std::size_t heard = a.rtp.size();
        ASSERT_TRUE(b.send(1));
        ASSERT_TRUE(loop.run_until([&] {
            return a.rtp.size() > heard &&
                   (!shared || a.transport->ice().counters().dtls_of_strangers == 1);
        }));
        EXPECT_EQ(hellos.challenged + hellos.begun + hellos.dropped, before);
        EXPECT_EQ(a.transport->counters().strange_dtls, 0U);
    }
}

TEST_F(MediaPortTest, APeerCanBeDestroyedInItsEvents) {
    for (DtlsState state : {DtlsState::connecting, DtlsState::connected}) {
        End a{loop, port.get(), resolver, true};
        End b{loop, nullptr, resolver, false};
        a.die_on_dtls = state;
        a.meet(b);
        b.meet(a);
        EXPECT_TRUE(loop.run_until([&] { return !a.transport; }));
    }
}

TEST_F(MediaPortTest, MediaGoesOnDuringARestart) {
    End a{loop, port.get(), resolver, true};
    End b{loop, nullptr, resolver, false};
    connect(a, b);
    const IceCredentials fresh_a = IceCredentials::generate();
    const IceCredentials fresh_b = IceCredentials::generate();
    ASSERT_TRUE(a.transport->ice().restart(fresh_a));
    ASSERT_TRUE(b.transport->ice().restart(fresh_b));
    EXPECT_TRUE(a.send(1));
    ASSERT_TRUE(a.transport->ice().set_remote_credentials(fresh_b));
    ASSERT_TRUE(b.transport->ice().set_remote_credentials(fresh_a));
    for (auto& c : std::vector<std::string>{a.candidates})
        ASSERT_TRUE(b.transport->ice().add_remote_candidate(c));
    for (auto& c : std::vector<std::string>{b.candidates})
        ASSERT_TRUE(a.transport->ice().add_remote_candidate(c));
    EXPECT_TRUE(a.send(2));
    a.states.clear();
    EXPECT_TRUE(
        loop.run_until([&] { return !a.states.empty() && a.states.back() == IceState::ready; }));
    EXPECT_TRUE(a.send(3));
    EXPECT_TRUE(loop.run_until([&] { return b.rtp.size() == 3; }));
}

TEST(UdpSocket, SaysWhatTheKernelGrantsAndHowManyDatagramsFoundNoRoom) {
    auto receiver = UdpSocket::open(*SocketAddress::parse("127.0.0.1", 0));
    auto sender = UdpSocket::open(*SocketAddress::parse("127.0.0.1", 0));
    ASSERT_TRUE(receiver && sender);
    EXPECT_GT((*receiver)->granted().receive, 0);
    EXPECT_LE((*receiver)->granted().receive, UdpSocket::kBuffer);
    EXPECT_GT((*receiver)->granted().send, 0);
    // Whoever may administer the network is granted all, whatever net.core.rmem_max says.
    const int all = UdpSocket::kBuffer;
    if (setsockopt((*sender)->fd(), SOL_SOCKET, SO_RCVBUFFORCE, &all, sizeof all) == 0) {
        EXPECT_TRUE((*receiver)->granted().whole());
    }
    EXPECT_EQ((*receiver)->overflowed(), 0U);
    // Less than anybody has.
    const int few = 4096;
    ASSERT_EQ(setsockopt((*receiver)->fd(), SOL_SOCKET, SO_RCVBUF, &few, sizeof few), 0);
    EXPECT_FALSE((*receiver)->granted().whole());
    const auto to = (*sender)->destination((*receiver)->bound(), (*sender)->bound(), std::nullopt);
    SendBatch& batch = (*sender)->batch();
    for (int i = 0; i < 100; ++i) {
        SendBatch::Lane lane;
        EXPECT_FALSE(batch.room().empty());
        batch.commit(to, lane, 1000);
    }
    EXPECT_TRUE(batch.flush());
    std::size_t taken = 0;
    while (const auto n = (*receiver)->receive([](const UdpSocket::Received&) {})) taken += n;
    EXPECT_LT(taken, 100U);
    EXPECT_EQ((*receiver)->overflowed(), 100 - taken);
}

TEST(SendBatch, SocketsThatAreFullLoseNoOrder) {
    // A pair of local sockets: here "full" is real.
    std::array<int, 2> fds{};
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, fds.data()), 0);
    const Fd writer{fds[0]};
    const Fd reader{fds[1]};
    SendBatch batch{writer.get()};
    batch.disable_segmentation();
    SendBatch::Lane lane;
    const SendBatch::Destination nowhere;  // connected
    std::uint32_t taken = 0;
    for (std::uint32_t i = 0; i < 3000; ++i) {
        const MutableBytes room = batch.room();
        if (room.empty()) break;
        ByteWriter{room}.u32(i);
        batch.commit(nowhere, lane, 1000);
        ++taken;
    }
    EXPECT_LT(taken, 3000U) << "bounded";
    EXPECT_GT(batch.counters().would_block, 0U);
    EXPECT_GT(batch.counters().refused, 0U);
    std::uint32_t next = 0;
    std::array<std::uint8_t, 2000> buffer;
    for (;;) {
        const auto n = ::recv(reader.get(), buffer.data(), buffer.size(), 0);
        if (n < 0 && batch.empty()) break;
        if (n < 0) {
            batch.flush();
            continue;
        }
        ASSERT_EQ(n, 1000);
        ASSERT_EQ(ByteReader{buffer}.u32(), next);
        ++next;
    }
    EXPECT_EQ(next, taken) << "what was taken arrives";
}

TEST(SendBatch, SegmentsHaveOneSizeAndAnotherSizeBeginsAnew) {
    auto receiver = UdpSocket::open(*SocketAddress::parse("127.0.0.1", 0));
    auto sender = UdpSocket::open(*SocketAddress::parse("127.0.0.1", 0));
    ASSERT_TRUE(receiver && sender);
    SendBatch& batch = (*sender)->batch();
    const auto to = (*sender)->destination((*receiver)->bound(), (*sender)->bound(), std::nullopt);
    SendBatch::Lane lane;
    const std::vector<std::size_t> sizes{500, 500, 500, 300, 300, 700, 700, 100};
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        const MutableBytes room = batch.room();
        room[0] = static_cast<std::uint8_t>(i);
        batch.commit(to, lane, sizes[i]);
    }
    EXPECT_TRUE(batch.flush());
    EXPECT_EQ(batch.counters().messages, 3U);  // 500 500 500 300 | 300 | 700 700 100
    std::vector<std::size_t> got;
    while (got.size() < sizes.size()) {
        (*receiver)->receive([&](const UdpSocket::Received& one) {
            EXPECT_EQ(one.bytes[0], got.size());
            got.push_back(one.bytes.size());
        });
    }
    EXPECT_EQ(got, sizes);
}

TEST(SendBatch, AWayThatCannotSegmentIsNoReasonToSendAllOneByOne) {
    // The kernel segments nothing for UDP-Lite.
    const Fd fd{::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDPLITE)};
    if (fd.get() < 0) GTEST_SKIP() << "no UDP-Lite here";
    SendBatch batch{fd.get()};
    auto calls_for_five = [&batch](const std::string& ip) {
        const auto before = batch.counters().system_calls;
        const SendBatch::Destination to{*SocketAddress::parse(ip, 9), std::nullopt, std::nullopt};
        SendBatch::Lane lane;
        for (int i = 0; i < 5; ++i) {
            EXPECT_FALSE(batch.room().empty());
            batch.commit(to, lane, 500);
        }
        EXPECT_TRUE(batch.flush());
        return batch.counters().system_calls - before;
    };
    EXPECT_EQ(calls_for_five("127.0.0.1"), 6U) << "in vain together, then one by one";
    EXPECT_EQ(calls_for_five("127.0.0.1"), 1U) << "as five messages";
    EXPECT_EQ(calls_for_five("127.0.0.2"), 6U) << "another way is tried";
    EXPECT_EQ(batch.counters().datagrams, 15U);
}

TEST(SegmentationRefusals, HoldForOneDestinationAndForAWhile) {
    SegmentationRefusals refusals;
    const Time now{1h};
    auto to = [](std::size_t i, std::uint16_t port = 9) {
        return *SocketAddress::parse("10.0.0." + std::to_string(i), port);
    };
    EXPECT_TRUE(refusals.none());
    refusals.add(to(1), now);
    EXPECT_FALSE(refusals.allows(to(1, 10), now + 59s)) << "the way is that of the address";
    EXPECT_TRUE(refusals.allows(to(2), now));
    EXPECT_TRUE(refusals.allows(to(1), now + 60s));
    EXPECT_TRUE(refusals.none());
    for (std::size_t i = 0; i <= SegmentationRefusals::kMax; ++i) refusals.add(to(i), now);
    EXPECT_FALSE(refusals.allows(to(200), now + 59s)) << "all of them";
    EXPECT_TRUE(refusals.allows(to(200), now + 60s));
    EXPECT_TRUE(refusals.none());
}

TEST(AddressTable, IsAMap) {
    AddressTable table;
    std::unordered_map<SocketAddress, std::uint32_t> model;
    std::minstd_rand dice{7};
    for (std::uint32_t i = 0; i < 20000; ++i) {
        const bool six = dice() % 4 == 0;
        const auto a =
            *SocketAddress::parse(six ? "2001:db8::" + std::to_string(dice() % 9) : "10.0.0.1",
                                  static_cast<std::uint16_t>(dice() % 300));
        if (dice() % 3 == 0) {
            table.erase(a);
            model.erase(a);
        } else {
            table.insert(a, i);
            model[a] = i;
        }
        ASSERT_EQ(table.size(), model.size());
        const auto found = table.find(a);
        ASSERT_EQ(found.has_value(), model.contains(a));
    }
    for (const auto& [address, owner] : model) EXPECT_EQ(table.find(address), owner);
}

TEST(Deframer, FindsFramesInAnyPieces) {
    ByteVector stream;
    for (std::size_t size : {1U, 2048U, 0U, 700U, 3U}) {
        stream.push_back(static_cast<std::uint8_t>(size >> 8));
        stream.push_back(static_cast<std::uint8_t>(size));
        stream.insert(stream.end(), size, static_cast<std::uint8_t>(size));
    }
    for (std::size_t piece : {1U, 2U, 7U, 1000U, 4000U}) {
        Deframer deframer;
        std::vector<std::size_t> sizes;
        for (std::size_t at = 0; at < stream.size();) {
            const MutableBytes room = deframer.room();
            const std::size_t n = std::min({piece, room.size(), stream.size() - at});
            std::copy_n(stream.begin() + static_cast<std::ptrdiff_t>(at), n, room.begin());
            deframer.filled(n);
            at += n;
            while (auto frame = deframer.next()) sizes.push_back(frame->size());
        }
        EXPECT_EQ(sizes, (std::vector<std::size_t>{1, 2048, 700, 3})) << piece;
    }
    Deframer deframer;
    const MutableBytes room = deframer.room();
    room[0] = 0x08;
    room[1] = 0x01;  // 2049
    deframer.filled(2);
    EXPECT_FALSE(deframer.next());
    EXPECT_TRUE(deframer.broken());
}

}  // namespace
}  // namespace rivero::transport
