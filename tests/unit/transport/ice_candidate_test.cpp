// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "transport/ice/ice_candidate.hpp"

#include "transport/ice/ice_settings.hpp"
#include "transport/ice/local_addresses.hpp"

#include <gtest/gtest.h>

namespace rivero::transport {
namespace {

TEST(IceCandidate, ReadsAndWritesEveryField) {
    const char* text =
        "candidate:842163049 1 UDP 1677729535 203.0.113.7 46154 typ srflx raddr 10.0.1.5 rport "
        "46154";
    auto candidate = IceCandidate::parse(text);
    ASSERT_TRUE(candidate) << candidate.error().message;
    EXPECT_EQ(candidate->foundation, "842163049");
    EXPECT_EQ(candidate->component, 1);
    EXPECT_FALSE(candidate->tcp);
    EXPECT_EQ(candidate->priority, 1677729535U);
    EXPECT_EQ(candidate->address, "203.0.113.7");
    EXPECT_EQ(candidate->port, 46154);
    EXPECT_EQ(candidate->type, IceCandidateType::srflx);
    EXPECT_EQ(candidate->related_address, "10.0.1.5");
    EXPECT_EQ(candidate->text(), text);
}

TEST(IceCandidate, TakesNothingButAnAddressForTheRelatedOne) {
    for (const char* address : {"1.2.3.4\r", "1.2.3.4\r\na=setup:active", "a/b", "\x07"}) {
        const auto text = std::string{"candidate:1 1 UDP 1 203.0.113.7 9 typ srflx raddr "} +
                          address + " rport 9";
        auto candidate = IceCandidate::parse(text);
        ASSERT_TRUE(candidate) << candidate.error().message;
        EXPECT_EQ(candidate->related_address, std::nullopt) << text;
    }
    auto candidate =
        IceCandidate::parse("candidate:1 1 UDP 1 203.0.113.7 9 typ srflx raddr :: rport 9");
    ASSERT_TRUE(candidate);
    EXPECT_EQ(candidate->related_address, "::");
}

struct GoodCase {
    const char* name;
    const char* text;
    bool host_name;
};
class GoodCandidateTest : public testing::TestWithParam<GoodCase> {};
TEST_P(GoodCandidateTest, IsRead) {
    auto candidate = IceCandidate::parse(GetParam().text);
    ASSERT_TRUE(candidate) << candidate.error().message;
    EXPECT_EQ(candidate->has_host_name(), GetParam().host_name);
    EXPECT_EQ(IceCandidate::parse(candidate->text())->text(), candidate->text());
}
INSTANTIATE_TEST_SUITE_P(
    Browsers, GoodCandidateTest,
    testing::Values(
        GoodCase{
            "Chromium",
            "candidate:842163049 1 udp 2122260223 192.168.1.7 53412 typ host generation 0 ufrag "
            "EsAw network-id 1 network-cost 10",
            false},
        GoodCase{
            "ChromiumMdns",
            "candidate:1 1 udp 2113937151 1f4712db-ea17-4bcf-a596-105139dfd8bf.local 54596 typ "
            "host generation 0 ufrag EsAw",
            true},
        GoodCase{"FirefoxTcp", "candidate:1 1 TCP 2105524479 192.168.1.7 9 typ host tcptype active",
                 false},
        GoodCase{"Ipv6InAnSdpLine", "a=candidate:5 1 UDP 2122055679 2001:db8::1 50000 typ host\r\n",
                 false}),
    [](const auto& row) { return row.param.name; });

class BadCandidateTest : public testing::TestWithParam<const char*> {};
TEST_P(BadCandidateTest, IsRefused) {
    EXPECT_FALSE(IceCandidate::parse(GetParam()));
}
INSTANTIATE_TEST_SUITE_P(
    Garbage, BadCandidateTest,
    testing::Values(
        "", "candidate:", "garbage", "candidate:1", "candidate:1 1 UDP 1 1.2.3.4",
        "candidate:1 1 UDP 1 1.2.3.4 99999 typ host",
        "candidate:1 1 UDP 99999999999 1.2.3.4 5 typ host",
        "candidate:1 0 UDP 1 1.2.3.4 5 typ host", "candidate:1 1 SCTP 1 1.2.3.4 5 typ host",
        "candidate:1 1 UDP 1 1.2.3.4 5 typ alien", "candidate:1 1 UDP 1 1.2.3.4 5 host",
        "candidate:1 1 TCP 1 1.2.3.4 5 typ host", "candidate:1 1 UDP -1 1.2.3.4 5 typ host",
        "candidate:1 1 UDP 1 fe80::1%eth0 5 typ host", "candidate:1 1 UDP 1 a;b 5 typ host",
        "candidate:123456789012345678901234567890123 1 UDP 1 1.2.3.4 5 typ host"));

TEST(IceCandidate, RefusesALineOfAMegabyte) {
    EXPECT_FALSE(IceCandidate::parse("candidate:" + std::string(1'000'000, ' ')));
}

TEST(IceCredentials, AreRandomAndValid) {
    auto one = IceCredentials::generate();
    EXPECT_TRUE(one.valid());
    EXPECT_NE(one.pwd, IceCredentials::generate().pwd);
    EXPECT_FALSE((IceCredentials{"abc", one.pwd}.valid()));
    EXPECT_FALSE((IceCredentials{one.ufrag, "short"}.valid()));
    EXPECT_FALSE((IceCredentials{"abcd:", one.pwd}.valid()));
}

TEST(TurnServer, ReadsTheUrlWithAllItsParts) {
    auto server = TurnServer::parse("user:p@ss:word@turn.example.org:5349?transport=tls");
    ASSERT_TRUE(server) << server.error().message;
    EXPECT_EQ(server->user, "user");
    EXPECT_EQ(server->password, "p@ss:word");
    EXPECT_EQ(server->host, "turn.example.org");
    EXPECT_EQ(server->port, 5349);
    EXPECT_EQ(server->transport, TurnTransport::tls);

    auto ipv6 = TurnServer::parse("u:p@[2001:db8::1]");
    ASSERT_TRUE(ipv6);
    EXPECT_EQ(ipv6->host, "2001:db8::1");
    EXPECT_EQ(ipv6->port, 3478);
    EXPECT_EQ(ipv6->transport, TurnTransport::udp);
}

TEST(TurnServer, RefusesWhatItCannotRead) {
    for (const char* url : {"", "host:3478", "user@host", ":p@host", "u:p@", "u:p@h:0",
                            "u:p@h:99999", "u:p@h?transport=quic", "u:p@[::1", "u:p@[::1]x"}) {
        EXPECT_FALSE(TurnServer::parse(url)) << url;
    }
}

struct AddressCase {
    const char* name;
    std::vector<LocalAddress> all;
    std::vector<std::string> interfaces;
    bool include_loopback;
    std::vector<std::string> chosen;
};
class ChooseAddressesTest : public testing::TestWithParam<AddressCase> {};
TEST_P(ChooseAddressesTest, Offers) {
    IceSettings settings;
    settings.interfaces = GetParam().interfaces;
    settings.include_loopback = GetParam().include_loopback;
    std::vector<std::string> chosen;
    for (const auto& address : choose_addresses(GetParam().all, settings)) {
        chosen.push_back(address.address);
    }
    EXPECT_EQ(chosen, GetParam().chosen);
}
const std::vector<LocalAddress> kHost{
    {"lo", "127.0.0.1", false, true, false}, {"eth0", "192.0.2.2", false, false, false},
    {"lo", "::1", true, true, false},        {"eth0", "2001:db8::2", true, false, false},
    {"eth0", "fe80::2", true, false, true},  {"eth1", "198.51.100.3", false, false, false}};
const std::vector<LocalAddress> kOnlyLoopback{{"lo", "127.0.0.1", false, true, false},
                                              {"eth0", "fe80::2", true, false, true}};
INSTANTIATE_TEST_SUITE_P(
    Interfaces, ChooseAddressesTest,
    testing::Values(
        AddressCase{
            "AllButLoopback", kHost, {}, false, {"192.0.2.2", "2001:db8::2", "198.51.100.3"}},
        AddressCase{"WithLoopback",
                    kHost,
                    {},
                    true,
                    {"127.0.0.1", "192.0.2.2", "::1", "2001:db8::2", "198.51.100.3"}},
        AddressCase{
            "AllAddressesOfANamedOne", kHost, {"eth0"}, false, {"192.0.2.2", "2001:db8::2"}},
        AddressCase{"LoopbackByName", kHost, {"lo"}, false, {"127.0.0.1", "::1"}},
        AddressCase{"LoopbackWhenThereIsNothingElse", kOnlyLoopback, {}, false, {"127.0.0.1"}},
        AddressCase{"UnknownName", kHost, {"eth7"}, true, {}}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace rivero::transport
