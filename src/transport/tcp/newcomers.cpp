// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "transport/tcp/newcomers.hpp"

#include <algorithm>

namespace rivero::transport {

Newcomers::Network Newcomers::network_of(const SocketAddress& remote) {
    Network network{};
    network.back() = remote.ipv6 ? 1 : 0;
    std::copy_n(remote.ip.begin(), remote.ipv6 ? 8 : 4, network.begin());
    return network;
}

void Newcomers::add(const SocketAddress& remote, Time now) {
    networks_[network_of(remote)].push_back({remote, now});
    ++size_;
}

void Newcomers::remove(const SocketAddress& remote) {
    const auto network = networks_.find(network_of(remote));
    if (network == networks_.end()) return;
    size_ -= std::erase_if(network->second, [&](const One& one) { return one.remote == remote; });
    if (network->second.empty()) networks_.erase(network);
}

std::optional<SocketAddress> Newcomers::gives_way_to(const SocketAddress& remote) const {
    const auto own = networks_.find(network_of(remote));
    if (own != networks_.end() && own->second.size() >= kMaxOfNetwork)
        return own->second.front().remote;
    return size_ >= kMax ? first_to_go() : std::nullopt;
}

std::optional<SocketAddress> Newcomers::first_to_go() const {
    const std::vector<One>* most = nullptr;
    for (const auto& [network, ones] : networks_) {
        if (!most || ones.size() > most->size() ||
            (ones.size() == most->size() && ones.front().since < most->front().since))
            most = &ones;
    }
    return most ? std::optional{most->front().remote} : std::nullopt;
}

std::vector<SocketAddress> Newcomers::since(Time then) const {
    std::vector<SocketAddress> found;
    for (const auto& [network, ones] : networks_)
        for (const One& one : ones)
            if (one.since <= then) found.push_back(one.remote);
    return found;
}

std::optional<Time> Newcomers::oldest() const {
    std::optional<Time> oldest;
    for (const auto& [network, ones] : networks_)
        oldest = std::min(oldest.value_or(ones.front().since), ones.front().since);
    return oldest;
}

}  // namespace rivero::transport
