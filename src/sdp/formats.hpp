// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sdp/negotiation.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

/// Which formats of two descriptions are the same.
namespace rivero::sdp {

/// The encoding of a payload type: from its rtpmap, else from the static table. RFC 3551 section 6.
[[nodiscard]] std::optional<RtpMap> encoding_of(const MediaSection& section, PayloadType type);

/// Payload type that a codec always has, if any.
[[nodiscard]] std::optional<PayloadType> static_payload_type(Codec codec);

/// The codec that an rtpmap means, when clock rate and channels are right, too.
[[nodiscard]] std::optional<Codec> codec_of(const RtpMap& map);

/// Whether two parameter sets of a codec describe streams that one decoder configuration takes.
/// Levels do not count: who is sent more than it can take asks for less (`level-asymmetry-allowed`
/// or not), and we send what came in.
[[nodiscard]] bool same_variant(Codec codec, const FormatParameters& a, const FormatParameters& b);

/// `profile-level-id` of H264 as a number; nothing when it is none. RFC 6184 section 8.1.
[[nodiscard]] std::optional<std::uint32_t> h264_profile_level(std::string_view text);

[[nodiscard]] bool is_red(const RtpMap& map);
/// The payload type of the section under which packets of `type` travel with redundancy, RFC 2198;
/// where the envelope holds nothing else.
[[nodiscard]] std::optional<PayloadType> red_of(const MediaSection& section, PayloadType type);

/// What a section allows for a payload type, `*` included.
[[nodiscard]] Feedback feedback_of(const MediaSection& section, PayloadType type);
[[nodiscard]] Feedback common(const Feedback& a, const Feedback& b);
/// The messages, as they stand in a=rtcp-fb.
[[nodiscard]] std::vector<std::string_view> messages(const Feedback& feedback);

/// What our side says to a format of the peer.
struct Match {
    Feedback feedback;
    bool rtx = false;
    bool red = false;
};
using MatchFormat =
    std::function<std::optional<Match>(PayloadType, Codec, const FormatParameters&)>;

/// The peer's formats that our side takes, in the peer's order and with its payload types.
[[nodiscard]] std::vector<NegotiatedCodec> common_codecs(const MediaSection& remote,
                                                         const MatchFormat& match);

}  // namespace rivero::sdp
