// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/clock.hpp"
#include "transport/udp/socket_address.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace rivero::transport {

/// Connections that nobody has made his own yet, and which of them gives way when too many come.
///
/// The oldest one of the network that has most goes, not the newest: whoever holds connections open
/// keeps out nobody who says at once what he wants. A network is an IPv4 address or an IPv6 /64:
/// that is what one customer has.
class Newcomers {
public:
    static constexpr std::size_t kMax = 128;
    static constexpr std::size_t kMaxOfNetwork = 16;

    void add(const SocketAddress& remote, Time now);
    /// Does nothing if it is not here.
    void remove(const SocketAddress& remote);
    /// Whose connection has to end before one from `remote` is added; nobody's, mostly.
    [[nodiscard]] std::optional<SocketAddress> gives_way_to(const SocketAddress& remote) const;
    /// The oldest one of the network that has most.
    [[nodiscard]] std::optional<SocketAddress> first_to_go() const;
    /// Those that are here since then or longer.
    [[nodiscard]] std::vector<SocketAddress> since(Time then) const;
    [[nodiscard]] std::optional<Time> oldest() const;
    [[nodiscard]] std::size_t size() const { return size_; }

private:
    struct One {
        SocketAddress remote;
        Time since;
    };
    using Network = std::array<std::uint8_t, 9>;
    [[nodiscard]] static Network network_of(const SocketAddress& remote);

    std::map<Network, std::vector<One>> networks_;  ///< none empty; the oldest first
    std::size_t size_ = 0;
};

}  // namespace rivero::transport
