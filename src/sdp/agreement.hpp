// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sdp/formats.hpp"
#include "sdp/negotiation.hpp"

#include <optional>
#include <span>
#include <string>
#include <vector>

/// What offering and answering have in common: reading the peer's sections, writing ours.
namespace rivero::sdp {

/// `m=video (mid '1')`, for error texts.
[[nodiscard]] std::string section_name(const MediaSection& section);
[[nodiscard]] std::optional<MediaType> kind_of(const MediaSection& section);
[[nodiscard]] Direction direction_of(const SessionDescription& description,
                                     const MediaSection& section);
/// Index of the section with this mid.
[[nodiscard]] std::optional<std::size_t> find_mid(const SessionDescription& description,
                                                  std::string_view mid);
/// Two sections must not have the same mid, or nobody knows which one a group means.
[[nodiscard]] std::optional<Error> check_mids(const SessionDescription& description);
/// The section is in a BUNDLE group.
[[nodiscard]] bool is_bundled(const SessionDescription& description, const MediaSection& section);
[[nodiscard]] bool is_webrtc_data(const MediaSection& section);

/// The extensions of the peer's section that are in `ours`.
[[nodiscard]] std::vector<NegotiatedExtension> common_extensions(
    const SessionDescription& remote, const MediaSection& section,
    std::span<const HeaderExtension> ours);

/// Fills in what the peer says about its streams: SSRCs, layers, msid, bandwidth.
void read_remote_streams(const MediaSection& remote, NegotiatedSection& into);
void read_remote_data(const MediaSection& remote, NegotiatedSection& into);
/// Whether a section whose directions, extensions and streams were read brings encodings that we
/// tell apart. RFC 8853 section 5.3.
[[nodiscard]] bool has_simulcast(const LocalCapabilities& capabilities, const MediaSection& remote,
                                 const NegotiatedSection& section);

/// Which DTLS role is left for us.
enum class Answered { by_us, by_peer };

/// Puts the accepted sections of `session` into transports and reads what the peer says of each.
[[nodiscard]] std::optional<Error> agree_on_transports(const SessionDescription& remote,
                                                       const LocalCapabilities& capabilities,
                                                       Answered answered,
                                                       const NegotiatedSession* previous,
                                                       NegotiatedSession& session);

/// Notes, or keeps from before, the encodings that further offers ask for. Browsers mark what they
/// had to stop as paused for good; in an offer of theirs that brings simulcast back this is undone.
/// Needs the transports.
void keep_encodings(Answered answered, const NegotiatedSession* previous,
                    NegotiatedSession& session);

/// A session of ours, without sections.
[[nodiscard]] SessionDescription local_description(const LocalCapabilities& capabilities);
/// Adds addresses, ICE credentials and fingerprints to a section of ours.
void describe_transport(MediaSection& section, const LocalCapabilities& capabilities, Setup setup,
                        bool with_candidates);
/// Adds the stream that we send: msid, SSRCs, cname.
void describe_sending(MediaSection& section, const LocalCapabilities& capabilities,
                      const MediaCapabilities& media, bool rtx);
/// Adds the encodings that we want to get, in the order and form of the peer's: the same streams,
/// seen from the receiver. RFC 8853 section 5.3.2.
void describe_encodings(MediaSection& section, const std::vector<RemoteRid>& rids);
void describe_format(MediaSection& section, Codec codec, PayloadType type,
                     const FormatParameters& parameters, const Feedback& feedback, int channels);
void describe_rtx(MediaSection& section, PayloadType rtx, PayloadType type, int clock_rate,
                  const FormatParameters& parameters);
void describe_red(MediaSection& section, PayloadType red, const NegotiatedCodec& codec,
                  const FormatParameters& parameters);

}  // namespace rivero::sdp
