// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/net/listener.hpp"
#include "gateway/net/stream.hpp"

namespace rivero::gateway::net {

/// Serves HTTP on a new connection, until it ends or becomes a WebSocket.
void start_http(Server& server, Stream stream);

}  // namespace rivero::gateway::net
