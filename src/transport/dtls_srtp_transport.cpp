// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "transport/dtls_srtp_transport.hpp"

#include <algorithm>
#include <array>

namespace rivero::transport {
namespace {

// Ours, from before ICE has a pair: one flight.
constexpr std::size_t kMaxUnsentHandshake = 16;
constexpr std::size_t kMaxRtcp = 1400;
constexpr Duration kShortestTimer = 1ms;

enum class Protocol { dtls, rtp, rtcp, unknown };

/// By the first byte, RFC 7983 section 7; RTCP by the second, RFC 5761 section 4.
Protocol protocol_of(Bytes datagram) {
    if (datagram.size() < 2) return Protocol::unknown;
    const std::uint8_t first = datagram[0];
    if (first >= 20 && first <= 63) return Protocol::dtls;
    if (first < 128 || first > 191) return Protocol::unknown;
    return datagram[1] >= 192 && datagram[1] <= 223 ? Protocol::rtcp : Protocol::rtp;
}

bool in_clear(Bytes datagram) {
    return datagram.size() > 4 && datagram[3] == 0 && datagram[4] == 0;  // epoch 0
}

}  // namespace

std::string_view name(DtlsState state) {
    switch (state) {
        case DtlsState::fresh:
            return "NEW";
        case DtlsState::connecting:
            return "CONNECTING";
        case DtlsState::connected:
            return "CONNECTED";
        case DtlsState::closed:
            return "CLOSED";
        case DtlsState::failed:
            break;
    }
    return "FAILED";
}

DtlsSrtpTransport::DtlsSrtpTransport(Loop& loop, std::unique_ptr<IceTransport> ice,
                                     DtlsContext context)
    : loop_{loop}, context_{std::move(context)}, ice_{std::move(ice)}, gate_{new_hello_cookie()} {
    ice_->set_listener(this);
}

DtlsSrtpTransport::~DtlsSrtpTransport() {
    listener_ = nullptr;
    close();
}

void DtlsSrtpTransport::set_listener(Listener* listener) {
    listener_ = listener;
}

void DtlsSrtpTransport::start_dtls(DtlsRole role, std::vector<Fingerprint> peer) {
    if (!make_association(role)) return;
    peer_ = peer;
    dtls_->expect_peer(std::move(peer), Clock::now());
    begin_handshake();
}

void DtlsSrtpTransport::start_dtls_server() {
    if (make_association(DtlsRole::server)) begin_handshake();
}

bool DtlsSrtpTransport::make_association(DtlsRole role) {
    if (dtls_ || dtls_state_ != DtlsState::fresh) return false;
    dtls_ = std::make_unique<DtlsAssociation>(context_, role);
    return true;
}

void DtlsSrtpTransport::expect_peer(std::vector<Fingerprint> peer) {
    if (!dtls_) return;
    const Time now = Clock::now();
    peer_ = peer;
    if (next_dtls_) {  // after a first that came to nothing
        std::weak_ptr<bool> alive = alive_;
        next_dtls_->expect_peer(peer, now);
        pump_next(now);
        if (alive.expired()) return;
    }
    dtls_->expect_peer(std::move(peer), now);
    pump(now);
}

bool DtlsSrtpTransport::has_path() const {
    return ice_->state() == IceState::connected || ice_->state() == IceState::ready;
}

void DtlsSrtpTransport::begin_handshake() {
    if (!dtls_ || handshake_begun_ || !has_path()) return;
    handshake_begun_ = true;
    const Time now = Clock::now();
    dtls_->start(now);
    // A ClientHello may have come while ICE had no pair yet.
    if (dtls_state_ == DtlsState::fresh && !become(DtlsState::connecting)) return;
    pump(now);
}

bool DtlsSrtpTransport::become(DtlsState state, std::string_view reason) {
    if (dtls_state_ == state) return true;
    dtls_state_ = state;
    if (!listener_) return true;
    std::weak_ptr<bool> alive = alive_;
    listener_->on_dtls_state(state, reason);
    return !alive.expired();
}

bool DtlsSrtpTransport::send_handshake(DtlsAssociation& association, bool keep_unsent) {
    std::weak_ptr<bool> alive = alive_;
    while (auto datagram = association.take_datagram()) {
        // A client that sees what several associations say drops what has an old number.
        if (association.role() == DtlsRole::server) number_clear_records(*datagram, clear_records_);
        if (!ice_->send(Bytes{*datagram}) && keep_unsent &&
            unsent_handshake_.size() < kMaxUnsentHandshake) {
            unsent_handshake_.push_back(std::move(*datagram));
        }
        if (alive.expired()) return false;
    }
    return true;
}

bool DtlsSrtpTransport::pump(Time now) {
    std::weak_ptr<bool> alive = alive_;
    if (!send_handshake(*dtls_, true)) return false;
    while (auto event = dtls_->take_event()) {
        if (!handle(*event)) return false;
    }
    while (auto data = dtls_->take_data()) {
        if (!listener_) continue;
        listener_->on_data(*data, now);
        if (alive.expired()) return false;
    }
    set_timer(now);
    return true;
}

bool DtlsSrtpTransport::handle(const DtlsEvent& event) {
    const auto* connected = std::get_if<DtlsConnected>(&event);
    if (!next_dtls_) gate_.on_handshake_over(connected != nullptr);
    if (connected) {
        if (connected->srtp) install(*connected->srtp);
        return become(DtlsState::connected);
    }
    if (const auto* failed = std::get_if<DtlsFailed>(&event)) {
        return become(DtlsState::failed, failed->reason);
    }
    return become(DtlsState::closed);
}

void DtlsSrtpTransport::install(const SrtpKeys& keys) {
    profile_ = keys.profile;
    sender_.emplace(keys.profile, keys.send);
    receiver_.emplace(keys.profile, keys.receive);
}

void DtlsSrtpTransport::on_dtls(MutableBytes datagram, Time now) {
    const bool server = dtls_->role() == DtlsRole::server;
    const ClearTalk talk = sift(datagram, server ? DtlsRole::client : DtlsRole::server);
    if (talk.gave_up) {
        std::weak_ptr<bool> alive = alive_;
        (next_dtls_ ? *next_dtls_ : *dtls_).on_peer_gave_up(*talk.gave_up, now);
        if (next_dtls_) {
            pump_next(now);
        } else {
            pump(now);
        }
        if (alive.expired()) return;
    }
    if (talk.datagram.empty()) {
        ++counters_.strange_dtls;
    } else if (server && !ended_) {
        on_dtls_for_server(talk.datagram, now);
    } else {
        dtls_->receive(talk.datagram, now);
        pump(now);
    }
}

void DtlsSrtpTransport::on_dtls_for_server(MutableBytes datagram, Time now) {
    const ClientHello hello = client_hello(datagram);
    switch (gate_.judge(hello, now)) {
        case HelloGate::Verdict::drop:
            return;
        case HelloGate::Verdict::wait:
            early_fragment_.assign(datagram.begin(), datagram.end());
            return;
        case HelloGate::Verdict::challenge:
            challenge();
            return;
        case HelloGate::Verdict::begin:
            handshake_again(datagram, now);
            return;
        case HelloGate::Verdict::feed:
            break;
    }
    std::weak_ptr<bool> alive = alive_;
    const bool clear = in_clear(datagram);
    if (next_dtls_) {
        next_dtls_->receive(datagram, now);
        pump_next(now);
        // Encrypted records may still be of the old association: each ignores the other's.
        if (alive.expired() || clear || !next_dtls_) return;
    }
    dtls_->receive(datagram, now);
    if (!pump(now) || early_fragment_.empty()) return;
    ByteVector early = std::exchange(early_fragment_, {});
    if (hello.part == ClientHello::Part::first) on_dtls_for_server(early, now);
}

void DtlsSrtpTransport::challenge() {
    auto request = hello_verify_request(gate_.cookie());
    number_clear_records(request, clear_records_);
    ice_->send(Bytes{request});
}

void DtlsSrtpTransport::handshake_again(Bytes hello, Time now) {
    const bool first_goes_on =
        dtls_state_ == DtlsState::fresh || dtls_state_ == DtlsState::connecting;
    auto association = std::make_unique<DtlsAssociation>(context_, DtlsRole::server);
    if (peer_) association->expect_peer(*peer_, now);
    association->receive_behind_cookie(hello, now);
    if (first_goes_on) {
        unsent_handshake_.clear();
        early_fragment_ = {};
        dtls_ = std::move(association);
        pump(now);
    } else {
        next_dtls_ = std::move(association);
        pump_next(now);
    }
}

void DtlsSrtpTransport::pump_next(Time now) {
    if (!send_handshake(*next_dtls_, false)) return;
    next_timer_.cancel();
    if (auto event = next_dtls_->take_event()) {
        const auto* connected = std::get_if<DtlsConnected>(&*event);
        gate_.on_handshake_over(connected != nullptr);
        if (!connected) {
            next_dtls_.reset();  // it came to nothing: the old one goes on
            return;
        }
        if (connected->srtp) install(*connected->srtp);
        dtls_ = std::move(next_dtls_);
        if (become(DtlsState::connected)) pump(now);
        return;
    }
    if (auto deadline = next_dtls_->next_deadline())
        next_timer_ = loop_.post_after(std::max(*deadline - now, kShortestTimer), [this] {
            const Time then = Clock::now();
            next_dtls_->on_deadline(then);
            pump_next(then);
        });
}

void DtlsSrtpTransport::set_timer(Time now) {
    timer_.cancel();
    auto deadline = dtls_->next_deadline();
    if (!deadline) return;
    timer_ = loop_.post_after(std::max(*deadline - now, kShortestTimer), [this] {
        const Time then = Clock::now();
        dtls_->on_deadline(then);
        pump(then);
    });
}

void DtlsSrtpTransport::on_local_candidate(std::string_view candidate) {
    if (listener_) listener_->on_local_candidate(candidate);
}
void DtlsSrtpTransport::on_gathering_done() {
    if (listener_) listener_->on_gathering_done();
}
void DtlsSrtpTransport::on_ice_state(IceState state) {
    std::weak_ptr<bool> alive = alive_;
    if (listener_) listener_->on_ice_state(state);
    if (alive.expired()) return;
    begin_handshake();
}
void DtlsSrtpTransport::on_selected_pair(std::string_view local, std::string_view remote) {
    // What the handshake answered before we had a pair: the peer need not ask again.
    std::weak_ptr<bool> alive = alive_;
    for (const ByteVector& datagram : std::exchange(unsent_handshake_, {})) {
        ice_->send(Bytes{datagram});
        if (alive.expired()) return;
    }
    if (listener_) listener_->on_selected_pair(local, remote);
}

void DtlsSrtpTransport::on_datagram(MutableBytes datagram, Time arrival) {
    switch (protocol_of(datagram)) {
        case Protocol::dtls:
            if (!dtls_) {
                ++counters_.early_dtls;
                return;
            }
            on_dtls(datagram, arrival);
            return;
        case Protocol::rtp:
        case Protocol::rtcp:
            on_media(datagram, arrival);
            return;
        case Protocol::unknown:
            ++counters_.unknown;
            return;
    }
}

void DtlsSrtpTransport::on_media(MutableBytes datagram, Time arrival) {
    if (!receiver_) {
        ++counters_.early_media;
        return;
    }
    receiver_->pass_time(arrival);
    if (protocol_of(datagram) == Protocol::rtp) {
        if (auto packet = receiver_->unprotect_rtp(datagram); packet && listener_)
            listener_->on_rtp(*packet, arrival);
    } else if (auto compound = receiver_->unprotect_rtcp(datagram); compound && listener_) {
        listener_->on_rtcp(*compound, arrival);
    }
}

std::optional<Bytes> DtlsSrtpTransport::protect_rtp(MutableBytes buffer, std::size_t size) {
    if (!can_send()) return std::nullopt;
    auto protected_size = sender_->protect_rtp(buffer, size);
    if (!protected_size) return std::nullopt;
    return buffer.first(*protected_size);
}

std::optional<Bytes> DtlsSrtpTransport::protect_rtp(MutableBytes buffer, std::size_t size,
                                                    ExtSeqNum seq) {
    if (!can_send()) return std::nullopt;
    auto protected_size = sender_->protect_rtp(buffer, size, seq);
    if (!protected_size) return std::nullopt;
    return buffer.first(*protected_size);
}

bool DtlsSrtpTransport::can_send() {
    if (sender_ && dtls_state_ == DtlsState::connected) return true;
    ++counters_.unsent_media;
    return false;
}

bool DtlsSrtpTransport::send_rtp(MutableBytes buffer, std::size_t size) {
    auto packet = protect_rtp(buffer, size);
    return packet && ice_->send(*packet);
}
bool DtlsSrtpTransport::send_rtp(MutableBytes buffer, std::size_t size, ExtSeqNum seq) {
    auto packet = protect_rtp(buffer, size, seq);
    return packet && ice_->send(*packet);
}

MutableBytes DtlsSrtpTransport::room() {
    return can_send() ? ice_->room() : MutableBytes{};
}
bool DtlsSrtpTransport::send_rtp_from(MutableBytes room, std::size_t size, Bytes rest) {
    const auto protected_size = sender_->protect_rtp(room, size, rest);
    return protected_size && ice_->commit(*protected_size);
}

std::size_t DtlsSrtpTransport::send_protected(std::span<const Bytes> packets) {
    return ice_->send(packets);
}

bool DtlsSrtpTransport::send_rtcp(Bytes compound) {
    if (!can_send() || compound.size() > kMaxRtcp) return false;
    std::array<std::uint8_t, kMaxRtcp + SrtpSender::kRtcpOverhead> buffer;
    std::copy(compound.begin(), compound.end(), buffer.begin());
    // Reports go out all the time: no packet of media has to look at the clock.
    sender_->pass_time(Clock::now());
    auto size = sender_->protect_rtcp(buffer, compound.size());
    return size && ice_->send(Bytes{buffer}.first(*size));
}

bool DtlsSrtpTransport::send_data(Bytes packet) {
    if (!dtls_ || !dtls_->send(packet)) return false;
    // Not pump(): a caller who only sends does not expect to be destroyed by an event.
    bool sent = false;
    while (auto datagram = dtls_->take_datagram()) sent = ice_->send(Bytes{*datagram});
    return sent;
}

void DtlsSrtpTransport::close() {
    timer_.cancel();
    next_timer_.cancel();
    next_dtls_.reset();
    ended_ = true;
    if (dtls_) {
        dtls_->close();
        while (auto datagram = dtls_->take_datagram()) ice_->send(Bytes{*datagram});
    }
    if (dtls_state_ != DtlsState::failed) become(DtlsState::closed);
}

std::optional<SrtpProfile> DtlsSrtpTransport::srtp_profile() const {
    if (!sender_) return std::nullopt;
    return profile_;
}

}  // namespace rivero::transport
