// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/result.hpp"
#include "rivero/media/element.hpp"

#include <optional>
#include <string>

namespace rivero::media {

/// Where media enters or leaves a pipeline.
class Endpoint : public MediaElement {
public:
    static constexpr const char* kClassName = "Endpoint";
    using MediaElement::MediaElement;

protected:
    [[nodiscard]] bool is_endpoint() const override { return true; }
};

/// An element that processes media.
class Filter : public MediaElement {
public:
    static constexpr const char* kClassName = "Filter";
    using MediaElement::MediaElement;
};

/// An endpoint with a session between server and peer.
class SessionEndpoint : public Endpoint {
public:
    static constexpr const char* kClassName = "SessionEndpoint";
    using Endpoint::Endpoint;
};

/// A session that is negotiated with SDP: which call may follow which, and the errors. RFC 3264.
///
/// What was agreed can be negotiated again, from either side, as often as one likes; see
/// docs/decisions/0009-renegotiation.md.
class SdpEndpoint : public SessionEndpoint {
public:
    static constexpr const char* kClassName = "SdpEndpoint";
    using SessionEndpoint::SessionEndpoint;

    [[nodiscard]] int get_max_audio_recv_bandwidth() const { return max_audio_recv_kbps_; }
    void set_max_audio_recv_bandwidth(int kbps);
    [[nodiscard]] int get_max_video_recv_bandwidth() const { return max_video_recv_kbps_; }
    virtual void set_max_video_recv_bandwidth(int kbps);

    [[nodiscard]] std::string generate_offer(std::optional<OfferOptions> options);
    [[nodiscard]] std::string process_offer(const std::string& offer);
    [[nodiscard]] std::string process_answer(const std::string& answer);
    [[nodiscard]] std::string get_local_session_descriptor();
    [[nodiscard]] std::string get_remote_session_descriptor();

    /// A longer description is refused.
    static constexpr std::size_t kMaxSdpSize = 512 * 1024;

protected:
    /// @return our offer
    [[nodiscard]] virtual Result<std::string> make_offer(const OfferOptions& options) = 0;
    /// Throws RpcError 40201 for a text that is no SDP. @return our answer
    [[nodiscard]] virtual Result<std::string> answer_offer(const std::string& offer) = 0;
    [[nodiscard]] virtual Result<void> apply_answer(const std::string& answer) = 0;
    /// The peer's answer to our offer was no good: what was agreed before is in force.
    virtual void drop_offer() {}
    /// Throws RpcError 40201 for a text that is no SDP.
    virtual void check_readable(const std::string& sdp) = 0;
    /// With all candidates found so far.
    [[nodiscard]] virtual std::string local_description() = 0;
    [[nodiscard]] virtual std::string remote_description() = 0;

private:
    /// An offer of ours waits for its answer.
    bool offered_ = false;
    /// Something was agreed on. Further negotiations change it, or leave it as it is when they
    /// fail.
    bool negotiated_ = false;
    /// The last negotiation was an offer of ours that got its answer, good or bad.
    bool answer_seen_ = false;
    int max_audio_recv_kbps_ = 0;
    int max_video_recv_kbps_ = 0;
};

/// What WebRTC and plain RTP have in common.
class BaseRtpEndpoint : public SdpEndpoint {
public:
    static constexpr const char* kClassName = "BaseRtpEndpoint";
    BaseRtpEndpoint(remote::ObjectInit init, MediaPipeline& pipeline);

    [[nodiscard]] int get_min_video_recv_bandwidth() const { return min_video_recv_kbps_; }
    void set_min_video_recv_bandwidth(int kbps);
    [[nodiscard]] int get_min_video_send_bandwidth() const { return min_video_send_kbps_; }
    void set_min_video_send_bandwidth(int kbps);
    [[nodiscard]] int get_max_video_send_bandwidth() const { return max_video_send_kbps_; }
    /// Whether the application has set it. What clients have always seen as default is too little
    /// for most pictures, so nothing is held down to it that the application did not ask for.
    [[nodiscard]] bool limits_video_send() const { return limits_video_send_; }
    void set_max_video_send_bandwidth(int kbps);
    void set_max_video_recv_bandwidth(int kbps) override;
    [[nodiscard]] MediaState get_media_state() const { return media_state_; }
    [[nodiscard]] ConnectionState get_connection_state() const { return connection_state_; }
    [[nodiscard]] int get_mtu() const { return mtu_; }
    void set_mtu(int bytes);
    [[nodiscard]] const RembParams& get_remb_params() const { return remb_params_; }
    /// Only what is given changes.
    void set_remb_params(const RembParams& params);
    virtual void request_keyframe() = 0;

protected:
    /// Raise the event when it is a change.
    void become(MediaState state);
    void become(ConnectionState state);
    /// One of the limits, the MTU or a parameter of REMB was set.
    virtual void on_bandwidth_changed() {}

private:
    int min_video_recv_kbps_ = 0;
    int min_video_send_kbps_ = 100;
    int max_video_send_kbps_ = 500;
    bool limits_video_send_ = false;
    int mtu_ = 1200;
    RembParams remb_params_;
    MediaState media_state_ = MediaState::disconnected;
    ConnectionState connection_state_ = ConnectionState::disconnected;
};

/// Reads from or writes to a URI.
class UriEndpoint : public Endpoint {
public:
    static constexpr const char* kClassName = "UriEndpoint";

    UriEndpoint(remote::ObjectInit init, MediaPipeline& pipeline, const std::string& uri);

    [[nodiscard]] const std::string& get_uri() const { return uri_; }
    [[nodiscard]] UriEndpointState get_state() const { return state_; }
    virtual void pause() = 0;
    virtual void stop() = 0;

protected:
    /// The URI with a scheme: relative ones are below the setting `uri.defaultPath`.
    [[nodiscard]] const std::string& address() const { return address_; }
    /// Raises UriEndpointStateChanged when it is a change.
    void become(UriEndpointState state);

private:
    std::string uri_;
    std::string address_;
    UriEndpointState state_ = UriEndpointState::stop;
};

}  // namespace rivero::media
