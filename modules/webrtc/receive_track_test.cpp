// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "receive_track.hpp"

#include "rivero/base/clock.hpp"
#include "rivero/media/graph.hpp"
#include "rivero/rtp/header.hpp"
#include "turned_loop.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace rivero::webrtc {
namespace {

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
    /// @param original of a retransmission: the number that it repairs
    void receive(Ssrc ssrc, std::uint16_t seq, const std::string& rid = {},
                 std::optional<std::uint16_t> original = {}) {
        receive(track, ssrc, seq, rid, original);
    }
    void receive(ReceiveTrack& by, Ssrc ssrc, std::uint16_t seq, const std::string& rid = {},
                 std::optional<std::uint16_t> original = {}) {
        auto packet = graph.packets.make();
        rtp::HeaderFields fields{SeqNum{seq}, RtpTimestamp{3000u * original.value_or(seq)}, ssrc,
                                 PayloadType{original ? std::uint8_t{97} : std::uint8_t{96}}, true};
        const std::size_t size = rtp::write_header(packet->storage(), fields, {}, {});
        const auto payload = packet->storage().subspan(size, 100);
        std::fill(payload.begin(), payload.end(), std::uint8_t{0x11});  // VP8, no first partition
        if (keyframe) payload[0] = 0x10, payload[1] = 0;  // the first, and of a key frame
        if (original) {
            payload[0] = static_cast<std::uint8_t>(*original >> 8);
            payload[1] = static_cast<std::uint8_t>(*original);
        }
        const auto header = rtp::parse_header(Bytes{packet->storage()}.first(size + 100));
        ASSERT_TRUE(header);
        now += 1ms;
        by.on_packet(now, *header, {}, {0, rid, original && !rid.empty()}, std::move(packet));
    }
    std::uint64_t recovered(Ssrc ssrc) {
        for (const auto& stream : track.stats())
            if (stream.ssrc == ssrc) return stream.recovered;
        return 0;
    }
    /// Picture loss indications that are sent in this time, as the streams that they go to.
    std::vector<Ssrc> keyframes_asked_for(Duration time) {
        std::vector<Ssrc> asked;
        for (const Time end = now + time; now < end; now += 1ms) {
            std::vector<rtcp::Message> messages;
            track.poll(now, Ssrc{1}, messages);
            for (const auto& message : messages)
                if (const auto* pli = std::get_if<rtcp::PictureLoss>(&message))
                    asked.push_back(pli->media);
        }
        return asked;
    }
    std::vector<SeqNum> asked_for() {
        now += 50ms;
        std::vector<rtcp::Message> messages;
        track.poll(now, Ssrc{1}, messages);
        for (const auto& message : messages)
            if (const auto* nack = std::get_if<rtcp::GenericNack>(&message)) return nack->lost;
        return {};
    }

    TurnedLoop loop;
    media::Graph graph{loop};
    rtp::ClockSync clock;
    std::shared_ptr<media::Source> source =
        std::make_shared<media::Source>(graph, MediaType::video, media::Source::Upstream{});
    ReceiveTrack track{MediaType::video, source, clock, graph.packets};
    Time now = Clock::now();
    bool keyframe = false;
    std::vector<ReceiveTrack*> waiting;  ///< that the source asks
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

/// Takes what the source has, and asks for a key frame as soon as there is something.
struct Viewer final : media::Sink {
    explicit Viewer(std::optional<Bitrate> limit = {}) : Sink{MediaType::video} {
        set_receive_limit(limit);
    }
    [[nodiscard]] std::vector<media::Acceptable> accepts() const override {
        return {media::Acceptable::rtp(Codec::vp8)};
    }
    void on_format(const media::Format&) override { request_keyframe(true); }
};

TEST_F(ReceiveTrackTest, ARequestToAnEncodingThatIsNotSentWaitsForItAndNotForATime) {
    auto both = section({"a", "b"});
    both.codecs[0].feedback.pli = true;
    source = std::make_shared<media::Source>(
        graph, MediaType::video,
        media::Source::Upstream{[this] { waiting.front()->request_keyframe(now); }, {}, {}});
    ReceiveTrack with_viewer{MediaType::video, source, clock, graph.packets};
    waiting.push_back(&with_viewer);
    with_viewer.configure(both);
    Viewer viewer;
    source->attach(viewer);
    receive(with_viewer, Ssrc{11}, 1, "b");  // and nothing of "a"
    std::vector<rtcp::Message> messages;
    for (const Time end = now + 10s; now < end; now += 10ms) {
        const auto deadline = with_viewer.next_deadline();
        if (!deadline || *deadline > now) continue;
        messages.clear();
        with_viewer.poll(now, Ssrc{1}, messages);
        EXPECT_FALSE(messages.empty()) << "woken for nothing";
        const auto next = with_viewer.next_deadline();
        ASSERT_TRUE(!next || *next > now) << "at once again, for ever";
    }
    source->detach(viewer);
}

TEST_F(ReceiveTrackTest, NothingIsAskedForAgainOfEncodingsThatNobodyHas) {
    track.configure(section({"a", "b"}));
    Viewer viewer{Bitrate::kbps(1)};
    for (std::uint16_t seq = 1; seq < 600; ++seq) {
        receive(Ssrc{10}, seq, "a");
        if (seq == 10) source->attach(viewer);
        for (int i = 0; i < 3; ++i) receive(Ssrc{11}, static_cast<std::uint16_t>(3 * seq + i), "b");
    }
    ASSERT_EQ(viewer.selection().wanted, 0);
    ASSERT_FALSE(source->is_used(1));
    receive(Ssrc{11}, 1810, "b");
    EXPECT_EQ(asked_for(), std::vector<SeqNum>{});
    viewer.set_receive_limit({});
    ASSERT_TRUE(source->is_used(1));
    receive(Ssrc{11}, 1811, "b");
    receive(Ssrc{11}, 1813, "b");
    EXPECT_EQ(asked_for(), std::vector{SeqNum{1812}});
    source->detach(viewer);
}

TEST_F(ReceiveTrackTest, WhoComesToAnEncodingThatWasNotRepairedIsGivenNoPastWithAHole) {
    struct Late final : media::Sink {
        Late() : Sink{MediaType::video} {}
        [[nodiscard]] std::vector<media::Acceptable> accepts() const override {
            return {media::Acceptable::rtp(Codec::vp8)};
        }
        void on_past_packet(const rtp::PacketPtr&, RtpTimestamp, Time) override { ++past; }
        int past = 0;
    };
    for (const bool hole : {false, true}) {
        int asked = 0;
        source = std::make_shared<media::Source>(graph, MediaType::video,
                                                 media::Source::Upstream{[&] { ++asked; }, {}, {}});
        ReceiveTrack fresh{MediaType::video, source, clock, graph.packets};
        fresh.configure(section({"a", "b"}));
        keyframe = true;
        receive(fresh, Ssrc{11}, 1, "b");
        keyframe = false;
        receive(fresh, Ssrc{11}, 2, "b");
        receive(fresh, Ssrc{11}, hole ? 4 : 3, "b");
        std::vector<rtcp::Message> messages;
        fresh.poll(now + 10ms, Ssrc{1}, messages);
        EXPECT_TRUE(messages.empty());
        Late late;
        source->attach(late);
        late.request_keyframe(true);
        EXPECT_EQ(late.past, hole ? 0 : 3);
        EXPECT_EQ(asked, hole ? 1 : 0);
        source->detach(late);
    }
}

TEST_F(ReceiveTrackTest, EncodingsThatAreAnnouncedBySsrcAreTakenAsThose) {
    auto announced = section();
    announced.simulcast_ssrcs = {Ssrc{10}, Ssrc{11}, Ssrc{12}};
    announced.remote_sources = {{Ssrc{10}, Ssrc{20}, ""}, {Ssrc{11}, Ssrc{21}, ""}};
    announced.codecs[0].rtx = PayloadType{97};
    track.configure(announced);
    ASSERT_TRUE(source->encodings());
    EXPECT_EQ(source->encodings()->count(), 3u);
    for (std::uint16_t seq : {1, 2, 4}) {
        receive(Ssrc{10}, seq);
        receive(Ssrc{12}, seq);
        receive(Ssrc{11}, seq);
        receive(Ssrc{13}, seq);  // of no encoding
    }
    EXPECT_EQ(track.stats().size(), 3u);
    for (std::size_t i = 0; i < 3; ++i) EXPECT_TRUE(source->encodings()->flows(i)) << i;
    receive(Ssrc{21}, 100, {}, 3);
    EXPECT_EQ(recovered(Ssrc{11}), 1u);
    EXPECT_EQ(recovered(Ssrc{10}), 0u);
}

TEST_F(ReceiveTrackTest, AFloodOfStreamsKeepsTheCurrentOneAndAFewOthers) {
    track.configure(section());
    receive(Ssrc{10}, 1);
    for (std::uint32_t ssrc = 1000; ssrc < 3000; ++ssrc) {
        receive(Ssrc{ssrc}, 1);
        if (ssrc % 10 == 0) receive(Ssrc{10}, static_cast<std::uint16_t>(ssrc));
    }
    const auto stats = track.stats();
    EXPECT_LE(stats.size(), 8u);
    EXPECT_TRUE(std::any_of(stats.begin(), stats.end(),
                            [](const auto& stream) { return stream.ssrc == Ssrc{10}; }));
}

TEST_F(ReceiveTrackTest, ARetransmissionRepairsTheEncodingThatItNames) {
    auto announced = section({"a", "b"});
    announced.codecs[0].rtx = PayloadType{97};
    track.configure(announced);
    for (std::uint16_t seq : {1, 2, 4}) {
        receive(Ssrc{10}, seq, "a");
        receive(Ssrc{11}, seq, "b");
    }
    receive(Ssrc{21}, 100, "b", 3);
    EXPECT_EQ(recovered(Ssrc{11}), 1u);
    EXPECT_EQ(recovered(Ssrc{10}), 0u);
}

TEST_F(ReceiveTrackTest, WhatManyReceiversAskForIsAskedForOnceInARoundTrip) {
    auto plain = section();
    plain.codecs[0].feedback.pli = true;
    track.configure(plain);
    track.set_rtt(200ms);
    receive(Ssrc{10}, 1);
    std::vector<Ssrc> asked;
    for (int i = 0; i < 100; ++i) {
        track.request_keyframe(now);
        for (const Ssrc ssrc : keyframes_asked_for(1ms)) asked.push_back(ssrc);
    }
    EXPECT_EQ(asked, std::vector{Ssrc{10}}) << "a hundred within half a round trip";
    EXPECT_EQ(keyframes_asked_for(99ms), std::vector<Ssrc>{});
    EXPECT_EQ(keyframes_asked_for(10ms), std::vector{Ssrc{10}})
        << "for those who asked when it was on its way already";
}

TEST_F(ReceiveTrackTest, NoKeyFramesAreAskedForOfEncodingsThatNobodyHas) {
    auto both = section({"a", "b"});
    both.codecs[0].feedback.pli = true;
    track.configure(both);
    Viewer viewer{Bitrate::kbps(1)};  // the least
    for (std::uint16_t seq = 1; seq < 600; ++seq) {
        receive(Ssrc{10}, seq, "a");
        if (seq == 10) source->attach(viewer);
        for (int i = 0; i < 3; ++i) receive(Ssrc{11}, static_cast<std::uint16_t>(3 * seq + i), "b");
    }
    ASSERT_EQ(viewer.selection().wanted, 0);
    keyframes_asked_for(10s);  // from the time when he had no choice yet
    track.request_keyframe(now);
    EXPECT_EQ(keyframes_asked_for(100ms), std::vector{Ssrc{10}});
    source->detach(viewer);
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
