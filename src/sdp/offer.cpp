// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "sdp/agreement.hpp"
#include "sdp/text.hpp"

#include <algorithm>

namespace rivero::sdp {
namespace {

/// Hands out payload types for all sections of one offer: bundled sections must not use one twice
/// for different formats, and RFC 8834 leaves 96...127, then 35...63, to dynamic ones.
class PayloadTypes {
public:
    std::optional<PayloadType> next() {
        if (next_ > 127) next_ = 35;
        if (next_ == 64) return std::nullopt;  // 64...95 collide with RTCP: RFC 5761 section 4
        return PayloadType{next_++};
    }

private:
    std::uint8_t next_ = 96;
};

class Offerer {
public:
    explicit Offerer(const LocalCapabilities& capabilities) : capabilities_{capabilities} {}

    SessionDescription run(const OfferOptions& options) {
        SessionDescription offer = local_description(capabilities_);
        const bool webrtc = capabilities_.security == Security::dtls_srtp;
        if (options.audio && !capabilities_.audio.codecs.empty())
            offer.media.push_back(rtp_section("audio", capabilities_.audio));
        if (options.video && !capabilities_.video.codecs.empty())
            offer.media.push_back(rtp_section("video", capabilities_.video));
        if (webrtc && capabilities_.data_channels) offer.media.push_back(data_section());

        for (std::size_t i = 0; i < offer.media.size(); ++i)
            describe_transport(offer.media[i], capabilities_, Setup::actpass, i == 0);
        if (webrtc) offer.msid_semantic = MsidSemantic{"WMS", {capabilities_.stream}};
        if (webrtc && capabilities_.bundle && !offer.media.empty()) {
            Group group{"BUNDLE", {}};
            for (auto& section : offer.media) group.mids.push_back(*section.mid);
            offer.groups.push_back(std::move(group));
        }
        return offer;
    }

private:
    MediaSection rtp_section(const std::string& kind, const MediaCapabilities& media) {
        const bool webrtc = capabilities_.security == Security::dtls_srtp;
        MediaSection section;
        section.kind = kind;
        section.port = media.port;
        section.protocol = capabilities_.offer_protocol;
        section.mid = kind + '0';
        section.direction = media.direction;
        section.rtcp = RtcpAddress{media.rtcp_port, Connection{}};
        if (!webrtc)
            section.rtcp->connection =
                Connection{capabilities_.address_type, capabilities_.address};
        section.rtcp_mux = section.rtcp_rsize = webrtc;
        if (media.bandwidth)
            section.bandwidths.push_back({"AS", static_cast<std::uint64_t>(std::max<std::int64_t>(
                                                    0, media.bandwidth->bps / 1000))});
        const bool rtx = add_formats(section, media);
        for (HeaderExtension extension : media.extensions)
            section.extmaps.push_back(
                {offered_id(extension), std::nullopt, std::string{uri(extension)}, {}});
        if (sends(media.direction)) describe_sending(section, capabilities_, media, rtx);
        if (capabilities_.security == Security::sdes && capabilities_.crypto)
            section.cryptos = {*capabilities_.crypto};
        return section;
    }

    /// @return whether a format is retransmitted in a stream of its own
    bool add_formats(MediaSection& section, const MediaCapabilities& media) {
        const bool with_feedback = capabilities_.offer_protocol.ends_with("AVPF");
        bool any_rtx = false;
        for (auto& capability : media.codecs) {
            if (!capability.offer) continue;
            const auto fixed = static_payload_type(capability.codec);
            const auto type = fixed ? fixed : types_.next();
            if (!type) break;
            describe_format(section, capability.codec, *type, capability.parameters,
                            with_feedback ? capability.feedback : Feedback{},
                            capability.codec == Codec::opus ? 2 : 1);
            if (!capability.rtx) continue;
            const auto rtx = types_.next();
            if (!rtx) break;
            describe_rtx(section, *rtx, *type, rtp_clock_rate(capability.codec), {});
            any_rtx = true;
        }
        return any_rtx;
    }

    MediaSection data_section() const {
        MediaSection section;
        section.kind = "application";
        section.protocol = "UDP/DTLS/SCTP";
        section.formats = {"webrtc-datachannel"};
        section.mid = "application0";
        section.sctp_port = capabilities_.sctp_port;
        section.max_message_size = capabilities_.max_message_size;
        return section;
    }

    const LocalCapabilities& capabilities_;
    PayloadTypes types_;
};

/// Reads the answer to an offer of ours.
class AnswerReader {
public:
    AnswerReader(const SessionDescription& offer, const SessionDescription& answer,
                 const LocalCapabilities& capabilities, const NegotiatedSession* previous)
        : offer_{offer}, answer_{answer}, capabilities_{capabilities}, previous_{previous} {}

    Result<NegotiatedSession> run() {
        if (answer_.media.size() != offer_.media.size())
            return failure("the answer has " + std::to_string(answer_.media.size()) +
                           " media sections, the offer " + std::to_string(offer_.media.size()));
        if (auto error = check_mids(answer_)) return tl::unexpected<Error>{*error};
        for (std::size_t i = 0; i < offer_.media.size(); ++i)
            if (auto error = read_section(i)) return tl::unexpected<Error>{*error};
        if (auto error =
                agree_on_transports(answer_, capabilities_, Answered::by_peer, previous_, session_))
            return tl::unexpected<Error>{*error};
        return std::move(session_);
    }

private:
    std::optional<Error> read_section(std::size_t index) {
        const MediaSection& ours = offer_.media[index];
        const MediaSection& theirs = answer_.media[index];
        if (theirs.kind != ours.kind)
            return Error{section_name(theirs) + ": the offer has m=" + ours.kind +
                         " in this place"};
        if (theirs.mid && theirs.mid != ours.mid)
            return Error{section_name(theirs) + ": the offer has the mid " +
                         quoted(ours.mid.value_or("")) + " in this place"};
        NegotiatedSection section;
        section.index = index;
        section.mid = ours.mid.value_or("");
        section.kind = kind_of(ours).value_or(MediaType::data);
        if (theirs.port == 0) {
            section.reason = "the peer rejected it";
        } else if (section.kind == MediaType::data) {
            if (!is_webrtc_data(theirs))
                return Error{section_name(theirs) + ": it is not SCTP over DTLS with a=sctp-port"};
            section.accepted = true;
            read_remote_data(theirs, section);
        } else {
            section.accepted = true;
            if (auto error = read_streams(ours, theirs, section)) return error;
        }
        session_.sections.push_back(std::move(section));
        return std::nullopt;
    }

    std::optional<Error> read_streams(const MediaSection& ours, const MediaSection& theirs,
                                      NegotiatedSection& section) const {
        const bool webrtc = capabilities_.security == Security::dtls_srtp;
        if (webrtc && !theirs.rtcp_mux)
            return Error{section_name(theirs) +
                         ": a=rtcp-mux is missing, which WebRTC needs (RFC 8834 section 4.5)"};
        section.codecs = common_codecs(
            theirs, [&](PayloadType type, Codec codec, const FormatParameters& parameters) {
                return offered(ours, type, codec, parameters);
            });
        if (section.codecs.empty())
            return Error{section_name(theirs) + ": none of the formats was offered"};

        const Direction direction =
            common(direction_of(offer_, ours), reversed(direction_of(answer_, theirs)));
        section.send = sends(direction);
        section.receive = receives(direction);

        std::vector<HeaderExtension> extensions;
        for (auto& map : ours.extmaps)
            if (const auto extension = header_extension_from_uri(map.uri))
                extensions.push_back(*extension);
        section.extensions = common_extensions(answer_, theirs, extensions);
        section.extmap_allow_mixed = (offer_.extmap_allow_mixed || ours.extmap_allow_mixed) &&
                                     (answer_.extmap_allow_mixed || theirs.extmap_allow_mixed);
        read_remote_streams(theirs, section);
        section.rtcp_mux = webrtc;
        section.rtcp_rsize = ours.rtcp_rsize && theirs.rtcp_rsize;
        const MediaCapabilities& media =
            section.kind == MediaType::audio ? capabilities_.audio : capabilities_.video;
        section.local_ssrc = media.ssrc;
        if (std::any_of(section.codecs.begin(), section.codecs.end(),
                        [](auto& codec) { return codec.rtx.has_value(); }))
            section.local_rtx_ssrc = media.rtx_ssrc;
        return std::nullopt;
    }

    /// RFC 3264 section 6.1 lets an answer add formats or number them anew; nobody does, and both
    /// would leave us with packets that we cannot tell apart.
    static std::optional<Match> offered(const MediaSection& ours, PayloadType type, Codec codec,
                                        const FormatParameters& parameters) {
        const auto types = ours.payload_types();
        const auto map = encoding_of(ours, type);
        if (std::find(types.begin(), types.end(), type) == types.end() || !map ||
            codec_of(*map) != codec || !same_variant(codec, ours.fmtp(type), parameters))
            return std::nullopt;
        const bool rtx = std::any_of(ours.fmtps.begin(), ours.fmtps.end(), [&](auto& fmtp) {
            return fmtp.parameters.number("apt", -1) == type.value;
        });
        return Match{feedback_of(ours, type), rtx};
    }

    const SessionDescription& offer_;
    const SessionDescription& answer_;
    const LocalCapabilities& capabilities_;
    const NegotiatedSession* previous_;
    NegotiatedSession session_;
};

}  // namespace

SessionDescription make_offer(const LocalCapabilities& capabilities, const OfferOptions& options) {
    return Offerer{capabilities}.run(options);
}

Result<NegotiatedSession> apply_answer(const SessionDescription& offer,
                                       const SessionDescription& answer,
                                       const LocalCapabilities& capabilities,
                                       const NegotiatedSession* previous) {
    return AnswerReader{offer, answer, capabilities, previous}.run();
}

}  // namespace rivero::sdp
