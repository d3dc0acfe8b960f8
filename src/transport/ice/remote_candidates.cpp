// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "transport/ice/remote_candidates.hpp"

#include "transport/ice/host_resolver.hpp"

#include <algorithm>
#include <cctype>
#include <string_view>
#include <utility>

namespace rivero::transport {
namespace {

std::string key_of(const IceCandidate& candidate) {
    return (candidate.tcp ? "tcp " : "udp ") + candidate.address + ' ' +
           std::to_string(candidate.port);
}

}  // namespace

bool is_mdns_name(const std::string& host) {
    constexpr std::string_view kDomain = ".local";
    if (host.size() <= kDomain.size() || host.find('.') != host.size() - kDomain.size())
        return false;
    return std::equal(
        kDomain.begin(), kDomain.end(), host.end() - kDomain.size(),
        [](char a, char b) { return a == std::tolower(static_cast<unsigned char>(b)); });
}

RemoteCandidates::RemoteCandidates(Loop& loop, HostResolver& resolver, Settings settings,
                                   std::uint64_t& ignored, Use use)
    : loop_{loop},
      resolver_{resolver},
      settings_{settings},
      ignored_{ignored},
      use_{std::move(use)},
      generation_{std::make_shared<int>()} {}

Result<void> RemoteCandidates::add(const IceCandidate& candidate) {
    // Only RTP's component exists: RTCP goes with it.
    if (candidate.component != 1 || !(candidate.tcp ? settings_.tcp : settings_.udp)) {
        ++ignored_;
        return {};
    }
    if (candidate.port == 0 && !candidate.tcp)
        return failure("ICE candidate: the port of a UDP candidate is 0");
    const bool named = candidate.has_host_name();
    // Each new description of a peer lists all of its candidates again.
    if ((named && !settings_.any_name && !is_mdns_name(candidate.address)) ||
        told_.size() >= kMax || !told_.insert(key_of(candidate)).second) {
        ++ignored_;
        return {};
    }
    if (!named) {
        apply(candidate);
        return {};
    }
    resolver_.resolve(loop_, candidate.address,
                      [this, alive = std::weak_ptr{generation_},
                       candidate](const std::vector<std::string>& found) {
                          if (alive.expired()) return;
                          if (found.empty()) {
                              ++ignored_;
                              return;
                          }
                          IceCandidate resolved = candidate;
                          resolved.address = found.front();
                          apply(resolved);
                      });
    return {};
}

void RemoteCandidates::apply(const IceCandidate& candidate) {
    if (closed_) return;
    if (!open_) {
        waiting_.push_back(candidate);  // at most kMax
        return;
    }
    // Two names may be of one address.
    if (!used_.insert(key_of(candidate)).second) {
        ++ignored_;
        return;
    }
    use_(candidate);
}

void RemoteCandidates::open() {
    open_ = true;
    // Whoever uses one may end us.
    for (const IceCandidate& candidate : std::exchange(waiting_, {})) apply(candidate);
}

void RemoteCandidates::restart() {
    open_ = false;
    told_.clear();
    used_.clear();
    waiting_.clear();
    generation_ = std::make_shared<int>();
}

void RemoteCandidates::close() {
    closed_ = true;
    waiting_.clear();
    generation_.reset();
}

}  // namespace rivero::transport
