// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "receive_track.hpp"
#include "remb_estimator.hpp"
#include "rivero/base/loop.hpp"
#include "rivero/base/result.hpp"
#include "rivero/gst/glib_loop.hpp"
#include "rivero/media/graph.hpp"
#include "rivero/media/source.hpp"
#include "rivero/rtp/clock_sync.hpp"
#include "rivero/rtp/demuxer.hpp"
#include "rivero/rtp/twcc_recorder.hpp"
#include "sdp/negotiation.hpp"
#include "send_track.hpp"
#include "transport/dtls_srtp_transport.hpp"
#include "transport/ice/ice_settings.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rivero::webrtc {

class Context;

/// What a peer tells its endpoint; called on the worker.
struct PeerEvents {
    std::function<void(std::size_t transport, std::string candidate)> on_candidate;
    std::function<void(std::size_t transport)> on_gathering_done;
    std::function<void(std::size_t transport, transport::IceState)> on_ice_state;
    std::function<void(std::size_t transport, std::string local, std::string remote)>
        on_selected_pair;
    std::function<void(std::size_t transport, transport::DtlsState, std::string reason)>
        on_dtls_state;
    /// RTCP of the peer is seen, or no longer.
    std::function<void(bool active)> on_media_state;
    /// Somebody begins or ceases to speak at the peer. @param level from 0 to 1
    std::function<void(bool speaking, double level)> on_speech;
    std::function<void(std::string what)> on_error;
};

/// Limits for video in one direction, 0: none.
struct VideoLimits {
    Bitrate min{0};
    Bitrate max{0};
};

/// Everything of an endpoint that touches packets: transports, tracks, RTCP. RTC worker; made on
/// any thread.
class Peer {
public:
    struct Settings {
        transport::IceSettings ice;
        std::string cname;
        Ssrc rtcp_ssrc;  ///< sender of feedback when we send no media
    };

    Peer(media::Graph& graph, gst::GlibLoop& worker, Context& shared, PeerEvents events,
         std::shared_ptr<media::Source> audio_out, std::shared_ptr<media::Source> video_out,
         std::shared_ptr<SendTrack> audio_in, std::shared_ptr<SendTrack> video_in);
    ~Peer();
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;

    /// The first transport comes into being, so that candidates can be gathered.
    void open(Settings settings, transport::DtlsContext dtls);
    /// What was agreed, for the first time or anew: what goes on does so without a gap.
    /// @param local our ICE credentials of each of the session's transports; other ones than before
    /// restart ICE
    void configure(const sdp::NegotiatedSession& session,
                   const std::vector<transport::IceCredentials>& local);
    /// @return why a transport found no address to receive at; it may be tried again then
    [[nodiscard]] Result<void> gather();
    void add_candidate(std::size_t m_line, const std::string& candidate);
    void request_keyframe(MediaType type);
    struct Limits {
        VideoLimits receive;            ///< what the peer sends
        VideoLimits send;               ///< what encoders make for the peer
        std::optional<Pixels> largest;  ///< picture that the peer gets, where there is a choice
        RembEstimator::Settings remb;
        std::optional<Bitrate> remb_on_connect;  ///< for encoders, until the peer's first REMB
                                                 ///< values have come up to it
        std::size_t mtu = 1200;                  ///< bytes of an RTP packet that we make
    };
    void set_limits(const Limits& limits);
    /// Says good-bye to the peer.
    void close();

    [[nodiscard]] bool negotiated() const { return session_.has_value(); }
    [[nodiscard]] const ReceiveTrack& receive(MediaType type) const {
        return type == MediaType::audio ? audio_ : video_;
    }
    [[nodiscard]] const SendTrack& send(MediaType type) const {
        return type == MediaType::audio ? *audio_in_ : *video_in_;
    }
    /// The id of the transport that media of this kind goes over, as clients see it; empty without
    /// one.
    [[nodiscard]] std::string transport_name(MediaType type) const;
    [[nodiscard]] std::optional<Bitrate> remb_sent() const { return remb_sent_; }
    /// What the way to the peer carries, of all media together.
    [[nodiscard]] std::optional<Bitrate> send_estimate() const;
    [[nodiscard]] std::optional<Bitrate> remb_received() const { return remb_received_; }

private:
    static constexpr std::size_t kMaxCompound = 1200;  ///< of RTCP, bytes

    class Leg;
    friend class Leg;

    Leg& add_leg(std::size_t id, const transport::IceCredentials& local);
    void configure_receiving(Leg& leg, const sdp::NegotiatedTransport& transport);
    void configure_ice(Leg& leg, const sdp::NegotiatedTransport& transport,
                       const transport::IceCredentials& local);
    void configure_sending(MediaType type);
    void on_rtp(Leg& leg, MutableBytes packet, Time arrival);
    void on_rtcp(Leg& leg, Bytes compound, Time arrival);
    void on_dtls(Leg& leg, transport::DtlsState state);
    void on_ice(Leg& leg, transport::IceState state);
    /// Who sends over it hears whether that can be done, and whether anybody is there.
    void tell_senders(const Leg& leg);
    void handle(Leg& leg, const rtcp::Message& message, Time now);
    void on_reports(const std::vector<rtcp::ReportBlock>& blocks, Time now);
    /// A peer that is sent nothing reports on nothing: what its ICE answers show stands in.
    void measure_by_ice(Leg& leg, Time now);
    [[nodiscard]] ReceiveTrack* track_of(std::size_t section);
    [[nodiscard]] SendTrack* sender_of(Ssrc ssrc);
    void apply_send_limits();
    /// Sends what is due and sets the timer for what comes next.
    void service();
    void arm(Time now);
    void wake_by(std::optional<Time> deadline, Duration slack = {});
    void add_reports(Leg& leg, Time now, std::vector<rtcp::Message>& out);
    void add_feedback(Leg& leg, Time now, std::vector<rtcp::Message>& out);
    [[nodiscard]] bool takes_remb(const Leg& leg) const;
    /// What the loss of the last interval says of a sender that estimates nothing itself.
    void update_remb(const Leg& leg, Time now);
    /// @param report it is said whether it has changed or not
    void add_remb(bool report, Time now, std::vector<rtcp::Message>& out);
    /// What the peer should send at most; empty when there is no bound.
    [[nodiscard]] std::optional<Bitrate> most_wanted(Time now);
    void send(Leg& leg, const std::vector<rtcp::Message>& messages, bool has_report);
    [[nodiscard]] Ssrc feedback_ssrc() const;

    media::Graph& graph_;
    gst::GlibLoop& worker_;
    Context& shared_;
    PeerEvents events_;
    rtp::ClockSync clock_;
    ReceiveTrack audio_, video_;
    std::shared_ptr<SendTrack> audio_in_, video_in_;
    std::optional<Settings> settings_;
    std::optional<transport::DtlsContext> dtls_;
    std::optional<sdp::NegotiatedSession> session_;
    std::vector<std::unique_ptr<Leg>>
        legs_;  ///< before there is a session one, then in the order of its transports
    bool gathering_ = false;
    struct EarlyCandidate {
        std::size_t m_line;
        std::string text;
    };
    /// Those of a description that has not come yet.
    std::vector<EarlyCandidate> early_candidates_;

    Timer timer_;
    std::optional<Time> timer_due_;  ///< from then on it may run ...
    Time timer_latest_{};            ///< ... and not later than this
    Time next_report_{};
    std::optional<Time> last_rtcp_;
    Time rtt_reported_{};  ///< when a report last showed the round trip
    Limits limits_;
    bool connect_phase_ = true;  ///< remb_on_connect is still in force
    Time remb_received_at_{};
    std::optional<Bitrate> remb_sent_, remb_received_;
    std::optional<Bitrate> forwarded_;  ///< what its receivers could take when that was last known
    Time forwarded_at_{};
    std::uint64_t bytes_at_remb_ = 0;
    Time remb_at_{};
    Time remb_checked_{};
    RembEstimator remb_;         ///< for a peer without transport-wide feedback
    std::uint64_t dropped_ = 0;  ///< packets for nobody
};

}  // namespace rivero::webrtc
