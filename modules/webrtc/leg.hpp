// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bwe/receive_side.hpp"
#include "context.hpp"
#include "peer.hpp"
#include "rivero/rtp/twcc_recorder.hpp"
#include "send_control.hpp"

namespace rivero::webrtc {

/// One transport of a peer: all media sections when they are bundled, else one.
class Peer::Leg final : private transport::DtlsSrtpTransport::Listener, private Outlet {
public:
    Leg(Peer& peer, std::size_t transport_id, transport::IceSettings ice)
        : id{transport_id},
          twcc{peer.settings_->rtcp_ssrc, 50ms},
          transport{peer.graph_.worker, peer.shared_.make_ice(peer.worker_, std::move(ice)),
                    *peer.dtls_},
          control{peer.graph_.worker, *this},
          peer_{peer} {
        transport.set_listener(this);
    }
    /// Says what came that was of no use.
    ~Leg();

    const std::size_t id;                          ///< NegotiatedTransport::id
    std::vector<std::size_t> sections;             ///< m-lines
    transport::IceCredentials remote_credentials;  ///< empty before they are known
    rtp::Demuxer demuxer;
    rtp::ExtensionMap extensions;  ///< of what the peer sends
    bool transport_cc = false;     ///< feedback was negotiated
    bool reduced_size = false;     ///< RTCP need not begin with a report. RFC 5506
    bool connected = false;
    bool silent = false;  ///< ICE has failed: the peer does not answer any more
    rtp::TwccRecorder twcc;
    bwe::ReceiveSide receive_side{Bitrate{RembEstimator::kStart}};  ///< without transport_cc
    transport::DtlsSrtpTransport transport;
    SendControl control;

private:
    void on_local_candidate(std::string_view candidate) override {
        peer_.events_.on_candidate(id, std::string{candidate});
    }
    void on_gathering_done() override { peer_.events_.on_gathering_done(id); }
    void on_ice_state(transport::IceState state) override {
        peer_.events_.on_ice_state(id, state);
        peer_.on_ice(*this, state);
    }
    void on_selected_pair(std::string_view local, std::string_view remote) override {
        peer_.events_.on_selected_pair(id, std::string{local}, std::string{remote});
    }
    void on_dtls_state(transport::DtlsState state, std::string_view reason) override {
        peer_.events_.on_dtls_state(id, state, std::string{reason});
        peer_.on_dtls(*this, state);
    }
    void on_rtp(MutableBytes packet, Time arrival) override {
        peer_.on_rtp(*this, packet, arrival);
    }
    MutableBytes room() override { return transport.room(); }
    bool send(MutableBytes room, std::size_t size, Bytes rest) override {
        return transport.send_rtp_from(room, size, rest);
    }
    void on_rtcp(Bytes compound, Time arrival) override { peer_.on_rtcp(*this, compound, arrival); }

    Peer& peer_;
};

}  // namespace rivero::webrtc
