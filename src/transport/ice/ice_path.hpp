// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "transport/udp/socket_address.hpp"

namespace rivero::transport {

/// Where a datagram leaves or came in: UDP between two addresses, or an ICE-TCP connection that the
/// peer opened.
struct IcePath {
    SocketAddress local;
    SocketAddress remote;
    bool tcp = false;
    friend bool operator==(const IcePath&, const IcePath&) = default;
};

}  // namespace rivero::transport
