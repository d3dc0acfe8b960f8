// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "transport/udp/socket_address.hpp"

#include <arpa/inet.h>
#include <cstring>
#include <netinet/in.h>
#include <sys/socket.h>

namespace rivero::transport {

std::optional<SocketAddress> SocketAddress::parse(std::string_view text, std::uint16_t port) {
    const std::string copy{text};
    SocketAddress address;
    address.port = port;
    address.ipv6 = copy.find(':') != std::string::npos;
    if (inet_pton(address.ipv6 ? AF_INET6 : AF_INET, copy.c_str(), address.ip.data()) != 1)
        return std::nullopt;
    return address;
}

SocketAddress SocketAddress::from(const sockaddr& native) {
    SocketAddress address;
    if (native.sa_family == AF_INET6) {
        const auto& in = reinterpret_cast<const sockaddr_in6&>(native);
        address.ipv6 = true;
        std::memcpy(address.ip.data(), &in.sin6_addr, 16);
        address.port = ntohs(in.sin6_port);
    } else {
        const auto& in = reinterpret_cast<const sockaddr_in&>(native);
        std::memcpy(address.ip.data(), &in.sin_addr, 4);
        address.port = ntohs(in.sin_port);
    }
    return address;
}

std::size_t SocketAddress::write(sockaddr_storage& native) const {
    if (ipv6) {
        sockaddr_in6 in{};
        in.sin6_family = AF_INET6;
        std::memcpy(&in.sin6_addr, ip.data(), 16);
        in.sin6_port = htons(port);
        std::memcpy(&native, &in, sizeof in);
        return sizeof in;
    }
    sockaddr_in in{};
    in.sin_family = AF_INET;
    std::memcpy(&in.sin_addr, ip.data(), 4);
    in.sin_port = htons(port);
    std::memcpy(&native, &in, sizeof in);
    return sizeof in;
}

std::string SocketAddress::ip_text() const {
    std::array<char, INET6_ADDRSTRLEN> text{};
    inet_ntop(ipv6 ? AF_INET6 : AF_INET, ip.data(), text.data(), text.size());
    return text.data();
}

std::string SocketAddress::text() const {
    return (ipv6 ? "[" + ip_text() + "]" : ip_text()) + ":" + std::to_string(port);
}

}  // namespace rivero::transport
