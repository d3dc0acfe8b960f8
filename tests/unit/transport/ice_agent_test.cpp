// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "transport/ice/ice_agent.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

namespace rivero::transport {
namespace {

SocketAddress address(const std::string& ip, std::uint16_t port) {
    return *SocketAddress::parse(ip, port);
}
IceCandidate host(const SocketAddress& at, std::uint32_t priority, bool tcp = false) {
    IceCandidate candidate;
    candidate.foundation = "1";
    candidate.address = at.ip_text();
    candidate.port = at.port;
    candidate.priority = priority;
    candidate.tcp = tcp;
    if (tcp) candidate.tcp_type = IceTcpType::passive;
    return candidate;
}
const IceCredentials kLeft{"leftleft", "leftpasswordleftpassword"};
const IceCredentials kRight{"rightrig", "rightpasswordrightpasswo"};

/// Carries STUN between agents in virtual time.
class Network {
public:
    class End final : public IceAgent::Shell {
    public:
        End(Network& network, const IceCredentials& local, bool controlling, bool consent = true)
            : network_{network},
              random_{network.ids_ + 1},
              agent{*this, {local, controlling, consent, ++network.ids_, [this](MutableBytes to) {
                                for (auto& byte : to) byte = static_cast<std::uint8_t>(random_());
                            }}} {
            network.ends_.push_back(this);
        }
        void send_stun(const IcePath& path, Bytes message) override {
            bytes_out[path.remote] += message.size();
            ++sent;
            network_.carry(*this, path, ByteVector(message.begin(), message.end()));
        }
        bool expect(const IcePath& path) override {
            if (refused.contains(path.remote.text())) return false;
            expected.insert(path.remote.text());
            return true;
        }
        bool admit(const IcePath& path) override {
            admitted.insert(path.remote.text());
            return expect(path);
        }
        void forget(const IcePath& path) override {
            admitted.erase(path.remote.text());
            expected.erase(path.remote.text());
        }
        void add(const SocketAddress& at, std::uint32_t priority = 100) {
            network_.owners_[at] = this;
            agent.add_local(at, host(at, priority), network_.now);
        }
        void pump() {
            while (auto event = agent.take_event()) {
                if (auto* state = std::get_if<IceStateChanged>(&*event)) {
                    states.push_back(state->state);
                } else {
                    pairs.push_back(std::get<IcePathSelected>(*event).path);
                }
            }
        }

        Network& network_;
        std::minstd_rand random_;
        IceAgent agent;
        std::vector<IceState> states;
        std::vector<IcePath> pairs;
        std::set<std::string> refused;
        std::set<std::string> admitted, expected;  ///< and not forgotten
        std::map<SocketAddress, std::size_t, bool (*)(const SocketAddress&, const SocketAddress&)>
            bytes_out{
                [](const SocketAddress& a, const SocketAddress& b) { return a.text() < b.text(); }};
        int sent = 0;
    };

    void carry(End&, const IcePath& path, ByteVector message) {
        if ((lose && lose(path)) || (lose_message && lose_message(path, message))) return;
        SocketAddress from = path.local;
        for (auto& [inner, outer] : nat)
            if (inner == from) from = outer;
        queue_.push_back({now + delay, from, path.remote, path.tcp, std::move(message)});
    }
    /// A datagram that nobody of the two sends.
    void inject(End& to, const IcePath& path, Bytes message) {
        to.agent.receive(now, path, message);
        to.pump();
    }
    void run_for(Duration duration) {
        const Time end = now + duration;
        for (;;) {
            std::optional<Time> next;
            for (auto& flight : queue_)
                if (!next || flight.at < *next) next = flight.at;
            for (End* one : ends_) {
                one->pump();
                auto deadline = one->agent.next_deadline();
                if (deadline && (!next || *deadline < *next)) next = std::max(*deadline, now);
            }
            if (!next || *next > end) break;
            now = *next;
            deliver();
            for (End* one : ends_) {
                auto deadline = one->agent.next_deadline();
                if (deadline && *deadline <= now) one->agent.on_deadline(now);
                one->pump();
            }
        }
        now = end;
    }
    void deliver() {
        std::vector<Flight> due;
        std::erase_if(queue_, [&](Flight& flight) {
            if (flight.at > now) return false;
            due.push_back(flight);
            return true;
        });
        for (Flight& flight : due) {
            SocketAddress to = flight.to;
            for (auto& [inner, outer] : nat)
                if (outer == to) to = inner;
            auto owner = owners_.find(to);
            if (owner == owners_.end()) continue;
            owner->second->agent.receive(now, {to, flight.from, flight.tcp}, flight.message);
            owner->second->pump();
        }
    }

    Time now{std::chrono::hours{1}};
    Duration delay = 5ms;
    std::function<bool(const IcePath&)> lose;
    std::function<bool(const IcePath&, Bytes)> lose_message;
    std::vector<std::pair<SocketAddress, SocketAddress>> nat;  ///< inner, outer

private:
    friend class End;
    struct Flight {
        Time at;
        SocketAddress from, to;
        bool tcp;
        ByteVector message;
    };
    std::vector<Flight> queue_;
    std::vector<End*> ends_;
    std::map<SocketAddress, End*, bool (*)(const SocketAddress&, const SocketAddress&)> owners_{
        [](const SocketAddress& a, const SocketAddress& b) { return a.text() < b.text(); }};
    std::uint32_t ids_ = 0;
};

const SocketAddress kA = address("10.0.0.1", 1000);
const SocketAddress kB = address("10.0.0.2", 2000);

class IceAgentTest : public testing::Test {
protected:
    void know_each_other() {
        left.agent.set_remote(right.agent.local_credentials(), false, net.now);
        right.agent.set_remote(left.agent.local_credentials(), false, net.now);
    }
    void connect() {
        left.add(kA);
        right.add(kB);
        know_each_other();
        EXPECT_TRUE(left.agent.add_remote(host(kB, 100), net.now));
        EXPECT_TRUE(right.agent.add_remote(host(kA, 100), net.now));
        net.run_for(1s);
        ASSERT_EQ(left.agent.state(), IceState::ready);
        ASSERT_EQ(right.agent.state(), IceState::ready);
    }
    /// A check of somebody to `left`.
    ByteVector check(std::string_view username, std::string_view password, bool use_candidate,
                     bool controlling = false) {
        StunWriter writer{StunClass::request, {9, 9, 9, ++serial}};
        if (!username.empty()) writer.username(username);
        writer.priority(77);
        if (use_candidate) writer.use_candidate();
        controlling ? writer.controlling(5) : writer.controlled(5);
        const Bytes bytes = writer.finish(password);
        return {bytes.begin(), bytes.end()};
    }

    Network net;
    Network::End left{net, kLeft, true};
    Network::End right{net, kRight, false};
    std::uint8_t serial = 0;
};

TEST_F(IceAgentTest, TwoAgentsConnect) {
    connect();
    EXPECT_EQ(left.states, (std::vector{IceState::gathering, IceState::connecting,
                                        IceState::connected, IceState::ready}));
    EXPECT_EQ(right.states, left.states);
    ASSERT_EQ(left.pairs.size(), 1U);
    EXPECT_EQ(left.pairs[0], (IcePath{kA, kB}));
    EXPECT_EQ(right.pairs[0], (IcePath{kB, kA}));
    EXPECT_LT(left.sent, 12) << "a handful of messages, no storm";
}

TEST_F(IceAgentTest, OneCheckAndItsAnswerAreEnoughToBeNominated) {
    net.delay = 1ms;
    left.add(kA);
    right.add(kB);
    know_each_other();
    left.agent.add_remote(host(kB, 100), net.now);
    net.run_for(10ms);
    EXPECT_EQ(left.agent.state(), IceState::ready) << "without waiting for timers";
    EXPECT_EQ(right.agent.state(), IceState::ready);
}

TEST_F(IceAgentTest, ChecksThatComeBeforeTheAnswerAreNotLost) {
    left.add(kA);
    right.add(kB);
    left.agent.set_remote(kRight, false, net.now);
    left.agent.add_remote(host(kB, 100), net.now);
    net.run_for(300ms);
    EXPECT_EQ(right.agent.state(), IceState::gathering) << "it cannot check yet";
    right.agent.set_remote(kLeft, false, net.now);
    net.run_for(100ms);
    EXPECT_EQ(right.agent.state(), IceState::ready);
    EXPECT_EQ(left.agent.state(), IceState::ready);
}

TEST_F(IceAgentTest, APeerBehindANatIsFoundByItsChecks) {
    const SocketAddress outside = address("203.0.113.5", 40000);
    net.nat.emplace_back(kB, outside);
    left.add(kA);
    right.add(kB);
    know_each_other();
    left.agent.add_remote(host(kB, 100), net.now);  // of no use outside
    net.lose = [](const IcePath& path) { return path.remote == kB; };
    right.agent.add_remote(host(kA, 100), net.now);
    net.run_for(2s);
    ASSERT_EQ(left.agent.state(), IceState::ready);
    EXPECT_EQ(left.agent.selected()->remote, outside);
    EXPECT_EQ(right.agent.selected()->remote, kA);
}

TEST_F(IceAgentTest, AnAddressThatNobodyToldConnectsWithoutWaitingForTimers) {
    net.delay = 1ms;
    net.nat.emplace_back(kB, address("203.0.113.5", 40000));
    left.add(kA);
    right.add(kB);
    know_each_other();
    right.agent.add_remote(host(kA, 100), net.now);
    net.run_for(15ms);
    EXPECT_EQ(left.agent.state(), IceState::ready);
    EXPECT_EQ(right.agent.state(), IceState::ready);
}

TEST_F(IceAgentTest, APeerThatMovesAgainAndAgainIsFollowed) {
    // A phone between networks: the address outside of its NAT changes, hundreds of times.
    connect();
    for (std::uint16_t i = 0; i < 200; ++i) {
        net.nat = {{kA, address("203.0.113.5", static_cast<std::uint16_t>(40000 + i))}};
        net.run_for(15s);
        ASSERT_NE(right.agent.selected(), nullptr) << i;
        ASSERT_EQ(right.agent.selected()->remote, net.nat[0].second) << i;
    }
    EXPECT_EQ(right.agent.state(), IceState::ready);
    EXPECT_LE(right.admitted.size(), CheckList::kMaxFound + 1) << "addresses of before are let go";
}

TEST_F(IceAgentTest, BothControllingIsSettledByTheTieBreaker) {
    Network::End other{net, {"otherone", "otherpasswordotherpasswo"}, true};
    left.add(kA);
    other.add(kB);
    left.agent.set_remote(other.agent.local_credentials(), false, net.now);
    other.agent.set_remote(kLeft, false, net.now);
    left.agent.add_remote(host(kB, 1), net.now);
    other.agent.add_remote(host(kA, 1), net.now);
    net.run_for(3s);
    EXPECT_EQ(left.agent.state(), IceState::ready);
    EXPECT_EQ(other.agent.state(), IceState::ready);
    EXPECT_NE(left.agent.controlling(), other.agent.controlling());
}

TEST_F(IceAgentTest, BothControlledIsSettledByTheTieBreaker) {
    Network::End other{net, {"otherone", "otherpasswordotherpasswo"}, false};
    other.add(kA);
    right.add(kB);
    other.agent.set_remote(kRight, false, net.now);
    right.agent.set_remote(other.agent.local_credentials(), false, net.now);
    right.agent.add_remote(host(kA, 1), net.now);
    net.run_for(3s);
    EXPECT_EQ(right.agent.state(), IceState::ready);
    EXPECT_EQ(other.agent.state(), IceState::ready);
    EXPECT_NE(right.agent.controlling(), other.agent.controlling());
}

TEST_F(IceAgentTest, ControlsBesideALiteAgent) {
    right.add(kB);
    right.agent.set_remote(kLeft, true, net.now);
    EXPECT_TRUE(right.agent.controlling());
    right.agent.add_remote(host(kA, 1), net.now);
    // A lite agent: answers, and no more.
    Network::End lite{net, kLeft, false};
    lite.add(kA);
    lite.agent.add_remote(host(kB, 1), net.now);
    net.run_for(1s);
    EXPECT_EQ(right.agent.state(), IceState::ready);
}

TEST_F(IceAgentTest, TheBetterPairIsNominatedAlsoWhenItAnswersLater) {
    const SocketAddress slow = address("10.0.0.3", 3000);
    left.add(kA);
    right.add(kB, 10);
    right.add(slow, 200);
    know_each_other();
    left.agent.add_remote(host(kB, 10), net.now);
    left.agent.add_remote(host(slow, 200), net.now);
    int lost = 0;
    net.lose = [&](const IcePath& path) { return path.remote == slow && ++lost <= 1; };
    net.run_for(3s);
    ASSERT_EQ(left.agent.state(), IceState::ready);
    EXPECT_EQ(right.agent.state(), IceState::ready);
    EXPECT_EQ(left.agent.selected()->remote, right.agent.selected()->local);
}

TEST_F(IceAgentTest, ANominationThatIsNotAnsweredGivesWayToTheNextBestPair) {
    const SocketAddress second = address("10.0.0.3", 3000);
    left.add(kA);
    right.add(kB, 200);
    right.add(second, 50);
    know_each_other();
    net.lose_message = [](const IcePath& path, Bytes message) {
        return path.remote == kB && StunMessage::parse(message)->use_candidate;
    };
    left.agent.add_remote(host(kB, 200), net.now);
    left.agent.add_remote(host(second, 50), net.now);
    net.run_for(15s);
    EXPECT_EQ(left.agent.state(), IceState::ready);
    EXPECT_EQ(left.agent.selected()->remote, second);
    EXPECT_EQ(right.agent.selected()->local, second);
    EXPECT_EQ(right.agent.state(), IceState::ready);
}

TEST_F(IceAgentTest, ANominationThatIsNotAnsweredIsTriedAgainWhereThereIsNoOtherPair) {
    left.add(kA);
    right.add(kB);
    know_each_other();
    bool lost = true;
    net.lose_message = [&lost](const IcePath&, Bytes message) {
        return lost && StunMessage::parse(message)->use_candidate;
    };
    left.agent.add_remote(host(kB, 200), net.now);
    net.run_for(15s);
    EXPECT_EQ(left.agent.state(), IceState::connected);
    lost = false;
    net.run_for(3s);
    EXPECT_EQ(left.agent.state(), IceState::ready);
    EXPECT_EQ(right.agent.state(), IceState::ready);
}

TEST_F(IceAgentTest, AggressiveNominationEndsAtTheBestPair) {
    // The peer nominates with every check: RFC 5245 agents do.
    const SocketAddress second = address("10.0.0.9", 9);
    right.add(kB);
    right.agent.set_remote(kLeft, false, net.now);
    auto nominate = [&](const SocketAddress& from, std::uint32_t priority) {
        StunWriter writer{StunClass::request, {7, ++serial}};
        writer.username("rightrig:leftleft");
        writer.priority(priority);
        writer.use_candidate();
        writer.controlling(5);
        net.inject(right, {kB, from}, writer.finish(kRight.pwd));
    };
    Network::End lite{net, kLeft, true};  // answers right's checks from both addresses
    lite.add(kA);
    lite.add(second);
    lite.agent.add_remote(host(kB, 1), net.now);
    nominate(kA, 50);
    net.run_for(100ms);
    EXPECT_EQ(right.agent.selected()->remote, kA);
    nominate(second, 500);
    net.run_for(100ms);
    EXPECT_EQ(right.agent.selected()->remote, second);
    nominate(kA, 50);
    net.run_for(100ms);
    EXPECT_EQ(right.agent.selected()->remote, second) << "the lower one does not win it back";
    // But it does when the other has fallen silent: the peer has moved.
    net.lose = [&](const IcePath& path) { return path.local == second; };
    net.run_for(20s);
    nominate(kA, 50);
    net.run_for(200ms);
    EXPECT_EQ(right.agent.selected()->remote, kA);
}

TEST_F(IceAgentTest, ConsentIsAskedForAndItsLossEndsTheConnection) {
    connect();
    const auto before = left.agent.counters().checks;
    net.run_for(60s);
    EXPECT_EQ(left.agent.state(), IceState::ready);
    const auto asked = left.agent.counters().checks - before;
    EXPECT_GE(asked, 10U);
    EXPECT_LE(asked, 15U);
    net.lose = [](const IcePath&) { return true; };
    const Time lost = net.now;
    while (left.agent.selected() && net.now - lost < 60s) net.run_for(1s);
    EXPECT_EQ(left.agent.state(), IceState::failed);
    EXPECT_GE(net.now - lost, 24s);
    EXPECT_LE(net.now - lost, 32s);
    // Nothing is sent any more.
    const int sent = left.sent;
    net.run_for(60s);
    EXPECT_EQ(left.sent, sent);
}

TEST_F(IceAgentTest, APeerThatComesBackAfterItsConsentWasLostConnectsAgain) {
    connect();
    net.lose = [](const IcePath&) { return true; };
    net.run_for(60s);
    ASSERT_EQ(left.agent.state(), IceState::failed);
    ASSERT_EQ(right.agent.state(), IceState::failed);
    net.lose = {};
    net.inject(left, {kA, kB}, check("leftleft:rightrig", kLeft.pwd, false));
    net.run_for(3s);
    EXPECT_EQ(left.agent.state(), IceState::ready);
    EXPECT_EQ(right.agent.state(), IceState::ready);
}

TEST_F(IceAgentTest, LossyNetworksConnectByRetransmission) {
    std::minstd_rand dice{3};
    net.lose = [&](const IcePath&) { return dice() % 2 == 0; };
    left.add(kA);
    right.add(kB);
    know_each_other();
    left.agent.add_remote(host(kB, 100), net.now);
    right.agent.add_remote(host(kA, 100), net.now);
    net.run_for(12s);
    EXPECT_EQ(left.agent.state(), IceState::ready);
    EXPECT_EQ(right.agent.state(), IceState::ready);
}

TEST_F(IceAgentTest, AWayOfOneSecondConnects) {
    net.delay = 600ms;
    left.add(kA);
    right.add(kB);
    know_each_other();
    left.agent.add_remote(host(kB, 100), net.now);
    right.agent.add_remote(host(kA, 100), net.now);
    net.run_for(8s);
    EXPECT_EQ(left.agent.state(), IceState::ready);
    EXPECT_EQ(right.agent.state(), IceState::ready);
}

TEST_F(IceAgentTest, WithoutAnswerItFailsAndStillHearsWhoComesLate) {
    left.add(kA);
    left.agent.set_remote(kRight, false, net.now);
    left.agent.add_remote(host(kB, 100), net.now);
    net.run_for(40s);
    EXPECT_EQ(left.agent.state(), IceState::failed);
    EXPECT_FALSE(left.agent.next_deadline()) << "and rests";
    right.add(kB);
    right.agent.set_remote(kLeft, false, net.now);
    right.agent.add_remote(host(kA, 100), net.now);
    net.run_for(2s);
    EXPECT_EQ(left.agent.state(), IceState::ready);
}

TEST_F(IceAgentTest, ARestartKeepsTheOldPairUntilTheNewOneIsNominated) {
    connect();
    const IceCredentials left2{"leftagain", "leftpasswordagainagainaa"};
    const IceCredentials right2{"rightagain", "rightpasswordagainagaina"};
    left.agent.restart(left2);
    right.agent.restart(right2);
    EXPECT_NE(left.agent.selected(), nullptr);
    // The signalling takes its time, longer than consent lives.
    net.run_for(45s);
    ASSERT_NE(left.agent.selected(), nullptr);
    EXPECT_EQ(left.agent.selected()->remote, kB);

    // Nobody else gets in with what was before, or a browser would stay there with its new
    // candidates.
    const auto before = left.agent.counters();
    net.inject(left, {kA, address("10.0.0.66", 6)}, check("leftleft:rightrig", kLeft.pwd, true));
    EXPECT_EQ(left.agent.counters().strangers, before.strangers + 1);
    EXPECT_EQ(left.agent.counters().answered, before.answered);

    const SocketAddress moved = address("10.0.0.77", 7);
    right.add(moved, 100);
    left.agent.set_remote(right2, false, net.now);
    right.agent.set_remote(left2, false, net.now);
    left.agent.add_remote(host(moved, 100), net.now);
    EXPECT_EQ(left.agent.selected()->remote, kB) << "still";
    net.run_for(2s);
    EXPECT_EQ(left.agent.selected()->remote, moved);
    EXPECT_EQ(right.agent.selected()->local, moved);
    EXPECT_EQ(left.agent.state(), IceState::ready);
    // Checks with the old credentials are over.
    const auto strangers = left.agent.counters().strangers;
    net.inject(left, {kA, kB}, check("leftleft:rightrig", kLeft.pwd, true));
    EXPECT_EQ(left.agent.counters().strangers, strangers + 1);
}

TEST_F(IceAgentTest, ANominationThatThePeerForgotIsRepeatedAfterARestart) {
    connect();
    // The same credentials, as with a browser that makes its transport anew; it answers our checks
    // before it has our answer, and begins once more when that comes.
    left.agent.restart(kLeft);
    right.agent.restart(kRight);
    const SocketAddress moved = address("10.0.0.77", 7);
    right.add(moved, 100);
    left.agent.set_remote(kRight, false, net.now);
    right.agent.set_remote(kLeft, false, net.now);
    left.agent.add_remote(host(moved, 100), net.now);
    net.run_for(1s);
    ASSERT_EQ(left.agent.state(), IceState::ready);
    right.agent.restart(kRight);
    right.agent.set_remote(kLeft, false, net.now);
    net.run_for(1s);
    EXPECT_EQ(right.agent.state(), IceState::ready) << "nominated again";
}

TEST_F(IceAgentTest, NominationsThatAreRepeatedKnowTheirAnswersAfterALongWay) {
    connect();
    net.delay = 400ms;
    left.agent.restart(kLeft);
    right.agent.restart(kRight);
    left.agent.set_remote(kRight, false, net.now);
    right.agent.set_remote(kLeft, false, net.now);
    left.agent.add_remote(host(kB, 100), net.now);
    net.run_for(2500ms);
    EXPECT_EQ(left.agent.state(), IceState::ready);
    EXPECT_EQ(right.agent.state(), IceState::ready);
    // Asked four times a second while an answer takes 800 ms: one question until it is answered.
    std::set<StunTransactionId> questions;
    net.lose_message = [&](const IcePath& path, Bytes message) {
        const auto stun = StunMessage::parse(message);
        if (path.local == kA && stun->type == StunClass::request)
            questions.insert(stun->transaction);
        return false;
    };
    net.run_for(4s);
    EXPECT_GE(questions.size(), 3U);
    EXPECT_LE(questions.size(), 5U) << "each is given up before its answer comes";
}

TEST_F(IceAgentTest, ARestartAfterFailureConnects) {
    connect();
    net.lose = [](const IcePath&) { return true; };
    net.run_for(60s);
    net.lose = {};
    const IceCredentials left2{"leftagain", "leftpasswordagainagainaa"};
    const IceCredentials right2{"rightagain", "rightpasswordagainagaina"};
    left.agent.restart(left2);
    right.agent.restart(right2);
    left.agent.set_remote(right2, false, net.now);
    right.agent.set_remote(left2, false, net.now);
    left.agent.add_remote(host(kB, 100), net.now);
    net.run_for(2s);
    EXPECT_EQ(left.agent.state(), IceState::ready);
    EXPECT_EQ(right.agent.state(), IceState::ready);
}

TEST_F(IceAgentTest, APeerThatBeginsAnewWithoutUsKeepsItsPairUntilThen) {
    connect();
    const IceCredentials fresh{"rightagain", "rightpasswordagainagaina"};
    right.agent.restart(fresh);
    left.agent.set_remote(fresh, false, net.now);
    EXPECT_NE(left.agent.selected(), nullptr);
    right.agent.set_remote(kLeft, false, net.now);
    left.agent.add_remote(host(kB, 100), net.now);
    net.run_for(2s);
    EXPECT_EQ(left.agent.state(), IceState::ready);
    EXPECT_EQ(right.agent.state(), IceState::ready);
    net.run_for(60s);
    EXPECT_EQ(left.agent.state(), IceState::ready) << "consent goes on with the new names";
}

// ---- people who mean no good

TEST_F(IceAgentTest, AnAddressThatHasNotAnsweredNeverGetsMoreThanItSent) {
    // Somebody sends an old check of the peer once more, and again, from the address of a victim.
    for (const bool knows_peer : {true, false}) {
        Network::End server{net, {"serverse", "serverpasswordserverpass"}, false};
        server.add(kA);
        if (knows_peer) server.agent.set_remote(kRight, false, net.now);
        const SocketAddress victim = address("198.51.100.1", 4444);
        std::size_t in = 0;
        for (int i = 0; i < 100; ++i) {
            const ByteVector old =
                check("serverse:rightrig", "serverpasswordserverpass", i % 3 == 0, true);
            in += old.size();
            net.inject(server, {kA, victim}, old);
            ASSERT_LE(server.bytes_out[victim], in) << i;
            net.run_for(i % 7 * 10ms);
            ASSERT_LE(server.bytes_out[victim], in) << i;
        }
        net.run_for(30s);
        EXPECT_LE(server.bytes_out[victim], in);
        EXPECT_GT(server.bytes_out[victim], 0U);
        EXPECT_EQ(server.agent.selected(), nullptr);
        EXPECT_FALSE(server.admitted.contains(victim.text()));
    }
}

TEST_F(IceAgentTest, ErrorsAreNotLongerThanTheQuestionEither) {
    left.add(kA);
    left.agent.set_remote(kRight, false, net.now);
    const SocketAddress victim = address("198.51.100.1", 4444);
    StunWriter writer{StunClass::request, {5}};
    writer.username("leftleft:r");
    writer.attribute(0x7654, {});
    const Bytes request = writer.finish(kLeft.pwd);
    net.inject(left, {kA, victim}, request);
    EXPECT_LE(left.bytes_out[victim], request.size());
}

struct Stranger {
    const char* name;
    const char* username;
    const char* password;
};
class StrangerTest : public IceAgentTest, public testing::WithParamInterface<Stranger> {};
TEST_P(StrangerTest, GetsNotOneByteAndLeavesNoTrace) {
    connect();
    const SocketAddress stranger = address("198.51.100.1", 4444);
    const int sent = left.sent;
    for (int i = 0; i < 1000; ++i) {
        net.inject(left, {kA, stranger}, check(GetParam().username, GetParam().password, true));
    }
    EXPECT_EQ(left.sent, sent);
    EXPECT_EQ(left.bytes_out[stranger], 0U);
    EXPECT_EQ(left.agent.selected()->remote, kB);
    const auto& counters = left.agent.counters();
    EXPECT_EQ(counters.strangers + counters.unauthenticated, 1000U);
    net.run_for(20s);
    EXPECT_EQ(left.bytes_out[stranger], 0U);
    EXPECT_EQ(left.agent.state(), IceState::ready);
}
INSTANTIATE_TEST_SUITE_P(
    Table, StrangerTest,
    testing::Values(
        Stranger{"WithoutName", "", "leftpasswordleftpassword"},
        Stranger{"WithAnotherName", "someone:rightrig", "leftpasswordleftpassword"},
        Stranger{"WithoutPassword", "leftleft:rightrig", ""},
        Stranger{"WithAWrongPassword", "leftleft:rightrig", "guess"},
        Stranger{"WithTheOtherPassword", "leftleft:rightrig", "rightpasswordrightpasswo"},
        Stranger{"WithTheBeginningOfAName", "left:rightrig", "leftpasswordleftpassword"}),
    [](const auto& row) { return row.param.name; });

TEST_F(IceAgentTest, AnswersToNothingAreIgnored) {
    connect();
    StunWriter writer{StunClass::success, {1, 2, 3}};
    writer.mapped_address(kA);
    net.inject(left, {kA, kB}, writer.finish(kRight.pwd));
    StunWriter refusal{StunClass::error, {1, 2, 3}};
    refusal.error(StunError::role_conflict, "Role Conflict");
    net.inject(left, {kA, kB}, refusal.finish(kRight.pwd));
    EXPECT_TRUE(left.agent.controlling());
    EXPECT_EQ(left.agent.counters().strangers, 2U);
}

TEST_F(IceAgentTest, OneWhoKnowsThePasswordIsBounded) {
    connect();
    // From 60000 ports, each once; nobody answers our checks there.
    for (int port = 1; port < 60000; port += 7) {
        net.inject(left, {kA, address("198.51.100.1", static_cast<std::uint16_t>(port))},
                   check("leftleft:rightrig", kLeft.pwd, true));
    }
    EXPECT_GT(left.agent.counters().refused, 7000U);
    const int sent = left.sent;
    net.run_for(60s);
    EXPECT_LT(left.sent - sent, 2000) << "retransmissions to a hundred addresses, then silence";
    EXPECT_EQ(left.agent.selected()->remote, kB);
    EXPECT_EQ(left.agent.state(), IceState::ready);
}

TEST_F(IceAgentTest, AnswersAreNotLongerThanTheQuestion) {
    connect();
    const SocketAddress victim = address("198.51.100.1", 4444);
    StunWriter writer{StunClass::request, {5}};
    writer.username("leftleft:r");
    const Bytes shortest = writer.finish(kLeft.pwd);
    ByteVector bytes(shortest.begin(), shortest.end() - 8);
    bytes[3] = static_cast<std::uint8_t>(bytes.size() - StunMessage::kHeader);
    net.inject(left, {kA, victim}, bytes);
    EXPECT_LE(left.bytes_out[victim], bytes.size());
}

TEST_F(IceAgentTest, AttributesThatMustBeUnderstoodAreNamed) {
    connect();
    StunWriter writer{StunClass::request, {5}};
    writer.username("leftleft:rightrig");
    writer.attribute(0x7654, as_bytes("?"));
    const auto answered = left.agent.counters().answered;
    const int sent = left.sent;
    net.inject(left, {kA, kB}, writer.finish(kLeft.pwd));
    EXPECT_EQ(left.sent, sent + 1) << "420";
    EXPECT_EQ(left.agent.counters().answered, answered);
}

TEST_F(IceAgentTest, APathThatIsNotAdmittedIsNotUsed) {
    left.refused.insert(kB.text());
    left.add(kA);
    right.add(kB);
    const SocketAddress second = address("10.0.0.3", 3000);
    right.add(second, 50);
    know_each_other();
    left.agent.add_remote(host(kB, 100), net.now);
    left.agent.add_remote(host(second, 50), net.now);
    net.run_for(20s);
    ASSERT_NE(left.agent.selected(), nullptr);
    EXPECT_EQ(left.agent.selected()->remote, second);
    EXPECT_EQ(right.agent.selected()->local, second);
}

TEST_F(IceAgentTest, TcpConnectionsOfThePeerAreUsedAndTheirEndIsNoticed) {
    left.agent.add_local(kA, host(kA, 50, true), net.now);
    left.agent.set_remote(kRight, false, net.now);
    const IcePath path{kA, kB, true};
    net.inject(left, path, check("leftleft:rightrig", kLeft.pwd, false));
    EXPECT_EQ(left.sent, 2) << "an answer and a check of our own, on the same connection";
    // Answer our check.
    Network::End peer{net, kRight, false};
    peer.agent.add_local(kB, host(kB, 50, true), net.now);
    EXPECT_EQ(left.agent.state(), IceState::connecting);
    left.agent.path_closed(net.now, path);
    net.run_for(30s);
    EXPECT_EQ(left.agent.state(), IceState::failed);
}

/// So many candidates that no pair is left for another: of each of ours with each of theirs.
class CrowdedIceAgentTest : public IceAgentTest {
protected:
    CrowdedIceAgentTest() {
        for (int i = 0; i < 10; ++i) left.add(address("10.0.1." + std::to_string(i + 1), 1000));
        left.add(kA);
        right.add(kB);
        know_each_other();
        for (int i = 0; i < 12; ++i)
            tell_left(address("192.168.7." + std::to_string(i + 1), 5000), 50);
    }
    void tell_left(const SocketAddress& at, std::uint32_t priority) {
        EXPECT_TRUE(left.agent.add_remote(host(at, priority), net.now));
    }
    void tell_right() { EXPECT_TRUE(right.agent.add_remote(host(kA, 100), net.now)); }
};

TEST_F(CrowdedIceAgentTest, ACandidateThatNobodyToldIsUsed) {
    tell_right();
    net.run_for(20s);
    EXPECT_EQ(left.agent.state(), IceState::ready);
}

TEST_F(CrowdedIceAgentTest, ACandidateThatWasToldLastIsUsedWhenThePeerChecksFromThere) {
    tell_left(kB, 10);  // the least of all
    tell_right();
    net.run_for(20s);
    EXPECT_EQ(left.agent.state(), IceState::ready);
}

TEST_F(CrowdedIceAgentTest, ACandidateOfHigherPriorityTakesThePlaceOfOneThatWaits) {
    // Nobody tells the right side anything: only a check of ours can find it.
    tell_left(kB, 100);
    net.run_for(500ms);
    EXPECT_EQ(left.agent.state(), IceState::ready);
}

TEST_F(CrowdedIceAgentTest, ACandidateThatComesWhenOthersHaveFailedTakesThePlaceOfOne) {
    net.run_for(60s);
    EXPECT_EQ(left.agent.state(), IceState::failed);
    tell_left(kB, 10);
    net.run_for(1s);
    EXPECT_EQ(left.agent.state(), IceState::ready);
}

TEST_F(IceAgentTest, APairThatGivesItsPlaceToAnotherWithTheSameAddressTakesNothingFromIt) {
    for (int i = 0; i < 11; ++i) left.add(address("10.0.1." + std::to_string(i + 1), 1000));
    know_each_other();
    for (int i = 0; i < 9; ++i)
        EXPECT_TRUE(left.agent.add_remote(
            host(address("192.168.7." + std::to_string(i + 1), 5000), 50), net.now));
    EXPECT_TRUE(left.agent.add_remote(host(kB, 1), net.now));  // one pair is left for it, the least
    for (int i = 11; i > 0; --i) {
        net.inject(left, {address("10.0.1." + std::to_string(i), 1000), kB},
                   check("leftleft:rightrig", kLeft.pwd, false));
        EXPECT_TRUE(left.expected.contains(kB.text())) << i;
    }
}

TEST_F(IceAgentTest, APairThatFailsTakesNothingFromAnotherWithTheSameAddress) {
    // Of two addresses of ours one leads to the peer.
    net.lose = [](const IcePath& path) { return path.local.ip_text() == "10.0.9.1"; };
    left.add(address("10.0.9.1", kA.port), 50);
    connect();
    net.run_for(4s);
    ASSERT_EQ(left.agent.selected()->remote, kB);
    for (int i = 0; i < 60; ++i) {
        net.run_for(1s);
        ASSERT_TRUE(left.admitted.contains(kB.text())) << i << " s: its packets are nobody's";
    }
}

TEST_F(IceAgentTest, TheRoundTripIsKnownAsSoonAsThereIsAPair) {
    EXPECT_EQ(left.agent.round_trip(), std::nullopt);
    net.delay = 7ms;
    connect();
    EXPECT_EQ(left.agent.round_trip(), 14ms);
    EXPECT_EQ(right.agent.round_trip(), 14ms);
}

TEST_F(IceAgentTest, TheRoundTripFollowsTheConsentChecks) {
    connect();
    EXPECT_EQ(left.agent.round_trip(), 10ms);
    net.delay = 150ms;
    net.run_for(40s);
    for (const auto* one : {&left, &right}) {
        EXPECT_GT(one->agent.round_trip(), 290ms);
        EXPECT_LE(one->agent.round_trip(), 300ms);
    }
}

TEST_F(IceAgentTest, AnAnswerToOneOfTwoCopiesSaysNothingAboutTheRoundTrip) {
    // Each side checks by itself, and once more when the other's check comes in.
    net.delay = 150ms;
    left.add(kA);
    right.add(kB);
    know_each_other();
    EXPECT_TRUE(left.agent.add_remote(host(kB, 100), net.now));
    EXPECT_TRUE(right.agent.add_remote(host(kA, 100), net.now));
    net.run_for(310ms);
    ASSERT_NE(right.agent.selected(), nullptr);
    EXPECT_EQ(right.agent.round_trip(), std::nullopt);
    net.run_for(600ms);
    EXPECT_EQ(right.agent.round_trip(), 300ms) << "a check more, and not in five seconds";
}

TEST_F(IceAgentTest, ARequestThatWasLostDoesNotLengthenTheRoundTrip) {
    int lost = 0;
    net.lose = [&](const IcePath&) { return ++lost <= 4; };
    left.add(kA);
    right.add(kB);
    know_each_other();
    EXPECT_TRUE(left.agent.add_remote(host(kB, 100), net.now));
    EXPECT_TRUE(right.agent.add_remote(host(kA, 100), net.now));
    net.run_for(20s);
    ASSERT_EQ(left.agent.state(), IceState::ready);
    EXPECT_EQ(left.agent.round_trip(), 10ms);
    EXPECT_EQ(right.agent.round_trip(), 10ms);
}

}  // namespace
}  // namespace rivero::transport
