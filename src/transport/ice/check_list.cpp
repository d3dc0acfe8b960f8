// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "transport/ice/check_list.hpp"

#include <string>

namespace rivero::transport {

void CheckList::set_controlling(bool controlling) {
    controlling_ = controlling;
    for (Pair& pair : pairs_) pair.priority = priority_of(pair.local, pair.remote);
}

/// 2^32 MIN(G,D) + 2 MAX(G,D) + (G > D). RFC 8445 section 6.1.2.3.
std::uint64_t CheckList::priority_of(const IceCandidate& local, const IceCandidate& remote) const {
    const std::uint64_t ours = local.priority;
    const std::uint64_t theirs = remote.priority;
    const std::uint64_t g = controlling_ ? ours : theirs;
    const std::uint64_t d = controlling_ ? theirs : ours;
    return (std::min(g, d) << 32) + 2 * std::max(g, d) + (g > d ? 1 : 0);
}

// ---- candidates

void CheckList::add_local(const SocketAddress& base, const IceCandidate& candidate, Time now) {
    locals_.push_back({base, candidate});
    // Found ones have shown themselves where they are: at another base of ours.
    for (const Remote& remote : remotes_)
        if (!remote.found) make_pair(locals_.back(), remote, now, false);
}

bool CheckList::add_remote(const SocketAddress& address, const IceCandidate& candidate, Time now) {
    for (Remote& known : remotes_) {
        if (known.candidate.tcp || known.address != address) continue;
        // Found by a check before it was told: RFC 8838 section 11.
        known.candidate = candidate;
        known.found = false;
        for (Pair& pair : pairs_)
            if (!pair.path.tcp && pair.path.remote == address) pair.limited = false;
        return true;
    }
    const auto told = std::count_if(remotes_.begin(), remotes_.end(),
                                    [](const Remote& one) { return !one.found; });
    if (told >= static_cast<std::ptrdiff_t>(kMaxRemotes)) return false;
    remotes_.push_back({address, candidate});
    for (const Local& local : locals_) make_pair(local, remotes_.back(), now, false);
    return true;
}

void CheckList::remove(const IcePath& path) {
    drop([&path](const Pair& pair) { return pair.path == path; });
    std::erase_if(remotes_, [&path](const Remote& remote) {
        return remote.candidate.tcp && path.tcp && remote.address == path.remote;
    });
}

void CheckList::restart() {
    for (Pair& pair : pairs_) pair.old = true;
    drop([this](const Pair& pair) { return &pair != selected_; });
    remotes_.clear();
}

const CheckList::Local* CheckList::local_at(const IcePath& path) const {
    for (const Local& local : locals_)
        if (local.base == path.local && local.candidate.tcp == path.tcp) return &local;
    return nullptr;
}

// ---- pairs

CheckList::Pair* CheckList::find(const IcePath& path) {
    for (Pair& pair : pairs_)
        if (!pair.old && pair.path == path) return &pair;
    return nullptr;
}

CheckList::Pair* CheckList::make_pair(const Local& local, const Remote& remote, Time now,
                                      bool proven) {
    if (local.candidate.tcp != remote.candidate.tcp || local.base.ipv6 != remote.address.ipv6)
        return nullptr;
    const IcePath path{local.base, remote.address, local.candidate.tcp};
    if (Pair* known = find(path)) return known;
    const std::uint64_t priority = priority_of(local.candidate, remote.candidate);
    const Pair* least = pairs_.size() >= kMaxPairs ? dispensable(priority, now, proven) : nullptr;
    if (pairs_.size() >= kMaxPairs && !least) return nullptr;
    Pair& pair = pairs_.emplace_back();
    pair.path = path;
    pair.local = local.candidate;
    pair.remote = remote.candidate;
    pair.priority = priority;
    // Who has a TCP connection to us has shown that its address is real.
    pair.limited = remote.found && !path.tcp;
    // Only now: the address of the peer may be that of the new one, which would be forgotten.
    if (least) drop([least](const Pair& one) { return &one == least; });
    return &pair;
}

/// RFC 8445 section 6.1.2.5, but for what the peer really uses: it takes the place of what the peer
/// only talked about, whatever their priorities.
const CheckList::Pair* CheckList::dispensable(std::uint64_t priority, Time now, bool proven) const {
    const Pair* least = nullptr;
    for (const Pair& one : pairs_) {
        if (one.old || one.valid || &one == selected_ || now - one.heard < kForgotten) continue;
        const bool failed = one.state == PairState::failed;
        if (!failed && !proven && (one.state != PairState::waiting || one.priority >= priority))
            continue;
        const bool least_failed = least && least->state == PairState::failed;
        if (!least || (failed != least_failed ? failed : one.priority < least->priority))
            least = &one;
    }
    return least;
}

CheckList::Pair* CheckList::pair_of(const Local& local, const IcePath& path,
                                    const StunMessage& request, Time now) {
    if (Pair* known = find(path)) return known;
    for (const Remote& known : remotes_)
        if (known.address == path.remote && known.candidate.tcp == path.tcp)
            return make_pair(local, known, now, true);
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
    if (Pair* made = make_pair(local, remotes_.back(), now, true)) return made;
    remotes_.pop_back();
    return nullptr;
}

bool CheckList::drop_silent(Time now) {
    const Remote* silent = nullptr;
    Time since = now - kForgotten;
    for (const Remote& remote : remotes_) {
        if (!remote.found) continue;
        Time last{};
        for (const Pair& pair : pairs_) {
            if (pair.path.remote != remote.address || pair.path.tcp != remote.candidate.tcp)
                continue;
            last = &pair == selected_ ? now : std::max(last, pair.last_sign());
        }
        if (last > since) continue;
        since = last;
        silent = &remote;
    }
    if (!silent) return false;
    const SocketAddress address = silent->address;
    const bool tcp = silent->candidate.tcp;
    drop([&](const Pair& pair) {
        return !pair.old && pair.path.remote == address && pair.path.tcp == tcp;
    });
    std::erase_if(remotes_, [&](const Remote& one) {
        return one.found && one.address == address && one.candidate.tcp == tcp;
    });
    return true;
}

void CheckList::fail(Pair& pair) {
    pair.state = PairState::failed;
    pair.valid = pair.nominated = pair.nominating = pair.awaiting = false;
    if (selected_ == &pair) selected_ = nullptr;
    forget(pair.path);
}

void CheckList::fail_silent(Time now, Duration silence) {
    for (Pair& pair : pairs_)
        if (pair.valid && &pair != selected_ && now - pair.last_sign() >= silence) fail(pair);
}

void CheckList::drop_old() {
    drop([](const Pair& pair) { return pair.old; });
}

template <class Which>
void CheckList::drop(Which which) {
    for (auto it = pairs_.begin(); it != pairs_.end();) {
        if (!which(*it)) {
            ++it;
            continue;
        }
        if (selected_ == &*it) selected_ = nullptr;
        const IcePath path = it->path;
        it = pairs_.erase(it);
        forget(path);
    }
}

void CheckList::forget(const IcePath& path) {
    // Of two generations one may go on where the other was; and what comes from an address of the
    // peer belongs to all pairs with it, whichever address of ours they have.
    const bool used = std::any_of(pairs_.begin(), pairs_.end(), [&path](const Pair& pair) {
        return pair.path.remote == path.remote && pair.path.tcp == path.tcp &&
               pair.path.local.port == path.local.port && pair.state != PairState::failed;
    });
    if (!used) forget_(path);
}

}  // namespace rivero::transport
