// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "input.hpp"
#include "rivero/base/assert.hpp"
#include "transport/ice/ice_agent.hpp"

#include <array>
#include <map>
#include <set>

using namespace rivero;
using namespace rivero::transport;

namespace {

const IceCredentials kOurs{"ourufrag", "our-password-of-24-chars"};
const IceCredentials kTheirs{"theirufr", "their-password-of-24-ch."};
constexpr std::size_t kAddresses = 24;

SocketAddress remote_at(std::size_t i) {
    return *SocketAddress::parse("192.0.2.1", static_cast<std::uint16_t>(1000 + i));
}

/// The world around the agent: counts bytes, and keeps what it was asked.
class World final : public IceAgent::Shell {
public:
    void send_stun(const IcePath& path, Bytes message) override {
        RIVERO_ASSERT(message.size() <= 1200, "fits into any network");
        out[path.remote.port] += message.size();
        const auto stun = StunMessage::parse(message);
        RIVERO_ASSERT(stun, "what leaves is STUN");
        if (stun->type == StunClass::request) asked[path.remote.port] = stun->transaction;
    }
    bool expect(const IcePath& path) override { return path.remote.port != refused; }
    bool admit(const IcePath& path) override {
        RIVERO_ASSERT(answered.contains(path.remote.port), "who did not answer is not admitted");
        if (path.remote.port == refused) return false;
        admitted.insert({path.remote.port, path.tcp});
        return true;
    }
    void forget(const IcePath& path) override { admitted.erase({path.remote.port, path.tcp}); }

    std::map<std::uint16_t, std::size_t> in, out;
    std::map<std::uint16_t, StunTransactionId> asked;
    std::set<std::uint16_t> told, answered, connected;
    std::set<std::pair<std::uint16_t, bool>> admitted;
    std::uint16_t refused = 0;
};

}  // namespace

// A byte for each step: what comes, from which of some addresses, and how much time has gone.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input in{data, size};
    World world;
    const std::uint8_t setup = in.u8();
    std::uint8_t seed = 1;
    IceAgent agent{world, {kOurs, (setup & 1) != 0, (setup & 2) == 0, 7, [&seed](MutableBytes to) {
                               for (auto& byte : to)
                                   byte = seed = static_cast<std::uint8_t>(seed * 5 + 3);
                           }}};
    if (setup & 4) world.refused = remote_at(1).port;
    Time now{std::chrono::hours{1}};
    const SocketAddress local = *SocketAddress::parse("192.0.2.99", 9);
    for (const bool tcp : {false, true}) {
        IceCandidate candidate;
        candidate.address = local.ip_text();
        candidate.port = local.port;
        candidate.priority = tcp ? 50 : 100;
        candidate.tcp = tcp;
        agent.add_local(local, candidate, now);
    }
    bool insider = false;  // somebody has used our password
    for (int steps = 0; in.more() && steps < 300; ++steps) {
        const std::uint8_t step = in.u8();
        const std::size_t which = in.below(kAddresses);
        const SocketAddress remote = remote_at(which);
        const IcePath path{local, remote, which % 6 == 5};
        switch (step % 12) {
            case 0:
                agent.set_remote(kTheirs, (step & 0x80) != 0 && (setup & 8), now);
                break;
            case 1: {
                IceCandidate candidate;
                candidate.address = remote.ip_text();
                candidate.port = remote.port;
                candidate.priority = step;
                if (agent.add_remote(candidate, now)) world.told.insert(remote.port);
                break;
            }
            case 2:
            case 3:
            case 4: {  // a check with the right password
                insider = true;
                StunWriter writer{StunClass::request, {step, in.u8()}};
                writer.username("ourufrag:theirufr");
                if (!(step & 0x10)) writer.priority(1000 + step);
                if (step & 0x20) writer.use_candidate();
                if (step & 0x40) writer.controlling(in.u8());
                if (!(step & 0x80)) writer.controlled(in.u8());
                const Bytes message = writer.finish(kOurs.pwd);
                world.in[remote.port] += message.size();
                if (path.tcp) world.connected.insert(remote.port);
                agent.receive(now, path, message);
                break;
            }
            case 5: {  // an answer to what the agent asked there last
                const auto asked = world.asked.find(remote.port);
                if (asked == world.asked.end()) break;
                const bool error = (step & 0x70) == 0x70;
                StunWriter writer{error ? StunClass::error : StunClass::success, asked->second};
                if (error)
                    writer.error(static_cast<StunError>(step & 0x80 ? 487 : 400), "no");
                else
                    writer.mapped_address(local);
                const Bytes message = writer.finish(kTheirs.pwd);
                world.in[remote.port] += message.size();
                world.answered.insert(remote.port);
                agent.receive(now, path, message);
                break;
            }
            case 6: {  // anything
                const ByteVector message = in.piece();
                world.in[remote.port] += message.size();
                agent.receive(now, path, message);
                break;
            }
            case 7:
                agent.heard(now, path);
                break;
            case 8:
                if (path.tcp) agent.path_closed(now, path);
                break;
            case 9:
                if (setup & 16) agent.restart(kOurs);
                break;
            default:
                now += std::chrono::milliseconds{1 << step % 15};
        }
        for (int i = 0; agent.next_deadline() && *agent.next_deadline() <= now; ++i) {
            RIVERO_ASSERT(i < 50, "a deadline that was kept is over");
            agent.on_deadline(now);
        }
        for (std::size_t i = 0; i < kAddresses; ++i) {
            const std::uint16_t port = remote_at(i).port;
            RIVERO_ASSERT(insider || world.told.contains(port) || world.out[port] == 0,
                          "a stranger gets not one byte");
            // An address that was told gets checks whatever comes from there.
            RIVERO_ASSERT(world.told.contains(port) || world.answered.contains(port) ||
                              world.connected.contains(port) || world.out[port] <= world.in[port],
                          "nobody gets more than came from there before it has answered");
        }
        if (const IcePath* selected = agent.selected())
            RIVERO_ASSERT(world.answered.contains(selected->remote.port),
                          "what is used has answered");
        RIVERO_ASSERT(world.admitted.size() <= kAddresses + 1, "addresses are let go");
        while (agent.take_event()) {
        }
    }
    return 0;
}
