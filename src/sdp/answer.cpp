// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "sdp/agreement.hpp"
#include "sdp/text.hpp"

#include <algorithm>
#include <cstddef>

namespace rivero::sdp {
namespace {

bool speaks_protocol(Security security, std::string_view protocol) {
    auto one_of = [&](std::initializer_list<std::string_view> list) {
        return std::find(list.begin(), list.end(), protocol) != list.end();
    };
    switch (security) {
        case Security::dtls_srtp:
            // RFC 9429 section 5.1.2: in WebRTC they all mean the same.
            return one_of({"UDP/TLS/RTP/SAVPF", "UDP/TLS/RTP/SAVP", "RTP/SAVPF", "RTP/SAVP",
                           "TCP/DTLS/RTP/SAVPF", "TCP/DTLS/RTP/SAVP"});
        case Security::none:
            return one_of({"RTP/AVPF", "RTP/AVP"});
        case Security::sdes:
            return one_of({"RTP/SAVPF", "RTP/SAVP"});
    }
    return false;
}

MatchFormat match_capabilities(const std::vector<CodecCapability>& capabilities,
                               bool with_feedback) {
    return [&capabilities, with_feedback](PayloadType, Codec codec,
                                          const FormatParameters& parameters) {
        std::optional<Match> match;
        for (auto& capability : capabilities) {
            if (capability.codec != codec ||
                !same_variant(codec, capability.parameters, parameters))
                continue;
            match = Match{with_feedback ? capability.feedback : Feedback{}, capability.rtx,
                          capability.red};
            break;
        }
        return match;
    };
}

/// What the peer said of its own stream is not true of ours. RFC 6184 section 8.2.2, RFC 7798
/// section 7.2.2.
FormatParameters mirrored(FormatParameters parameters) {
    for (std::string_view own : {"sprop-parameter-sets", "sprop-level-parameter-sets", "sprop-vps",
                                 "sprop-sps", "sprop-pps"})
        parameters.erase(own);
    return parameters;
}

class Answerer {
public:
    Answerer(const SessionDescription& offer, const LocalCapabilities& capabilities,
             const NegotiatedSession* previous)
        : offer_{offer}, capabilities_{capabilities}, previous_{previous} {}

    Result<Negotiated> run() {
        if (auto error = check()) return tl::unexpected<Error>{*error};
        for (std::size_t i = 0; i < offer_.media.size(); ++i) {
            session_.sections.push_back(examine(i));
            if (error_) return tl::unexpected<Error>{*error_};
        }
        if (auto error =
                agree_on_transports(offer_, capabilities_, Answered::by_us, previous_, session_))
            return tl::unexpected<Error>{*error};
        keep_encodings(Answered::by_us, previous_, session_);
        return Negotiated{answer(), std::move(session_)};
    }

private:
    std::optional<Error> check() const {
        if (offer_.media.empty()) return Error{"the offer has no media sections"};
        // RFC 3264 section 8: sections are never taken away.
        if (previous_ && offer_.media.size() < previous_->sections.size())
            return Error{"the new offer has " + std::to_string(offer_.media.size()) +
                         " media sections, the session " +
                         std::to_string(previous_->sections.size())};
        return check_mids(offer_);
    }

    /// Decides on a section, and what of it we take.
    NegotiatedSection examine(std::size_t index) {
        const MediaSection& offered = offer_.media[index];
        NegotiatedSection section;
        section.index = index;
        section.mid = offered.mid.value_or("");
        const auto kind = kind_of(offered);
        if (!kind) {
            section.reason = "there is no media of this kind";
            return section;
        }
        section.kind = *kind;
        section.reason = reason_to_reject(index, *kind);
        if (!section.reason.empty()) return section;
        if (*kind == MediaType::data)
            read_remote_data(offered, section);
        else
            section.reason = agree_on_streams(offered, section);
        if (!section.reason.empty()) return section;
        section.accepted = true;
        if (capabilities_.security == Security::dtls_srtp && *kind != MediaType::data &&
            !offered.rtcp_mux)
            error_ = Error{section_name(offered) +
                           ": a=rtcp-mux is missing, which WebRTC needs (RFC 8834 section 4.5)"};
        return section;
    }

    /// Empty when there is none yet.
    std::string reason_to_reject(std::size_t index, MediaType kind) const {
        const MediaSection& offered = offer_.media[index];
        const bool webrtc = capabilities_.security == Security::dtls_srtp;
        if (offered.bundle_only && !(webrtc && capabilities_.bundle && is_bundled(offer_, offered)))
            return "it is bundle-only, but not bundled";
        if (offered.port == 0 && !offered.bundle_only) return "the peer does not use it";
        if (is_taken(index, kind)) return "there is one of this kind already";
        if (kind == MediaType::data) {
            if (!webrtc || !capabilities_.data_channels) return "there are no data channels here";
            if (!is_webrtc_data(offered)) return "it is not SCTP over DTLS with a=sctp-port";
            return {};
        }
        if (!speaks_protocol(capabilities_.security, offered.protocol))
            return "the protocol " + quoted(offered.protocol) + " is not spoken here";
        return {};
    }

    /// One section of each kind. In a re-offer it is the one that was used before, even when
    /// another comes first.
    bool is_taken(std::size_t index, MediaType kind) const {
        for (auto& section : session_.sections)
            if (section.accepted && section.kind == kind) return true;
        if (!previous_) return false;
        const auto* before = previous_->section(kind);
        return before && before->index != index && offer_.media[before->index].port != 0 &&
               kind_of(offer_.media[before->index]) == kind;
    }

    /// @return why the section is rejected after all, or empty
    std::string agree_on_streams(const MediaSection& offered, NegotiatedSection& section) const {
        const MediaCapabilities& ours = media(section.kind);
        // Plain AVP knows no early feedback (RFC 4585 section 3); in WebRTC the F is implied.
        const bool with_feedback =
            capabilities_.security == Security::dtls_srtp || offered.protocol.ends_with("AVPF");
        section.codecs = common_codecs(offered, match_capabilities(ours.codecs, with_feedback));
        if (section.codecs.empty()) return "there is no common codec";

        const Direction direction = common(reversed(direction_of(offer_, offered)), ours.direction);
        section.send = sends(direction);
        section.receive = receives(direction);
        section.extensions = common_extensions(offer_, offered, ours.extensions);
        section.extmap_allow_mixed = offer_.extmap_allow_mixed || offered.extmap_allow_mixed;
        read_remote_streams(offered, section);
        section.rtcp_mux = capabilities_.security == Security::dtls_srtp && offered.rtcp_mux;
        section.rtcp_rsize = with_feedback && offered.rtcp_rsize;
        section.local_ssrc = ours.ssrc;
        if (std::any_of(section.codecs.begin(), section.codecs.end(),
                        [](auto& codec) { return codec.rtx.has_value(); }))
            section.local_rtx_ssrc = ours.rtx_ssrc;
        section.simulcast = has_simulcast(capabilities_, offered, section);
        return {};
    }

    SessionDescription answer() const {
        SessionDescription answer = local_description(capabilities_);
        answer.extmap_allow_mixed = offer_.extmap_allow_mixed;
        if (offer_.msid_semantic) {
            answer.msid_semantic = MsidSemantic{"WMS", {}};
            if (std::any_of(session_.sections.begin(), session_.sections.end(),
                            [](auto& section) { return section.send; }))
                answer.msid_semantic->ids.push_back(capabilities_.stream);
        }
        if (capabilities_.security == Security::dtls_srtp && capabilities_.bundle)
            add_groups(answer);
        for (auto& section : session_.sections) {
            const MediaSection& offered = offer_.media[section.index];
            answer.media.push_back(section.accepted ? accepted(offered, section)
                                                    : rejected(offered));
        }
        return answer;
    }

    void add_groups(SessionDescription& answer) const {
        for (auto& transport : session_.transports) {
            if (!is_bundled(offer_, offer_.media[transport.sections.front()])) continue;
            Group group{"BUNDLE", {}};
            for (std::size_t index : transport.sections)
                group.mids.push_back(session_.sections[index].mid);
            answer.groups.push_back(std::move(group));
        }
    }

    /// RFC 3264 section 6: the section stays in its place, with port 0 and at least one format.
    static MediaSection rejected(const MediaSection& offered) {
        MediaSection section;
        section.kind = offered.kind;
        section.port = 0;
        section.protocol = offered.protocol;
        section.formats = offered.formats;
        section.connection = Connection{};
        section.mid = offered.mid;
        section.direction = Direction::inactive;
        return section;
    }

    MediaSection accepted(const MediaSection& offered, const NegotiatedSection& section) const {
        const NegotiatedTransport& transport = session_.transports[section.transport];
        MediaSection answer;
        answer.kind = offered.kind;
        answer.protocol = offered.protocol;
        answer.mid = offered.mid;
        describe_transport(answer, capabilities_, transport.setup,
                           section.transport == 0 && transport.sections.front() == section.index);
        if (section.kind == MediaType::data) {
            answer.formats = offered.formats;
            answer.sctp_port = capabilities_.sctp_port;
            answer.max_message_size = capabilities_.max_message_size;
            return answer;
        }
        const MediaCapabilities& ours = media(section.kind);
        answer.port = ours.port;
        answer.rtcp = RtcpAddress{ours.rtcp_port,
                                  Connection{capabilities_.address_type, capabilities_.address}};
        if (capabilities_.security == Security::dtls_srtp) answer.rtcp->connection = Connection{};
        answer.rtcp_mux = section.rtcp_mux;
        answer.rtcp_rsize = section.rtcp_rsize;
        answer.direction = direction_of(section.send, section.receive);
        // The most that we want to get. RFC 3264 section 6.1.
        if (section.receive && ours.bandwidth)
            answer.bandwidths.push_back({"AS", static_cast<std::uint64_t>(std::max<std::int64_t>(
                                                   0, ours.bandwidth->bps / 1000))});
        answer.ptime = offered.ptime;
        answer.maxptime = offered.maxptime;
        answer.extmap_allow_mixed = offered.extmap_allow_mixed;
        add_formats(offered, section, answer);
        add_extensions(section, answer);
        if (section.send)
            describe_sending(answer, capabilities_, ours, section.local_rtx_ssrc.has_value());
        if (section.simulcast) describe_encodings(answer, section.remote_rids);
        if (transport.remote_crypto) {
            answer.cryptos = {*capabilities_.crypto};
            answer.cryptos.front().tag = transport.remote_crypto->tag;
        }
        // COMEDIA as gateways know it: the old name of a=setup for media without DTLS.
        for (auto& attribute : offered.others)
            if (attribute.name == "direction" && capabilities_.security != Security::dtls_srtp)
                answer.others.push_back(
                    {"direction", attribute.value == "active" ? "passive" : "active"});
        return answer;
    }

    static void add_formats(const MediaSection& offered, const NegotiatedSection& section,
                            MediaSection& answer) {
        for (PayloadType type : offered.payload_types()) {
            for (auto& codec : section.codecs) {
                if (codec.payload_type == type)
                    describe_format(answer, codec.codec, type, mirrored(codec.parameters),
                                    codec.feedback, codec.channels);
                else if (codec.rtx == type)
                    describe_rtx(answer, type, codec.payload_type, codec.clock_rate,
                                 offered.fmtp(type));
                else if (codec.red == type)
                    describe_red(answer, type, codec, offered.fmtp(type));
            }
        }
    }

    static void add_extensions(const NegotiatedSection& section, MediaSection& answer) {
        for (auto& extension : section.extensions) {
            ExtMap map;
            map.id = extension.id;
            map.uri = uri(extension.extension);
            const Direction direction = direction_of(extension.send, extension.receive);
            if (direction != Direction::sendrecv) map.direction = direction;
            answer.extmaps.push_back(std::move(map));
        }
    }

    const MediaCapabilities& media(MediaType kind) const {
        return kind == MediaType::audio ? capabilities_.audio : capabilities_.video;
    }

    const SessionDescription& offer_;
    const LocalCapabilities& capabilities_;
    const NegotiatedSession* previous_;
    NegotiatedSession session_;
    std::optional<Error> error_;
};

}  // namespace

Result<Negotiated> answer_offer(const SessionDescription& offer,
                                const LocalCapabilities& capabilities,
                                const NegotiatedSession* previous) {
    return Answerer{offer, capabilities, previous}.run();
}

}  // namespace rivero::sdp
