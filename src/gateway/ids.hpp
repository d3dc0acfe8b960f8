// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rivero/base/units.hpp"

#include <cstdint>
#include <string_view>

namespace rivero::gateway {

/// One life of a media host: a host that was started again has another number.
using HostId = StrongInt<struct HostIdTag, std::uint32_t>;
/// One WebSocket connection of a client.
using ConnectionId = StrongInt<struct ConnectionIdTag, std::uint64_t>;

/// The one object that lives in the gateway.
inline constexpr std::string_view kServerManager = "manager_ServerManager";
/// What refers to an earlier result within a transaction starts with this.
inline constexpr std::string_view kNewref = "newref:";

// Object ids are paths:
// <uuid>_kurento.MediaPipeline/<uuid>_kurento.Composite/<uuid>_kurento.HubPort

/// The id without its last step; empty for a pipeline.
[[nodiscard]] constexpr std::string_view parent_of(std::string_view id) {
    const auto slash = id.rfind('/');
    return slash == std::string_view::npos ? std::string_view{} : id.substr(0, slash);
}
/// The first step, which is the pipeline.
[[nodiscard]] constexpr std::string_view pipeline_of(std::string_view id) {
    return id.substr(0, id.find('/'));
}

}  // namespace rivero::gateway
