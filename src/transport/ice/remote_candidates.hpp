// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/loop.hpp"
#include "rivero/base/result.hpp"
#include "transport/ice/ice_candidate.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace rivero::transport {

class HostResolver;

/// Candidates that the peer told, on their way to an agent: each goes there once, with a number for
/// a name, when the agent can use it. Bounded. Lives on the loop.
class RemoteCandidates {
public:
    struct Settings {
        bool udp = true;
        bool tcp = false;
        /// Looks up any host name. Otherwise those of mDNS only, by which browsers hide the
        /// addresses of a home or an office (draft-ietf-mmusic-mdns-ice-candidates, RFC 8828
        /// section 5.2): for others a peer could make the server ask any name server anything.
        bool any_name = false;
    };
    /// Gets a candidate with a numeric address. May destroy the transport, but not this.
    using Use = std::function<void(const IceCandidate&)>;

    /// @param ignored counts what is not used; all outlive this
    RemoteCandidates(Loop& loop, HostResolver& resolver, Settings settings, std::uint64_t& ignored,
                     Use use);

    /// @return an error when the candidate makes no sense; one that is of no use is ignored
    [[nodiscard]] Result<void> add(const IceCandidate& candidate);
    /// The agent can use them now: those that have waited go first, all others at once.
    void open();
    /// Forgets everything, and keeps what comes until open().
    void restart();
    /// Nothing goes to the agent any more.
    void close();

    static constexpr std::size_t kMax = 100;

private:
    void apply(const IceCandidate& candidate);

    Loop& loop_;
    HostResolver& resolver_;
    Settings settings_;
    std::uint64_t& ignored_;
    Use use_;
    bool open_ = false;
    bool closed_ = false;
    std::set<std::string> told_;  ///< at most kMax
    std::set<std::string> used_;  ///< after names were resolved
    std::vector<IceCandidate> waiting_;
    std::shared_ptr<int> generation_;  ///< answers to questions of another are dropped
};

/// Of one label before `.local`, as browsers make them.
[[nodiscard]] bool is_mdns_name(const std::string& host);

}  // namespace rivero::transport
