// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "transport/ice/remote_candidates.hpp"

#include "glib_test_loop.hpp"
#include "transport/ice/host_resolver.hpp"

#include <gtest/gtest.h>

#include <mutex>

namespace rivero::transport {
namespace {

IceCandidate udp(const std::string& address, std::uint16_t port = 5000) {
    IceCandidate candidate;
    candidate.foundation = "1";
    candidate.address = address;
    candidate.port = port;
    return candidate;
}

class RemoteCandidatesTest : public testing::Test {
protected:
    RemoteCandidates make(RemoteCandidates::Settings settings = {}) {
        return {loop, resolver, settings, ignored, [this](const IceCandidate& candidate) {
                    used.push_back(candidate.address + ':' + std::to_string(candidate.port));
                }};
    }
    std::vector<std::string> asked_for() {
        std::lock_guard lock{mutex};
        return asked;
    }

    GlibTestLoop loop;
    std::mutex mutex;
    std::vector<std::string> asked;  // on the resolver's threads
    HostResolver resolver{[this](const std::string& host) {
                              std::lock_guard lock{mutex};
                              asked.push_back(host);
                              return std::vector<std::string>{"192.0.2.1"};
                          },
                          1};
    std::uint64_t ignored = 0;
    std::vector<std::string> used;
};

TEST_F(RemoteCandidatesTest, WaitUntilTheyCanBeUsedAndGoOnce) {
    auto candidates = make();
    EXPECT_TRUE(candidates.add(udp("192.0.2.7")));
    EXPECT_TRUE(candidates.add(udp("192.0.2.7")));
    EXPECT_TRUE(used.empty());
    candidates.open();
    EXPECT_EQ(used, (std::vector<std::string>{"192.0.2.7:5000"}));
    EXPECT_TRUE(candidates.add(udp("192.0.2.7")));
    EXPECT_TRUE(candidates.add(udp("192.0.2.7", 5001)));
    EXPECT_EQ(used.size(), 2U);
    EXPECT_EQ(ignored, 2U);
    candidates.restart();
    EXPECT_TRUE(candidates.add(udp("192.0.2.7")));
    EXPECT_EQ(used.size(), 2U) << "of the new generation: it waits";
    candidates.open();
    EXPECT_EQ(used.size(), 3U);
}

TEST_F(RemoteCandidatesTest, OnlyMdnsNamesAreLookedUp) {
    auto candidates = make();
    candidates.open();
    for (const char* name : {"example.org", "local", ".local", "a.b.local", "a.localhost",
                             "x.local.example.org", "printer.locale"}) {
        EXPECT_TRUE(candidates.add(udp(name))) << name;
    }
    EXPECT_EQ(ignored, 7U);
    EXPECT_TRUE(candidates.add(udp("1f4712db-ea17-4bcf-a596-105139dfd8bf.local")));
    EXPECT_TRUE(candidates.add(udp("A.LOCAL", 5001)));
    EXPECT_TRUE(loop.run_until([&] { return used.size() == 2; }));
    EXPECT_EQ(asked_for(),
              (std::vector<std::string>{"1f4712db-ea17-4bcf-a596-105139dfd8bf.local", "A.LOCAL"}));
}

TEST_F(RemoteCandidatesTest, AnyNameIsLookedUpWhereThatIsWanted) {
    auto candidates = make({.any_name = true});
    candidates.open();
    EXPECT_TRUE(candidates.add(udp("example.org")));
    EXPECT_TRUE(loop.run_until([&] { return used.size() == 1; }));
    EXPECT_EQ(used[0], "192.0.2.1:5000");
    // Another name of the same address.
    EXPECT_TRUE(candidates.add(udp("www.example.org")));
    EXPECT_TRUE(loop.run_until([&] { return ignored == 1; }));
    EXPECT_EQ(used.size(), 1U);
}

TEST_F(RemoteCandidatesTest, AnswersThatComeTooLateAreDropped) {
    {
        auto gone = make();
        gone.open();
        EXPECT_TRUE(gone.add(udp("a.local")));
    }
    auto candidates = make();
    candidates.open();
    EXPECT_TRUE(candidates.add(udp("b.local")));
    candidates.restart();
    EXPECT_TRUE(candidates.add(udp("c.local")));
    candidates.open();
    EXPECT_TRUE(loop.run_until([&] { return used.size() == 1 && asked_for().size() == 3; }));
    loop.settle();
    EXPECT_EQ(used.size(), 1U);
}

TEST_F(RemoteCandidatesTest, AreBounded) {
    auto candidates = make({.tcp = true});
    for (std::uint16_t i = 0; i < 1000; ++i) {
        IceCandidate candidate = udp("192.0.2.1", static_cast<std::uint16_t>(i + 1));
        candidate.tcp = i % 2 == 0;
        EXPECT_TRUE(candidates.add(candidate));
    }
    EXPECT_EQ(ignored, 1000 - RemoteCandidates::kMax);
    IceCandidate second = udp("192.0.2.1");
    second.component = 2;
    EXPECT_TRUE(candidates.add(second));
    EXPECT_FALSE(candidates.add(udp("192.0.2.1", 0)));
    candidates.open();
    EXPECT_EQ(used.size(), RemoteCandidates::kMax);
}

}  // namespace
}  // namespace rivero::transport
