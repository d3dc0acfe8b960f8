// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "transport/ice/local_addresses.hpp"

#include "transport/ice/ice_settings.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <ifaddrs.h>
#include <memory>
#include <net/if.h>

namespace rivero::transport {
namespace {

// Each address costs sockets and candidate pairs, for every connection.
constexpr std::size_t kMaxAddresses = 32;

bool is_link_local_ipv4(const in_addr& address) {
    return (ntohl(address.s_addr) & 0xffff0000) == 0xa9fe0000;  // 169.254.0.0/16, RFC 3927
}

}  // namespace

std::vector<LocalAddress> system_addresses() {
    ifaddrs* list = nullptr;
    if (getifaddrs(&list) != 0) return {};
    std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owned{list, freeifaddrs};
    std::vector<LocalAddress> addresses;
    for (const ifaddrs* one = list; one; one = one->ifa_next) {
        if (!one->ifa_addr || !(one->ifa_flags & IFF_UP)) continue;
        LocalAddress local;
        local.interface = one->ifa_name;
        local.loopback = (one->ifa_flags & IFF_LOOPBACK) != 0;
        std::array<char, INET6_ADDRSTRLEN> text{};
        const void* address = nullptr;
        const int family = one->ifa_addr->sa_family;
        if (family == AF_INET) {
            const auto* ip = &reinterpret_cast<const sockaddr_in*>(one->ifa_addr)->sin_addr;
            local.link_local = is_link_local_ipv4(*ip);
            address = ip;
        } else if (family == AF_INET6) {
            const auto* ip = &reinterpret_cast<const sockaddr_in6*>(one->ifa_addr)->sin6_addr;
            local.ipv6 = true;
            local.link_local = IN6_IS_ADDR_LINKLOCAL(ip);
            address = ip;
        } else {
            continue;
        }
        if (!inet_ntop(family, address, text.data(), text.size())) continue;
        local.address = text.data();
        addresses.push_back(std::move(local));
    }
    return addresses;
}

std::vector<LocalAddress> choose_addresses(std::vector<LocalAddress> all,
                                           const IceSettings& settings) {
    const auto& names = settings.interfaces;
    std::erase_if(all, [&](const LocalAddress& a) {
        const bool named = std::find(names.begin(), names.end(), a.interface) != names.end();
        return a.link_local || (a.ipv6 && !settings.ipv6) || (!names.empty() && !named);
    });
    const bool only_loopback =
        std::all_of(all.begin(), all.end(), [](const LocalAddress& a) { return a.loopback; });
    if (names.empty() && !settings.include_loopback && !only_loopback) {
        std::erase_if(all, [](const LocalAddress& a) { return a.loopback; });
    }
    if (all.size() > kMaxAddresses) all.resize(kMaxAddresses);
    return all;
}

}  // namespace rivero::transport
