// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/bytes.hpp"
#include "rivero/base/clock.hpp"
#include "rivero/base/loop.hpp"
#include "rivero/base/units.hpp"
#include "transport/dtls/dtls_association.hpp"
#include "transport/dtls/hello_gate.hpp"
#include "transport/ice/ice_transport.hpp"
#include "transport/srtp/srtp_receiver.hpp"
#include "transport/srtp/srtp_sender.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rivero::transport {

/// The states that the client API shows.
enum class DtlsState { fresh, connecting, connected, closed, failed };
/// NEW, CONNECTING, ...
[[nodiscard]] std::string_view name(DtlsState state);

/// One association with a peer: ICE, DTLS and SRTP joined. RFC 5764, RFC 7983.
///
/// Lives on the RTC worker's loop, with all its calls and its listener's. The listener may destroy
/// it from within any call.
class DtlsSrtpTransport final : private IceTransport::Listener {
public:
    class Listener {
    public:
        virtual void on_local_candidate(std::string_view candidate) = 0;
        virtual void on_gathering_done() = 0;
        virtual void on_ice_state(IceState state) = 0;
        virtual void on_selected_pair(std::string_view local, std::string_view remote) = 0;
        /// @param reason empty unless failed
        virtual void on_dtls_state(DtlsState state, std::string_view reason) = 0;
        /// @param packet authentic and decrypted; borrowed, and the listener's to overwrite
        virtual void on_rtp(MutableBytes packet, Time arrival) = 0;
        virtual void on_rtcp(Bytes compound, Time arrival) = 0;
        /// One SCTP packet.
        virtual void on_data(Bytes packet, Time arrival) {
            static_cast<void>(packet);
            static_cast<void>(arrival);
        }

    protected:
        ~Listener() = default;
    };

    struct Counters {
        std::uint64_t early_dtls = 0;    ///< DTLS before anybody started it
        std::uint64_t strange_dtls = 0;  ///< in clear, and nothing that the peer would say so
        std::uint64_t early_media = 0;   ///< SRTP before there were keys
        std::uint64_t unknown = 0;       ///< datagrams of no protocol that we speak
        std::uint64_t unsent_media = 0;  ///< ours, before there were keys
    };

    /// @param context is copied: associations share the SSL_CTX
    DtlsSrtpTransport(Loop& loop, std::unique_ptr<IceTransport> ice, DtlsContext context);
    ~DtlsSrtpTransport();

    void set_listener(Listener* listener);

    /// gather(), candidates and credentials go to it directly.
    [[nodiscard]] IceTransport& ice() { return *ice_; }

    /// Known with the answer: who is DTLS client, and who the peer must be. Before this, what the
    /// peer's DTLS sends is dropped (it will be sent again); once. The handshake starts when ICE
    /// has a pair.
    void start_dtls(DtlsRole role, std::vector<Fingerprint> peer);
    /// The same for a server before the peer's SDP is known (we offered actpass and its ClientHello
    /// came first): the handshake may run; expect_peer() completes it.
    void start_dtls_server();
    void expect_peer(std::vector<Fingerprint> peer);

    /// Encrypts in place and sends. @param buffer an RTP packet of `size` bytes, then room of
    /// SrtpSender::kRtpOverhead bytes
    bool send_rtp(MutableBytes buffer, std::size_t size);
    bool send_rtp(MutableBytes buffer, std::size_t size, ExtSeqNum seq);
    /// For packets whose payload many receivers share. Room for one packet, see
    /// IceTransport::room(); empty when none can be sent now.
    [[nodiscard]] MutableBytes room();
    /// Encrypts what the caller wrote at the beginning of `room`, `size` bytes with the RTP header,
    /// and behind it `rest`, which is only read; and sends.
    bool send_rtp_from(MutableBytes room, std::size_t size, Bytes rest);
    /// Encrypts a packet without sending it: for batches. Empty when there are no keys or it must
    /// not be sent.
    [[nodiscard]] std::optional<Bytes> protect_rtp(MutableBytes buffer, std::size_t size);
    [[nodiscard]] std::optional<Bytes> protect_rtp(MutableBytes buffer, std::size_t size,
                                                   ExtSeqNum seq);
    /// Sends packets that protect_rtp() has made. @return how many, from the first, left
    std::size_t send_protected(std::span<const Bytes> packets);
    /// @param compound at most 1400 bytes; copied
    bool send_rtcp(Bytes compound);
    /// One SCTP packet.
    bool send_data(Bytes packet);
    /// Tells the peer good-bye; state closed.
    void close();

    [[nodiscard]] DtlsState dtls_state() const { return dtls_state_; }
    [[nodiscard]] std::optional<SrtpProfile> srtp_profile() const;
    [[nodiscard]] const Counters& counters() const { return counters_; }
    [[nodiscard]] const SrtpSender* srtp_sender() const { return sender_ ? &*sender_ : nullptr; }
    [[nodiscard]] const SrtpReceiver* srtp_receiver() const {
        return receiver_ ? &*receiver_ : nullptr;
    }
    [[nodiscard]] const DtlsAssociation* dtls() const { return dtls_.get(); }
    [[nodiscard]] const HelloGate::Counters& hellos() const { return gate_.counters(); }

private:
    void on_local_candidate(std::string_view candidate) override;
    void on_gathering_done() override;
    void on_ice_state(IceState state) override;
    void on_selected_pair(std::string_view local, std::string_view remote) override;
    void on_datagram(MutableBytes datagram, Time arrival) override;

    /// False when there is one, or was.
    bool make_association(DtlsRole role);
    [[nodiscard]] bool has_path() const;
    [[nodiscard]] bool can_send();
    /// As soon as ICE has a path.
    void begin_handshake();
    /// Carries out what the association has to say. False when the listener destroyed this.
    bool pump(Time now);
    bool handle(const DtlsEvent& event);
    bool become(DtlsState state, std::string_view reason = {});
    void set_timer(Time now);
    void install(const SrtpKeys& keys);
    void on_media(MutableBytes datagram, Time arrival);
    void on_dtls(MutableBytes datagram, Time now);
    void on_dtls_for_server(MutableBytes datagram, Time now);
    void challenge();
    /// The peer may begin a new handshake over a running association (RFC 6347 section 4.2.8), or
    /// one that it has closed: Chromium does when the section that tags its bundle is rejected. The
    /// old keys work until it is done. And what somebody else began in the peer's name, or broke,
    /// is no reason to turn the peer away.
    void handshake_again(Bytes hello, Time now);
    /// Whatever the association wants to say; false when the listener destroyed this.
    bool send_handshake(DtlsAssociation& association, bool keep_unsent);
    void pump_next(Time now);

    Loop& loop_;
    DtlsContext context_;
    std::unique_ptr<IceTransport> ice_;
    Listener* listener_ = nullptr;
    std::unique_ptr<DtlsAssociation> dtls_;
    std::unique_ptr<DtlsAssociation>
        next_dtls_;  ///< will take the place of dtls_ when it is connected
    std::optional<std::vector<Fingerprint>> peer_;  ///< once known
    HelloGate gate_;
    ByteVector early_fragment_;  ///< of a hello whose beginning has not come yet; at most one
    std::uint64_t clear_records_ = 0;
    bool handshake_begun_ = false;
    bool ended_ = false;  ///< by us
    DtlsState dtls_state_ = DtlsState::fresh;
    SrtpProfile profile_{};
    std::optional<SrtpSender> sender_;
    std::optional<SrtpReceiver> receiver_;
    std::vector<ByteVector> unsent_handshake_;
    Timer timer_, next_timer_;
    Counters counters_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace rivero::transport
