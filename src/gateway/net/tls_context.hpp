// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/net/asio.hpp"
#include "gateway/net/tls.hpp"

#include <boost/asio/ssl.hpp>

namespace rivero::gateway::net {

/// A certificate as OpenSSL wants it. Shared by the connections that were made with it.
struct TlsContext {
    asio::ssl::context ssl{asio::ssl::context::tls_server};
};

}  // namespace rivero::gateway::net
