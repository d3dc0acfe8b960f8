// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/bytes.hpp"
#include "rivero/base/clock.hpp"
#include "transport/ice/check_list.hpp"
#include "transport/ice/ice_candidate.hpp"
#include "transport/ice/ice_path.hpp"
#include "transport/ice/ice_settings.hpp"
#include "transport/ice/ice_transport.hpp"
#include "transport/stun/stun_message.hpp"
#include "transport/udp/socket_address.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace rivero::transport {

/// Has become another; see IceState.
struct IceStateChanged {
    IceState state;
};
/// What is sent goes this way from now on.
struct IcePathSelected {
    IcePath path;
    IceCandidate local;
    IceCandidate remote;
};
using IceEvent = std::variant<IceStateChanged, IcePathSelected>;

/// A full ICE agent with host candidates, one stream and one component: RFC 8445, RFC 8838
/// (trickle), RFC 7675 (consent), RFC 6544 (passive TCP). No sockets, no clock: messages and time
/// go in; calls of the Shell, events and the next deadline come out.
///
/// Nobody who does not know our password gets an answer or leaves a trace but for a counter: no
/// state, no bytes. An address that nobody told us, but from which a request with our password came
/// (RFC 8445 calls it peer-reflexive; it may be false, or the request an old one), never gets more
/// bytes than came from there before it has answered a check.
class IceAgent {
public:
    /// What the agent needs of the world. Called from within the agent's methods; must not call
    /// back.
    class Shell {
    public:
        virtual void send_stun(const IcePath& path, Bytes message) = 0;
        /// A request with our password came this way, from an address that may be false: what
        /// else comes from there is ours, unless it is known to be another's.
        /// @return false when it is known to be another's: the request is refused
        [[nodiscard]] virtual bool expect(const IcePath& path) = 0;
        /// The peer has answered this way: what comes from there is ours alone. Again with each
        /// answer. @return false when it is known to be another's: the path is not used
        [[nodiscard]] virtual bool admit(const IcePath& path) = 0;
        /// Nothing is expected this way any more.
        virtual void forget(const IcePath& path) = 0;

    protected:
        ~Shell() = default;
    };

    struct Settings {
        IceCredentials local;
        bool controlling = false;
        bool consent_freshness = true;
        /// Begins each transaction id: tells, at a socket that is shared, whose the answer is.
        std::uint32_t id = 0;
        /// Fills with random bytes.
        std::function<void(MutableBytes)> random;
    };

    struct Counters {
        std::uint64_t malformed = 0;
        std::uint64_t strangers = 0;        ///< not for us: user name, or an answer to nothing
        std::uint64_t unauthenticated = 0;  ///< right name, wrong or no MESSAGE-INTEGRITY
        std::uint64_t refused = 0;          ///< authentic, but too many, or not admitted
        std::uint64_t answered = 0;
        std::uint64_t checks = 0;  ///< sent, consent checks and retransmissions included
        std::uint64_t role_conflicts = 0;
    };

    static constexpr Duration kPacing = 50ms;  ///< Ta, RFC 8445 section 14.2
    static constexpr Duration kConsentInterval = 5s;
    static constexpr Duration kConsentExpires = 30s;
    static constexpr Duration kKeepalive = 15s;  ///< RFC 8445 section 11, without consent checks
    /// Nothing works and nothing is being tried for so long: failed. What comes later is still
    /// tried.
    static constexpr Duration kPatience = 15s;
    /// How long a better pair may take after the first that works, when we nominate.
    static constexpr Duration kNominationDelay = 50ms;
    /// A nominated pair that was silent for so long gives way to one of lower priority.
    static constexpr Duration kSilence = 3s;
    /// @param shell outlives this
    IceAgent(Shell& shell, Settings settings);

    /// A host candidate of ours; `base` is where it is bound. May come at any time.
    void add_local(const SocketAddress& base, const IceCandidate& candidate, Time now);
    void set_remote(const IceCredentials& remote, bool lite, Time now);
    /// With a numeric address. False when there are too many, or it is of no use.
    bool add_remote(const IceCandidate& candidate, Time now);
    /// New credentials of ours, RFC 8445 section 9: the next set_remote() begins anew with them.
    /// What was selected carries on, and its consent is kept up, until a new pair is nominated.
    void restart(const IceCredentials& fresh);

    /// A datagram that looks like STUN and is for us by its user name or transaction.
    void receive(Time now, const IcePath& path, Bytes datagram);
    /// A TCP connection has ended.
    void path_closed(Time now, const IcePath& path);
    /// Something else than STUN came from the peer: it is alive there.
    void heard(Time now, const IcePath& path);

    void on_deadline(Time now);
    [[nodiscard]] std::optional<Time> next_deadline() const;
    [[nodiscard]] std::optional<IceEvent> take_event();

    [[nodiscard]] IceState state() const { return state_; }
    [[nodiscard]] const IcePath* selected() const {
        return list_.selected() ? &list_.selected()->path : nullptr;
    }
    /// Of the selected pair, smoothed, as checks and consent checks have shown it: each is an
    /// answer to a request that was sent once. Empty until there was one.
    [[nodiscard]] std::optional<Duration> round_trip() const {
        return list_.selected() ? list_.selected()->round_trip : std::nullopt;
    }
    [[nodiscard]] bool controlling() const { return controlling_; }
    [[nodiscard]] const IceCredentials& local_credentials() const { return now_.local; }
    /// Of before the restart, while they still count.
    [[nodiscard]] const IceCredentials* previous_credentials() const {
        return before_ ? &before_->local : nullptr;
    }
    [[nodiscard]] const Counters& counters() const { return counters_; }

private:
    struct Credentials {
        IceCredentials local;
        std::optional<IceCredentials> remote;
        std::string check_username;  ///< of what we send: theirs:ours
    };
    using Pair = CheckList::Pair;
    using PairState = CheckList::PairState;

    void on_request(Time now, const IcePath& path, const StunMessage& request, std::size_t size);
    void on_response(Time now, const IcePath& path, const StunMessage& response);
    /// @return false when the conflict was answered and the request is over
    bool settle_roles(const IcePath& path, const StunMessage& request, std::size_t size,
                      const Credentials& by);
    void check_in_return(Pair& pair, Time now);
    /// @param size of the request
    void answer(Pair& pair, const StunMessage& request, std::size_t size);
    void send_answer(const IcePath& path, const StunTransactionId& transaction,
                     const Credentials& by);
    void answer_error(const IcePath& path, const StunMessage& request, std::size_t size,
                      const Credentials& by, StunError code, std::string_view reason);
    /// Whether a check may go out.
    [[nodiscard]] bool affordable(const Pair& pair) const;
    void switch_role(bool controlling);
    /// Begins a transaction: a check, a nomination, or the renewal of consent.
    void send_check(Pair& pair, Time now, bool nominate);
    /// The request of the pair's transaction, once more; not at all when the pair has no bytes
    /// left.
    void send_again(Pair& pair, Time now);
    static void note_round_trip(Pair& pair, Time now);
    void on_valid(Pair& pair, Time now);
    void nominate_if_time(Time now);
    void choose(Time now);
    void use(Pair& pair, Time now);
    void keep_valid(Time now);
    void renew_consent(Pair& pair, Time now);
    void lose_consent(Time now);
    /// The peer answers checks on this pair, but not the nomination.
    void nominate_another(Pair& pair, Time now);
    void repeat_checks(Time now);
    void check_next(Time now);
    void become(IceState state);
    void note_activity(Time now);
    [[nodiscard]] const Credentials& credentials_of(const Pair& pair) const {
        return pair.old && before_ ? *before_ : now_;
    }
    void random(MutableBytes bytes) const { settings_.random(bytes); }

    Shell& shell_;
    Settings settings_;
    bool controlling_;
    bool remote_lite_ = false;
    std::uint64_t tie_breaker_ = 0;
    Credentials now_;
    std::optional<Credentials> before_;
    CheckList list_;
    IceState state_ = IceState::disconnected;
    std::deque<IceEvent> events_;
    std::optional<Time> next_check_;    ///< when the pacing allows one
    std::optional<Time> gives_up_;      ///< failed at
    std::optional<Time> nominates_at_;  ///< we are controlling: the latest time
    Time settles_until_{};  ///< after a restart: until then the nomination is repeated often
    Counters counters_;
};

}  // namespace rivero::transport
