// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace rivero::transport {

struct LocalAddress {
    std::string interface;
    std::string address;  ///< numeric
    bool ipv6 = false;
    bool loopback = false;
    bool link_local = false;
};

/// Of all interfaces that are up, IPv4 and IPv6, in the system's order.
[[nodiscard]] std::vector<LocalAddress> system_addresses();

struct IceSettings;

/// Those to be offered. Link-local ones never: they mean nothing without their interface, which a
/// candidate cannot name. Loopback when the settings ask for it, by flag or by name of the
/// interface, or when there is nothing else.
[[nodiscard]] std::vector<LocalAddress> choose_addresses(std::vector<LocalAddress> all,
                                                         const IceSettings& settings);

}  // namespace rivero::transport
