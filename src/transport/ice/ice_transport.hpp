// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/bytes.hpp"
#include "rivero/base/clock.hpp"
#include "rivero/base/result.hpp"
#include "transport/ice/ice_candidate.hpp"
#include "transport/ice/ice_settings.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace rivero::transport {

/// The states that the client API shows.
enum class IceState { disconnected, gathering, connecting, connected, ready, failed };
/// DISCONNECTED, GATHERING, ...
[[nodiscard]] std::string_view name(IceState state);

/// A datagram path to one peer, found by ICE: one stream, one component (RTCP is muxed).
///
/// Everything, the listener's calls included, happens on the RTC worker's loop. The listener may
/// destroy the transport from within any of its calls.
class IceTransport {
public:
    class Listener {
    public:
        /// @param candidate `candidate:…`
        virtual void on_local_candidate(std::string_view candidate) = 0;
        virtual void on_gathering_done() = 0;
        virtual void on_ice_state(IceState state) = 0;
        /// Both `candidate:…`. May come again for a better pair.
        virtual void on_selected_pair(std::string_view local, std::string_view remote) = 0;
        /// @param datagram anything but STUN; borrowed, and the listener's to overwrite
        virtual void on_datagram(MutableBytes datagram, Time arrival) = 0;

    protected:
        ~Listener() = default;
    };

    struct Counters {
        std::uint64_t datagrams_sent = 0;
        std::uint64_t datagrams_received = 0;
        std::uint64_t bytes_sent = 0;
        std::uint64_t bytes_received = 0;
        std::uint64_t would_block = 0;         ///< not sent: the socket was full
        std::uint64_t not_sent = 0;            ///< no pair yet, or any other reason
        std::uint64_t candidates_ignored = 0;  ///< too many, not resolved, of no use
        std::uint64_t dtls_of_strangers = 0;   ///< from where nobody has answered a check
    };

    IceTransport() = default;
    IceTransport(const IceTransport&) = delete;
    IceTransport& operator=(const IceTransport&) = delete;
    virtual ~IceTransport() = default;

    /// Null: nobody listens. Events of the past are not repeated.
    virtual void set_listener(Listener* listener) = 0;
    [[nodiscard]] virtual const IceCredentials& local_credentials() const = 0;

    /// Begins to look for local candidates, once. False when the sockets cannot be opened, e.g. all
    /// ports of the range are taken.
    [[nodiscard]] virtual Result<void> gather() = 0;
    /// Checks begin when credentials and candidates of both sides are there, in any order.
    [[nodiscard]] virtual Result<void> set_remote_credentials(const IceCredentials& remote) = 0;
    /// Before or after gather() and the credentials. A host name of mDNS is resolved in the
    /// background, any other only if the settings say so; one that does not resolve is ignored,
    /// and so is one that is known. An empty text means the end of candidates.
    [[nodiscard]] virtual Result<void> add_remote_candidate(std::string_view text) = 0;
    [[nodiscard]] virtual Result<void> add_remote_candidate(const IceCandidate& candidate) = 0;
    virtual void end_of_remote_candidates() = 0;

    /// Begins anew with other credentials of our own, or the same, RFC 8445 section 9. The peer's
    /// credentials, and its candidates, follow by the calls above; those of before are forgotten.
    /// Sockets and local candidates stay and are not told again. The pair in use goes on carrying
    /// datagrams in both directions until one of the new generation is selected, so that media
    /// never stops; if none ever is, the state becomes failed in the end. Events:
    /// on_ice_state(connecting) when checks begin, then as at the first time.
    [[nodiscard]] virtual Result<void> restart(const IceCredentials& local) = 0;

    /// The peer is an ICE lite agent: we control. Before the credentials. RFC 8445 section 6.1.1.
    virtual void set_remote_lite() {}

    /// Room for one datagram, kMaxDatagram bytes, which the caller fills and gives to commit()
    /// before it calls anything else here; empty when nothing can be sent now. What is committed
    /// leaves at the end of the loop's turn at the latest, in order, without being copied.
    [[nodiscard]] virtual MutableBytes room() = 0;
    /// @param size what lies at the beginning of room() @return whether it was taken
    virtual bool commit(std::size_t size) = 0;
    static constexpr std::size_t kMaxDatagram = 2048;

    /// Never blocks. @return how many, from the first, were given to the network
    virtual std::size_t send(std::span<const Bytes> datagrams) = 0;
    bool send(Bytes datagram) { return send(std::span{&datagram, 1}) == 1; }

    /// To the peer and back, by the pair in use, as connectivity and consent checks show it; empty
    /// when nothing has shown it.
    [[nodiscard]] virtual std::optional<Duration> round_trip() const { return std::nullopt; }
    [[nodiscard]] virtual IceState state() const = 0;
    [[nodiscard]] virtual const Counters& counters() const = 0;
};

}  // namespace rivero::transport
