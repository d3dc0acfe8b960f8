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
    void take(PayloadType type) { used_.push_back(type); }
    std::optional<PayloadType> next() {
        for (;;) {
            if (next_ > 127) next_ = 35;
            if (next_ == 64) return std::nullopt;  // 64...95 collide with RTCP: RFC 5761 section 4
            const PayloadType type{next_++};
            if (std::find(used_.begin(), used_.end(), type) == used_.end()) return type;
        }
    }

private:
    std::uint8_t next_ = 96;
    std::vector<PayloadType> used_;
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

    SessionDescription again(const OfferOptions& options, const SessionDescription& local,
                             const NegotiatedSession& session) {
        SessionDescription offer = local_description(capabilities_);
        offer.extmap_allow_mixed = local.extmap_allow_mixed;  // browsers begin anew when it changes
        for (auto& section : local.media) {
            for (PayloadType type : section.payload_types()) types_.take(type);
            if (section.port == 0) continue;
            extmaps_.insert(extmaps_.end(), section.extmaps.begin(), section.extmaps.end());
        }
        for (std::size_t i = 0; i < local.media.size(); ++i) {
            const bool accepted = i < session.sections.size() && session.sections[i].accepted;
            const auto kind = kind_of(local.media[i]);
            const bool wanted = kind == MediaType::audio   ? options.audio
                                : kind == MediaType::video ? options.video
                                                           : kind.has_value();
            if (accepted && (wanted || tags_others(session, i))) {
                offer.media.push_back(continued(local.media[i]));
                if (!wanted) offer.media.back().direction = Direction::inactive;
                ask_for_encodings(session.sections[i], offer.media.back());
            } else {
                offer.media.push_back(rejected(local.media[i]));
            }
        }
        const bool webrtc = capabilities_.security == Security::dtls_srtp;
        auto none = [&](const char* kind) {
            return std::none_of(offer.media.begin(), offer.media.end(),
                                [&](auto& m) { return m.kind == kind && m.port != 0; });
        };
        if (options.audio && !capabilities_.audio.codecs.empty() && none("audio"))
            place(offer, session, rtp_section("audio", capabilities_.audio));
        if (options.video && !capabilities_.video.codecs.empty() && none("video"))
            place(offer, session, rtp_section("video", capabilities_.video));
        if (webrtc && capabilities_.data_channels && none("application"))
            place(offer, session, data_section());

        if (webrtc) offer.msid_semantic = MsidSemantic{"WMS", {capabilities_.stream}};
        if (webrtc && capabilities_.bundle) add_groups(offer, local, session);
        return offer;
    }

private:
    /// Browsers give up the transport of a bundle whose first section is rejected.
    static bool tags_others(const NegotiatedSession& session, std::size_t index) {
        const auto& sections = session.transports[session.sections[index].transport].sections;
        return sections.size() > 1 && sections.front() == index;
    }

    /// A section that goes on. Its formats and ids stay; the direction is again the most that we
    /// do.
    MediaSection continued(const MediaSection& before) const {
        MediaSection section = before;
        section.candidates.clear();
        section.end_of_candidates = false;
        if (capabilities_.security == Security::dtls_srtp) section.setup = Setup::actpass;
        if (section.kind == "application") return section;
        const MediaCapabilities& media =
            section.kind == "audio" ? capabilities_.audio : capabilities_.video;
        section.direction = media.direction;
        section.bandwidths.clear();
        add_bandwidth(section, media);
        for (auto& map : section.extmaps) map.direction.reset();
        section.msids.clear();
        section.ssrcs.clear();
        section.ssrc_groups.clear();
        section.rids.clear();
        section.simulcast.reset();
        if (sends(media.direction)) {
            const bool rtx =
                std::any_of(section.rtpmaps.begin(), section.rtpmaps.end(),
                            [](auto& map) { return equal_ignoring_case(map.encoding, "rtx"); });
            describe_sending(section, capabilities_, media, rtx);
        }
        return section;
    }

    void ask_for_encodings(const NegotiatedSection& before, MediaSection& section) const {
        const bool told_apart =
            std::any_of(section.extmaps.begin(), section.extmaps.end(),
                        [](auto& map) { return map.uri == uri(HeaderExtension::rid); });
        if (capabilities_.simulcast && told_apart && !before.simulcast_rids.empty() &&
            receives(section.direction.value_or(Direction::sendrecv)))
            describe_encodings(section, before.simulcast_rids);
    }

    static MediaSection rejected(const MediaSection& before) {
        MediaSection section;
        section.kind = before.kind;
        section.port = 0;
        section.protocol = before.protocol;
        section.formats = before.formats;
        section.connection = Connection{};
        section.mid = before.mid;
        section.direction = Direction::inactive;
        return section;
    }

    /// RFC 9429 section 5.2.2: a rejected section's place can be used again for the same kind.
    void place(SessionDescription& offer, const NegotiatedSession& session, MediaSection section) {
        for (int n = 0; find_mid(offer, *section.mid); ++n)
            section.mid = section.kind + std::to_string(n);
        describe_transport(section, capabilities_, Setup::actpass, false);
        for (auto& other : offer.media) {
            if (other.port == 0 || !other.ice_ufrag) continue;
            section.ice_ufrag = other.ice_ufrag;  // it will be bundled with this one
            section.ice_pwd = other.ice_pwd;
            break;
        }
        for (std::size_t i = 0; i < session.sections.size(); ++i) {
            if (offer.media[i].port != 0 || session.sections[i].accepted ||
                offer.media[i].kind != section.kind)
                continue;
            offer.media[i] = std::move(section);
            return;
        }
        offer.media.push_back(std::move(section));
    }

    /// Groups stay as they are; what is new joins the first one.
    static void add_groups(SessionDescription& offer, const SessionDescription& local,
                           const NegotiatedSession& session) {
        std::vector<bool> placed(offer.media.size(), false);
        auto add = [&](Group& group, std::size_t index) {
            if (offer.media[index].port == 0 || !offer.media[index].mid) return;
            placed[index] = true;
            group.mids.push_back(*offer.media[index].mid);
        };
        for (auto& transport : session.transports) {
            const MediaSection& first = local.media[transport.sections.front()];
            if (!is_bundled(local, first)) continue;
            Group group{"BUNDLE", {}};
            for (std::size_t index : transport.sections) add(group, index);
            if (!group.mids.empty()) offer.groups.push_back(std::move(group));
        }
        if (session.transports.empty()) offer.groups.push_back({"BUNDLE", {}});
        for (std::size_t i = 0; i < offer.media.size(); ++i) {
            const bool fresh = i >= session.sections.size() || !session.sections[i].accepted;
            if (fresh && !placed[i] && !offer.groups.empty()) add(offer.groups.front(), i);
        }
        std::erase_if(offer.groups, [](auto& group) { return group.mids.empty(); });
    }

    static void add_bandwidth(MediaSection& section, const MediaCapabilities& media) {
        if (media.bandwidth)
            section.bandwidths.push_back({"AS", static_cast<std::uint64_t>(std::max<std::int64_t>(
                                                    0, media.bandwidth->bps / 1000))});
    }

    /// Bundled sections must not use an id for two extensions, nor two for one. RFC 9143
    /// section 9.1.
    std::uint16_t id_of(HeaderExtension extension) const {
        const std::string_view wanted = uri(extension);
        for (auto& map : extmaps_)
            if (map.uri == wanted) return map.id;
        auto is_free = [&](std::uint16_t id) {
            return std::none_of(extmaps_.begin(), extmaps_.end(),
                                [&](auto& map) { return map.id == id; });
        };
        std::uint16_t id = offered_id(extension);
        if (is_free(id)) return id;
        for (id = 1; id <= 14; ++id)
            if (is_free(id)) return id;
        return 0;
    }

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
        add_bandwidth(section, media);
        const bool rtx = add_formats(section, media);
        for (HeaderExtension extension : media.extensions) {
            const std::uint16_t id = id_of(extension);
            if (id == 0) continue;
            section.extmaps.push_back({id, std::nullopt, std::string{uri(extension)}, {}});
            if (!extmaps_.empty()) extmaps_.push_back(section.extmaps.back());
        }
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
    std::vector<ExtMap> extmaps_;  ///< in use
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
        keep_encodings(Answered::by_peer, previous_, session_);
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
        if (ours.port == 0) {
            section.reason = "we do not use it any more";
        } else if (theirs.port == 0) {
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
        if (ours.simulcast && has_simulcast(capabilities_, theirs, section)) {
            std::erase_if(section.remote_rids, [&](auto& rid) { return !asked_for(ours, rid.id); });
            section.simulcast = !section.remote_rids.empty();
        }
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

    /// RFC 8853 section 5.3.3: an answer may leave encodings out, but not add any.
    static bool asked_for(const MediaSection& ours, std::string_view id) {
        return std::any_of(ours.rids.begin(), ours.rids.end(),
                           [&](auto& rid) { return !rid.send && rid.id == id; });
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
        return Match{feedback_of(ours, type), rtx, red_of(ours, type).has_value()};
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

SessionDescription make_reoffer(const LocalCapabilities& capabilities, const OfferOptions& options,
                                const SessionDescription& local, const NegotiatedSession& session) {
    return Offerer{capabilities}.again(options, local, session);
}

Result<NegotiatedSession> apply_answer(const SessionDescription& offer,
                                       const SessionDescription& answer,
                                       const LocalCapabilities& capabilities,
                                       const NegotiatedSession* previous) {
    return AnswerReader{offer, answer, capabilities, previous}.run();
}

}  // namespace rivero::sdp
