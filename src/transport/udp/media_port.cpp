// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "transport/udp/media_port.hpp"

#include "rivero/base/log.hpp"
#include "transport/stun/stun_message.hpp"

#include <algorithm>

namespace rivero::transport {
namespace {

constexpr int kTries = 20;
/// The longest time between two looks at TCP connections of nobody, and the shortest.
constexpr Duration kTcpSweep = 1s;
constexpr Duration kShortestTimer = 1ms;
/// How often the log says how many datagrams were lost here.
constexpr Duration kOverflowSweep = 10s;
constexpr std::uint64_t kFlood = 10'000;  ///< datagrams in that time

SocketAddress any(bool ipv6, bool loopback, std::uint16_t port) {
    return *SocketAddress::parse(
        ipv6 ? (loopback ? "::1" : "::") : (loopback ? "127.0.0.1" : "0.0.0.0"), port);
}

}  // namespace

Result<std::unique_ptr<MediaPort>> MediaPort::open(IoLoop& loop, const Settings& settings) {
    std::unique_ptr<MediaPort> port{new MediaPort{loop}};
    Result<void> bound;
    // UDP and TCP, IPv4 and IPv6 on one number: the number that one of them got may be taken for
    // another.
    for (int i = 0; i < (settings.port == 0 ? kTries : 1); ++i) {
        bound = port->bind(settings, settings.port);
        if (bound) break;
    }
    if (!bound) return tl::unexpected{bound.error()};
    port->sole_ = settings.sole;
    port->attach();
    return port;
}

MediaPort::~MediaPort() {
    flush();
}

Result<void> MediaPort::bind(const Settings& settings, std::uint16_t number) {
    v4_.reset();
    v6_.reset();
    tcp_.reset();
    auto four = UdpSocket::open(any(false, settings.loopback_only, number));
    if (!four) return tl::unexpected{four.error()};
    v4_ = std::move(*four);
    port_ = v4_->bound().port;
    std::vector<SocketAddress> listen{any(false, settings.loopback_only, port_)};
    if (settings.ipv6) {
        // A machine may have none.
        if (auto six = UdpSocket::open(any(true, settings.loopback_only, port_))) {
            v6_ = std::move(*six);
            listen.push_back(any(true, settings.loopback_only, port_));
        } else if (number == 0 && six.error().message.find("in use") != std::string::npos) {
            return tl::unexpected{six.error()};
        }
    }
    if (settings.tcp) {
        auto tcp = TcpPort::open(listen, *this);
        if (tcp) {
            tcp_ = std::move(*tcp);
        } else if (number == 0) {
            return tl::unexpected{tcp.error()};
        } else {
            log_topic("transport")->warn("no ICE over TCP: {}", tcp.error().message);
        }
    }
    return {};
}

void MediaPort::attach() {
    v4_watch_ = loop_.watch(v4_->fd(), [this] { receive(*v4_); });
    if (v6_) v6_watch_ = loop_.watch(v6_->fd(), [this] { receive(*v6_); });
    if (tcp_)
        tcp_watch_ = loop_.watch(tcp_->fd(), [this] {
            tcp_->on_ready(Clock::now());
            watch_tcp();
        });
    watch_overflow();
    turn_end_ = loop_.at_turn_end(IoLoop::TurnEnd::send, [this] { flush(); });
}

UdpSocket::Granted MediaPort::granted() const {
    UdpSocket::Granted least = v4_->granted();
    if (v6_) {
        const auto other = v6_->granted();
        least = {std::min(least.receive, other.receive), std::min(least.send, other.send)};
    }
    return least;
}

std::uint64_t MediaPort::overflowed() const {
    return v4_->overflowed() + (v6_ ? v6_->overflowed() : 0);
}

void MediaPort::watch_overflow() {
    overflow_timer_ = loop_.post_after(kOverflowSweep, [this] {
        const std::uint64_t lost = overflowed();
        if (lost != overflow_logged_) {
            log_topic("transport")
                ->warn("UDP port {}: {} datagrams came faster than they were taken and were lost",
                       port_, lost - overflow_logged_);
            overflow_logged_ = lost;
        }
        const std::uint64_t strange =
            counters_.unknown_address + counters_.unknown_name + counters_.malformed;
        // A few are scanners, and what comes late.
        if (strange - std::exchange(strange_seen_, strange) >= kFlood)
            log_topic("transport")
                ->warn(
                    "UDP port {}: many datagrams for nobody here: {} from unknown addresses, {} "
                    "STUN with unknown names, {} malformed since the start",
                    port_, counters_.unknown_address, counters_.unknown_name, counters_.malformed);
        watch_overflow();
    });
}

bool MediaPort::reachable_at(const SocketAddress& local) const {
    const UdpSocket* one = socket(local.ipv6);
    return one && (one->bound_to_all() || one->bound().ip == local.ip);
}

// ---- who is who

std::uint32_t MediaPort::join(Client& client) {
    std::uint32_t id = 0;
    if (free_.empty()) {
        id = static_cast<std::uint32_t>(clients_.size());
        clients_.emplace_back();
    } else {
        id = free_.back();
        free_.pop_back();
    }
    clients_[id].client = &client;
    return id;
}

void MediaPort::leave(std::uint32_t client) {
    Entry entry = std::exchange(clients_[client], {});
    for (const Address& address : entry.addresses) {
        owners(address.tcp).erase(address.remote);
        if (address.tcp && tcp_) tcp_->close(address.remote);
    }
    for (const std::string& name : entry.names) names_.erase(name);
    free_.push_back(client);
}

bool MediaPort::add_name(std::uint32_t client, const std::string& ufrag) {
    if (!names_.try_emplace(ufrag, client).second) return false;
    clients_[client].names.push_back(ufrag);
    return true;
}

void MediaPort::remove_name(const std::string& ufrag) {
    const auto found = names_.find(ufrag);
    if (found == names_.end()) return;
    std::erase(clients_[found->second].names, ufrag);
    names_.erase(found);
}

MediaPort::Address* MediaPort::find(const IcePath& path) {
    const auto owner = owners(path.tcp).find(path.remote);
    if (!owner) return nullptr;
    for (Address& address : clients_[*owner].addresses)
        if (address.tcp == path.tcp && address.remote == path.remote) return &address;
    return nullptr;
}

void MediaPort::take_away(const IcePath& path) {
    const auto owner = owners(path.tcp).find(path.remote);
    if (!owner) return;
    std::erase_if(clients_[*owner].addresses, [&](const Address& address) {
        return address.tcp == path.tcp && address.remote == path.remote;
    });
    owners(path.tcp).erase(path.remote);
    if (path.tcp && tcp_) tcp_->disown(path.remote, Clock::now());
}

bool MediaPort::expect(std::uint32_t client, const IcePath& path) {
    if (const Address* known = find(path)) {
        if (owners(path.tcp).find(path.remote) == client) return true;
        if (known->claimed) return false;
        take_away(path);
    }
    auto& addresses = clients_[client].addresses;
    if (addresses.size() >= kMaxAddresses) {
        const auto oldest = std::find_if(addresses.begin(), addresses.end(),
                                         [](const Address& one) { return !one.claimed; });
        // What has proved itself does not give way to what has not: its datagrams wait until then.
        if (oldest == addresses.end()) return true;
        take_away({{}, oldest->remote, oldest->tcp});
    }
    addresses.push_back({path.remote, path.tcp, false});
    owners(path.tcp).insert(path.remote, client);
    // Who knows the password does not give way to those who have only come.
    if (path.tcp && tcp_) tcp_->own(path.remote);
    return true;
}

bool MediaPort::claim(std::uint32_t client, const IcePath& path) {
    auto& addresses = clients_[client].addresses;
    if (const Address* known = find(path)) {
        const bool ours = owners(path.tcp).find(path.remote) == client;
        if (!ours && known->claimed) return false;
        if (ours) {
            std::erase_if(addresses, [known](const Address& one) { return &one == known; });
        } else {
            take_away(path);
        }
    }
    if (addresses.size() >= kMaxAddresses) {
        auto oldest = std::find_if(addresses.begin(), addresses.end(),
                                   [](const Address& one) { return !one.claimed; });
        if (oldest == addresses.end()) oldest = addresses.begin();
        take_away({{}, oldest->remote, oldest->tcp});
    }
    addresses.push_back({path.remote, path.tcp, true});
    owners(path.tcp).insert(path.remote, client);
    if (path.tcp && tcp_) tcp_->own(path.remote);
    return true;
}

bool MediaPort::claimed(std::uint32_t client, const IcePath& path) const {
    const auto& addresses = clients_[client].addresses;
    return std::any_of(addresses.begin(), addresses.end(), [&](const Address& one) {
        return one.claimed && one.tcp == path.tcp && one.remote == path.remote;
    });
}

void MediaPort::release(std::uint32_t client, const IcePath& path) {
    if (owners(path.tcp).find(path.remote) == client) take_away(path);
}

MediaPort::Client* MediaPort::find_by_stun(Bytes message) {
    const auto stun = StunMessage::parse(message);
    if (!stun) {
        ++counters_.malformed;
        return nullptr;
    }
    Client* client = nullptr;
    if (stun->type == StunClass::request && stun->username) {
        const auto name = stun->username->substr(0, stun->username->find(':'));
        const auto found = names_.find(name);
        if (found != names_.end()) client = clients_[found->second].client;
    } else if (stun->type == StunClass::success || stun->type == StunClass::error) {
        const std::uint32_t id = sole_ ? 0 : ByteReader{stun->transaction}.u32();
        if (id < clients_.size()) client = clients_[id].client;
    }
    if (!client) ++counters_.unknown_name;
    return client;
}

// ---- in and out

void MediaPort::receive(UdpSocket& socket) {
    // One batch in one turn, so that timers and calls have theirs under any load.
    const Time now = Clock::now();
    socket.receive(
        [&](const UdpSocket::Received& one) { dispatch(one.to, one.from, false, one.bytes, now); });
}

void MediaPort::dispatch(const SocketAddress& local, const SocketAddress& remote, bool tcp,
                         MutableBytes datagram, Time arrival) {
    if (StunMessage::looks_like(datagram)) {
        if (Client* client = find_by_stun(datagram))
            client->on_stun(*this, {local, remote, tcp}, datagram, arrival);
        return;
    }
    const auto owner = (tcp ? tcp_owners_ : udp_owners_).find(remote);
    if (!owner) {
        ++counters_.unknown_address;
        return;
    }
    clients_[*owner].client->on_datagram(*this, remote, tcp, datagram, arrival);
}

void MediaPort::on_frame(const SocketAddress& local, const SocketAddress& remote,
                         MutableBytes frame) {
    dispatch(local, remote, true, frame, Clock::now());
}

void MediaPort::on_closed(const SocketAddress& local, const SocketAddress& remote) {
    const auto owner = tcp_owners_.find(remote);
    if (!owner) return;
    const IcePath path{local, remote, true};
    take_away(path);
    clients_[*owner].client->on_path_closed(path);
}

void MediaPort::watch_tcp() {
    if (tcp_timer_.armed() && !tcp_->pausing()) return;
    const auto deadline = tcp_->next_deadline();
    if (!deadline) return;
    tcp_timer_ =
        loop_.post_after(std::clamp(*deadline - Clock::now(), kShortestTimer, kTcpSweep), [this] {
            tcp_timer_.cancel();
            tcp_->on_deadline(Clock::now());
            watch_tcp();
        });
}

void MediaPort::send(const IcePath& path, Bytes datagram, std::optional<std::uint8_t> dscp) {
    if (path.tcp) {
        if (tcp_) tcp_->send(path.remote, datagram);
        return;
    }
    UdpSocket* out = socket(path.remote.ipv6);
    if (!out) return;
    const MutableBytes room = out->batch().room();
    if (room.size() < datagram.size()) return;
    std::copy(datagram.begin(), datagram.end(), room.begin());
    SendBatch::Lane lane;
    out->batch().commit(out->destination(path.remote, path.local, dscp), lane, datagram.size());
}

void MediaPort::flush() {
    // Also when there is nothing: a full batch may have left as soon as there was room, and the
    // socket would be ready, for nothing, in each turn.
    const auto flush_one = [](UdpSocket* socket, IoLoop::Watch* watch) {
        if (!socket) return;
        const bool all = socket->batch().flush();
        if (watch) watch->want_write(!all);
    };
    flush_one(v4_.get(), v4_watch_.get());
    flush_one(v6_.get(), v6_watch_.get());
    if (tcp_) tcp_->flush();
}

}  // namespace rivero::transport
