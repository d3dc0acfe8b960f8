// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "receive_track.hpp"

#include "rivero/base/clock.hpp"
#include "rivero/media/graph.hpp"
#include "rivero/rtp/header.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace rivero::webrtc {
namespace {

class NoLoop final : public Loop {
public:
    void post(Task task) override { tasks_.push_back(std::move(task)); }
    [[nodiscard]] bool is_current() const override { return true; }
    Timer post_after(Duration, Task) override { return {}; }

private:
    std::vector<Task> tasks_;
};

/// A peer that sends us pictures.
struct ReceiveTrackTest : testing::Test {
    static sdp::NegotiatedSection section(const std::vector<std::string>& rids = {}) {
        sdp::NegotiatedSection s;
        s.kind = MediaType::video;
        s.accepted = s.receive = true;
        sdp::NegotiatedCodec vp8;
        vp8.codec = Codec::vp8;
        vp8.payload_type = PayloadType{96};
        vp8.clock_rate = 90000;
        vp8.feedback.nack = true;
        s.codecs.push_back(vp8);
        for (const auto& rid : rids) s.remote_rids.push_back({rid, false, {}});
        s.simulcast = rids.size() > 1;
        return s;
    }
    void receive(Ssrc ssrc, std::uint16_t seq, const std::string& rid = {}) {
        auto packet = graph.packets.make();
        rtp::HeaderFields fields{SeqNum{seq}, RtpTimestamp{3000u * seq}, ssrc, PayloadType{96},
                                 true};
        const std::size_t size = rtp::write_header(packet->storage(), fields, {}, {});
        const auto payload = packet->storage().subspan(size, 100);
        std::fill(payload.begin(), payload.end(), std::uint8_t{0x11});  // VP8, no first partition
        const auto header = rtp::parse_header(Bytes{packet->storage()}.first(size + 100));
        ASSERT_TRUE(header);
        now += 1ms;
        track.on_packet(now, *header, {}, {0, rid, false}, std::move(packet));
    }
    std::vector<SeqNum> asked_for() {
        now += 50ms;
        std::vector<rtcp::Message> messages;
        track.poll(now, Ssrc{1}, messages);
        for (const auto& message : messages)
            if (const auto* nack = std::get_if<rtcp::GenericNack>(&message)) return nack->lost;
        return {};
    }

    NoLoop loop;
    media::Graph graph{loop};
    rtp::ClockSync clock;
    std::shared_ptr<media::Source> source =
        std::make_shared<media::Source>(graph, MediaType::video, media::Source::Upstream{});
    ReceiveTrack track{MediaType::video, source, clock, graph.packets};
    Time now = Clock::now();
};

TEST_F(ReceiveTrackTest, EncodingsOfAnOldDescriptionAreNotLookedUpInTheNewOne) {
    track.configure(section({"a", "b", "c"}));
    receive(Ssrc{10}, 1, "a");
    receive(Ssrc{11}, 1, "b");
    receive(Ssrc{12}, 1, "c");
    ASSERT_EQ(track.stats().size(), 3u);
    track.configure(section({"c", "d"}));
    for (const auto& stream : track.stats()) EXPECT_NE(stream.rid, "d");
    receive(Ssrc{12}, 2, "c");
    const auto stats = track.stats();
    ASSERT_EQ(stats.size(), 1u);
    EXPECT_EQ(stats[0].rid, "c");
    EXPECT_EQ(source->encodings()->count(), 2u);
    track.configure(section());
    EXPECT_TRUE(track.stats().empty());
    receive(Ssrc{12}, 3);
    ASSERT_EQ(track.stats().size(), 1u);
    EXPECT_EQ(track.stats()[0].rid, "");
}

TEST_F(ReceiveTrackTest, TheSameEncodingsGoOnAfterANegotiation) {
    track.configure(section({"a", "b"}));
    receive(Ssrc{10}, 1, "a");
    receive(Ssrc{11}, 1, "b");
    track.configure(section({"a", "b"}));
    ASSERT_EQ(track.stats().size(), 2u);
    EXPECT_EQ(track.stats()[0].counters.packets, 1u);
}

TEST_F(ReceiveTrackTest, WhetherLostPacketsAreAskedForFollowsEachNegotiation) {
    auto without = section();
    without.codecs[0].feedback.nack = false;
    track.configure(section());
    receive(Ssrc{10}, 1);
    receive(Ssrc{10}, 3);
    EXPECT_EQ(asked_for(), std::vector{SeqNum{2}});
    track.configure(without);
    receive(Ssrc{10}, 5);
    EXPECT_EQ(asked_for(), std::vector<SeqNum>{});
    track.configure(section());
    receive(Ssrc{10}, 7);
    EXPECT_EQ(asked_for(), std::vector<SeqNum>{}) << "what went by meanwhile is not asked for";
    receive(Ssrc{10}, 9);
    EXPECT_EQ(asked_for(), std::vector{SeqNum{8}});
}

}  // namespace
}  // namespace rivero::webrtc
