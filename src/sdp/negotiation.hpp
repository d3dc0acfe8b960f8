// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/pixels.hpp"
#include "rivero/base/result.hpp"
#include "rivero/base/units.hpp"
#include "rivero/rtp/codec.hpp"
#include "sdp/header_extension.hpp"
#include "sdp/session_description.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// Offer and answer as pure functions: what an endpoint can do goes in, what both sides agreed on
/// comes out. RFC 3264, RFC 9429 (JSEP), RFC 8834, RFC 9143 (BUNDLE).
///
/// A WebRTC endpoint and a plain RTP endpoint differ in their LocalCapabilities only.
namespace rivero::sdp {

/// RTCP messages that steer a media sender.
struct Feedback {
    bool nack = false;          ///< RFC 4585 section 6.2.1
    bool pli = false;           ///< RFC 4585 section 6.3.1
    bool fir = false;           ///< RFC 5104 section 4.3.1
    bool remb = false;          ///< draft-alvestrand-rmcat-remb-03
    bool transport_cc = false;  ///< draft-holmer-rmcat-transport-wide-cc-extensions-01
    friend bool operator==(const Feedback&, const Feedback&) = default;
};

/// One format that we can speak. A codec may stand in several lines, with different parameters.
struct CodecCapability {
    Codec codec;
    /// What our offer says, and what tells variants apart: H264 `profile-level-id` and
    /// `packetization-mode`, VP9 `profile-id`, AV1 `profile`, H265 `profile-id`.
    FormatParameters parameters;
    Feedback feedback;
    bool rtx = false;   ///< retransmissions in a stream of their own, RFC 4588
    bool offer = true;  ///< false: only accepted when the peer offers it
    /// Redundancy (`audio/red`, RFC 2198) is accepted when the peer offers it.
    bool red = false;
};

/// What we do with one kind of media.
struct MediaCapabilities {
    std::vector<CodecCapability> codecs;  ///< in offers: best first
    std::vector<HeaderExtension> extensions;
    Direction direction = Direction::sendrecv;  ///< the most that this endpoint does
    std::optional<Bitrate> bandwidth;           ///< b=AS of our offers

    // Chosen by the caller, the same for the life of the endpoint.
    Ssrc ssrc;
    Ssrc rtx_ssrc;
    std::string track;  ///< the track in a=msid

    // Plain RTP only: where we listen. WebRTC leaves the 9 (discard) and says candidates instead.
    std::uint16_t port = 9;
    std::uint16_t rtcp_port = 9;
};

/// How media is protected, which decides what a section must bring.
enum class Security {
    dtls_srtp,  ///< WebRTC: ICE, DTLS, BUNDLE, rtcp-mux
    none,       ///< plain RTP: addresses in c= and m=
    sdes,       ///< plain RTP with keys in a=crypto, RFC 4568
};

/// What an endpoint can do, and the identifiers that it goes by.
struct LocalCapabilities {
    MediaCapabilities audio;
    MediaCapabilities video;
    Security security = Security::dtls_srtp;
    /// Protocol of the RTP sections of our offers. Clients compare it with what they are used to;
    /// browsers take this and `UDP/TLS/RTP/SAVPF`. Answers echo what was offered.
    std::string offer_protocol = "RTP/SAVPF";
    bool data_channels = false;
    std::uint16_t sctp_port = 5000;
    std::uint64_t max_message_size = 262144;  ///< bytes
    bool bundle = true;
    bool simulcast = false;  ///< receive all layers of a simulcast sender

    std::string session_id = "0";       ///< decimal
    std::string session_version = "0";  ///< decimal
    std::string address = "0.0.0.0";    ///< o= and c=
    std::string address_type = "IP4";
    std::string cname;
    std::string stream = "rivero";  ///< the stream in a=msid
    std::string ice_ufrag;          ///< one pair of credentials for all transports
    std::string ice_pwd;
    std::vector<Fingerprint> fingerprints;
    std::vector<Candidate>
        candidates;                ///< of the first transport; trickling endpoints have none yet
    std::optional<Crypto> crypto;  ///< Security::sdes: our suite and key
};

/// Capabilities of a WebRTC endpoint: audio opus, PCMU, PCMA, G722; video VP8, VP9, H264, AV1, and
/// H265 when the peer offers it. The identifiers are left for the caller.
[[nodiscard]] LocalCapabilities webrtc_defaults();
/// Capabilities of a plain RTP endpoint: the same codecs in RTP/AVPF.
[[nodiscard]] LocalCapabilities rtp_defaults();

/// A codec that both sides speak in a section.
struct NegotiatedCodec {
    Codec codec;
    PayloadType payload_type;
    int clock_rate = 0;
    int channels = 1;
    FormatParameters parameters;     ///< as the peer stated them
    std::optional<PayloadType> rtx;  ///< payload type of its retransmissions
    Feedback feedback;
    std::optional<PayloadType> red;      ///< payload type with redundancy, `audio/red`
    std::optional<Pixels> largest = {};  ///< picture that the peer wants; see PictureSizes
};

/// A header extension that both sides speak in a section.
struct NegotiatedExtension {
    HeaderExtension extension;
    std::uint8_t id = 0;
    bool send = true;     ///< we may send it
    bool receive = true;  ///< the peer may send it
};

/// An RTP stream that the peer announced.
struct RemoteSource {
    Ssrc ssrc;
    std::optional<Ssrc> rtx;  ///< from ssrc-group FID
    std::string cname;
    friend bool operator==(const RemoteSource&, const RemoteSource&) = default;
};

/// A layer that the peer can send.
struct RemoteRid {
    std::string id;
    bool paused = false;
    std::vector<PayloadType> payload_types;  ///< empty: any
};

/// What was agreed for one m-line.
struct NegotiatedSection {
    std::size_t index = 0;             ///< of the m-line
    std::string mid;                   ///< empty when the peer uses none
    MediaType kind = MediaType::data;  ///< data as well for kinds that we do not know
    bool accepted = false;
    std::string reason;  ///< why it was not accepted

    bool send = false;  ///< from our side
    bool receive = false;
    std::vector<NegotiatedCodec> codecs;  ///< best first
    std::vector<NegotiatedExtension> extensions;
    bool extmap_allow_mixed = false;
    std::vector<RemoteSource> remote_sources;
    std::vector<RemoteRid> remote_rids;
    bool simulcast = false;  ///< the peer will send all of remote_rids
    /// remote_rids of the last time that simulcast was agreed on with this peer: what a further
    /// offer of ours asks for, also after a description without them.
    std::vector<RemoteRid> simulcast_rids;
    /// ssrc-group SIM: the encodings of a sender that announces their SSRCs instead of RIDs, as
    /// browsers did before RFC 8853; empty: none.
    std::vector<Ssrc> simulcast_ssrcs;
    std::string remote_stream;  ///< from a=msid
    std::string remote_track;
    bool rtcp_mux = false;
    bool rtcp_rsize = false;
    Ssrc local_ssrc;
    std::optional<Ssrc> local_rtx_ssrc;       ///< when a codec has rtx
    std::optional<Bitrate> remote_bandwidth;  ///< the most that the peer wants to get
    std::size_t transport = 0;  ///< index into NegotiatedSession::transports; accepted ones only

    // Data section only.
    std::uint16_t remote_sctp_port = 0;
    std::uint64_t remote_max_message_size = 65536;  ///< bytes; 0 any

    [[nodiscard]] const NegotiatedCodec* codec(PayloadType payload_type) const;
    /// The id of an extension that we may send, or 0.
    [[nodiscard]] std::uint8_t send_id(HeaderExtension extension) const;
    /// The id under which the peer may send an extension, or 0.
    [[nodiscard]] std::uint8_t receive_id(HeaderExtension extension) const;
};

/// What several sections, or one that is not bundled, travel in.
struct NegotiatedTransport {
    /// Stays the same over all negotiations of a session, and is never used again for another one.
    std::size_t id = 0;
    std::vector<std::size_t> sections;  ///< indices of m-lines; the first tags the bundle

    // Security::dtls_srtp.
    std::string remote_ufrag;
    std::string remote_pwd;
    std::vector<Candidate> remote_candidates;
    bool end_of_candidates = false;
    std::vector<Fingerprint> remote_fingerprints;
    Setup setup = Setup::passive;  ///< ours: active or passive
    bool ice_restarted = false;    ///< the peer changed its credentials since the last negotiation
    /// The section that tagged the bundle was rejected by the peer's offer. Browsers make a new
    /// ICE and DTLS transport then, without a sign of it in their offer.
    bool tag_rejected = false;

    // Security::none and Security::sdes.
    std::string remote_address;  ///< empty: unknown
    std::uint16_t remote_port = 0;
    std::string remote_rtcp_address;
    std::uint16_t remote_rtcp_port = 0;
    std::optional<Crypto> remote_crypto;
    bool learn_remote_address =
        false;  ///< the peer said `a=direction:active`: send where it sends from
};

/// What both sides agreed on.
struct NegotiatedSession {
    std::vector<NegotiatedSection> sections;  ///< one per m-line, in order
    std::vector<NegotiatedTransport> transports;
    bool remote_ice_lite = false;
    bool remote_trickles = false;
    bool ice_restarted = false;  ///< in any transport
    std::size_t next_transport_id = 0;

    /// The accepted section of a kind, or nullptr.
    [[nodiscard]] const NegotiatedSection* section(MediaType kind) const;
};

struct Negotiated {
    SessionDescription answer;
    NegotiatedSession session;
};

/// Answers an offer: codecs and payload types in the offer's order, the first audio, video and data
/// section that works, all others rejected with port 0.
///
/// When the peer leaves the DTLS role to us (`actpass`) we are passive: the DTLS server picks the
/// SRTP profile, and AES-GCM costs a fraction of the CPU.
/// @param previous what was agreed before, when this is a re-offer: sections, transports and DTLS
/// roles stay, and `ice_restarted` says which transports the peer restarted: there our credentials
/// have to change, too. A peer with another certificate than before is another peer: its transport
/// is a new one.
/// @return why no answer is possible, naming the section
[[nodiscard]] Result<Negotiated> answer_offer(const SessionDescription& offer,
                                              const LocalCapabilities& capabilities,
                                              const NegotiatedSession* previous = nullptr);

struct OfferOptions {
    bool audio = true;
    bool video = true;
};

/// A fresh offer: mids `audio0`, `video0`, `application0`.
[[nodiscard]] SessionDescription make_offer(const LocalCapabilities& capabilities,
                                            const OfferOptions& options = {});

/// The next offer of a session: sections keep their places, mids, payload types and extension ids,
/// as RFC 9429 section 5.2.2 has it. One of a kind that is not wanted gets port 0, or
/// is inactive when it tags a bundle of others; one that is
/// wanted and not there takes the place of a rejected one, with a mid of its own, or comes last.
/// The encodings of a simulcast sender are asked for again (RFC 8853 section 5.3.1), paused ones as
/// such. A first offer asks for none: it is the application in the browser that names them.
/// @param local our description in force
/// @param session what it means
[[nodiscard]] SessionDescription make_reoffer(const LocalCapabilities& capabilities,
                                              const OfferOptions& options,
                                              const SessionDescription& local,
                                              const NegotiatedSession& session);

/// What the answer to our offer means.
/// @return why the answer does not fit the offer, naming the section
[[nodiscard]] Result<NegotiatedSession> apply_answer(const SessionDescription& offer,
                                                     const SessionDescription& answer,
                                                     const LocalCapabilities& capabilities,
                                                     const NegotiatedSession* previous = nullptr);

}  // namespace rivero::sdp
