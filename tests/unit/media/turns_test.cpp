// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "base/epoll_loop.hpp"
#include "rivero/gst/init.hpp"
#include "rivero/media/graph.hpp"
#include "rivero/media/source.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace rivero::media {
namespace {

using Log = std::vector<std::string>;

/// Writes what it gets into a log that it shares with others.
class Named final : public Sink {
public:
    Named(std::string name, Log& log) : Sink{MediaType::video}, name_{std::move(name)}, log_{log} {}
    std::vector<Acceptable> accepts() const override { return {Acceptable::rtp(Codec::vp8)}; }
    void on_packet(const rtp::PacketPtr& packet) override {
        log_.push_back(name_ + std::to_string(packet->seq.value));
        if (on_any) on_any(packet);
    }
    std::function<void(const rtp::PacketPtr&)> on_any;

private:
    std::string name_;
    Log& log_;
};

class TurnsTest : public testing::Test {
protected:
    TurnsTest() {
        gst::initialise();
        loop.adopt_thread();
        graph.hand_out_by_turns(loop);
        source.set_format({MediaType::video, Packing::rtp, Codec::vp8, {}, 1, false, {}});
        source.attach(a);
        source.attach(b);
    }
    ~TurnsTest() override { graph.stop(); }
    void push(std::int64_t seq) {
        auto packet = graph.packets.make();
        packet->seq = ExtSeqNum{seq};
        packet->set_payload(0, 1);
        source.push(packet);
    }

    EpollLoop loop;
    Graph graph{loop};
    Log log;
    Source source{graph, MediaType::video, {}};
    Named a{"a", log}, b{"b", log}, c{"c", log};
};

TEST_F(TurnsTest, EachReceiverGetsAllPacketsOfATurnInOneGo) {
    push(1);
    push(2);
    EXPECT_EQ(log, Log{});
    EXPECT_TRUE(a.find_packet(ExtSeqNum{2})) << "for whoever asks again";
    loop.turn(false);
    EXPECT_EQ(log, (Log{"a1", "a2", "b1", "b2"}));
    loop.turn(false);
    EXPECT_EQ(log.size(), 4u);
}

TEST_F(TurnsTest, WhoComesDoesNotGetWhatCameBeforeHim) {
    push(1);
    source.attach(c);
    EXPECT_EQ(log, (Log{"a1", "b1"}));
    push(2);
    loop.turn(false);
    EXPECT_EQ(log, (Log{"a1", "b1", "a2", "b2", "c2"}));
}

TEST_F(TurnsTest, TheNewestIsWhatWasHandedOutBefore) {
    std::vector<std::optional<ExtSeqNum>> newest;
    b.on_any = [&](const rtp::PacketPtr&) { newest.push_back(b.newest()); };
    push(3);
    push(2);
    push(5);
    loop.turn(false);
    push(4);
    loop.turn(false);
    using Newest = std::optional<ExtSeqNum>;
    EXPECT_EQ(newest, (std::vector<Newest>{Newest{}, ExtSeqNum{3}, ExtSeqNum{3}, ExtSeqNum{5}}));
    source.switched();
    EXPECT_EQ(b.newest(), std::nullopt) << "the numbers begin anew";
}

TEST_F(TurnsTest, WhoLeavesWhileHeIsServedGetsNoMoreAndTheOthersDo) {
    a.on_any = [&](const rtp::PacketPtr&) { source.detach(a); };
    push(1);
    push(2);
    loop.turn(false);
    EXPECT_EQ(log, (Log{"a1", "b1", "b2"}));
}

TEST_F(TurnsTest, WhatAReceiverPushesIsHandedOutInTheSameTurn) {
    a.on_any = [&](const rtp::PacketPtr& packet) {
        if (packet->seq.value == 1) push(7);
    };
    push(1);
    loop.turn(false);
    EXPECT_EQ(log, (Log{"a1", "b1", "a7", "b7"}));
}

TEST_F(TurnsTest, ASourceThatEndsLeavesNothingBehind) {
    {
        Source brief{graph, MediaType::video, {}};
        brief.set_format({MediaType::video, Packing::rtp, Codec::vp8, {}, 1, false, {}});
        brief.push(graph.packets.make());
    }
    loop.turn(false);
    EXPECT_EQ(log, Log{});
    EXPECT_EQ(graph.packets.in_use(), 0u);
}

}  // namespace
}  // namespace rivero::media
