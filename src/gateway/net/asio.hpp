// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// The one place that includes Boost.Asio. Asio 1.74 uses std::exchange without its header, which
// C++20 makes visible: <utility> comes first.
// clang-format off
#include <utility>
#include <boost/asio.hpp>
// clang-format on

namespace rivero::gateway::net {
namespace asio = boost::asio;
using boost::system::error_code;
}  // namespace rivero::gateway::net
