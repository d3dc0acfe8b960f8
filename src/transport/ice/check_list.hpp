// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/clock.hpp"
#include "transport/ice/ice_candidate.hpp"
#include "transport/ice/ice_path.hpp"
#include "transport/stun/stun_message.hpp"
#include "transport/udp/socket_address.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <optional>
#include <vector>

namespace rivero::transport {

/// Candidates of both sides and the pairs that they make: RFC 8445 section 6.1.2. Knows what there
/// is and how much of it there may be; what to do with it is the agent's.
class CheckList {
public:
    struct Local {
        SocketAddress base;
        IceCandidate candidate;
    };
    struct Remote {
        SocketAddress address;
        IceCandidate candidate;
        bool found = false;  ///< by a check of the peer; nobody told us
    };
    enum class PairState : std::uint8_t { waiting, in_progress, succeeded, failed };
    struct Pair {
        IcePath path;
        IceCandidate local;
        IceCandidate remote;
        std::uint64_t priority = 0;
        PairState state = PairState::waiting;
        bool old = false;             ///< from before a restart
        bool triggered = false;       ///< by a check of the peer: goes first
        bool valid = false;           ///< a check of ours was answered, consent included
        bool nominated = false;       ///< and valid
        bool wanted_by_peer = false;  ///< USE-CANDIDATE came before it was valid
        bool nominating = false;      ///< our check in flight has USE-CANDIDATE
        int sends = 0;
        int copies = 0;         ///< of `transaction` that have left
        bool awaiting = false;  ///< an answer to `transaction`
        StunTransactionId transaction{};
        bool sent_as_controlling = false;
        Time sent{};
        Time due{};        ///< next retransmission or consent check
        Time confirmed{};  ///< last answer to us
        Time heard{};      ///< last sign of life of the peer
        /// Of answers that can only be to one copy of a request.
        std::optional<Duration> round_trip;
        /// By UDP from an address that nobody told us: until it has answered, no more bytes go out
        /// than came in.
        bool limited = false;
        std::size_t credit = 0;  ///< bytes that may go out while `limited`
        /// A request that waits for its answer until there are bytes for it.
        std::optional<StunTransactionId> unanswered;

        [[nodiscard]] Time last_sign() const { return std::max(heard, confirmed); }
        [[nodiscard]] bool unfinished() const {
            return state == PairState::waiting || state == PairState::in_progress;
        }
    };
    /// Nothing is expected from this address of the peer any more, at this port of ours.
    using Forget = std::function<void(const IcePath&)>;

    static constexpr std::size_t kMaxPairs = 100;    ///< RFC 8445 section 6.1.2.5
    static constexpr std::size_t kMaxRemotes = 100;  ///< candidates that the peer told us
    /// Addresses of the peer that we found by its checks, at one time.
    static constexpr std::size_t kMaxFound = 16;
    /// An address of the peer that was silent for so long gives its place to a new one.
    static constexpr Duration kForgotten = 10s;

    explicit CheckList(Forget forget) : forget_{std::move(forget)} {}

    /// Our role decides about priorities. RFC 8445 section 6.1.2.3.
    void set_controlling(bool controlling);

    void add_local(const SocketAddress& base, const IceCandidate& candidate, Time now);
    /// @return false when there are too many
    bool add_remote(const SocketAddress& address, const IceCandidate& candidate, Time now);
    /// Where a connection of the peer has ended.
    void remove(const IcePath& path);
    /// What the peer told is void; of pairs only the selected one stays, as an old one.
    void restart();

    [[nodiscard]] bool has_locals() const { return !locals_.empty(); }
    [[nodiscard]] const Local* local_at(const IcePath& path) const;
    /// Of this generation.
    [[nodiscard]] Pair* find(const IcePath& path);
    /// The pair of a request: one that is there, or a new one with an address that nobody told us.
    /// Null when there are too many.
    [[nodiscard]] Pair* pair_of(const Local& local, const IcePath& path, const StunMessage& request,
                                Time now);
    [[nodiscard]] std::list<Pair>& pairs() { return pairs_; }
    [[nodiscard]] const std::list<Pair>& pairs() const { return pairs_; }

    /// The one in use; null when there is none.
    [[nodiscard]] Pair* selected() const { return selected_; }
    void select(Pair* pair) { selected_ = pair; }

    void fail(Pair& pair);
    /// Pairs beside the selected one that were silent for so long.
    void fail_silent(Time now, Duration silence);
    void drop_old();
    /// No pair came of a check from there.
    void forget(const IcePath& path);

private:
    /// @param proven the peer has checked this way, so that it is more than talk
    Pair* make_pair(const Local& local, const Remote& remote, Time now, bool proven);
    /// The least promising one, to be given up for another; null when all are better than that.
    [[nodiscard]] const Pair* dispensable(std::uint64_t priority, Time now, bool proven) const;
    [[nodiscard]] std::uint64_t priority_of(const IceCandidate& local,
                                            const IceCandidate& remote) const;
    /// Gives up the found address that was silent for the longest time.
    [[nodiscard]] bool drop_silent(Time now);
    template <class Which>
    void drop(Which which);

    Forget forget_;
    bool controlling_ = false;
    std::vector<Local> locals_;
    std::vector<Remote> remotes_;
    std::uint32_t found_ = 0;  ///< how many addresses nobody told us, ever
    std::list<Pair> pairs_;    ///< not sorted; pointers to them stay good
    Pair* selected_ = nullptr;
};

}  // namespace rivero::transport
