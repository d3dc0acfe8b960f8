// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "transport/dtls/dtls_association.hpp"

#include "rivero/base/assert.hpp"
#include "transport/dtls/clear_records.hpp"
#include "transport/dtls/openssl.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/srtp.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <sys/time.h>
#include <vector>

namespace rivero::transport {
namespace {

// A flight of ours has some 4 datagrams. Whoever does not take them loses the newest.
constexpr std::size_t kMaxOutgoing = 64;
constexpr std::size_t kMaxData = 256;
// Encrypted records that come before the handshake is done are kept by OpenSSL with a buffer of 17
// KB each, up to a hundred. A Finished that overtakes is one; loss makes a few more. What is beyond
// them the peer sends again, behind the ChangeCipherSpec, where nothing is kept.
constexpr int kMaxEarlyRecords = 16;
constexpr std::size_t kRecordHeader = 13;
// What the peer sent before it gave up may come behind its alert.
constexpr Duration kOvertaken = 50ms;
constexpr unsigned kMaxRetransmitInterval = 3'000'000;  // us

}  // namespace

struct DtlsAssociation::State {
    enum class Phase {
        idle,
        handshaking,
        unverified,  ///< handshake done, the peer's fingerprint not known yet
        connected,
        ended,
    };

    State(const DtlsContext& context, DtlsRole r) : role{r}, settings{context.settings()} {
        ssl.reset(SSL_new(context.ssl_ctx()));
        BIO* bio = BIO_new(datagram_bio());
        RIVERO_ASSERT(ssl && bio, "OpenSSL makes an association");
        BIO_set_data(bio, this);
        BIO_set_init(bio, 1);
        SSL_set_bio(ssl.get(), bio, bio);
        SSL_set_app_data(ssl.get(), this);
        SSL_set_mtu(ssl.get(), static_cast<long>(settings.mtu));
        DTLS_set_timer_cb(ssl.get(), retransmit_interval);
        SSL_set_verify(ssl.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, accept_any);
        if (role == DtlsRole::client) {
            SSL_set_connect_state(ssl.get());
        } else {
            SSL_set_accept_state(ssl.get());
        }
    }

    // A BIO that hands over whole datagrams: OpenSSL's memory BIO is a stream and would join them.
    static BIO_METHOD* datagram_bio() {
        static BIO_METHOD* const method = [] {
            BIO_METHOD* m =
                BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "rivero datagrams");
            RIVERO_ASSERT(m, "OpenSSL makes a BIO method");
            BIO_meth_set_write(m, write_datagram);
            BIO_meth_set_read(m, read_datagram);
            BIO_meth_set_ctrl(m, control);
            return m;
        }();
        return method;
    }
    static int write_datagram(BIO* bio, const char* data, int size) {
        auto& self = *static_cast<State*>(BIO_get_data(bio));
        BIO_clear_retry_flags(bio);
        if (self.outgoing.size() >= kMaxOutgoing) {
            ++self.counters.dropped_out;
        } else {
            self.outgoing.emplace_back(data, data + size);
        }
        return size;
    }
    static int read_datagram(BIO* bio, char* buffer, int size) {
        auto& self = *static_cast<State*>(BIO_get_data(bio));
        BIO_clear_retry_flags(bio);
        Bytes datagram = std::exchange(self.incoming, {});
        if (datagram.empty()) {
            BIO_set_retry_read(bio);
            return -1;
        }
        const std::size_t n = std::min(datagram.size(), static_cast<std::size_t>(size));
        std::copy_n(datagram.begin(), n, buffer);
        return static_cast<int>(n);
    }
    static long control(BIO* bio, int command, long, void*) {
        auto& self = *static_cast<State*>(BIO_get_data(bio));
        switch (command) {
            case BIO_CTRL_FLUSH:
                return 1;
            case BIO_CTRL_DGRAM_QUERY_MTU:
                return static_cast<long>(self.settings.mtu);
            default:
                return 0;
        }
    }
    /// OpenSSL asks for its retransmission timer: 0 at first, then what it was.
    static unsigned retransmit_interval(SSL* ssl, unsigned last_us) {
        const auto& self = *static_cast<State*>(SSL_get_app_data(ssl));
        if (last_us == 0) {
            auto first = std::chrono::duration_cast<std::chrono::microseconds>(
                self.settings.first_retransmit);
            return static_cast<unsigned>(first.count());
        }
        return std::min(last_us * 2, kMaxRetransmitInterval);
    }
    /// Certificates are self-signed, no chain leads to anyone. What counts is the fingerprint; it
    /// is checked when both are known, here already if it can be, so that the peer gets an alert.
    static int accept_any(int, X509_STORE_CTX* store) {
        auto* ssl = static_cast<SSL*>(
            X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
        auto& self = *static_cast<State*>(SSL_get_app_data(ssl));
        X509* certificate = X509_STORE_CTX_get0_cert(store);
        if (self.fingerprints_known && (!certificate || !self.expected_has(certificate))) {
            // OpenSSL says bad_certificate then: RFC 8122 section 6.2.
            X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
            self.wrong_certificate = true;
            return 0;
        }
        X509_STORE_CTX_set_error(store, X509_V_OK);
        return 1;
    }
    [[nodiscard]] bool expected_has(const X509* certificate) const {
        return std::any_of(expected.begin(), expected.end(), [&](const Fingerprint& f) {
            return f == fingerprint_of(certificate, f.hash);
        });
    }

    [[nodiscard]] bool ended() const { return phase == Phase::ended; }

    void begin(Time now) {
        if (phase != Phase::idle) return;
        phase = Phase::handshaking;
        if (role == DtlsRole::client) {
            handshake_ends = now + settings.handshake_limit;
            go_on(now);
        }
    }

    /// Lets OpenSSL work on what there is.
    void go_on(Time now) {
        ERR_clear_error();
        if (phase == Phase::handshaking) {
            const int result = SSL_do_handshake(ssl.get());
            if (result != 1) {
                check_error(result, "the handshake failed");
                refresh_deadline(now);
                return;
            }
            forget_deadlines();
            phase = Phase::unverified;
            verify();
        }
        read_data();
        refresh_deadline(now);
    }

    void read_data() {
        std::array<std::uint8_t, SSL3_RT_MAX_PLAIN_LENGTH> buffer;
        while (phase == Phase::unverified || phase == Phase::connected) {
            ERR_clear_error();
            const int size = SSL_read(ssl.get(), buffer.data(), static_cast<int>(buffer.size()));
            if (size <= 0) {
                check_error(size, "the association broke");
                return;
            }
            if (phase == Phase::connected && data.size() < kMaxData) {
                data.emplace_back(buffer.begin(), buffer.begin() + size);
            } else {
                ++counters.early_data;
            }
        }
    }

    void check_error(int result, const char* otherwise) {
        switch (SSL_get_error(ssl.get(), result)) {
            case SSL_ERROR_WANT_READ:
            case SSL_ERROR_WANT_WRITE:
                return;
            case SSL_ERROR_ZERO_RETURN:
                SSL_shutdown(ssl.get());
                end(DtlsClosed{});
                return;
            default:
                break;
        }
        std::string reason = take_openssl_error(otherwise);
        end(DtlsFailed{wrong_certificate ? kWrongCertificate : std::move(reason)});
    }

    /// Handshake done: connected, if the fingerprint is known and right.
    void verify() {
        if (phase != Phase::unverified || !fingerprints_known) return;
        std::unique_ptr<X509, void (*)(X509*)> certificate{SSL_get1_peer_certificate(ssl.get()),
                                                           X509_free};
        if (!certificate || !expected_has(certificate.get())) {
            SSL_shutdown(ssl.get());
            end(DtlsFailed{kWrongCertificate});
            return;
        }
        auto keys = export_keys();
        phase = Phase::connected;
        events.emplace_back(DtlsConnected{std::move(keys)});
    }

    /// RFC 5764 section 4.2: client key, server key, client salt, server salt.
    std::optional<SrtpKeys> export_keys() {
        const SRTP_PROTECTION_PROFILE* selected = SSL_get_selected_srtp_profile(ssl.get());
        if (!selected) return std::nullopt;
        auto profile = srtp_profile(static_cast<std::uint16_t>(selected->id));
        RIVERO_ASSERT(profile, "only profiles of ours are offered and accepted");
        constexpr std::string_view kLabel = "EXTRACTOR-dtls_srtp";
        std::array<std::uint8_t, 2 * (32 + 14)> material;
        const auto [key_size, salt_size, tag_size] = sizes(*profile);
        static_cast<void>(tag_size);
        const int ok =
            SSL_export_keying_material(ssl.get(), material.data(), 2 * (key_size + salt_size),
                                       kLabel.data(), kLabel.size(), nullptr, 0, 0);
        RIVERO_ASSERT(ok == 1, "keys can be exported after the handshake");
        SrtpMasterKey client;
        SrtpMasterKey server;
        const std::uint8_t* from = material.data();
        auto take = [&from](std::uint8_t* to, std::size_t n) {
            std::copy_n(from, n, to);
            from += n;
        };
        take(client.key.data(), key_size);
        take(server.key.data(), key_size);
        take(client.salt.data(), salt_size);
        take(server.salt.data(), salt_size);
        OPENSSL_cleanse(material.data(), material.size());
        if (role == DtlsRole::client) return SrtpKeys{*profile, client, server};
        return SrtpKeys{*profile, server, client};
    }

    // A template, so that no variant is moved: g++ 12 warns of uninitialised members there.
    template <class Event>
    void end(Event event) {
        phase = Phase::ended;
        events.emplace_back(std::move(event));
        forget_deadlines();
    }
    void forget_deadlines() {
        handshake_ends.reset();
        retransmit_at.reset();
        refusal.reset();
    }
    [[nodiscard]] std::optional<Time> believed_at() const {
        if (!refusal) return std::nullopt;
        return refusal->said + settings.silence_after_refusal;
    }

    void refresh_deadline(Time now) {
        retransmit_at.reset();
        timeval left{};
        if (phase == Phase::handshaking && DTLSv1_get_timeout(ssl.get(), &left) == 1) {
            retransmit_at =
                now + std::chrono::seconds{left.tv_sec} + std::chrono::microseconds{left.tv_usec};
        }
    }

    /// Cheap checks before OpenSSL gets to see it. Content types 20 to 63: RFC 7983 section 7.
    [[nodiscard]] bool acceptable(Bytes datagram) {
        if (datagram.size() < kRecordHeader || datagram[0] < 20 || datagram[0] > 63) return false;
        const bool encrypted = datagram[3] != 0 || datagram[4] != 0;  // epoch
        if (phase == Phase::handshaking && encrypted && !has_keys()) {
            if (early_records == kMaxEarlyRecords) return false;
            ++early_records;
        }
        return true;
    }
    /// The peer's ChangeCipherSpec is there: forged records are told from its Finished at once.
    [[nodiscard]] bool has_keys() const {
        const OSSL_HANDSHAKE_STATE state = SSL_get_state(ssl.get());
        return state == TLS_ST_SR_CHANGE || state == TLS_ST_CR_CHANGE;
    }
    /// An alert in clear would end the handshake of a client that did not say what was wrong. With
    /// its certificate it has at least said something that makes sense.
    void say_nothing_of_a_forgery() {
        const bool broken = ended() && SSL_is_init_finished(ssl.get()) == 0;
        if (role == DtlsRole::server && broken && !wrong_certificate) outgoing.clear();
    }

    /// Records in clear get numbers of ours, one after another. OpenSSL drops what is older than
    /// the newest number that it saw, although nobody vouches for that number before there are
    /// keys: one forged record with a high one would end the handshake. Messages of the handshake
    /// have numbers of their own, which are what tells repetitions.
    Bytes renumbered(Bytes datagram) {
        if (datagram.size() > scratch.size()) return datagram;
        std::copy(datagram.begin(), datagram.end(), scratch.begin());
        number_clear_records(MutableBytes{scratch}.first(datagram.size()), records_in_clear);
        return Bytes{scratch}.first(datagram.size());
    }

    static constexpr const char* kWrongCertificate =
        "the peer's certificate does not have the fingerprint of its SDP";

    struct FreeSsl {
        void operator()(SSL* s) const { SSL_free(s); }
    };

    DtlsRole role;
    DtlsSettings settings;
    Phase phase = Phase::idle;
    bool fingerprints_known = false;
    bool wrong_certificate = false;
    int early_records = 0;
    std::vector<Fingerprint> expected;
    Bytes incoming;  // borrowed for the time of one receive()
    std::array<std::uint8_t, 2048> scratch;
    std::uint64_t records_in_clear = 0;
    std::vector<ByteVector> outgoing;
    std::vector<DtlsEvent> events;
    std::vector<ByteVector> data;
    std::optional<Time> handshake_ends;
    std::optional<Time> retransmit_at;
    struct Refusal {
        std::uint8_t alert;
        Time said;
    };
    std::optional<Refusal> refusal;  ///< the peer's, or a forgery
    Counters counters;
    std::unique_ptr<SSL, FreeSsl> ssl;  // goes first: its BIO points here
};

DtlsAssociation::DtlsAssociation(const DtlsContext& context, DtlsRole role)
    : state_{std::make_unique<State>(context, role)} {}
DtlsAssociation::~DtlsAssociation() = default;

DtlsRole DtlsAssociation::role() const {
    return state_->role;
}
bool DtlsAssociation::connected() const {
    return state_->phase == State::Phase::connected;
}
const DtlsAssociation::Counters& DtlsAssociation::counters() const {
    return state_->counters;
}

void DtlsAssociation::start(Time now) {
    state_->begin(now);
}

void DtlsAssociation::expect_peer(std::vector<Fingerprint> fingerprints, Time now) {
    State& s = *state_;
    if (s.ended() || s.phase == State::Phase::connected) return;
    s.expected = std::move(fingerprints);
    s.fingerprints_known = true;
    s.verify();
    s.refresh_deadline(now);
}

void DtlsAssociation::receive(Bytes datagram, Time now) {
    State& s = *state_;
    if (s.ended() || !s.acceptable(datagram)) {
        ++s.counters.ignored;
        return;
    }
    s.begin(now);
    if (s.phase == State::Phase::handshaking && !s.handshake_ends) {
        s.handshake_ends = now + s.settings.handshake_limit;
    }
    const bool handshaking = s.phase == State::Phase::handshaking;
    if (s.refusal && now - s.refusal->said > kOvertaken) s.refusal.reset();
    s.incoming = handshaking ? s.renumbered(datagram) : datagram;
    s.go_on(now);
    s.incoming = {};
    if (handshaking) s.say_nothing_of_a_forgery();
}

void DtlsAssociation::on_peer_gave_up(std::uint8_t alert, Time now) {
    State& s = *state_;
    // A server that has heard of nobody has nobody who could give up.
    const bool under_way = s.phase == State::Phase::handshaking && s.handshake_ends;
    if (under_way && !s.refusal) s.refusal = {alert, now};
}

void DtlsAssociation::receive_behind_cookie(Bytes datagram, Time now) {
    State& s = *state_;
    if (s.role != DtlsRole::server || s.phase != State::Phase::idle || !s.acceptable(datagram)) {
        ++s.counters.ignored;
        return;
    }
    s.begin(now);
    s.handshake_ends = now + s.settings.handshake_limit;
    s.incoming = s.renumbered(datagram);
    ERR_clear_error();
    std::unique_ptr<BIO_ADDR, void (*)(BIO_ADDR*)> unused{BIO_ADDR_new(), BIO_ADDR_free};
    // Moves OpenSSL's message numbers past the HelloVerifyRequest, and keeps the hello for it.
    if (DTLSv1_listen(s.ssl.get(), unused.get()) == 1) {
        s.incoming = {};
        s.go_on(now);
    } else {
        s.end(DtlsFailed{take_openssl_error("this is no ClientHello with a cookie")});
    }
    s.incoming = {};
}

bool DtlsAssociation::send(Bytes data) {
    State& s = *state_;
    if (s.phase != State::Phase::connected || data.empty() ||
        data.size() > SSL3_RT_MAX_PLAIN_LENGTH) {
        return false;
    }
    ERR_clear_error();
    return SSL_write(s.ssl.get(), data.data(), static_cast<int>(data.size())) > 0;
}

void DtlsAssociation::close() {
    State& s = *state_;
    if (s.phase == State::Phase::unverified || s.phase == State::Phase::connected) {
        ERR_clear_error();
        SSL_shutdown(s.ssl.get());
    }
    s.phase = State::Phase::ended;
    s.forget_deadlines();
}

void DtlsAssociation::on_deadline(Time now) {
    State& s = *state_;
    if (s.phase != State::Phase::handshaking) return;
    if (s.handshake_ends && now >= *s.handshake_ends) {
        s.end(DtlsFailed{"the handshake took too long"});
        return;
    }
    if (const auto believed = s.believed_at(); believed && now >= *believed) {
        s.end(DtlsFailed{std::string{"the peer gave up: "} +
                         SSL_alert_desc_string_long(s.refusal->alert)});
        return;
    }
    ERR_clear_error();
    // Does nothing while OpenSSL's own clock says that it is too early.
    if (DTLSv1_handle_timeout(s.ssl.get()) < 0) {
        s.end(DtlsFailed{take_openssl_error("the peer does not answer")});
        return;
    }
    s.refresh_deadline(now);
}

std::optional<Time> DtlsAssociation::next_deadline() const {
    const State& s = *state_;
    std::optional<Time> first;
    for (const auto& at : {s.retransmit_at, s.handshake_ends, s.believed_at()})
        if (at && (!first || *at < *first)) first = at;
    return first;
}

namespace {
template <class T>
std::optional<T> take_first(std::vector<T>& queue) {
    if (queue.empty()) return std::nullopt;
    std::optional<T> first{std::move(queue.front())};
    queue.erase(queue.begin());
    return first;
}
}  // namespace

std::optional<ByteVector> DtlsAssociation::take_datagram() {
    return take_first(state_->outgoing);
}
std::optional<DtlsEvent> DtlsAssociation::take_event() {
    return take_first(state_->events);
}
std::optional<ByteVector> DtlsAssociation::take_data() {
    return take_first(state_->data);
}

std::string DtlsAssociation::peer_certificate_pem() const {
    std::unique_ptr<X509, void (*)(X509*)> certificate{SSL_get1_peer_certificate(state_->ssl.get()),
                                                       X509_free};
    return certificate ? pem_of(certificate.get()) : std::string{};
}

}  // namespace rivero::transport
