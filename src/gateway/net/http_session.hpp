// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/net/listener.hpp"

namespace rivero::gateway::net {

/// Serves HTTP on a new connection, until it ends or becomes a WebSocket.
void start_http(Server& server, asio::ip::tcp::socket socket);

}  // namespace rivero::gateway::net
