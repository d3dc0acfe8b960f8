// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/bytes.hpp"
#include "rivero/base/result.hpp"
#include "rivero/base/units.hpp"
#include "sdp/candidate.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Session descriptions as values: what the lines say, without judging whether it makes sense
/// together. RFC 8866 and the RFCs named at each attribute.
namespace rivero::sdp {

/// Who sends, seen from the side that wrote the description. RFC 8866 section 6.7.
enum class Direction { sendrecv, sendonly, recvonly, inactive };

[[nodiscard]] constexpr bool sends(Direction d) {
    return d == Direction::sendrecv || d == Direction::sendonly;
}
[[nodiscard]] constexpr bool receives(Direction d) {
    return d == Direction::sendrecv || d == Direction::recvonly;
}
[[nodiscard]] constexpr Direction direction_of(bool send, bool receive) {
    if (send) return receive ? Direction::sendrecv : Direction::sendonly;
    return receive ? Direction::recvonly : Direction::inactive;
}
/// The same, seen from the other side.
[[nodiscard]] constexpr Direction reversed(Direction d) {
    return direction_of(receives(d), sends(d));
}
/// What both allow.
[[nodiscard]] constexpr Direction common(Direction a, Direction b) {
    return direction_of(sends(a) && sends(b), receives(a) && receives(b));
}
[[nodiscard]] std::string_view to_string(Direction direction);

/// Who starts the DTLS handshake. RFC 4145 section 4, RFC 8842.
enum class Setup { actpass, active, passive, holdconn };
[[nodiscard]] std::string_view to_string(Setup setup);

/// `o=`. RFC 8866 section 5.2.
struct Origin {
    std::string username = "-";
    std::string session_id = "0";  ///< decimal
    std::string version = "0";     ///< decimal, one more with each change
    std::string address_type = "IP4";
    std::string address = "0.0.0.0";
    friend bool operator==(const Origin&, const Origin&) = default;
};

/// `c=`. RFC 8866 section 5.7.
struct Connection {
    std::string address_type = "IP4";
    std::string address = "0.0.0.0";  ///< multicast addresses keep their `/ttl`
    friend bool operator==(const Connection&, const Connection&) = default;
};

/// `b=AS:500` (kbit/s), `b=TIAS:500000` (bit/s). RFC 8866 section 5.8.
struct Bandwidth {
    std::string type;
    std::uint64_t value = 0;
    friend bool operator==(const Bandwidth&, const Bandwidth&) = default;
};

/// A line of one letter that is kept as text.
struct TextLine {
    char type;
    std::string value;
    friend bool operator==(const TextLine&, const TextLine&) = default;
};

/// `a=name` or `a=name:value`.
struct Attribute {
    std::string name;
    std::optional<std::string> value;
    friend bool operator==(const Attribute&, const Attribute&) = default;
};

/// `a=group:BUNDLE 0 1`. RFC 5888 section 5.
struct Group {
    std::string semantics;
    std::vector<std::string> mids;
    friend bool operator==(const Group&, const Group&) = default;
};

/// `a=msid-semantic: WMS *`.
struct MsidSemantic {
    std::string semantic;
    std::vector<std::string> ids;
    friend bool operator==(const MsidSemantic&, const MsidSemantic&) = default;
};

/// `a=rtpmap:111 opus/48000/2`. RFC 8866 section 6.6.
struct RtpMap {
    PayloadType payload_type;
    std::string encoding;
    int clock_rate = 0;
    int channels = 1;
    friend bool operator==(const RtpMap&, const RtpMap&) = default;
};

/// One of the `name=value` in a format's parameters; some have no value (`0-15`).
struct FormatParameter {
    std::string name;
    std::optional<std::string> value;
    friend bool operator==(const FormatParameter&, const FormatParameter&) = default;
};

/// The parameters of a format, in wire order.
class FormatParameters {
public:
    FormatParameters() = default;
    /// Reads `minptime=10;useinbandfec=1`; blanks around names and values do not count.
    static FormatParameters parse(std::string_view text);

    /// Value by name, without regard to case; nothing when the parameter is not there.
    [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
    /// The value as a number, or `otherwise` when it is missing or no number.
    [[nodiscard]] int number(std::string_view name, int otherwise) const;
    void erase(std::string_view name);
    [[nodiscard]] bool empty() const { return list.empty(); }
    /// `minptime=10;useinbandfec=1`.
    [[nodiscard]] std::string text() const;

    std::vector<FormatParameter> list;
    friend bool operator==(const FormatParameters&, const FormatParameters&) = default;
};

/// `a=fmtp:111 minptime=10;useinbandfec=1`. RFC 8866 section 6.15.
struct Fmtp {
    PayloadType payload_type;
    FormatParameters parameters;
    friend bool operator==(const Fmtp&, const Fmtp&) = default;
};

/// `a=rtcp-fb:96 nack pli`. RFC 4585 section 4.2.
struct RtcpFeedback {
    std::optional<PayloadType> payload_type;  ///< nothing: `*`, all formats of the section
    std::string value;                        ///< `nack pli`
    friend bool operator==(const RtcpFeedback&, const RtcpFeedback&) = default;
};

/// `a=extmap:3/recvonly urn:ietf:params:rtp-hdrext:sdes:mid`. RFC 8285 section 5.
struct ExtMap {
    std::uint16_t id = 0;
    std::optional<Direction> direction;
    std::string uri;
    std::string attributes;  ///< what comes after the URI
    friend bool operator==(const ExtMap&, const ExtMap&) = default;
};

/// `a=ssrc:1234 cname:abc`. RFC 5576 section 4.1.
struct SsrcAttribute {
    Ssrc ssrc;
    std::string name;
    std::optional<std::string> value;
    friend bool operator==(const SsrcAttribute&, const SsrcAttribute&) = default;
};

/// `a=ssrc-group:FID 1234 5678`. RFC 5576 section 4.2.
struct SsrcGroup {
    std::string semantics;
    std::vector<Ssrc> ssrcs;
    friend bool operator==(const SsrcGroup&, const SsrcGroup&) = default;
};

/// `a=rid:f send pt=96;max-width=1280`. RFC 8851.
struct Rid {
    std::string id;
    bool send = false;  ///< else `recv`
    std::vector<PayloadType> payload_types;
    FormatParameters restrictions;  ///< all but `pt`
    friend bool operator==(const Rid&, const Rid&) = default;
};

/// `a=simulcast:send q;h,h2;~f`. RFC 8853 section 5.1.
struct Simulcast {
    struct Layer {
        std::string rid;
        bool paused = false;
        friend bool operator==(const Layer&, const Layer&) = default;
    };
    using Alternatives = std::vector<Layer>;  ///< one simulcast stream: the first that works
    std::vector<Alternatives> send;
    std::vector<Alternatives> receive;
    friend bool operator==(const Simulcast&, const Simulcast&) = default;
};

/// `a=fingerprint:sha-256 AB:CD:...`. RFC 8122 section 5.
struct Fingerprint {
    std::string algorithm;  ///< lower case
    ByteVector value;
    friend bool operator==(const Fingerprint&, const Fingerprint&) = default;
};

/// `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:...`. RFC 4568 section 9.1.
struct Crypto {
    unsigned tag = 1;
    std::string suite;
    std::string key_params;      ///< `inline:` and the key in base64; a secret
    std::string session_params;  ///< may be empty
    friend bool operator==(const Crypto&, const Crypto&) = default;
};

/// `a=rtcp:9 IN IP4 0.0.0.0`. RFC 3605.
struct RtcpAddress {
    std::uint16_t port = 9;
    std::optional<Connection> connection;
    friend bool operator==(const RtcpAddress&, const RtcpAddress&) = default;
};

/// `a=msid:stream track`. RFC 8830.
struct Msid {
    std::string stream;
    std::string track;  ///< may be empty
    friend bool operator==(const Msid&, const Msid&) = default;
};

/// What may stand above the m-lines, for all of them, and in a media section.
struct CommonAttributes {
    std::optional<Connection> connection;
    std::vector<Bandwidth> bandwidths;
    std::optional<Direction> direction;
    std::optional<std::string> ice_ufrag;  ///< RFC 8839 section 5.4
    std::optional<std::string> ice_pwd;
    std::vector<std::string> ice_options;  ///< RFC 8839 section 5.6
    std::vector<Fingerprint> fingerprints;
    std::optional<Setup> setup;
    std::vector<ExtMap> extmaps;
    bool extmap_allow_mixed = false;  ///< RFC 8285 section 6
    std::vector<Attribute> others;    ///< attributes that have no place of their own, in order
    friend bool operator==(const CommonAttributes&, const CommonAttributes&) = default;
};

/// An m-line and what follows it.
struct MediaSection : CommonAttributes {
    std::string kind;  ///< `audio`, `video`, `application` or something new
    std::uint16_t port = 9;
    int port_count = 1;
    std::string protocol;
    std::vector<std::string> formats;  ///< payload types in RTP sections; best first
    std::vector<TextLine> lines;       ///< i=, k=

    std::optional<std::string> mid;  ///< RFC 5888 section 4
    std::vector<Msid> msids;
    bool bundle_only = false;  ///< RFC 9143 section 6
    std::vector<Candidate> candidates;
    bool end_of_candidates = false;  ///< RFC 8840 section 8.2
    std::optional<RtcpAddress> rtcp;
    bool rtcp_mux = false;    ///< RFC 5761
    bool rtcp_rsize = false;  ///< RFC 5506
    std::vector<RtpMap> rtpmaps;
    std::vector<Fmtp> fmtps;
    std::vector<RtcpFeedback> feedback;
    std::optional<unsigned> ptime;
    std::optional<unsigned> maxptime;
    std::vector<Rid> rids;
    std::optional<Simulcast> simulcast;
    std::vector<SsrcGroup> ssrc_groups;
    std::vector<SsrcAttribute> ssrcs;
    std::vector<Crypto> cryptos;
    std::optional<std::uint16_t> sctp_port;         ///< RFC 8841 section 5
    std::optional<std::uint64_t> max_message_size;  ///< bytes; 0 any. RFC 8841 section 6

    [[nodiscard]] const RtpMap* rtpmap(PayloadType payload_type) const;
    /// Empty when the format has none.
    [[nodiscard]] const FormatParameters& fmtp(PayloadType payload_type) const;
    /// The m-line's formats that are payload types, in order, each once.
    [[nodiscard]] std::vector<PayloadType> payload_types() const;

    friend bool operator==(const MediaSection&, const MediaSection&) = default;
};

/// A session description.
struct SessionDescription : CommonAttributes {
    Origin origin;
    std::string name = "-";
    std::vector<TextLine> lines;                ///< i=, u=, e=, p=, k=
    std::vector<TextLine> times{{'t', "0 0"}};  ///< t=, r=, z=
    std::vector<Group> groups;
    std::optional<MsidSemantic> msid_semantic;
    bool ice_lite = false;
    std::vector<MediaSection> media;

    friend bool operator==(const SessionDescription&, const SessionDescription&) = default;
};

/// Bounds of what parse() takes from a peer.
constexpr std::size_t kMaxDescriptionSize = 512 * 1024;
constexpr std::size_t kMaxMediaSections = 64;
constexpr std::size_t kMaxLinesPerSection = 1024;
constexpr std::size_t kMaxFormats = 256;
constexpr std::size_t kMaxListItems = 128;  ///< in one line: mids, parameters, SSRCs, layers

/// Reads a session description. Lines may end in CRLF or LF. Attributes that we do not know are
/// kept; candidates that we cannot read are kept as text, too, because ICE ignores what it does not
/// understand (RFC 8839 section 5.1).
/// @return an error that names the line: `line 7: m=video: port 'x' is not a number`
[[nodiscard]] Result<SessionDescription> parse(std::string_view text);

/// The text of a description, lines ended by CRLF. What was parsed prints to the same model.
[[nodiscard]] std::string print(const SessionDescription& description);

}  // namespace rivero::sdp
