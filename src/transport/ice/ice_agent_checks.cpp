// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
// Messages: what comes in and what goes out in return. The rest of the agent: ice_agent.cpp.
#include "transport/ice/ice_agent.hpp"
#include "transport/ice/ice_timing.hpp"

#include <utility>

namespace rivero::transport {
namespace {

/// A check of the peer makes us check at once, but for one that has just left.
constexpr Duration kJustSent = 20ms;
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
    const Pair* pair = list_.find(path);
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
    if (old && !(list_.selected() && list_.selected()->path == path)) {
        ++counters_.strangers;
        return;
    }
    const Credentials& by = old ? *before_ : now_;
    if (!request.authentic(by.local.pwd)) {
        ++counters_.unauthenticated;
        return;
    }
    const auto* local = list_.local_at(path);
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
    if (list_.selected() && list_.selected()->path == path) list_.selected()->heard = now;
    if (old) {
        send_answer(path, request.transaction, by);
        return;
    }
    Pair* pair = list_.pair_of(*local, path, request, now);
    if (!pair) {
        ++counters_.refused;
        list_.forget(path);
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
    if (pair->valid && pair != list_.selected() && now - pair->confirmed > kConsentInterval) {
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
    for (Pair& one : list_.pairs())
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
            list_.fail(*pair);
        }
        return;
    }
    if (!response.mapped_address || !response.unknown().empty() || !shell_.admit(path)) {
        ++counters_.refused;
        pair->awaiting = false;
        if (!pair->valid) list_.fail(*pair);
        return;
    }
    pair->awaiting = false;
    pair->confirmed = now;
    pair->limited = false;
    note_round_trip(*pair, now);
    if (pair->old) return;
    if (const auto waiting = std::exchange(pair->unanswered, std::nullopt))
        send_answer(path, *waiting, now_);
    pair->state = PairState::succeeded;
    if (std::exchange(pair->nominating, false) && controlling_) pair->nominated = true;
    on_valid(*pair, now);
}

/// Of an answer to one of two copies nobody knows which one it is to (Karn).
void IceAgent::note_round_trip(Pair& pair, Time now) {
    if (pair.copies != 1) return;
    const Duration measured = now - pair.sent;
    // Few as they are, each counts for much; but one that a busy peer gave late is not believed
    // alone.
    pair.round_trip = pair.round_trip ? (*pair.round_trip + measured) / 2 : measured;
}

// ---- what goes out

void IceAgent::send_check(Pair& pair, Time now, bool nominate) {
    ByteWriter{pair.transaction}.u32(settings_.id);
    random(MutableBytes{pair.transaction}.subspan(4));
    pair.nominating = nominate;
    pair.sent_as_controlling = controlling_;
    pair.awaiting = true;
    pair.sends = 1;
    pair.copies = 0;
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
    ++pair.copies;
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

void IceAgent::repeat_checks(Time now) {
    for (Pair& pair : list_.pairs()) {
        if (pair.state != PairState::in_progress || pair.valid || pair.due > now) continue;
        if (pair.sends < kMaxSends) {
            pair.due = now + retransmit_after(++pair.sends);
            send_again(pair, now);
        } else {
            list_.fail(pair);
        }
    }
}

void IceAgent::check_next(Time now) {
    next_check_.reset();
    if (!now_.remote) return;
    Pair* next = nullptr;
    for (Pair& pair : list_.pairs()) {
        if (pair.old || pair.state != PairState::waiting || !affordable(pair)) continue;
        if (!next ||
            std::pair{pair.triggered, pair.priority} > std::pair{next->triggered, next->priority}) {
            next = &pair;
        }
    }
    if (!next) return;
    send_check(*next, now, false);
    next_check_ = now + kPacing;
}

}  // namespace rivero::transport
