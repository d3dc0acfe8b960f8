// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "rivero/rtp/demuxer.hpp"

#include <algorithm>
#include <utility>

namespace rivero::rtp {

void Demuxer::set_sections(std::vector<Section> sections) {
    const auto before = std::exchange(sections_, std::move(sections));
    const auto routes = std::exchange(routes_, {});
    std::erase_if(learned_, [&](Ssrc ssrc) {
        Route route = routes.at(ssrc);
        const auto section = section_of_mid(before[route.section].mid);
        if (!section) return true;
        route.section = *section;
        routes_.emplace(ssrc, std::move(route));
        return false;
    });
    for (std::size_t i = 0; i < sections_.size(); ++i) {
        for (const Ssrc ssrc : sections_[i].ssrcs) {
            std::erase(learned_, ssrc);
            Route& route = routes_[ssrc];
            // Signalling does not say which layer it is; packets did, and may not again.
            if (const auto known = routes.find(ssrc);
                known != routes.end() && before[known->second.section].mid == sections_[i].mid)
                route = known->second;
            route.section = i;
        }
    }
}

std::optional<std::size_t> Demuxer::section_of_mid(std::string_view mid) const {
    for (std::size_t i = 0; i < sections_.size(); ++i)
        if (sections_[i].mid == mid) return i;
    return std::nullopt;
}

bool Demuxer::has(std::size_t section, PayloadType payload_type) const {
    const auto& types = sections_[section].payload_types;
    return std::find(types.begin(), types.end(), payload_type) != types.end();
}

std::optional<std::size_t> Demuxer::only_section_with(PayloadType payload_type) const {
    std::optional<std::size_t> only;
    for (std::size_t i = 0; i < sections_.size(); ++i) {
        if (!has(i, payload_type)) continue;
        if (only) return std::nullopt;
        only = i;
    }
    return only;
}

Demuxer::Route& Demuxer::learn(Ssrc ssrc, std::size_t section) {
    auto known = routes_.find(ssrc);
    if (known == routes_.end()) {
        if (learned_.size() == kMaxLearned) {
            routes_.erase(learned_.front());
            learned_.pop_front();
        }
        learned_.push_back(ssrc);
        known = routes_.emplace(ssrc, Route{}).first;
    }
    known->second.section = section;
    return known->second;
}

const Demuxer::Route* Demuxer::route(const HeaderView& header, const Extensions& extensions) {
    Route* route = nullptr;
    if (!extensions.mid.empty()) {
        const auto section = section_of_mid(extensions.mid);
        if (!section || !has(*section, header.payload_type)) return nullptr;
        route = &learn(header.ssrc, *section);
    } else if (const auto known = routes_.find(header.ssrc); known != routes_.end()) {
        if (!has(known->second.section, header.payload_type)) return nullptr;
        route = &known->second;
    } else {
        const auto section = only_section_with(header.payload_type);
        if (!section) return nullptr;
        route = &learn(header.ssrc, *section);
    }
    // Senders leave the RID out once they know (from a report) that we have seen it.
    if (const auto& repaired = extensions.repaired_rid; !repaired.empty()) {
        if (route->rid != repaired) route->rid = repaired;
        route->repair = true;
    } else if (const auto& rid = extensions.rid; !rid.empty()) {
        if (route->rid != rid) route->rid = rid;
        route->repair = false;
    }
    return route;
}

const Demuxer::Route* Demuxer::find(Ssrc ssrc) const {
    const auto known = routes_.find(ssrc);
    return known == routes_.end() ? nullptr : &known->second;
}

void Demuxer::forget(Ssrc ssrc) {
    // A signalled SSRC stays: it may come back, and only signalling takes it away.
    if (std::erase(learned_, ssrc) > 0) routes_.erase(ssrc);
}

}  // namespace rivero::rtp
