// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/units.hpp"
#include "rivero/rtp/extensions.hpp"
#include "rivero/rtp/header.hpp"

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace rivero::rtp {

/// Says to which media section of a BUNDLE group a packet belongs. RFC 8843 section 9.2.
class Demuxer {
public:
    /// One media section that the peer may send.
    struct Section {
        std::string mid;
        std::vector<PayloadType> payload_types;  ///< retransmission included
        std::vector<Ssrc> ssrcs;                 ///< signalled with a=ssrc
    };
    struct Route {
        std::size_t section = 0;  ///< index of the Section
        std::string rid;          ///< simulcast layer, empty without
        bool repair = false;      ///< the stream repairs the layer `rid` (RTX)
        friend bool operator==(const Route&, const Route&) = default;
    };

    /// SSRCs learned from packets. More than these push out those learned first.
    static constexpr std::size_t kMaxLearned = 128;

    /// Replaces the sections, e.g. after a renegotiation; what was learned of sections with the
    /// same mid stays.
    void set_sections(std::vector<Section> sections);

    /// By MID, else by SSRC, else by a payload type of one section only; what the packet teaches
    /// about its SSRC is kept.
    /// @return borrowed until the next call; null when the packet is for nobody
    [[nodiscard]] const Route* route(const HeaderView& header, const Extensions& extensions);
    /// For RTCP; null when the SSRC is not known.
    [[nodiscard]] const Route* find(Ssrc ssrc) const;
    /// After BYE.
    void forget(Ssrc ssrc);

private:
    [[nodiscard]] std::optional<std::size_t> section_of_mid(std::string_view mid) const;
    [[nodiscard]] std::optional<std::size_t> only_section_with(PayloadType payload_type) const;
    [[nodiscard]] bool has(std::size_t section, PayloadType payload_type) const;
    Route& learn(Ssrc ssrc, std::size_t section);

    std::vector<Section> sections_;
    std::unordered_map<Ssrc, Route> routes_;
    std::deque<Ssrc> learned_;  ///< from packets, oldest first
};

}  // namespace rivero::rtp
