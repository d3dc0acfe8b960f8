// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/bytes.hpp"
#include "rivero/base/clock.hpp"
#include "transport/dtls/dtls_context.hpp"
#include "transport/dtls/fingerprint.hpp"
#include "transport/srtp/srtp_keys.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace rivero::transport {

/// The handshake is done and the peer's certificate is the expected one.
struct DtlsConnected {
    std::optional<SrtpKeys> srtp;  ///< empty when the peer did not offer use_srtp (data only)
};
struct DtlsFailed {
    std::string reason;
};
/// The peer said good-bye (close_notify).
struct DtlsClosed {};
using DtlsEvent = std::variant<DtlsConnected, DtlsFailed, DtlsClosed>;

/// One DTLS 1.2 association without a socket. RFC 6347, RFC 5764.
///
/// Datagrams and time go in; after each call take what came out: datagrams (boundaries matter),
/// events, application data. OpenSSL keeps its own clock for retransmissions; next_deadline() is
/// translated into ours.
///
/// Nothing is reported connected before the peer's certificate matched an expected fingerprint.
/// The fingerprints may come after the handshake has begun, or ended.
///
/// A server whose handshake fails tells a client why with a wrong certificate, or behind a cookie;
/// otherwise it may have been somebody else's, and an alert would end what the client began.
class DtlsAssociation {
public:
    struct Counters {
        std::uint64_t ignored = 0;      ///< not DTLS, or too many records too early
        std::uint64_t dropped_out = 0;  ///< more outgoing datagrams than anyone took
        std::uint64_t early_data = 0;   ///< application data before the certificate was checked
    };

    DtlsAssociation(const DtlsContext& context, DtlsRole role);
    DtlsAssociation(const DtlsAssociation&) = delete;
    DtlsAssociation& operator=(const DtlsAssociation&) = delete;
    ~DtlsAssociation();

    [[nodiscard]] DtlsRole role() const;

    /// The client says hello; the server begins to listen: datagrams before this are handled, too.
    void start(Time now);
    /// What `a=fingerprint` of the peer said; one match is enough. RFC 8122 section 5.
    void expect_peer(std::vector<Fingerprint> fingerprints, Time now);
    /// @param datagram without alerts in clear, see sift(): OpenSSL would believe them
    void receive(Bytes datagram, Time now);
    /// Somebody says in clear that the peer gives up. Ends a handshake if nothing comes any more.
    /// @param alert its description, RFC 5246 section 7.2
    void on_peer_gave_up(std::uint8_t alert, Time now);
    /// The first thing that a server receives, instead: a ClientHello, or its first fragment, that
    /// answers a HelloVerifyRequest. The caller has sent that, and has checked the cookie.
    void receive_behind_cookie(Bytes datagram, Time now);
    /// Application data (SCTP), one record. @return false before connected() and after the end
    [[nodiscard]] bool send(Bytes data);
    /// Says good-bye. No event follows.
    void close();

    /// To be called when next_deadline() has come; earlier does no harm.
    void on_deadline(Time now);
    [[nodiscard]] std::optional<Time> next_deadline() const;

    [[nodiscard]] std::optional<ByteVector> take_datagram();
    [[nodiscard]] std::optional<DtlsEvent> take_event();
    [[nodiscard]] std::optional<ByteVector> take_data();

    [[nodiscard]] bool connected() const;
    /// The peer's certificate in PEM, once known; for statistics.
    [[nodiscard]] std::string peer_certificate_pem() const;
    [[nodiscard]] const Counters& counters() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace rivero::transport
