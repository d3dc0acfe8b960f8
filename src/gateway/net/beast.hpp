// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/net/asio.hpp"

#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>

namespace rivero::gateway::net {
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using HttpRequest = http::request<http::string_body>;
}  // namespace rivero::gateway::net
