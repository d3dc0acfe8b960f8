// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "sdp/candidate.hpp"

#include <gtest/gtest.h>

namespace rivero::sdp {
namespace {

class CandidateText : public testing::TestWithParam<const char*> {};

TEST_P(CandidateText, ReadsAndPrintsTheSame) {
    const auto candidate = parse_candidate(GetParam());
    ASSERT_TRUE(candidate) << candidate.error().message;
    EXPECT_EQ(print(*candidate), GetParam());
}

INSTANTIATE_TEST_SUITE_P(
    Rfc8839, CandidateText,
    testing::Values(
        "candidate:1 1 udp 2130706431 192.0.2.1 50000 typ host",
        "candidate:3148812946 1 udp 2122194687 127.0.0.1 59928 typ host generation 0 network-id 3 "
        "network-cost 50",
        "candidate:1467250027 1 udp 2122260223 0d5e7a42-3b2b-4c5d-8d64-1e2a6ef0bb3b.local 46154 "
        "typ "
        "host generation 0 ufrag LrpI network-cost 999",
        "candidate:2 2 udp 1694498815 2001:db8::1 5000 typ srflx raddr fe80::1%eth0 rport 6000",
        "candidate:r/+x 1 tcp 1518214911 127.0.0.1 9 typ host tcptype active generation 0",
        "candidate:4 1 tcp 1518214911 127.0.0.1 443 typ relay raddr 0.0.0.0 rport 0 tcptype so",
        "candidate:5 1 udp 1 192.0.2.1 0 typ prflx raddr 192.0.2.9 rport 1 last"));

TEST(Candidate, IsReadWithAndWithoutItsPrefixes) {
    const auto bare = parse_candidate("1 1 UDP 5 192.0.2.1 50000 typ host");
    ASSERT_TRUE(bare);
    EXPECT_EQ(parse_candidate("candidate:1 1 udp 5 192.0.2.1 50000 typ host"), *bare);
    EXPECT_EQ(parse_candidate("a=candidate:1 1 udp 5 192.0.2.1 50000 typ host "), *bare);
    EXPECT_EQ(bare->transport, CandidateTransport::udp);
    EXPECT_EQ(bare->priority, 5u);
}

TEST(Candidate, KnowsMdnsNamesAndExtensions) {
    const auto hidden =
        parse_candidate("candidate:1 1 udp 5 abc-def.local 50000 typ host ufrag x y z");
    ASSERT_TRUE(hidden);
    EXPECT_TRUE(hidden->is_mdns());
    EXPECT_EQ(hidden->extension("ufrag"), "x");
    EXPECT_EQ(hidden->extension("nothing"), std::nullopt);
}

struct BadCandidate {
    const char* name;
    const char* text;
    const char* error;
};
class BadCandidateTest : public testing::TestWithParam<BadCandidate> {};

TEST_P(BadCandidateTest, SaysWhatIsWrong) {
    const auto candidate = parse_candidate(GetParam().text);
    ASSERT_FALSE(candidate);
    EXPECT_EQ(candidate.error().message, GetParam().error);
}

INSTANTIATE_TEST_SUITE_P(
    Rfc8839, BadCandidateTest,
    testing::Values(
        BadCandidate{"Empty", "", "candidate: foundation is 1 to 64 letters and digits, not ''"},
        BadCandidate{"Component", "1 0 udp 5 192.0.2.1 5 typ host",
                     "candidate: component is 1 to 256, not '0'"},
        BadCandidate{"Transport", "1 1 sctp 5 192.0.2.1 5 typ host",
                     "candidate: transport is udp or tcp, not 'sctp'"},
        BadCandidate{"Priority", "1 1 udp 4294967296 192.0.2.1 5 typ host",
                     "candidate: priority is a 32 bit number, not '4294967296'"},
        BadCandidate{"Address", "1 1 udp 5 a;b 5 typ host", "candidate: this is no address: 'a;b'"},
        BadCandidate{"Port", "1 1 udp 5 192.0.2.1 65536 typ host",
                     "candidate: port is 0 to 65535, not '65536'"},
        BadCandidate{"Typ", "1 1 udp 5 192.0.2.1 5 host", "candidate: 'typ' expected, not 'host'"},
        BadCandidate{"Type", "1 1 udp 5 192.0.2.1 5 typ x",
                     "candidate: type is host, srflx, prflx or relay, not 'x'"},
        BadCandidate{"TcpType", "1 1 tcp 5 192.0.2.1 5 typ host tcptype x",
                     "candidate: tcptype is active, passive or so, not 'x'"},
        BadCandidate{"RelatedPort", "1 1 udp 5 192.0.2.1 5 typ srflx raddr 192.0.2.1 rport",
                     "candidate: rport is 0 to 65535, not ''"}),
    [](auto& row) { return row.param.name; });

}  // namespace
}  // namespace rivero::sdp
