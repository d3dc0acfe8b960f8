// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "sdp/agreement.hpp"

#include "sdp/text.hpp"

#include <algorithm>

namespace rivero::sdp {
namespace {

constexpr std::size_t kMaxRemoteSources = 64;   // of one section; a simulcast sender has 6
constexpr std::size_t kMaxIceCredential = 256;  // RFC 8839 section 5.4
constexpr std::uint16_t kMaxOneByteId = 14;     // RFC 8285 section 4.2
constexpr std::uint16_t kMaxTwoByteId = 255;    // RFC 8285 section 4.3

RemoteSource* find_source(std::vector<RemoteSource>& sources, Ssrc ssrc) {
    for (auto& source : sources)
        if (source.ssrc == ssrc) return &source;
    return nullptr;
}

bool contains(std::span<const Ssrc> list, Ssrc ssrc) {
    return std::find(list.begin(), list.end(), ssrc) != list.end();
}

std::vector<RemoteSource> remote_sources(const MediaSection& section) {
    std::vector<Ssrc> repair;
    std::vector<RemoteSource> sources;
    auto add = [&](Ssrc ssrc) -> RemoteSource* {
        if (auto* known = find_source(sources, ssrc)) return known;
        if (sources.size() == kMaxRemoteSources || contains(repair, ssrc)) return nullptr;
        sources.push_back({ssrc, std::nullopt, {}});
        return &sources.back();
    };
    for (auto& group : section.ssrc_groups) {
        if (group.ssrcs.size() != 2 || repair.size() == kMaxRemoteSources) continue;
        const Ssrc media = group.ssrcs[0], other = group.ssrcs[1];
        if (group.semantics == "FID") {
            repair.push_back(other);
            if (auto* source = add(media); source && media != other) source->rtx = other;
        } else if (group.semantics == "FEC-FR") {
            repair.push_back(other);
        }
    }
    for (auto& line : section.ssrcs) {
        RemoteSource* source = add(line.ssrc);
        if (source && line.name == "cname" && line.value) source->cname = *line.value;
    }
    return sources;
}

std::vector<RemoteRid> remote_rids(const MediaSection& section) {
    std::vector<RemoteRid> rids;
    auto add = [&](const std::string& id, bool paused) {
        RemoteRid rid{id, paused, {}};
        for (auto& line : section.rids)
            if (line.send && line.id == id) rid.payload_types = line.payload_types;
        rids.push_back(std::move(rid));
    };
    if (section.simulcast) {
        for (auto& stream : section.simulcast->send)
            if (!stream.empty()) add(stream.front().rid, stream.front().paused);
    } else {
        for (auto& line : section.rids) {
            if (rids.size() == kMaxRemoteSources) break;
            if (line.send) add(line.id, false);
        }
    }
    return rids;
}

/// RFC 8866 section 5.8; TIAS, which leaves out the headers, is the finer one.
std::optional<Bitrate> remote_bandwidth(const MediaSection& section) {
    constexpr std::uint64_t kHighest = 100'000'000'000;  // 100 Gbit/s; above it is nonsense
    std::optional<Bitrate> found;
    for (auto& bandwidth : section.bandwidths) {
        if (bandwidth.type == "TIAS" && bandwidth.value <= kHighest)
            return Bitrate{static_cast<std::int64_t>(bandwidth.value)};
        if (bandwidth.type == "AS" && bandwidth.value <= kHighest / 1000)
            found = Bitrate::kbps(static_cast<std::int64_t>(bandwidth.value));
    }
    return found;
}

bool has_option(const CommonAttributes& attributes, std::string_view option) {
    auto& options = attributes.ice_options;
    return std::find(options.begin(), options.end(), option) != options.end();
}

const Attribute* find_other(const CommonAttributes& attributes, std::string_view name) {
    for (auto& attribute : attributes.others)
        if (attribute.name == name) return &attribute;
    return nullptr;
}

bool is_any_address(std::string_view address) {
    return address == "0.0.0.0" || address == "::";
}

/// What an accepted section was before, unless the peer, or what it uses the place for, is another.
const NegotiatedSection* same_section(const NegotiatedSession& previous,
                                      const NegotiatedSession& session,
                                      const NegotiatedSection& section) {
    if (!section.accepted || section.index >= previous.sections.size()) return nullptr;
    const NegotiatedSection& before = previous.sections[section.index];
    const bool same =
        before.accepted && before.mid == section.mid && before.kind == section.kind &&
        previous.transports[before.transport].id == session.transports[section.transport].id;
    return same ? &before : nullptr;
}

/// Those that were not paused before are not paused now.
void resume(std::vector<RemoteRid>& rids, const std::vector<RemoteRid>& before) {
    for (auto& rid : rids)
        if (std::any_of(before.begin(), before.end(),
                        [&](auto& other) { return other.id == rid.id && !other.paused; }))
            rid.paused = false;
}

/// Builds the transports of a session, one by one.
class TransportBuilder {
public:
    TransportBuilder(const SessionDescription& remote, const LocalCapabilities& capabilities,
                     Answered answered, const NegotiatedSession* previous,
                     NegotiatedSession& session)
        : remote_{remote},
          capabilities_{capabilities},
          answered_{answered},
          previous_{previous},
          session_{session},
          placed_(session.sections.size(), false) {
        if (previous_) session_.next_transport_id = previous_->next_transport_id;
    }

    std::optional<Error> run() {
        if (capabilities_.security == Security::dtls_srtp && capabilities_.bundle)
            for (auto& group : remote_.groups)
                if (group.semantics == "BUNDLE")
                    if (auto error = add(members(group))) return error;
        for (auto& section : session_.sections)
            if (section.accepted && !placed_[section.index])
                if (auto error = add({section.index})) return error;
        return std::nullopt;
    }

private:
    std::vector<std::size_t> members(const Group& group) const {
        std::vector<std::size_t> sections;
        for (auto& mid : group.mids) {
            const auto index = find_mid(remote_, mid);
            if (index && !placed_[*index] &&
                std::find(sections.begin(), sections.end(), *index) == sections.end())
                sections.push_back(*index);
        }
        return sections;
    }

    /// @param sections of one BUNDLE group, rejected ones, too: their attributes may still count
    std::optional<Error> add(const std::vector<std::size_t>& sections) {
        NegotiatedTransport transport;
        for (std::size_t index : sections) {
            if (!session_.sections[index].accepted) continue;
            placed_[index] = true;
            session_.sections[index].transport = session_.transports.size();
            transport.sections.push_back(index);
        }
        if (transport.sections.empty()) return std::nullopt;
        if (auto error = capabilities_.security == Security::dtls_srtp
                             ? read_ice_and_dtls(sections, transport)
                             : read_addresses(transport))
            return error;
        if (const auto* before = previous_of(transport))
            transport.id = before->id;
        else
            transport.id = session_.next_transport_id++;
        session_.transports.push_back(std::move(transport));
        return std::nullopt;
    }

    /// The attributes of a transport stand in the section that tags it, or above all sections; some
    /// peers write them into another section of the bundle only.
    template <class Has>
    const CommonAttributes* where(const NegotiatedTransport& transport,
                                  const std::vector<std::size_t>& group, Has has) const {
        const MediaSection& tagged = remote_.media[transport.sections.front()];
        if (has(tagged)) return &tagged;
        if (has(remote_)) return &remote_;
        for (std::size_t index : group)
            if (has(remote_.media[index])) return &remote_.media[index];
        return nullptr;
    }

    std::optional<Error> read_ice_and_dtls(const std::vector<std::size_t>& group,
                                           NegotiatedTransport& transport) {
        const MediaSection& tagged = remote_.media[transport.sections.front()];
        const std::string name = section_name(tagged);

        const auto* ice = where(transport, group, [](const CommonAttributes& a) {
            return a.ice_ufrag.has_value() && a.ice_pwd.has_value();
        });
        if (!ice) return Error{name + ": a=ice-ufrag or a=ice-pwd is missing"};
        transport.remote_ufrag = *ice->ice_ufrag;
        transport.remote_pwd = *ice->ice_pwd;
        for (auto* credential : {&transport.remote_ufrag, &transport.remote_pwd})
            if (credential->empty() || credential->size() > kMaxIceCredential)
                return Error{name + ": ICE credentials have 1 to 256 characters"};

        const auto* dtls = where(transport, group,
                                 [](const CommonAttributes& a) { return !a.fingerprints.empty(); });
        if (!dtls) return Error{name + ": a=fingerprint is missing, which DTLS needs"};
        transport.remote_fingerprints = dtls->fingerprints;

        const auto* before = previous_of(transport);
        const auto* setup =
            where(transport, group, [](const CommonAttributes& a) { return a.setup.has_value(); });
        const auto role = our_role(setup ? setup->setup : std::nullopt, before);
        if (!role)
            return Error{
                name + ": a=setup:" + std::string{to_string(*setup->setup)} +
                (before ? " is not the DTLS role of before" : " leaves no DTLS role for us")};
        transport.setup = *role;

        transport.remote_candidates = tagged.candidates;
        transport.end_of_candidates =
            tagged.end_of_candidates || find_other(remote_, "end-of-candidates");
        transport.ice_restarted = before && (before->remote_ufrag != transport.remote_ufrag ||
                                             before->remote_pwd != transport.remote_pwd);
        if (!before && has_previous(transport) && answered_ == Answered::by_peer)
            return Error{name + ": the peer has another certificate than before"};
        transport.tag_rejected = before && answered_ == Answered::by_us &&
                                 !session_.sections[before->sections.front()].accepted;
        session_.ice_restarted |= transport.ice_restarted;
        session_.remote_trickles |= has_option(remote_, "trickle") || has_option(tagged, "trickle");
        return std::nullopt;
    }

    /// RFC 8842 section 5. Nothing said means actpass in an offer and active in an answer. A
    /// running association keeps its roles.
    std::optional<Setup> our_role(std::optional<Setup> theirs,
                                  const NegotiatedTransport* before) const {
        if (!theirs && before) return before->setup;
        if (!theirs && answered_ == Answered::by_peer) return Setup::passive;
        std::optional<Setup> ours;
        switch (theirs.value_or(Setup::actpass)) {
            case Setup::active:
                ours = Setup::passive;
                break;
            case Setup::passive:
                ours = Setup::active;
                break;
            case Setup::actpass:
                if (answered_ == Answered::by_peer) return std::nullopt;
                return before ? before->setup : Setup::passive;
            case Setup::holdconn:
                return std::nullopt;
        }
        if (before && ours != before->setup) return std::nullopt;
        return ours;
    }

    const NegotiatedTransport* previous_transport(std::size_t section) const {
        if (!previous_ || section >= previous_->sections.size()) return nullptr;
        const NegotiatedSection& before = previous_->sections[section];
        if (!before.accepted || before.transport >= previous_->transports.size()) return nullptr;
        return &previous_->transports[before.transport];
    }

    bool has_previous(const NegotiatedTransport& transport) const {
        return std::any_of(transport.sections.begin(), transport.sections.end(),
                           [&](std::size_t index) { return previous_transport(index) != nullptr; });
    }

    /// What this transport was before: that of its first section that had one which no other
    /// transport goes on with. Nothing when the peer's certificate is another one now.
    const NegotiatedTransport* previous_of(const NegotiatedTransport& transport) const {
        for (std::size_t index : transport.sections) {
            const auto* before = previous_transport(index);
            if (!before || std::any_of(session_.transports.begin(), session_.transports.end(),
                                       [&](auto& other) { return other.id == before->id; }))
                continue;
            const auto& prints = before->remote_fingerprints;
            if (prints.empty() || std::any_of(prints.begin(), prints.end(), [&](auto& print) {
                    return std::find(transport.remote_fingerprints.begin(),
                                     transport.remote_fingerprints.end(),
                                     print) != transport.remote_fingerprints.end();
                }))
                return before;
        }
        return nullptr;
    }

    std::optional<Error> read_addresses(NegotiatedTransport& transport) const {
        const MediaSection& section = remote_.media[transport.sections.front()];
        const auto& connection = section.connection ? section.connection : remote_.connection;
        if (connection && !is_any_address(connection->address)) {
            std::string_view address = connection->address;
            transport.remote_address = take_until(address, '/');  // without the TTL of multicast
        }
        transport.remote_port = section.port;
        transport.remote_rtcp_address = transport.remote_address;
        // RFC 3605: the next higher port unless said.
        transport.remote_rtcp_port =
            section.rtcp ? section.rtcp->port : static_cast<std::uint16_t>(section.port + 1);
        if (section.rtcp && section.rtcp->connection &&
            !is_any_address(section.rtcp->connection->address))
            transport.remote_rtcp_address = section.rtcp->connection->address;

        const Attribute* comedia = find_other(section, "direction");
        if (!comedia) comedia = find_other(remote_, "direction");
        transport.learn_remote_address = comedia && comedia->value == "active";

        if (capabilities_.security == Security::sdes) {
            for (auto& crypto : section.cryptos)
                if (capabilities_.crypto && crypto.suite == capabilities_.crypto->suite &&
                    (answered_ == Answered::by_us || crypto.tag == capabilities_.crypto->tag)) {
                    transport.remote_crypto = crypto;
                    break;
                }
            if (!transport.remote_crypto)
                return Error{section_name(section) + ": there is no a=crypto with our suite" +
                             (answered_ == Answered::by_us ? "" : " and tag")};
        }
        return std::nullopt;
    }

    const SessionDescription& remote_;
    const LocalCapabilities& capabilities_;
    Answered answered_;
    const NegotiatedSession* previous_;
    NegotiatedSession& session_;
    std::vector<bool> placed_;
};

}  // namespace

std::string section_name(const MediaSection& section) {
    std::string name = "m=" + section.kind.substr(0, 32);
    if (section.mid) name += " (mid " + quoted(*section.mid) + ")";
    return name;
}

std::optional<MediaType> kind_of(const MediaSection& section) {
    if (section.kind == "audio") return MediaType::audio;
    if (section.kind == "video") return MediaType::video;
    if (section.kind == "application") return MediaType::data;
    return std::nullopt;
}

Direction direction_of(const SessionDescription& description, const MediaSection& section) {
    if (section.direction) return *section.direction;
    return description.direction.value_or(Direction::sendrecv);
}

std::optional<std::size_t> find_mid(const SessionDescription& description, std::string_view mid) {
    for (std::size_t i = 0; i < description.media.size(); ++i)
        if (description.media[i].mid == mid) return i;
    return std::nullopt;
}

std::optional<Error> check_mids(const SessionDescription& description) {
    for (std::size_t i = 0; i < description.media.size(); ++i) {
        const auto& mid = description.media[i].mid;
        if (mid && find_mid(description, *mid) != i)
            return Error{"two sections have the mid " + quoted(*mid)};
    }
    return std::nullopt;
}

bool is_bundled(const SessionDescription& description, const MediaSection& section) {
    if (!section.mid) return false;
    for (auto& group : description.groups)
        if (group.semantics == "BUNDLE" &&
            std::find(group.mids.begin(), group.mids.end(), *section.mid) != group.mids.end())
            return true;
    return false;
}

bool is_webrtc_data(const MediaSection& section) {
    // RFC 8841; draft 05 and before had DTLS/SCTP and a=sctpmap, which no browser sends any more.
    return (section.protocol == "UDP/DTLS/SCTP" || section.protocol == "TCP/DTLS/SCTP") &&
           section.formats == std::vector<std::string>{"webrtc-datachannel"} && section.sctp_port;
}

std::vector<NegotiatedExtension> common_extensions(const SessionDescription& remote,
                                                   const MediaSection& section,
                                                   std::span<const HeaderExtension> ours) {
    std::vector<NegotiatedExtension> extensions;
    // Ids above 14 need two-byte headers, which only who says extmap-allow-mixed surely reads. Ids
    // above 255 are placeholders for more extensions than fit (RFC 8285 section 7).
    const bool mixed = remote.extmap_allow_mixed || section.extmap_allow_mixed;
    auto add = [&](const ExtMap& map) {
        const auto extension = header_extension_from_uri(map.uri);
        if (!extension || std::find(ours.begin(), ours.end(), *extension) == ours.end()) return;
        if (map.id == 0 || map.id > (mixed ? kMaxTwoByteId : kMaxOneByteId) ||
            map.id == kMaxOneByteId + 1)
            return;
        for (auto& known : extensions)
            if (known.extension == *extension || known.id == map.id) return;
        const Direction theirs = map.direction.value_or(Direction::sendrecv);
        extensions.push_back(
            {*extension, static_cast<std::uint8_t>(map.id), receives(theirs), sends(theirs)});
    };
    for (auto& map : section.extmaps) add(map);
    for (auto& map : remote.extmaps) add(map);
    return extensions;
}

void read_remote_streams(const MediaSection& remote, NegotiatedSection& into) {
    into.remote_sources = remote_sources(remote);
    into.remote_rids = remote_rids(remote);
    for (auto& group : remote.ssrc_groups)
        if (group.semantics == "SIM" && into.simulcast_ssrcs.empty() &&
            group.ssrcs.size() <= kMaxRemoteSources)
            into.simulcast_ssrcs = group.ssrcs;
    into.remote_bandwidth = remote_bandwidth(remote);
    if (!remote.msids.empty()) {
        into.remote_stream = remote.msids.front().stream;
        into.remote_track = remote.msids.front().track;
    } else {
        for (auto& line : remote.ssrcs) {
            if (line.name != "msid" || !line.value) continue;
            std::string_view value = *line.value;
            into.remote_stream = take_until(value, ' ');
            into.remote_track = value;
            break;
        }
    }
}

void read_remote_data(const MediaSection& remote, NegotiatedSection& into) {
    into.remote_sctp_port = remote.sctp_port.value_or(0);
    // RFC 8841 section 6.1: 64K unless said.
    into.remote_max_message_size = remote.max_message_size.value_or(65536);
}

bool has_simulcast(const LocalCapabilities& capabilities, const MediaSection& remote,
                   const NegotiatedSection& section) {
    return capabilities.simulcast && section.receive && remote.simulcast &&
           !remote.simulcast->send.empty() && section.receive_id(HeaderExtension::rid) != 0;
}

std::optional<Error> agree_on_transports(const SessionDescription& remote,
                                         const LocalCapabilities& capabilities, Answered answered,
                                         const NegotiatedSession* previous,
                                         NegotiatedSession& session) {
    session.remote_ice_lite = remote.ice_lite;
    return TransportBuilder{remote, capabilities, answered, previous, session}.run();
}

void keep_encodings(Answered answered, const NegotiatedSession* previous,
                    NegotiatedSession& session) {
    for (auto& section : session.sections) {
        const auto* before = previous ? same_section(*previous, session, section) : nullptr;
        if (section.simulcast) {
            if (answered == Answered::by_us && before && !before->simulcast)
                resume(section.remote_rids, before->simulcast_rids);
            section.simulcast_rids = section.remote_rids;
        } else if (before) {
            section.simulcast_rids = before->simulcast_rids;
        }
    }
}

SessionDescription local_description(const LocalCapabilities& capabilities) {
    SessionDescription description;
    description.origin = {"-", capabilities.session_id, capabilities.session_version,
                          capabilities.address_type, capabilities.address};
    description.name = "Rivero";
    if (capabilities.security != Security::dtls_srtp)
        description.connection = Connection{capabilities.address_type, capabilities.address};
    return description;
}

void describe_transport(MediaSection& section, const LocalCapabilities& capabilities, Setup setup,
                        bool with_candidates) {
    if (capabilities.security != Security::dtls_srtp) return;
    section.connection = Connection{};
    section.ice_ufrag = capabilities.ice_ufrag;
    section.ice_pwd = capabilities.ice_pwd;
    section.ice_options = {"trickle"};
    section.fingerprints = capabilities.fingerprints;
    section.setup = setup;
    if (with_candidates) section.candidates = capabilities.candidates;
}

void describe_sending(MediaSection& section, const LocalCapabilities& capabilities,
                      const MediaCapabilities& media, bool rtx) {
    const std::string track = media.track.empty() ? section.kind + '0' : media.track;
    std::vector<Ssrc> ssrcs{media.ssrc};
    if (rtx) ssrcs.push_back(media.rtx_ssrc);
    if (rtx) section.ssrc_groups.push_back({"FID", ssrcs});
    section.msids = {{capabilities.stream, track}};
    for (Ssrc ssrc : ssrcs) {
        section.ssrcs.push_back({ssrc, "cname", capabilities.cname});
        section.ssrcs.push_back({ssrc, "msid", capabilities.stream + ' ' + track});
    }
}

void describe_encodings(MediaSection& section, const std::vector<RemoteRid>& rids) {
    section.simulcast.emplace();
    for (auto& rid : rids) {
        section.rids.push_back({rid.id, false, {}, {}});
        section.simulcast->receive.push_back({{rid.id, rid.paused}});
    }
}

void describe_format(MediaSection& section, Codec codec, PayloadType type,
                     const FormatParameters& parameters, const Feedback& feedback, int channels) {
    section.formats.push_back(std::to_string(type.value));
    section.rtpmaps.push_back(
        {type, std::string{encoding_name(codec)}, rtp_clock_rate(codec), channels});
    for (std::string_view message : messages(feedback))
        section.feedback.push_back({type, std::string{message}});
    if (!parameters.empty()) section.fmtps.push_back({type, parameters});
}

void describe_rtx(MediaSection& section, PayloadType rtx, PayloadType type, int clock_rate,
                  const FormatParameters& parameters) {
    section.formats.push_back(std::to_string(rtx.value));
    section.rtpmaps.push_back({rtx, "rtx", clock_rate, 1});
    FormatParameters ours = parameters;
    ours.erase("apt");
    ours.list.insert(ours.list.begin(), {"apt", std::to_string(type.value)});
    section.fmtps.push_back({rtx, std::move(ours)});
}

void describe_red(MediaSection& section, PayloadType red, const NegotiatedCodec& codec,
                  const FormatParameters& parameters) {
    section.formats.push_back(std::to_string(red.value));
    section.rtpmaps.push_back({red, "red", codec.clock_rate, codec.channels});
    section.fmtps.push_back({red, parameters});
}

}  // namespace rivero::sdp
