// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
// Which pair is used, and that the peer goes on wanting it: nomination and consent.
#include "transport/ice/ice_agent.hpp"
#include "transport/ice/ice_timing.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace rivero::transport {
namespace {

/// After a restart the nomination is repeated so often, for so long: as long as signalling may
/// take.
constexpr Duration kSettleInterval = 250ms;
constexpr Duration kSettles = 5s;
/// When the answer that made a pair valid said nothing about the round trip, because the request
/// was sent twice: the first consent check, which will tell, does not wait for its interval.
constexpr Duration kMeasuresAfter = 250ms;

}  // namespace

void IceAgent::on_valid(Pair& pair, Time now) {
    const bool fresh = !std::exchange(pair.valid, true);
    if (fresh) pair.due = now + (pair.round_trip ? kConsentInterval : kMeasuresAfter);
    if (std::exchange(pair.wanted_by_peer, false) && !controlling_) pair.nominated = true;
    if (controlling_ && !pair.nominated && !nominates_at_)
        nominates_at_ = now + (pair.path.tcp ? 10 * kNominationDelay : kNominationDelay);
    choose(now);
    nominate_if_time(now);
}

void IceAgent::nominate_if_time(Time now) {
    if (!controlling_ || !nominates_at_) return;
    Pair* best = nullptr;
    for (Pair& pair : list_.pairs()) {
        if (pair.old) continue;
        if (pair.nominated || pair.nominating) return;  // done, or under way
        if (pair.valid && (!best || pair.priority > best->priority)) best = &pair;
    }
    if (!best) return;
    const bool better_may_come =
        std::any_of(list_.pairs().begin(), list_.pairs().end(), [&](const Pair& pair) {
            return !pair.old && pair.unfinished() && pair.priority > best->priority;
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
    for (Pair& pair : list_.pairs())
        if (!pair.old && pair.valid && (!best || better(pair, *best))) best = &pair;
    if (!best) return;
    if (list_.selected() && list_.selected() != best) {
        if (list_.selected()->old) {
            // Until the new generation has decided, media stays where it is.
            if (!best->nominated) return;
        } else if (list_.selected()->nominated && !best->nominated) {
            return;
        }
    }
    // What the peer nominated last is what it wants, when what had the higher priority is silent.
    if (best->nominated && now - best->last_sign() > kSilence) {
        for (Pair& pair : list_.pairs()) {
            if (!pair.old && pair.valid && pair.nominated && now - pair.last_sign() <= kSilence &&
                pair.last_sign() > best->last_sign()) {
                best = &pair;
            }
        }
    }
    use(*best, now);
}

void IceAgent::use(Pair& pair, Time now) {
    const bool moved = list_.selected() != &pair;
    const bool was_old = list_.selected() && list_.selected()->old;
    list_.select(&pair);
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
        list_.drop_old();
    }
    become(list_.selected()->nominated ? IceState::ready : IceState::connected);
}

/// Nominations that were not answered, and consent. RFC 7675 section 5.1.
void IceAgent::keep_valid(Time now) {
    Pair* ignored = nullptr;
    bool asked = false;
    for (Pair& pair : list_.pairs()) {
        if (!pair.valid || pair.due > now) continue;
        if (pair.nominating && !pair.nominated) {
            if (pair.sends < kMaxSends) {
                pair.due = now + retransmit_after(++pair.sends);
                send_again(pair, now);
            } else {
                ignored = &pair;
            }
        } else if (&pair == list_.selected()) {
            renew_consent(pair, now);
            asked = true;
        }
    }
    if (ignored) nominate_another(*ignored, now);
    if (asked) {
        // The peer may have gone where it nominated a pair of lower priority.
        list_.fail_silent(now, kConsentExpires);
        choose(now);
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

void IceAgent::nominate_another(Pair& pair, Time now) {
    const bool others = std::any_of(
        list_.pairs().begin(), list_.pairs().end(),
        [&pair](const Pair& other) { return !other.old && other.valid && &other != &pair; });
    if (others) {
        list_.fail(pair);
    } else {
        pair.nominating = pair.awaiting = false;
    }
    nominates_at_ = now;
    choose(now);
    nominate_if_time(now);
}

void IceAgent::lose_consent(Time now) {
    list_.fail(*list_.selected());
    list_.drop_old();
    list_.fail_silent(now, kConsentExpires);
    choose(now);
    if (!list_.selected()) become(IceState::failed);
}

}  // namespace rivero::transport
