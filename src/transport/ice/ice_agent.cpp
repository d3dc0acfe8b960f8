// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "transport/ice/ice_agent.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace rivero::transport {

IceAgent::IceAgent(Shell& shell, Settings settings)
    : shell_{shell},
      settings_{std::move(settings)},
      controlling_{settings_.controlling},
      list_{[this](const IcePath& path) { shell_.forget(path); }} {
    list_.set_controlling(controlling_);
    now_.local = settings_.local;
    std::array<std::uint8_t, 8> bytes;
    random(bytes);
    tie_breaker_ = ByteReader{bytes}.u64();
}

void IceAgent::add_local(const SocketAddress& base, const IceCandidate& candidate, Time now) {
    list_.add_local(base, candidate, now);
    if (state_ == IceState::disconnected) become(IceState::gathering);
    if (state_ == IceState::gathering && now_.remote) become(IceState::connecting);
    if (!next_check_) next_check_ = now;
    note_activity(now);
}

void IceAgent::set_remote(const IceCredentials& remote, bool lite, Time now) {
    if (now_.remote && now_.remote->ufrag == remote.ufrag && now_.remote->pwd == remote.pwd) return;
    if (now_.remote) {
        // The peer began anew and we did not: what it told before is void, what works goes on.
        if (!before_) before_ = now_;
        list_.restart();
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
    if (list_.has_locals()) become(IceState::connecting);
}

void IceAgent::restart(const IceCredentials& fresh) {
    if (list_.selected()) {
        before_ = now_;
    } else {
        before_.reset();
    }
    list_.restart();
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
    if (!list_.add_remote(*address, candidate, now)) return false;
    if (!next_check_) next_check_ = now;
    note_activity(now);
    return true;
}

void IceAgent::switch_role(bool controlling) {
    if (controlling_ == controlling) return;
    controlling_ = controlling;
    list_.set_controlling(controlling);
    nominates_at_.reset();
    if (controlling_ && list_.selected() && !list_.selected()->nominated)
        nominates_at_ = Time{};  // at once
}

void IceAgent::heard(Time now, const IcePath& path) {
    if (list_.selected() && list_.selected()->path == path) {
        list_.selected()->heard = now;
        return;
    }
    if (Pair* pair = list_.find(path)) pair->heard = now;
}

void IceAgent::path_closed(Time now, const IcePath& path) {
    const bool was_selected = list_.selected() && list_.selected()->path == path;
    list_.remove(path);
    if (!was_selected) return;
    choose(now);
    if (!list_.selected()) become(IceState::failed);
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
    if ((list_.selected() && !list_.selected()->old) || !now_.remote) return;
    gives_up_ = now + kPatience;
}

// ---- time

void IceAgent::on_deadline(Time now) {
    repeat_checks(now);
    if (next_check_ && *next_check_ <= now) check_next(now);
    if (nominates_at_ && *nominates_at_ <= now) {
        nominate_if_time(now);
        nominates_at_ = now + kPacing;
        const bool done = std::any_of(list_.pairs().begin(), list_.pairs().end(),
                                      [](const Pair& p) { return !p.old && p.nominated; });
        if (done || !controlling_) nominates_at_.reset();
    }
    keep_valid(now);
    const Pair* selected = list_.selected();
    if (settings_.consent_freshness && selected && now - selected->confirmed >= kConsentExpires)
        lose_consent(now);
    if (gives_up_ && *gives_up_ <= now) {
        gives_up_.reset();
        const bool trying =
            std::any_of(list_.pairs().begin(), list_.pairs().end(),
                        [](const Pair& pair) { return !pair.old && pair.unfinished(); });
        if (trying) {
            gives_up_ = now + 1s;
        } else if (!list_.selected() || list_.selected()->old) {
            become(IceState::failed);
        }
    }
}

std::optional<Time> IceAgent::next_deadline() const {
    std::optional<Time> next = next_check_;
    auto consider = [&next](const std::optional<Time>& at) {
        if (at && (!next || *at < *next)) next = at;
    };
    consider(gives_up_);
    consider(nominates_at_);
    for (const Pair& pair : list_.pairs()) {
        if (pair.valid ? &pair == list_.selected() || (pair.nominating && !pair.nominated)
                       : pair.state == PairState::in_progress) {
            consider(pair.due);
        }
    }
    if (list_.selected() && settings_.consent_freshness)
        consider(list_.selected()->confirmed + kConsentExpires);
    return next;
}

std::optional<IceEvent> IceAgent::take_event() {
    if (events_.empty()) return std::nullopt;
    std::optional<IceEvent> event{std::move(events_.front())};
    events_.pop_front();
    return event;
}

}  // namespace rivero::transport
