// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "transport/ice/shared_ice_transport.hpp"

#include "rivero/base/assert.hpp"
#include "rivero/base/log.hpp"
#include "transport/ice/ice_agent.hpp"
#include "transport/ice/local_addresses.hpp"
#include "transport/ice/remote_candidates.hpp"
#include "transport/udp/media_port.hpp"

#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

namespace rivero::transport {
namespace {

/// RFC 8445 section 5.1.2.1: type preference, local preference, component 1.
std::uint32_t host_priority(bool tcp, std::size_t index) {
    const std::uint32_t type = tcp ? 90 : 126;  // below UDP: RFC 6544 section 4.2
    const auto other = static_cast<std::uint32_t>(index);
    // For TCP: direction preference of host candidates, passive: 4.
    const std::uint32_t preference = tcp ? (4U << 13) + 8191 - other : 65535 - other;
    return type << 24 | preference << 8 | 255;
}

/// RFC 7983 section 7
bool of_dtls(Bytes datagram) {
    return !datagram.empty() && datagram[0] >= 20 && datagram[0] <= 63;
}

/// How often the sign of life of packets is noted.
constexpr Duration kHeardInterval = 250ms;
/// A timer may be late by this much: it saves a new one for each message.
constexpr Duration kShortestTimer = 1ms;

}  // namespace

struct SharedIceTransport::State final : std::enable_shared_from_this<SharedIceTransport::State>,
                                         IceAgent::Shell,
                                         MediaPort::Client {
    State(IoLoop& l, MediaPort& p, HostResolver& r, IceSettings s)
        : loop{l},
          port{p},
          settings{std::move(s)},
          // No TCP: active candidates come to us by themselves, and we connect to no passive ones.
          candidates{l,
                     r,
                     {settings.udp, false, settings.any_candidate_name},
                     counters.candidates_ignored,
                     [this](const IceCandidate& candidate) { use(candidate); }},
          id{port.join(*this)},
          agent{*this, agent_settings()} {
        RIVERO_ASSERT(settings.local.valid(), "ICE credentials have the form of RFC 8839");
    }
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() = default;

    [[nodiscard]] IceAgent::Settings agent_settings() const {
        IceAgent::Settings wanted;
        wanted.local = settings.local;
        wanted.controlling = settings.controlling;
        wanted.consent_freshness = settings.consent_freshness;
        wanted.id = id;
        wanted.random = [](MutableBytes to) {
            const bool ok = RAND_bytes(to.data(), static_cast<int>(to.size())) == 1;
            RIVERO_ASSERT(ok, "the system has random numbers");
        };
        return wanted;
    }

    // ---- IceAgent::Shell

    [[nodiscard]] MediaPort* port_of(const IcePath& path) const {
        if (path.local.port == port.port()) return &port;
        return own && path.local.port == own->port() ? own.get() : nullptr;
    }
    void send_stun(const IcePath& path, Bytes message) override {
        if (MediaPort* way = port_of(path)) way->send(path, message, settings.dscp);
    }
    [[nodiscard]] std::uint32_t id_at(const MediaPort& way) const {
        return &way == own.get() ? own_id : id;
    }
    bool expect(const IcePath& path) override {
        MediaPort* way = port_of(path);
        return way && ((!leads_back(path) && way->expect(id_at(*way), path)) || refuse(path));
    }
    bool admit(const IcePath& path) override {
        MediaPort* way = port_of(path);
        return way && ((!leads_back(path) && way->claim(id_at(*way), path)) || refuse(path));
    }
    /// The other end is at this very port, too: what either sends would come to one of them.
    [[nodiscard]] bool leads_back(const IcePath& path) const {
        if (path.tcp || path.local.port != port.port() || path.remote.port != port.port())
            return false;
        const std::string ip = path.remote.ip_text();
        return path.remote == path.local ||
               std::any_of(addresses.begin(), addresses.end(),
                           [&ip](const LocalAddress& local) { return local.address == ip; });
    }
    void forget(const IcePath& path) override {
        if (MediaPort* way = port_of(path)) way->release(id_at(*way), path);
    }
    /// @return false
    bool refuse(const IcePath& path) {
        // Another peer's packets come from the very same address: the other end is a server that
        // shares a port, as we do. Packets could not be told apart, so we move to a port of our
        // own; ICE finds it by our checks.
        if (!path.tcp) wants_own_port = true;
        return false;
    }

    // ---- MediaPort::Client

    void on_stun(MediaPort&, const IcePath& path, Bytes message, Time arrival) override {
        const auto self = shared_from_this();
        agent.receive(arrival, path, message);
        pump(arrival);
    }
    void on_datagram(MediaPort& from, const SocketAddress& remote, bool tcp, MutableBytes datagram,
                     Time arrival) override {
        if (out.path && of_dtls(datagram) && !proved(from, {{}, remote, tcp})) {
            ++counters.dtls_of_strangers;
            return;
        }
        ++counters.datagrams_received;
        counters.bytes_received += datagram.size();
        if (arrival - heard_at >= kHeardInterval) {
            heard_at = arrival;
            if (out.path && out.path->remote == remote && out.path->tcp == tcp && out.port == &from)
                agent.heard(arrival, *out.path);
        }
        if (!listener) return;
        const auto self = shared_from_this();
        listener->on_datagram(datagram, arrival);
    }
    /// The peer has answered from there. Who replays a request of the peer from an address of his
    /// own is expected there; what he says in the name of DTLS nobody can tell from the peer's. A
    /// peer's hello may come before there is any path.
    [[nodiscard]] bool proved(MediaPort& from, const IcePath& path) const {
        if (out.path->remote == path.remote && out.path->tcp == path.tcp && out.port == &from)
            return true;
        return from.claimed(id_at(from), path);
    }
    void on_path_closed(const IcePath& path) override {
        const auto self = shared_from_this();
        const Time now = Clock::now();
        agent.path_closed(now, path);
        pump(now);
    }

    // ---- what the agent says

    void pump(Time now) {
        if (std::exchange(wants_own_port, false)) open_own_port(now);
        // A first check leaves now, not when a timer has come round.
        if (const auto due = agent.next_deadline(); due && *due <= now) agent.on_deadline(now);
        for (const std::string& name : std::exchange(names, {})) {
            const auto* previous = agent.previous_credentials();
            if (name == agent.local_credentials().ufrag || (previous && name == previous->ufrag)) {
                names.push_back(name);
            } else {
                port.remove_name(name);
                if (own) own->remove_name(name);
            }
        }
        while (auto event = agent.take_event()) {
            if (const auto* changed = std::get_if<IceStateChanged>(&*event)) {
                update_way();
                state = changed->state;
                if (listener) listener->on_ice_state(state);
            } else {
                const auto& selected = std::get<IcePathSelected>(*event);
                update_way();
                if (listener)
                    listener->on_selected_pair(selected.local.text(), selected.remote.text());
            }
            if (closed) return;
        }
        update_way();
        arm(now);
    }

    void update_way() {
        const IcePath* path = agent.selected();
        if (!path) {
            out = {};
            return;
        }
        if (out.path && *out.path == *path) return;
        out = {};
        out.path = *path;
        out.port = port_of(*path);
        if (!path->tcp && out.port) {
            out.socket = out.port->socket(path->remote.ipv6);
            if (out.socket)
                out.to = out.socket->destination(path->remote, path->local, settings.dscp);
        }
    }

    void arm(Time now) {
        const auto deadline = agent.next_deadline();
        if (!deadline) return;
        if (timer.armed() && timer_due <= *deadline) return;
        timer_due = *deadline;
        timer = loop.post_after(std::max<Duration>(*deadline - now, kShortestTimer), [this] {
            timer.cancel();
            const auto self = shared_from_this();
            const Time then = Clock::now();
            agent.on_deadline(then);
            pump(then);
        });
    }

    // ---- candidates

    void add_local(MediaPort& way, const LocalAddress& local, std::size_t index, bool tcp,
                   bool tell) {
        const auto base = SocketAddress::parse(local.address, way.port());
        if (!base) return;
        IceCandidate candidate;
        candidate.foundation = std::to_string(2 * index + (tcp ? 2 : 1));
        candidate.priority = host_priority(tcp, index);
        candidate.address = local.address;
        candidate.port = way.port();
        candidate.tcp = tcp;
        if (tcp) candidate.tcp_type = IceTcpType::passive;
        const auto& external = local.ipv6 ? settings.external_ipv6 : settings.external_ipv4;
        if (external) candidate.address = *external;
        agent.add_local(*base, candidate, Clock::now());
        // Behind a 1:1 NAT two addresses may become one and the same.
        if (tell && told.insert((tcp ? "tcp " : "udp ") + candidate.address).second)
            to_tell.push_back(candidate.text());
    }

    Result<void> gather() {
        if (gathered) return {};
        addresses = choose_addresses(system_addresses(), settings);
        std::erase_if(addresses, [this](const LocalAddress& local) {
            const auto address = SocketAddress::parse(local.address, 0);
            return !address || !port.reachable_at(*address);
        });
        if (addresses.empty()) return failure("ICE: no interface has a usable address");
        if (!name(agent.local_credentials().ufrag))
            return failure("ICE: another peer of this host has the same user name fragment");
        gathered = true;
        for (std::size_t i = 0; i < addresses.size(); ++i) {
            if (settings.udp) add_local(port, addresses[i], i, false, true);
            if (settings.tcp && port.has_tcp()) add_local(port, addresses[i], i, true, true);
        }
        const Time now = Clock::now();
        pump(now);
        for (const std::string& text : std::exchange(to_tell, {})) {
            if (closed) return {};
            if (listener) listener->on_local_candidate(text);
        }
        if (!closed && listener) listener->on_gathering_done();
        use_candidates_if_ready();
        return {};
    }

    bool name(const std::string& ufrag) {
        if (std::find(names.begin(), names.end(), ufrag) != names.end()) return true;
        if (!port.add_name(id, ufrag)) return false;
        if (own) static_cast<void>(own->add_name(own_id, ufrag));
        names.push_back(ufrag);
        return true;
    }

    void open_own_port(Time) {
        if (own || !gathered || own_failed) return;
        const bool loopback = std::all_of(addresses.begin(), addresses.end(),
                                          [](const LocalAddress& a) { return a.loopback; });
        auto opened = MediaPort::open(loop, {0, settings.ipv6, false, true, loopback});
        if (!opened) {
            own_failed = true;
            log_topic("transport")
                ->warn("no port of its own for a peer: {}", opened.error().message);
            return;
        }
        own = std::move(*opened);
        own_id = own->join(*this);
        for (const std::string& ufrag : names) static_cast<void>(own->add_name(own_id, ufrag));
        for (std::size_t i = 0; i < addresses.size(); ++i)
            add_local(*own, addresses[i], addresses.size() + i, false, false);
    }

    Result<void> set_remote(const IceCredentials& remote) {
        if (!remote.valid()) {
            return failure(
                "ICE: ice-ufrag has 4 to 256 and ice-pwd 22 to 256 letters, digits, '+' or '/'");
        }
        const Time now = Clock::now();
        agent.set_remote(remote, lite, now);
        has_remote = true;
        use_candidates_if_ready();
        if (!closed) pump(now);
        return {};
    }

    Result<void> restart(const IceCredentials& local) {
        if (!local.valid())
            return failure("ICE: our own new credentials have not the form of RFC 8839");
        settings.local = local;
        agent.restart(local);
        candidates.restart();
        has_remote = false;
        if (gathered && !name(local.ufrag))
            return failure("ICE: another peer of this host has the same user name fragment");
        pump(Clock::now());
        return {};
    }

    void use(const IceCandidate& candidate) {
        const auto self = shared_from_this();
        const Time now = Clock::now();
        if (!agent.add_remote(candidate, now)) ++counters.candidates_ignored;
        pump(now);
    }
    void use_candidates_if_ready() {
        if (gathered && has_remote && !closed) candidates.open();
    }

    // ---- datagrams out

    MutableBytes room() {
        if (out.socket) {
            const MutableBytes room = out.socket->batch().room();
            if (room.empty()) ++counters.would_block;
            return room;
        }
        if (!out.port) {
            ++counters.not_sent;
            return {};
        }
        if (!frame) frame = std::make_unique<std::array<std::uint8_t, kMaxDatagram>>();
        return *frame;
    }
    bool commit(std::size_t size) {
        if (out.socket) {
            out.socket->batch().commit(out.to, out.lane, size);
        } else if (!out.port || !out.port->tcp() ||
                   !out.port->tcp()->send(out.path->remote, Bytes{*frame}.first(size))) {
            ++counters.would_block;
            return false;
        }
        ++counters.datagrams_sent;
        counters.bytes_sent += size;
        return true;
    }

    /// Nothing is heard any more.
    void shut() {
        closed = true;
        listener = nullptr;
        candidates.close();
        timer.cancel();
        // What was said last, a BYE perhaps, leaves before the connections end.
        port.flush();
        port.leave(id);
        if (own) {
            own->leave(own_id);
            // Not from within one of its own calls.
            loop.post(
                [last = std::shared_ptr<MediaPort>{std::move(own)}]() mutable { last.reset(); });
        }
    }

    struct Way {
        std::optional<IcePath> path;
        MediaPort* port = nullptr;
        UdpSocket* socket = nullptr;
        SendBatch::Destination to;
        SendBatch::Lane lane;
    };

    IoLoop& loop;
    MediaPort& port;
    IceSettings settings;
    Counters counters;
    RemoteCandidates candidates;
    std::uint32_t id;
    std::unique_ptr<MediaPort> own;
    std::uint32_t own_id = 0;
    bool wants_own_port = false;
    bool own_failed = false;
    IceAgent agent;
    Way out;
    Time heard_at;
    Listener* listener = nullptr;
    IceState state = IceState::disconnected;
    bool closed = false;
    bool gathered = false;
    bool has_remote = false;
    bool lite = false;
    std::vector<LocalAddress> addresses;
    std::vector<std::string> names;  ///< of ours at the port
    std::set<std::string> told;
    std::vector<std::string> to_tell;
    std::unique_ptr<std::array<std::uint8_t, kMaxDatagram>> frame;  ///< for TCP
    Timer timer;
    Time timer_due;
};

SharedIceTransport::SharedIceTransport(IoLoop& loop, MediaPort& port, HostResolver& resolver,
                                       IceSettings settings)
    : state_{std::make_shared<State>(loop, port, resolver, std::move(settings))} {}

SharedIceTransport::~SharedIceTransport() {
    state_->shut();
}

void SharedIceTransport::set_listener(Listener* listener) {
    state_->listener = listener;
}
const IceCredentials& SharedIceTransport::local_credentials() const {
    return state_->agent.local_credentials();
}
Result<void> SharedIceTransport::gather() {
    const auto state = state_;
    return state->gather();
}
Result<void> SharedIceTransport::set_remote_credentials(const IceCredentials& remote) {
    const auto state = state_;
    return state->set_remote(remote);
}
Result<void> SharedIceTransport::add_remote_candidate(std::string_view text) {
    const auto state = state_;
    if (text.empty()) return {};
    const auto candidate = IceCandidate::parse(text);
    if (!candidate) return tl::unexpected{candidate.error()};
    return state->candidates.add(*candidate);
}
Result<void> SharedIceTransport::add_remote_candidate(const IceCandidate& candidate) {
    const auto state = state_;
    return state->candidates.add(candidate);
}
Result<void> SharedIceTransport::restart(const IceCredentials& local) {
    const auto state = state_;
    return state->restart(local);
}
void SharedIceTransport::set_remote_lite() {
    state_->lite = true;
}
MutableBytes SharedIceTransport::room() {
    return state_->room();
}
bool SharedIceTransport::commit(std::size_t size) {
    return state_->commit(size);
}
std::size_t SharedIceTransport::send(std::span<const Bytes> datagrams) {
    std::size_t sent = 0;
    for (Bytes datagram : datagrams) {
        const MutableBytes room = state_->room();
        if (room.size() < datagram.size() || room.empty()) break;
        std::copy(datagram.begin(), datagram.end(), room.begin());
        if (!state_->commit(datagram.size())) break;
        ++sent;
    }
    return sent;
}
std::optional<Duration> SharedIceTransport::round_trip() const {
    return state_->agent.round_trip();
}
IceState SharedIceTransport::state() const {
    return state_->state;
}
const IceTransport::Counters& SharedIceTransport::counters() const {
    return state_->counters;
}

}  // namespace rivero::transport
