// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/media/types.hpp"

#include <cstdint>
#include <string>
#include <vector>

/// What getStats() gives of elements; see rtc_stats.hpp for what endpoints of RTP add.
namespace rivero::media {

enum class StatsType {
    inboundrtp,
    outboundrtp,
    session,
    datachannel,
    track,
    transport,
    candidatepair,
    localcandidate,
    remotecandidate,
    element,
    endpoint
};
inline auto describe(Identity<StatsType>) {
    using T = StatsType;
    return Enumeration<T>{"StatsType",
                          "What an entry of statistics is about.",
                          {{T::inboundrtp, "inboundrtp"},
                           {T::outboundrtp, "outboundrtp"},
                           {T::session, "session"},
                           {T::datachannel, "datachannel"},
                           {T::track, "track"},
                           {T::transport, "transport"},
                           {T::candidatepair, "candidatepair"},
                           {T::localcandidate, "localcandidate"},
                           {T::remotecandidate, "remotecandidate"},
                           {T::element, "element"},
                           {T::endpoint, "endpoint"}}};
}

struct Stats {
    std::string id;
    StatsType type{};
    std::int64_t timestampMillis = 0;
};
inline auto describe(Identity<Stats>) {
    return structure<Stats>("Stats", "What all entries of statistics have.",
                            field("id", &Stats::id, "Names the entry; the same each time."),
                            field("type", &Stats::type, "What it is about."),
                            field("timestampMillis", &Stats::timestampMillis,
                                  "When the numbers were taken, in ms since 1970."));
}

struct MediaLatencyStat {
    std::string name;
    MediaType type{};
    double avg = 0;
};
inline auto describe(Identity<MediaLatencyStat>) {
    using L = MediaLatencyStat;
    return structure<L>("MediaLatencyStat", "How long the media of one input has been under way.",
                        field("name", &L::name, "The input, `sink_video_default`."),
                        field("type", &L::type, "Which kind of media."),
                        field("avg", &L::avg, "Mean of the last packets or frames, in ns."));
}

struct ElementStats : Stats {
    std::vector<MediaLatencyStat> inputLatency;
};
inline auto describe(Identity<ElementStats>) {
    return structure<ElementStats>(
               "ElementStats",
               "Statistics of an element; there while the pipeline has latencyStats.",
               field("inputLatency", &ElementStats::inputLatency,
                     "From the arrival in the endpoint where media comes in to this element, one "
                     "entry per input."))
        .extending<Stats>();
}

struct EndpointStats : ElementStats {
    std::vector<MediaLatencyStat> E2ELatency;
};
inline auto describe(Identity<EndpointStats>) {
    return structure<EndpointStats>(
               "EndpointStats",
               "Statistics of an endpoint; there while the pipeline has latencyStats.",
               field("E2ELatency", &EndpointStats::E2ELatency,
                     "From the arrival in the endpoint where media comes in until this one has "
                     "sent it or handed it to "
                     "what writes it, one entry per input."))
        .extending<ElementStats>();
}

}  // namespace rivero::media
