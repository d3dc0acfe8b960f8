// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "context.hpp"
#include "peer.hpp"
#include "rivero/media/endpoint.hpp"
#include "types.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rivero::webrtc {

/// The peer connection of a browser. Answers clients and negotiates here, on the strand; packets
/// are the Peer's, on the RTC worker.
class WebRtcEndpoint final : public media::BaseRtpEndpoint {
public:
    static constexpr const char* kClassName = "WebRtcEndpoint";

    struct Options {
        bool recvonly = false;
        bool sendonly = false;
        bool use_data_channels = false;
        CertificateKeyType key = CertificateKeyType::ecdsa;
        DscpValue dscp = DscpValue::no_value;
    };

    WebRtcEndpoint(remote::ObjectInit init, media::MediaPipeline& pipeline,
                   std::shared_ptr<Context> context, const Options& options);
    ~WebRtcEndpoint() override;

    [[nodiscard]] const std::string& get_network_interfaces() const {
        return settings_.network_interfaces;
    }
    void set_network_interfaces(const std::string& names) { settings_.network_interfaces = names; }
    [[nodiscard]] bool get_ice_tcp() const { return settings_.ice_tcp; }
    void set_ice_tcp(bool on) { settings_.ice_tcp = on; }
    [[nodiscard]] const std::string& get_stun_server_address() const {
        return settings_.stun_server_address;
    }
    void set_stun_server_address(const std::string& address);
    [[nodiscard]] int get_stun_server_port() const { return settings_.stun_server_port; }
    void set_stun_server_port(int port);
    [[nodiscard]] const std::string& get_turn_url() const { return settings_.turn_url; }
    void set_turn_url(const std::string& url);
    [[nodiscard]] const std::string& get_external_ipv4() const { return settings_.external_ipv4; }
    void set_external_ipv4(const std::string& address);
    [[nodiscard]] const std::string& get_external_ipv6() const { return settings_.external_ipv6; }
    void set_external_ipv6(const std::string& address);
    [[nodiscard]] const VideoSize& get_max_video_send_size() const { return max_video_send_size_; }
    void set_max_video_send_size(int width, int height);
    [[nodiscard]] std::vector<IceCandidatePair> get_ice_candidate_pairs() const;
    [[nodiscard]] std::vector<IceConnection> get_ice_connection_state() const;
    [[nodiscard]] std::vector<DtlsConnection> get_dtls_connection_state() const;

    [[nodiscard]] remote::Future<remote::Done> gather_candidates();
    void add_ice_candidate(const IceCandidate& candidate);
    void create_data_channel(std::optional<std::string> label, std::optional<bool> ordered,
                             std::optional<int> max_packet_life_time,
                             std::optional<int> max_retransmits,
                             std::optional<std::string> protocol);
    void close_data_channel(int channel);
    void request_keyframe() override;
    [[nodiscard]] remote::Future<media::StatsReport> get_stats(
        std::optional<MediaType> type) override;
    void release() override;

private:
    [[nodiscard]] Result<std::string> make_offer(const media::OfferOptions& options) override;
    [[nodiscard]] Result<std::string> answer_offer(const std::string& offer) override;
    [[nodiscard]] Result<void> apply_answer(const std::string& answer) override;
    void drop_offer() override { offer_.reset(); }
    void check_readable(const std::string& sdp) override;
    [[nodiscard]] std::string local_description() override;
    [[nodiscard]] std::string remote_description() override;
    void on_bandwidth_changed() override;

    [[nodiscard]] PeerEvents peer_events();
    /// Makes the transport. Throws RpcError when the settings are wrong.
    void open_peer(bool controlling);
    void use(const sdp::NegotiatedSession& session);
    /// What the next description says of itself: its version, limits for the peer.
    void prepare_capabilities();
    /// Writes the ICE credentials of each transport into its sections: fresh ones where the peer
    /// begins anew.
    void give_credentials(const sdp::NegotiatedSession& session, sdp::SessionDescription& answer);
    /// With the candidates found so far.
    [[nodiscard]] std::string print_with_candidates(sdp::SessionDescription description) const;
    /// The first media section of a transport: candidates name it.
    [[nodiscard]] std::pair<std::string, int> section_of(std::size_t transport) const;

    void on_candidate(std::size_t transport, const std::string& candidate);
    void on_gathering_done(std::size_t transport);
    void on_ice_state(std::size_t transport, transport::IceState state);
    void on_selected_pair(std::size_t transport, const std::string& local,
                          const std::string& remote);
    void on_dtls_state(std::size_t transport, transport::DtlsState state,
                       const std::string& reason);
    void note_connection();

    struct TransportState {
        IceComponentState ice = IceComponentState::disconnected;
        DtlsConnectionState dtls = DtlsConnectionState::fresh;
        std::optional<IceCandidatePair> pair;
        std::vector<sdp::Candidate> candidates;
        bool gathered = false;
    };
    [[nodiscard]] TransportState* find_transport(std::size_t id);

    std::shared_ptr<Context> context_;
    const Options options_;
    Context::Defaults settings_;
    VideoSize max_video_send_size_;  ///< 0: any
    sdp::LocalCapabilities capabilities_;
    /// Our ICE credentials of each transport.
    std::map<std::size_t, transport::IceCredentials> credentials_;
    std::uint64_t version_ = 0;  ///< of our next description
    std::optional<Confined<Peer>> peer_;
    bool opened_ = false;
    bool gather_wanted_ = false;
    bool gathering_done_raised_ = false;
    std::optional<sdp::SessionDescription> offer_;  ///< ours, as long as there is no answer
    std::optional<sdp::SessionDescription> local_, remote_;
    std::optional<sdp::NegotiatedSession> session_;
    std::map<std::size_t, TransportState> transports_;  ///< by NegotiatedTransport::id
    std::vector<IceCandidate> remote_candidates_;
    std::shared_ptr<SendTrack> audio_in_, video_in_;
};

}  // namespace rivero::webrtc
