// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "transport/tcp/newcomers.hpp"

#include <gtest/gtest.h>

#include <string>

namespace rivero::transport {
namespace {

class NewcomersTest : public testing::Test {
protected:
    static SocketAddress from(const std::string& ip, int port) {
        return *SocketAddress::parse(ip, static_cast<std::uint16_t>(port));
    }
    /// One that comes now. @return who had to go for it
    std::optional<SocketAddress> comes(const SocketAddress& remote) {
        const auto other = newcomers.gives_way_to(remote);
        if (other) newcomers.remove(*other);
        newcomers.add(remote, now += 1ms);
        return other;
    }
    Newcomers newcomers;
    Time now{1h};
};

TEST_F(NewcomersTest, OfOneAddressTheOldestGives) {
    for (int i = 0; i < 16; ++i) EXPECT_EQ(comes(from("192.0.2.1", 100 + i)), std::nullopt);
    EXPECT_EQ(comes(from("192.0.2.1", 200)), from("192.0.2.1", 100));
    EXPECT_EQ(comes(from("192.0.2.2", 200)), std::nullopt);
    EXPECT_EQ(newcomers.size(), 17U);
}

TEST_F(NewcomersTest, AllAddressesOfAnIpv6NetworkAreOne) {
    for (int i = 0; i < 16; ++i)
        EXPECT_EQ(comes(from("2001:db8::" + std::to_string(i), 100)), std::nullopt);
    EXPECT_EQ(comes(from("2001:db8::aaaa:1", 100)), from("2001:db8::0", 100));
    EXPECT_EQ(comes(from("2001:db8:0:1::1", 100)), std::nullopt);
}

TEST_F(NewcomersTest, WhoHasMostGivesWayToWhoComesNew) {
    comes(from("192.0.2.200", 1));
    for (int i = 0; i < 127; ++i) comes(from("192.0.2." + std::to_string(1 + i / 16), 100 + i));
    ASSERT_EQ(newcomers.size(), Newcomers::kMax);
    for (int i = 0; i < 20; ++i) {
        const auto gone = comes(from("198.51.100." + std::to_string(i), 100));
        ASSERT_TRUE(gone);
        EXPECT_NE(*gone, from("192.0.2.200", 1)) << "the oldest of all, but the only one there";
        EXPECT_EQ(gone->ip[0], 192);
    }
    EXPECT_EQ(newcomers.size(), Newcomers::kMax);
}

TEST_F(NewcomersTest, TellsWhoIsThereForTooLong) {
    const auto first = from("192.0.2.1", 1), second = from("2001:db8::1", 1);
    EXPECT_EQ(newcomers.oldest(), std::nullopt);
    comes(first);
    comes(second);
    EXPECT_EQ(newcomers.oldest(), now - 1ms);
    EXPECT_EQ(newcomers.since(now - 1ms), std::vector{first});
    newcomers.remove(first);
    newcomers.remove(first);
    EXPECT_EQ(newcomers.oldest(), now);
    EXPECT_EQ(newcomers.since(now), std::vector{second});
    EXPECT_EQ(newcomers.size(), 1U);
}

}  // namespace
}  // namespace rivero::transport
