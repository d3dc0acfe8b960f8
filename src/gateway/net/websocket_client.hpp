// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/net/beast.hpp"
#include "gateway/net/listener.hpp"
#include "gateway/net/stream.hpp"

namespace rivero::gateway::net {

/// Answers the handshake and connects the client to the gateway.
/// @param wrong_path the client is told by a close frame (1002, "Invalid path"), as Kurento does:
///        browsers hide the status of a refused handshake from scripts
void start_websocket(Server& server, Counted counted, Stream stream, const HttpRequest& request,
                     bool wrong_path);

}  // namespace rivero::gateway::net
