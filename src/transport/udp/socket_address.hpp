// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

struct sockaddr;
struct sockaddr_storage;

namespace rivero::transport {

/// An IP address and a port, as a value. IPv4 addresses use the first four bytes.
struct SocketAddress {
    std::array<std::uint8_t, 16> ip{};
    std::uint16_t port = 0;
    bool ipv6 = false;

    /// @param text numeric, IPv4 or IPv6 without scope; empty for anything else
    [[nodiscard]] static std::optional<SocketAddress> parse(std::string_view text,
                                                            std::uint16_t port);
    [[nodiscard]] static SocketAddress from(const sockaddr& native);
    /// @return the size of what was written
    std::size_t write(sockaddr_storage& native) const;

    /// The address without its port.
    [[nodiscard]] std::string ip_text() const;
    [[nodiscard]] std::string text() const;  ///< 127.0.0.1:5, [::1]:5

    [[nodiscard]] std::size_t hash() const {
        // FNV-1a over words; whoever can choose addresses can also choose a slow table, so tables
        // of these are bounded.
        std::uint64_t value = 0xcbf29ce484222325U ^ port;
        for (std::size_t i = 0; i < (ipv6 ? ip.size() : 4); i += 4) {
            std::uint32_t word = 0;
            for (std::size_t k = 0; k < 4; ++k) word = word << 8 | ip[i + k];
            value = (value ^ word) * 0x100000001b3U;
            value ^= value >> 29;
        }
        return static_cast<std::size_t>(value * 0x9e3779b97f4a7c15U >> 20);
    }
    friend bool operator==(const SocketAddress&, const SocketAddress&) = default;
};

}  // namespace rivero::transport

template <>
struct std::hash<rivero::transport::SocketAddress> {
    std::size_t operator()(const rivero::transport::SocketAddress& a) const { return a.hash(); }
};
