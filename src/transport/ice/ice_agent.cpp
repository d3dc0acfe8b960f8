// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "transport/ice/ice_agent.hpp"

#include "rivero/base/assert.hpp"

#include <algorithm>
#include <utility>

namespace rivero::transport {
namespace {

constexpr int kMaxSends = 7;  // Rc, RFC 8489 section 6.2.1
constexpr Duration kFirstRetransmit = 500ms;
/// The sum matters to the user: a pair is given up after ten seconds, not forty.
constexpr Duration kMaxRetransmit = 2s;
/// A check of the peer makes us check at once, but for one that has just left.
constexpr Duration kJustSent = 20ms;
/// After a restart the nomination is repeated so often, for so long: as long as signalling may
/// take.
constexpr Duration kSettleInterval = 250ms;
constexpr Duration kSettles = 5s;

Duration retransmit_after(int sends) {
    Duration interval = kFirstRetransmit;
    for (int i = 1; i < sends && interval < kMaxRetransmit; ++i) interval *= 2;
    return std::min(interval, kMaxRetransmit);
}

constexpr std::size_t padded(std::size_t size) {
    return (size + 3) / 4 * 4;
}
constexpr std::size_t kAttributeHeader = 4;
/// MESSAGE-INTEGRITY and FINGERPRINT.
constexpr std::size_t kTrailer = 2 * kAttributeHeader + 20 + 4;
/// Of a check without USE-CANDIDATE: name, priority, role.
constexpr std::size_t check_size(std::size_t username) {
    return StunMessage::kHeader + 3 * kAttributeHeader + padded(username) + 4 + 8 + kTrailer;
}
constexpr std::size_t answer_size(const IcePath& path) {
    return StunMessage::kHeader + kAttributeHeader + 4 + (path.remote.ipv6 ? 16 : 4) + kTrailer;
}

/// RFC 8445 section 5.1.2.1, with the type preference of peer-reflexive candidates.
std::uint32_t as_reflexive(std::uint32_t host_priority) {
    return (host_priority & 0x00ffffff) | 110U << 24;
}

}  // namespace

IceAgent::IceAgent(Shell& shell, Settings settings)
    : shell_{shell}, settings_{std::move(settings)}, controlling_{settings_.controlling} {
    now_.local = settings_.local;
    std::array<std::uint8_t, 8> bytes;
    random(bytes);
    tie_breaker_ = ByteReader{bytes}.u64();
}

// ---- candidates and pairs

void IceAgent::add_local(const SocketAddress& base, const IceCandidate& candidate, Time now) {
    locals_.push_back({base, candidate});
    if (state_ == IceState::disconnected) become(IceState::gathering);
    if (state_ == IceState::gathering && now_.remote) become(IceState::connecting);
    make_pairs(locals_.back(), now);
    note_activity(now);
}

void IceAgent::set_remote(const IceCredentials& remote, bool lite, Time now) {
    if (now_.remote && now_.remote->ufrag == remote.ufrag && now_.remote->pwd == remote.pwd) return;
    if (now_.remote) {
        // The peer began anew and we did not: what it told before is void, what works goes on.
        if (!before_) before_ = now_;
        for (Pair& pair : pairs_) pair.old = true;
        drop_pairs([this](const Pair& pair) { return &pair != selected_; });
        remotes_.clear();
    }
    now_.remote = remote;
    now_.check_username = remote.ufrag + ':' + now_.local.ufrag;
    remote_lite_ = lite;
    // RFC 8445 section 6.1.1: beside a lite agent the full one controls.
    if (lite) switch_role(true);
    nominates_at_.reset();
    if (!next_check_) next_check_ = now;
    note_activity(now);
    // After a restart, too, although media goes on by the old pair.
    if (!locals_.empty()) become(IceState::connecting);
}

void IceAgent::restart(const IceCredentials& fresh) {
    if (selected_) {
        before_ = now_;
        for (Pair& pair : pairs_) pair.old = true;
    } else {
        before_.reset();
    }
    drop_pairs([this](const Pair& pair) { return &pair != selected_; });
    remotes_.clear();
    now_ = {};
    now_.local = fresh;
    nominates_at_.reset();
    gives_up_.reset();
}

bool IceAgent::add_remote(const IceCandidate& candidate, Time now) {
    // Only RTP's component exists: RTCP goes with it. We open no TCP connections: an active peer
    // comes to us, a passive one waits in vain.
    if (candidate.component != 1 || candidate.tcp || candidate.port == 0) return false;
    const auto address = SocketAddress::parse(candidate.address, candidate.port);
    if (!address) return false;
    for (Remote& known : remotes_) {
        if (known.candidate.tcp || known.address != *address) continue;
        // Found by a check before it was told: RFC 8838 section 11.
        known.candidate = candidate;
        known.found = false;
        for (Pair& pair : pairs_)
            if (!pair.path.tcp && pair.path.remote == *address) pair.limited = false;
        return true;
    }
    if (std::count_if(remotes_.begin(), remotes_.end(), [](auto& one) { return !one.found; }) >=
        static_cast<std::ptrdiff_t>(kMaxRemotes)) {
        return false;
    }
    remotes_.push_back({*address, candidate});
    make_pairs(remotes_.back(), now);
    return true;
}

void IceAgent::make_pairs(const Remote& remote, Time now) {
    for (const Local& local : locals_) make_pair(local, remote, now);
    if (!next_check_) next_check_ = now;
    note_activity(now);
}

void IceAgent::make_pairs(const Local& local, Time now) {
    for (const Remote& remote : remotes_)
        if (!remote.found) make_pair(local, remote, now);
    if (!next_check_) next_check_ = now;
}

IceAgent::Pair* IceAgent::make_pair(const Local& local, const Remote& remote, Time now) {
    if (local.candidate.tcp != remote.candidate.tcp || local.base.ipv6 != remote.address.ipv6)
        return nullptr;
    const IcePath path{local.base, remote.address, local.candidate.tcp};
    if (Pair* known = find(path)) return known;
    Pair pair;
    pair.path = path;
    pair.local = local.candidate;
    pair.remote = remote.candidate;
    pair.priority = priority_of(pair);
    // Who has a TCP connection to us has shown that its address is real.
    pair.limited = remote.found && !path.tcp;
    if (pairs_.size() < kMaxPairs) {
        pairs_.push_back(std::move(pair));
        return &pairs_.back();
    }
    // What the peer really uses takes the place of what it only talked about.
    if (!remote.found) return nullptr;
    for (Pair& other : pairs_) {
        if (other.old || other.valid || &other == selected_ || now - other.heard < kForgotten)
            continue;
        const IcePath gone = other.path;
        other = std::move(pair);
        forget(gone);
        return &other;
    }
    return nullptr;
}

IceAgent::Pair* IceAgent::pair_of(const Local& local, const IcePath& path,
                                  const StunMessage& request, Time now) {
    if (Pair* known = find(path)) return known;
    for (const Remote& known : remotes_)
        if (known.address == path.remote && known.candidate.tcp == path.tcp)
            return make_pair(local, known, now);
    // Peer-reflexive, RFC 8445 section 7.3.1.3.
    const auto found = std::count_if(remotes_.begin(), remotes_.end(),
                                     [](const Remote& one) { return one.found; });
    if (found >= static_cast<std::ptrdiff_t>(kMaxFound) && !drop_silent(now)) return nullptr;
    IceCandidate candidate;
    candidate.foundation = "prflx" + std::to_string(++found_);
    candidate.address = path.remote.ip_text();
    candidate.port = path.remote.port;
    candidate.type = IceCandidateType::prflx;
    candidate.priority = request.priority.value_or(1);
    candidate.tcp = path.tcp;
    if (path.tcp) candidate.tcp_type = IceTcpType::active;
    remotes_.push_back({path.remote, std::move(candidate), true});
    if (Pair* made = make_pair(local, remotes_.back(), now)) return made;
    remotes_.pop_back();
    return nullptr;
}

bool IceAgent::drop_silent(Time now) {
    const Remote* silent = nullptr;
    Time since = now - kForgotten;
    for (const Remote& remote : remotes_) {
        if (!remote.found) continue;
        Time last{};
        for (const Pair& pair : pairs_) {
            if (pair.path.remote != remote.address || pair.path.tcp != remote.candidate.tcp)
                continue;
            last = &pair == selected_ ? now : std::max(last, last_sign(pair));
        }
        if (last > since) continue;
        since = last;
        silent = &remote;
    }
    if (!silent) return false;
    const SocketAddress address = silent->address;
    const bool tcp = silent->candidate.tcp;
    drop_pairs([&](const Pair& pair) {
        return !pair.old && pair.path.remote == address && pair.path.tcp == tcp;
    });
    std::erase_if(remotes_, [&](const Remote& one) {
        return one.found && one.address == address && one.candidate.tcp == tcp;
    });
    return true;
}

void IceAgent::fail(Pair& pair) {
    pair.state = PairState::failed;
    pair.valid = pair.nominated = pair.nominating = pair.awaiting = false;
    forget(pair.path);
}

void IceAgent::forget(const IcePath& path) {
    // Of two generations one may go on where the other was.
    const bool used = std::any_of(pairs_.begin(), pairs_.end(), [&path](const Pair& pair) {
        return pair.path == path && pair.state != PairState::failed;
    });
    if (!used) shell_.forget(path);
}

IceAgent::Pair* IceAgent::find(const IcePath& path) {
    for (Pair& pair : pairs_)
        if (!pair.old && pair.path == path) return &pair;
    return nullptr;
}

const IceAgent::Local* IceAgent::local_at(const IcePath& path) const {
    for (const Local& local : locals_)
        if (local.base == path.local && local.candidate.tcp == path.tcp) return &local;
    return nullptr;
}

/// 2^32 MIN(G,D) + 2 MAX(G,D) + (G > D). RFC 8445 section 6.1.2.3.
std::uint64_t IceAgent::priority_of(const Pair& pair) const {
    const std::uint64_t ours = pair.local.priority;
    const std::uint64_t theirs = pair.remote.priority;
    const std::uint64_t g = controlling_ ? ours : theirs;
    const std::uint64_t d = controlling_ ? theirs : ours;
    return (std::min(g, d) << 32) + 2 * std::max(g, d) + (g > d ? 1 : 0);
}

void IceAgent::switch_role(bool controlling) {
    if (controlling_ == controlling) return;
    controlling_ = controlling;
    for (Pair& pair : pairs_) pair.priority = priority_of(pair);
    nominates_at_.reset();
    if (controlling_ && selected_ && !selected_->nominated) nominates_at_ = Time{};  // at once
}

void IceAgent::drop_pairs(const std::function<bool(const Pair&)>& which) {
    // The selected pair may move within the deque.
    std::optional<IcePath> path;
    bool old = false;
    if (selected_) {
        path = selected_->path;
        old = selected_->old;
    }
    std::deque<Pair> kept;
    std::vector<IcePath> gone;
    for (Pair& pair : pairs_) {
        if (which(pair)) {
            gone.push_back(pair.path);
        } else {
            kept.push_back(std::move(pair));
        }
    }
    pairs_ = std::move(kept);
    selected_ = nullptr;
    for (Pair& pair : pairs_)
        if (path && pair.path == *path && pair.old == old) selected_ = &pair;
    for (const IcePath& one : gone) forget(one);
}

// ---- what comes in

void IceAgent::receive(Time now, const IcePath& path, Bytes datagram) {
    const auto message = StunMessage::parse(datagram);
    if (!message) {
        ++counters_.malformed;
        return;
    }
    if (message->method != kStunBinding) {
        ++counters_.strangers;
        return;
    }
    switch (message->type) {
        case StunClass::request:
            return on_request(now, path, *message, datagram.size());
        case StunClass::success:
        case StunClass::error:
            return on_response(now, path, *message);
        case StunClass::indication:
            return;  // keeps a NAT open, says nothing
    }
}

void IceAgent::answer_error(const IcePath& path, const StunMessage& request, std::size_t size,
                            const Credentials& by, StunError code, std::string_view reason) {
    StunWriter writer{StunClass::error, request.transaction};
    writer.error(code, reason);
    if (code == StunError::unknown_attribute) writer.unknown_attributes(request.unknown());
    const Bytes message = writer.finish(by.local.pwd);
    const Pair* pair = find(path);
    if (message.size() > size && !(pair && pair->valid)) {
        ++counters_.refused;
        return;
    }
    shell_.send_stun(path, message);
}

/// RFC 8445 section 7.3.1.1
bool IceAgent::settle_roles(const IcePath& path, const StunMessage& request, std::size_t size,
                            const Credentials& by) {
    if (controlling_ && request.controlling) {
        ++counters_.role_conflicts;
        if (tie_breaker_ >= *request.controlling) {
            answer_error(path, request, size, by, StunError::role_conflict, "Role Conflict");
            return false;
        }
        switch_role(false);
    } else if (!controlling_ && request.controlled) {
        ++counters_.role_conflicts;
        if (tie_breaker_ < *request.controlled) {
            answer_error(path, request, size, by, StunError::role_conflict, "Role Conflict");
            return false;
        }
        switch_role(true);
    }
    return true;
}

void IceAgent::on_request(Time now, const IcePath& path, const StunMessage& request,
                          std::size_t size) {
    if (!request.username) {
        ++counters_.strangers;
        return;
    }
    const std::string_view ours = request.username->substr(0, request.username->find(':'));
    const bool old = ours != now_.local.ufrag;
    if (old && (!before_ || ours != before_->local.ufrag)) {
        ++counters_.strangers;
        return;
    }
    // Of before a restart only the pair in use counts: a browser pairs its new candidates with our
    // old ones, too, and would stay there, with the generation that both sides are about to leave.
    if (old && !(selected_ && selected_->path == path)) {
        ++counters_.strangers;
        return;
    }
    const Credentials& by = old ? *before_ : now_;
    if (!request.authentic(by.local.pwd)) {
        ++counters_.unauthenticated;
        return;
    }
    const Local* local = local_at(path);
    if (!local) {
        ++counters_.refused;
        return;
    }
    if (!request.unknown().empty()) {
        answer_error(path, request, size, by, StunError::unknown_attribute, "Unknown Attribute");
        return;
    }
    if (!settle_roles(path, request, size, by)) return;
    if (!shell_.expect(path)) {
        ++counters_.refused;
        return;
    }
    if (selected_ && selected_->path == path) selected_->heard = now;
    if (old) {
        send_answer(path, request.transaction, by);
        return;
    }
    Pair* pair = pair_of(*local, path, request, now);
    if (!pair) {
        ++counters_.refused;
        shell_.forget(path);
        return;
    }
    pair->heard = now;
    if (pair->limited) {
        pair->credit += size;
    } else {
        answer(*pair, request, size);
    }
    note_activity(now);
    // Of the pairs that work only the selected one keeps its consent up.
    if (pair->valid && pair != selected_ && now - pair->confirmed > kConsentInterval) {
        pair->valid = false;
        pair->state = PairState::waiting;
        pair->wanted_by_peer = pair->nominated;
    }
    if (state_ == IceState::failed && now_.remote) become(IceState::connecting);
    if (request.use_candidate && !controlling_) {
        if (pair->valid) {
            pair->nominated = true;
        } else {
            pair->wanted_by_peer = true;
        }
    }
    if (pair->valid) {
        choose(now);
        return;
    }
    check_in_return(*pair, now);
    // After our check, for which there might be no bytes left.
    if (pair->limited) answer(*pair, request, size);
}

/// The triggered check, RFC 8445 section 7.3.1.4. At once: whoever can make us send knows our
/// password, and gets one for each of its own.
void IceAgent::check_in_return(Pair& pair, Time now) {
    if (!now_.remote || !affordable(pair)) {
        pair.triggered = true;
        if (pair.state != PairState::in_progress) pair.state = PairState::waiting;
        return;
    }
    if (pair.state == PairState::in_progress) {
        // Not another transaction: over a long way the answer to the first is still coming.
        if (now - pair.sent >= kJustSent) send_again(pair, now);
        return;
    }
    send_check(pair, now, false);
}

void IceAgent::answer(Pair& pair, const StunMessage& request, std::size_t size) {
    const std::size_t length = answer_size(pair.path);
    if (pair.limited) {
        // Our own check goes first: it ends the limit.
        const std::size_t reserved =
            pair.state == PairState::in_progress ? 0 : check_size(request.username->size());
        if (length + reserved > pair.credit) {
            pair.unanswered = request.transaction;
            return;
        }
        pair.credit -= length;
    } else if (length > size && !pair.valid) {
        // A check without its ICE attributes may be shorter than our answer to it.
        ++counters_.refused;
        return;
    }
    pair.unanswered.reset();
    send_answer(pair.path, request.transaction, now_);
}

void IceAgent::send_answer(const IcePath& path, const StunTransactionId& transaction,
                           const Credentials& by) {
    StunWriter writer{StunClass::success, transaction};
    writer.mapped_address(path.remote);
    ++counters_.answered;
    shell_.send_stun(path, writer.finish(by.local.pwd));
}

void IceAgent::on_response(Time now, const IcePath& path, const StunMessage& response) {
    Pair* pair = nullptr;
    for (Pair& one : pairs_)
        if (one.awaiting && one.transaction == response.transaction) pair = &one;
    if (!pair) {
        ++counters_.strangers;
        return;
    }
    const Credentials& by = credentials_of(*pair);
    if (!by.remote || !response.authentic(by.remote->pwd)) {
        ++counters_.unauthenticated;
        return;
    }
    // RFC 8445 section 7.2.5.2.1: the answer takes the way of the question, or it is none.
    if (pair->path != path) {
        ++counters_.refused;
        return;
    }
    if (response.type == StunClass::error) {
        if (response.error == static_cast<std::uint16_t>(StunError::role_conflict)) {
            ++counters_.role_conflicts;
            switch_role(!pair->sent_as_controlling);
            pair->nominating = false;
            if (!pair->valid) {
                pair->state = PairState::waiting;
                pair->triggered = true;
            }
            pair->awaiting = false;
            if (!next_check_) next_check_ = now;
        } else if (!pair->valid) {
            fail(*pair);
        }
        return;
    }
    if (!response.mapped_address || !response.unknown().empty() || !shell_.admit(path)) {
        ++counters_.refused;
        pair->awaiting = false;
        if (!pair->valid) fail(*pair);
        return;
    }
    pair->awaiting = false;
    pair->confirmed = now;
    pair->limited = false;
    if (pair->old) return;
    if (const auto waiting = std::exchange(pair->unanswered, std::nullopt))
        send_answer(path, *waiting, now_);
    pair->state = PairState::succeeded;
    if (std::exchange(pair->nominating, false) && controlling_) pair->nominated = true;
    on_valid(*pair, now);
}

void IceAgent::heard(Time now, const IcePath& path) {
    if (selected_ && selected_->path == path) {
        selected_->heard = now;
        return;
    }
    if (Pair* pair = find(path)) pair->heard = now;
}

void IceAgent::path_closed(Time now, const IcePath& path) {
    bool was_selected = false;
    drop_pairs([&](const Pair& pair) {
        if (pair.path != path) return false;
        was_selected = was_selected || &pair == selected_;
        return true;
    });
    std::erase_if(remotes_, [&](const Remote& remote) {
        return remote.candidate.tcp && path.tcp && remote.address == path.remote;
    });
    if (!was_selected) return;
    selected_ = nullptr;
    choose(now);
    if (!selected_) become(IceState::failed);
}

// ---- what goes out

void IceAgent::send_check(Pair& pair, Time now, bool nominate) {
    ByteWriter{pair.transaction}.u32(settings_.id);
    random(MutableBytes{pair.transaction}.subspan(4));
    pair.nominating = nominate;
    pair.sent_as_controlling = controlling_;
    pair.awaiting = true;
    pair.sends = 1;
    pair.due = now + retransmit_after(1);
    if (!pair.valid) {
        pair.state = PairState::in_progress;
        pair.triggered = false;
    }
    send_again(pair, now);
}

void IceAgent::send_again(Pair& pair, Time now) {
    const Credentials& by = credentials_of(pair);
    if (!by.remote || !affordable(pair)) return;
    pair.sent = now;
    StunWriter writer{StunClass::request, pair.transaction};
    writer.username(by.check_username);
    writer.priority(as_reflexive(pair.local.priority));
    if (pair.sent_as_controlling) {
        writer.controlling(tie_breaker_);
        if (pair.nominating) writer.use_candidate();
    } else {
        writer.controlled(tie_breaker_);
    }
    ++counters_.checks;
    const Bytes message = writer.finish(by.remote->pwd);
    if (pair.limited) pair.credit -= message.size();
    shell_.send_stun(pair.path, message);
}

bool IceAgent::affordable(const Pair& pair) const {
    return !pair.limited || pair.credit >= check_size(now_.check_username.size());
}

void IceAgent::on_valid(Pair& pair, Time now) {
    const bool fresh = !std::exchange(pair.valid, true);
    if (fresh) pair.due = now + kConsentInterval;
    if (std::exchange(pair.wanted_by_peer, false) && !controlling_) pair.nominated = true;
    if (controlling_ && !pair.nominated && !nominates_at_)
        nominates_at_ = now + (pair.path.tcp ? 10 * kNominationDelay : kNominationDelay);
    choose(now);
    nominate_if_time(now);
}

void IceAgent::nominate_if_time(Time now) {
    if (!controlling_ || !nominates_at_) return;
    Pair* best = nullptr;
    for (Pair& pair : pairs_) {
        if (pair.old) continue;
        if (pair.nominated || pair.nominating) return;  // done, or under way
        if (pair.valid && (!best || pair.priority > best->priority)) best = &pair;
    }
    if (!best) return;
    const bool better_may_come = std::any_of(pairs_.begin(), pairs_.end(), [&](const Pair& pair) {
        return !pair.old && unfinished(pair) && pair.priority > best->priority;
    });
    if (better_may_come && now < *nominates_at_) return;
    send_check(*best, now, true);
}

void IceAgent::choose(Time now) {
    Pair* best = nullptr;
    auto better = [](const Pair& a, const Pair& b) {
        if (a.nominated != b.nominated) return a.nominated;
        return a.priority > b.priority;
    };
    for (Pair& pair : pairs_)
        if (!pair.old && pair.valid && (!best || better(pair, *best))) best = &pair;
    if (!best) return;
    if (selected_ && selected_ != best) {
        if (selected_->old) {
            // Until the new generation has decided, media stays where it is.
            if (!best->nominated) return;
        } else if (selected_->nominated && !best->nominated) {
            return;
        }
    }
    // What the peer nominated last is what it wants, when what had the higher priority is silent.
    if (best->nominated && now - last_sign(*best) > kSilence) {
        for (Pair& pair : pairs_) {
            if (!pair.old && pair.valid && pair.nominated && now - last_sign(pair) <= kSilence &&
                last_sign(pair) > last_sign(*best)) {
                best = &pair;
            }
        }
    }
    use(*best, now);
}

void IceAgent::use(Pair& pair, Time now) {
    const bool moved = selected_ != &pair;
    const bool was_old = selected_ && selected_->old;
    selected_ = &pair;
    gives_up_.reset();
    if (moved) {
        if (pair.confirmed == Time{}) pair.confirmed = now;
        events_.push_back(IcePathSelected{pair.path, pair.local, pair.remote});
    }
    if (was_old && !pair.old) {
        // The peer may not have our answer yet, and begins anew when it comes.
        if (controlling_) {
            settles_until_ = now + kSettles;
            pair.due = now + kSettleInterval;
        }
        before_.reset();
        drop_pairs([](const Pair& one) { return one.old; });
    }
    become(selected_->nominated ? IceState::ready : IceState::connected);
}

void IceAgent::become(IceState state) {
    if (state_ == state) return;
    // A client waits for CONNECTED on the way to READY.
    if (state == IceState::ready && state_ != IceState::connected)
        events_.push_back(IceStateChanged{IceState::connected});
    state_ = state;
    events_.push_back(IceStateChanged{state});
}

void IceAgent::note_activity(Time now) {
    if ((selected_ && !selected_->old) || !now_.remote) return;
    gives_up_ = now + kPatience;
}

// ---- time

void IceAgent::on_deadline(Time now) {
    for (Pair& pair : pairs_) {
        if (pair.state != PairState::in_progress || pair.valid || pair.due > now) continue;
        if (pair.sends < kMaxSends) {
            pair.due = now + retransmit_after(++pair.sends);
            send_again(pair, now);
        } else {
            fail(pair);
        }
    }
    if (next_check_ && *next_check_ <= now) {
        next_check_.reset();
        Pair* next = nullptr;
        if (now_.remote) {
            for (Pair& pair : pairs_) {
                if (pair.old || pair.state != PairState::waiting || !affordable(pair)) continue;
                if (!next || std::pair{pair.triggered, pair.priority} >
                                 std::pair{next->triggered, next->priority}) {
                    next = &pair;
                }
            }
        }
        if (next) {
            send_check(*next, now, false);
            next_check_ = now + kPacing;
        }
    }
    if (nominates_at_ && *nominates_at_ <= now) {
        nominate_if_time(now);
        nominates_at_ = now + kPacing;
        const bool done = std::any_of(pairs_.begin(), pairs_.end(),
                                      [](const Pair& p) { return !p.old && p.nominated; });
        if (done || !controlling_) nominates_at_.reset();
    }
    // Nominations that were not answered, and consent. RFC 7675 section 5.1.
    Pair* ignored = nullptr;
    bool asked = false;
    for (Pair& pair : pairs_) {
        if (!pair.valid || pair.due > now) continue;
        if (pair.nominating && !pair.nominated) {
            if (pair.sends < kMaxSends) {
                pair.due = now + retransmit_after(++pair.sends);
                send_again(pair, now);
            } else {
                ignored = &pair;
            }
        } else if (&pair == selected_) {
            renew_consent(pair, now);
            asked = true;
        }
    }
    if (ignored) nominate_another(*ignored, now);
    if (asked) {
        // The peer may have gone where it nominated a pair of lower priority.
        fail_silent(now);
        choose(now);
    }
    if (settings_.consent_freshness && selected_ && now - selected_->confirmed >= kConsentExpires) {
        fail(*selected_);
        selected_ = nullptr;
        drop_pairs([](const Pair& pair) { return pair.old; });
        fail_silent(now);
        choose(now);
        if (!selected_) become(IceState::failed);
    }
    if (gives_up_ && *gives_up_ <= now) {
        gives_up_.reset();
        const bool trying = std::any_of(pairs_.begin(), pairs_.end(), [this](const Pair& pair) {
            return !pair.old && unfinished(pair);
        });
        if (trying) {
            gives_up_ = now + 1s;
        } else if (!selected_ || selected_->old) {
            become(IceState::failed);
        }
    }
}

void IceAgent::renew_consent(Pair& pair, Time now) {
    if (!settings_.consent_freshness) {
        StunTransactionId id;
        random(id);
        StunWriter writer{StunClass::indication, id};
        shell_.send_stun(pair.path, writer.finish({}));
        pair.due = now + kKeepalive;
        return;
    }
    const bool settling = now < settles_until_;
    if (settling && pair.awaiting) {
        // Not another transaction: over a long way the answer to this one is still coming.
        send_again(pair, now);
    } else {
        // With the nomination once more: who was nominated before it had our answer may have
        // forgotten it since.
        send_check(pair, now, controlling_ && pair.nominated);
    }
    std::array<std::uint8_t, 1> jitter;
    random(jitter);
    const Duration interval = settling ? kSettleInterval : kConsentInterval;
    pair.due = now + interval * (80 + jitter[0] * 40 / 255) / 100;
}

/// The peer answers checks on this pair, but not the nomination.
void IceAgent::nominate_another(Pair& pair, Time now) {
    const bool others = std::any_of(pairs_.begin(), pairs_.end(), [&pair](const Pair& other) {
        return !other.old && other.valid && &other != &pair;
    });
    if (others) {
        fail(pair);
        if (selected_ == &pair) selected_ = nullptr;
    } else {
        pair.nominating = pair.awaiting = false;
    }
    nominates_at_ = now;
    choose(now);
    nominate_if_time(now);
}

/// Pairs beside the selected one are asked again only when the peer sends a check there.
void IceAgent::fail_silent(Time now) {
    for (Pair& pair : pairs_)
        if (pair.valid && &pair != selected_ && now - last_sign(pair) >= kConsentExpires)
            fail(pair);
}

std::optional<Time> IceAgent::next_deadline() const {
    std::optional<Time> next = next_check_;
    auto consider = [&next](const std::optional<Time>& at) {
        if (at && (!next || *at < *next)) next = at;
    };
    consider(gives_up_);
    consider(nominates_at_);
    for (const Pair& pair : pairs_) {
        if (pair.valid ? &pair == selected_ || (pair.nominating && !pair.nominated)
                       : pair.state == PairState::in_progress) {
            consider(pair.due);
        }
    }
    if (selected_ && settings_.consent_freshness) consider(selected_->confirmed + kConsentExpires);
    return next;
}

std::optional<IceEvent> IceAgent::take_event() {
    if (events_.empty()) return std::nullopt;
    std::optional<IceEvent> event{std::move(events_.front())};
    events_.pop_front();
    return event;
}

}  // namespace rivero::transport
