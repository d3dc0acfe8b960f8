// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "transport/ice/nice_ice_transport.hpp"

#include "rivero/base/assert.hpp"
#include "rivero/base/log.hpp"
#include "transport/glib_owner.hpp"
#include "transport/ice/local_addresses.hpp"
#include "transport/ice/remote_candidates.hpp"

#include <nice/agent.h>

#include <algorithm>
#include <array>
#include <deque>
#include <gio/gio.h>
#include <stdexcept>

// What libnice 0.1.21 wants us to know:
// - Signals leave when the agent's lock is free, so a handler may call the agent; and they, like
// the
//   receive callback, hold a reference to the agent, so it survives its handlers. We let go of it
//   in a task of its own all the same: then no frame of libnice is on the stack when its sockets
//   close.
// - Handlers that are disconnected may still have a signal queued: they look whether anyone
// listens.
// - The receive loop of a socket goes on until the socket is empty.
// - It asserts its own invariants when a known remote candidate is given once more: we never do.
// - Names of STUN and TURN servers are resolved by it, in the background; those of candidates are
//   not.
// - Its trickle option changes nothing but a flag: FAILED comes 5 s after the last check, and a
//   candidate that comes later starts the checks again.
namespace rivero::transport {
namespace {

constexpr guint kComponent = 1;
constexpr std::size_t kMaxBatch = 64;

IceState ice_state(guint state) {
    switch (state) {
        case NICE_COMPONENT_STATE_GATHERING:
            return IceState::gathering;
        case NICE_COMPONENT_STATE_CONNECTING:
            return IceState::connecting;
        case NICE_COMPONENT_STATE_CONNECTED:
            return IceState::connected;
        case NICE_COMPONENT_STATE_READY:
            return IceState::ready;
        case NICE_COMPONENT_STATE_FAILED:
            return IceState::failed;
        default:
            return IceState::disconnected;
    }
}

std::string text_of(const NiceAddress& address) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    nice_address_to_string(&address, text.data());
    return text.data();
}

std::uint16_t port_of(const NiceAddress& address) {
    const guint port = nice_address_get_port(&address);
    return port == 0 ? 9 : static_cast<std::uint16_t>(port);  // active TCP: RFC 6544 section 4.5
}

NiceRelayType relay_type(TurnTransport transport) {
    switch (transport) {
        case TurnTransport::tcp:
            return NICE_RELAY_TYPE_TURN_TCP;
        case TurnTransport::tls:
            return NICE_RELAY_TYPE_TURN_TLS;
        case TurnTransport::udp:
            break;
    }
    return NICE_RELAY_TYPE_TURN_UDP;
}

NiceCandidateType nice_type(IceCandidateType type) {
    switch (type) {
        case IceCandidateType::srflx:
            return NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE;
        case IceCandidateType::prflx:
            return NICE_CANDIDATE_TYPE_PEER_REFLEXIVE;
        case IceCandidateType::relay:
            return NICE_CANDIDATE_TYPE_RELAYED;
        case IceCandidateType::host:
            break;
    }
    return NICE_CANDIDATE_TYPE_HOST;
}

IceCandidateType type_of(NiceCandidateType type) {
    switch (type) {
        case NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE:
            return IceCandidateType::srflx;
        case NICE_CANDIDATE_TYPE_PEER_REFLEXIVE:
            return IceCandidateType::prflx;
        case NICE_CANDIDATE_TYPE_RELAYED:
            return IceCandidateType::relay;
        case NICE_CANDIDATE_TYPE_HOST:
            break;
    }
    return IceCandidateType::host;
}

NiceCandidateTransport nice_transport(const IceCandidate& candidate) {
    if (!candidate.tcp) return NICE_CANDIDATE_TRANSPORT_UDP;
    switch (candidate.tcp_type.value_or(IceTcpType::passive)) {
        case IceTcpType::active:
            return NICE_CANDIDATE_TRANSPORT_TCP_ACTIVE;
        case IceTcpType::so:
            return NICE_CANDIDATE_TRANSPORT_TCP_SO;
        case IceTcpType::passive:
            break;
    }
    return NICE_CANDIDATE_TRANSPORT_TCP_PASSIVE;
}

struct FreeCandidate {
    void operator()(NiceCandidate* candidate) const { nice_candidate_free(candidate); }
};
using CandidatePtr = std::unique_ptr<NiceCandidate, FreeCandidate>;

}  // namespace

struct NiceIceTransport::State : std::enable_shared_from_this<NiceIceTransport::State> {
    State(Loop& l, GMainContext* c, HostResolver& r, IceSettings s)
        : loop{l},
          context{c},
          settings{std::move(s)},
          // Without ICE-TCP no pair can have a TCP candidate.
          candidates{l,
                     r,
                     {settings.udp, settings.tcp, settings.any_candidate_name},
                     counters.candidates_ignored,
                     [this](const IceCandidate& candidate) { use(candidate); }} {
        RIVERO_ASSERT(settings.local.valid(), "ICE credentials have the form of RFC 8839");
        auto options = static_cast<NiceAgentOption>(
            NICE_AGENT_OPTION_ICE_TRICKLE |
            (settings.consent_freshness ? NICE_AGENT_OPTION_CONSENT_FRESHNESS : 0));
        owner.reset(nice_agent_new_full(context, NICE_COMPATIBILITY_RFC5245, options));
        agent = owner.get();
        RIVERO_ASSERT(agent, "libnice makes an agent");
        g_object_set(agent, "controlling-mode", gboolean{settings.controlling}, "upnp",
                     gboolean{FALSE}, "ice-udp", gboolean{settings.udp}, "ice-tcp",
                     gboolean{settings.tcp}, nullptr);
        if (settings.stun) {
            g_object_set(agent, "stun-server", settings.stun->host.c_str(), "stun-server-port",
                         guint{settings.stun->port}, nullptr);
        }
        stream = nice_agent_add_stream(agent, 1);
        RIVERO_ASSERT(stream != 0, "libnice makes a stream");
        nice_agent_set_local_credentials(agent, stream, settings.local.ufrag.c_str(),
                                         settings.local.pwd.c_str());
        if (settings.dscp) nice_agent_set_stream_tos(agent, stream, *settings.dscp << 2);
        const std::size_t turn_servers =
            std::min<std::size_t>(settings.turn.size(), NICE_CANDIDATE_MAX_TURN_SERVERS);
        for (std::size_t i = 0; i < turn_servers; ++i) {
            const TurnServer& turn = settings.turn[i];
            nice_agent_set_relay_info(agent, stream, kComponent, turn.host.c_str(), turn.port,
                                      turn.user.c_str(), turn.password.c_str(),
                                      relay_type(turn.transport));
        }
        if (settings.min_port != 0 || settings.max_port != 0) {
            const guint last = settings.max_port == 0 ? 65535 : settings.max_port;
            const guint first = std::clamp<guint>(settings.min_port, 1, last);
            nice_agent_set_port_range(agent, stream, kComponent, first, last);
        }
        connect_signal("new-candidate-full", G_CALLBACK(on_new_candidate));
        connect_signal("candidate-gathering-done", G_CALLBACK(on_gathering_done));
        connect_signal("component-state-changed", G_CALLBACK(on_state_changed));
        connect_signal("new-selected-pair-full", G_CALLBACK(on_selected_pair));
        nice_agent_attach_recv(agent, stream, kComponent, context, on_receive, this);
    }
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() { nice_agent_attach_recv(agent, stream, kComponent, context, nullptr, nullptr); }

    void connect_signal(const char* signal, GCallback handler) {
        g_signal_connect(agent, signal, handler, this);
    }

    // In all of these the listener comes last: it may have destroyed the transport.

    static void on_new_candidate(NiceAgent*, NiceCandidate* candidate, gpointer data) noexcept {
        auto& self = *static_cast<State*>(data);
        if (self.listener) {
            self.listener->on_local_candidate(self.describe(*candidate, true).text());
        }
    }
    static void on_gathering_done(NiceAgent*, guint, gpointer data) noexcept {
        auto& self = *static_cast<State*>(data);
        if (self.listener) self.listener->on_gathering_done();
    }
    static void on_state_changed(NiceAgent*, guint, guint, guint state, gpointer data) noexcept {
        auto& self = *static_cast<State*>(data);
        self.state = ice_state(state);
        if (self.listener) self.listener->on_ice_state(self.state);
    }
    static void on_selected_pair(NiceAgent*, guint, guint, NiceCandidate* local,
                                 NiceCandidate* remote, gpointer data) noexcept {
        auto& self = *static_cast<State*>(data);
        self.has_pair = true;
        if (self.listener) {
            self.listener->on_selected_pair(self.describe(*local, true).text(),
                                            self.describe(*remote, false).text());
        }
    }
    static void on_receive(NiceAgent*, guint, guint, guint size, gchar* bytes,
                           gpointer data) noexcept {
        auto& self = *static_cast<State*>(data);
        if (!self.listener) return;
        ++self.counters.datagrams_received;
        self.counters.bytes_received += size;
        self.listener->on_datagram({reinterpret_cast<std::uint8_t*>(bytes), size}, Clock::now());
    }

    [[nodiscard]] IceCandidate describe(const NiceCandidate& from, bool local) const {
        IceCandidate candidate;
        candidate.foundation.assign(from.foundation, strnlen(from.foundation, 32));
        candidate.component = static_cast<std::uint16_t>(from.component_id);
        candidate.priority = from.priority;
        candidate.address = text_of(from.addr);
        candidate.port = port_of(from.addr);
        candidate.type = type_of(from.type);
        switch (from.transport) {
            case NICE_CANDIDATE_TRANSPORT_UDP:
                break;
            case NICE_CANDIDATE_TRANSPORT_TCP_ACTIVE:
                candidate.tcp_type = IceTcpType::active;
                break;
            case NICE_CANDIDATE_TRANSPORT_TCP_PASSIVE:
                candidate.tcp_type = IceTcpType::passive;
                break;
            case NICE_CANDIDATE_TRANSPORT_TCP_SO:
                candidate.tcp_type = IceTcpType::so;
                break;
        }
        candidate.tcp = candidate.tcp_type.has_value();
        if (candidate.type != IceCandidateType::host && nice_address_is_valid(&from.base_addr)) {
            candidate.related_address = text_of(from.base_addr);
            candidate.related_port = port_of(from.base_addr);
        }
        if (local && candidate.type == IceCandidateType::host) {
            const auto& external = nice_address_ip_version(&from.addr) == 6
                                       ? settings.external_ipv6
                                       : settings.external_ipv4;
            if (external) candidate.address = *external;
        }
        return candidate;
    }

    Result<void> gather() {
        if (gathering) return {};
        if (!has_addresses) {
            auto addresses = choose_addresses(system_addresses(), settings);
            if (addresses.empty()) return failure("ICE: no interface has a usable address");
            for (const LocalAddress& local : addresses) {
                NiceAddress address;
                nice_address_init(&address);
                if (nice_address_set_from_string(&address, local.address.c_str())) {
                    nice_agent_add_local_address(agent, &address);
                }
            }
            has_addresses = true;
        }
        if (!nice_agent_gather_candidates(agent, stream)) {
            return failure("ICE: no socket could be opened on any local address, ports " +
                           std::to_string(settings.min_port) + " to " +
                           std::to_string(settings.max_port));
        }
        gathering = true;
        use_candidates_if_ready();
        return {};
    }

    Result<void> set_remote_credentials(const IceCredentials& remote) {
        if (!remote.valid()) {
            return failure(
                "ICE: ice-ufrag has 4 to 256 and ice-pwd 22 to 256 letters, digits, "
                "'+' or '/'");
        }
        nice_agent_set_remote_credentials(agent, stream, remote.ufrag.c_str(), remote.pwd.c_str());
        has_remote_credentials = true;
        use_candidates_if_ready();
        return {};
    }

    Result<void> restart(const IceCredentials& local) {
        if (!local.valid()) {
            return failure("ICE: our own new credentials have not the form of RFC 8839");
        }
        settings.local = local;
        // libnice keeps local candidates, and the selected pair until a new one is found; it makes
        // up credentials of its own, which ours replace.
        if (!nice_agent_restart_stream(agent, stream))
            return failure("ICE: the restart was refused");
        nice_agent_set_local_credentials(agent, stream, local.ufrag.c_str(), local.pwd.c_str());
        has_remote_credentials = false;
        remote_done = false;
        candidates.restart();
        return {};
    }

    void use(const IceCandidate& candidate) {
        const auto self = shared_from_this();
        CandidatePtr nice{nice_candidate_new(nice_type(candidate.type))};
        nice->stream_id = stream;
        nice->component_id = kComponent;
        nice->transport = nice_transport(candidate);
        nice->priority = candidate.priority;
        g_strlcpy(nice->foundation, candidate.foundation.c_str(), sizeof nice->foundation);
        if (!nice_address_set_from_string(&nice->addr, candidate.address.c_str())) {
            ++counters.candidates_ignored;
            return;
        }
        nice_address_set_port(&nice->addr, candidate.port);
        if (candidate.related_address &&
            nice_address_set_from_string(&nice->base_addr, candidate.related_address->c_str())) {
            nice_address_set_port(&nice->base_addr, candidate.related_port.value_or(0));
        }
        GSList list{nice.get(), nullptr};
        if (nice_agent_set_remote_candidates(agent, stream, kComponent, &list) < 1) {
            ++counters.candidates_ignored;
        }
    }

    void use_candidates_if_ready() {
        if (!gathering || !has_remote_credentials || closed) return;
        candidates.open();
        if (remote_done && !closed) nice_agent_peer_candidate_gathering_done(agent, stream);
    }

    std::size_t send(std::span<const Bytes> datagrams) {
        if (!has_pair) {
            counters.not_sent += datagrams.size();
            return 0;
        }
        std::size_t sent = 0;
        while (sent < datagrams.size()) {
            const std::size_t n = std::min(datagrams.size() - sent, kMaxBatch);
            std::array<GOutputVector, kMaxBatch> buffers;
            std::array<NiceOutputMessage, kMaxBatch> messages;
            for (std::size_t i = 0; i < n; ++i) {
                buffers[i] = {datagrams[sent + i].data(), datagrams[sent + i].size()};
                messages[i] = {&buffers[i], 1};
            }
            GError* error = nullptr;
            const gint result = nice_agent_send_messages_nonblocking(
                agent, stream, kComponent, messages.data(), static_cast<guint>(n), nullptr, &error);
            const std::size_t left = result > 0 ? static_cast<std::size_t>(result) : 0;
            for (std::size_t i = 0; i < left; ++i) {
                counters.bytes_sent += datagrams[sent + i].size();
            }
            sent += left;
            if (left < n) {
                const bool full =
                    !error || g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
                (full ? counters.would_block : counters.not_sent) += datagrams.size() - sent;
                g_clear_error(&error);
                break;
            }
        }
        counters.datagrams_sent += sent;
        return sent;
    }

    /// Nothing is heard any more; the agent goes when the loop comes round.
    static void shut(std::shared_ptr<State> self) {
        self->closed = true;
        self->listener = nullptr;
        self->candidates.close();
        g_signal_handlers_disconnect_by_data(self->agent, self.get());
        Loop& loop = self->loop;
        loop.post([last = std::move(self)]() mutable {
            if (last->settings.turn.empty()) return;  // the State goes, and the agent with it
            // Allocations are given back to the TURN servers first; this takes a round trip.
            auto* keep = new std::shared_ptr<State>{std::move(last)};
            nice_agent_close_async((*keep)->agent,
                                   [](GObject*, GAsyncResult*, gpointer data) {
                                       delete static_cast<std::shared_ptr<State>*>(data);
                                   },
                                   keep);
        });
    }

    Loop& loop;
    GMainContext* context;
    IceSettings settings;
    Counters counters;
    RemoteCandidates candidates;
    GlibOwner<NiceAgent> owner;
    NiceAgent* agent = nullptr;  ///< the owner's
    guint stream = 0;
    Listener* listener = nullptr;
    IceState state = IceState::disconnected;
    bool closed = false;
    bool has_addresses = false;
    bool gathering = false;
    bool has_remote_credentials = false;
    bool has_pair = false;
    bool remote_done = false;
    std::unique_ptr<std::array<std::uint8_t, kMaxDatagram>> room;
};

NiceIceTransport::NiceIceTransport(Loop& loop, GMainContext* context, HostResolver& resolver,
                                   IceSettings settings)
    : state_{std::make_shared<State>(loop, context, resolver, std::move(settings))} {}

NiceIceTransport::~NiceIceTransport() {
    State::shut(std::move(state_));
}

void NiceIceTransport::set_listener(Listener* listener) {
    state_->listener = listener;
}

const IceCredentials& NiceIceTransport::local_credentials() const {
    return state_->settings.local;
}

// libnice raises signals within these calls, and a listener may destroy this object then: the local
// reference keeps the State alive until the call is over.

Result<void> NiceIceTransport::gather() {
    auto state = state_;
    return state->gather();
}
Result<void> NiceIceTransport::set_remote_credentials(const IceCredentials& remote) {
    auto state = state_;
    return state->set_remote_credentials(remote);
}
Result<void> NiceIceTransport::add_remote_candidate(std::string_view text) {
    auto state = state_;
    if (text.empty()) {
        end_of_remote_candidates();
        return {};
    }
    auto candidate = IceCandidate::parse(text);
    if (!candidate) return tl::unexpected{candidate.error()};
    return state->candidates.add(*candidate);
}
Result<void> NiceIceTransport::add_remote_candidate(const IceCandidate& candidate) {
    auto state = state_;
    return state->candidates.add(candidate);
}
void NiceIceTransport::end_of_remote_candidates() {
    auto state = state_;
    state->remote_done = true;
    state->use_candidates_if_ready();
}
Result<void> NiceIceTransport::restart(const IceCredentials& local) {
    auto state = state_;
    return state->restart(local);
}
MutableBytes NiceIceTransport::room() {
    if (!state_->has_pair) {
        ++state_->counters.not_sent;
        return {};
    }
    auto& room = state_->room;
    if (!room) room = std::make_unique<std::array<std::uint8_t, kMaxDatagram>>();
    return *room;
}
bool NiceIceTransport::commit(std::size_t size) {
    const Bytes datagram = Bytes{*state_->room}.first(size);
    return send(std::span{&datagram, 1}) == 1;
}
std::size_t NiceIceTransport::send(std::span<const Bytes> datagrams) {
    auto state = state_;
    return state->send(datagrams);
}
IceState NiceIceTransport::state() const {
    return state_->state;
}
const IceTransport::Counters& NiceIceTransport::counters() const {
    return state_->counters;
}

}  // namespace rivero::transport
