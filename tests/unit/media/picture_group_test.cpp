// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "media/graph/picture_group.hpp"

#include "manual_loop.hpp"
#include "rivero/gst/init.hpp"
#include "rivero/media/source.hpp"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace rivero::media {
namespace {

constexpr PictureGroup::Limits kLimits{.bytes = 1000, .packets = 10, .age = 1s};

class PictureGroupTest : public testing::Test {
protected:
    rtp::PacketPtr packet(std::int64_t seq, std::uint32_t timestamp, bool key = false,
                          Time arrival = {}, std::size_t size = 100) {
        auto p = pool.make();
        p->seq = ExtSeqNum{seq};
        p->timestamp = RtpTimestamp{timestamp};
        p->arrival = p->capture = arrival;
        p->starts_keyframe = key;
        p->set_payload(0, size);
        return p;
    }
    void add(std::int64_t seq, std::uint32_t timestamp, bool key = false, Time arrival = {}) {
        group.add(packet(seq, timestamp, key, arrival), kLimits);
    }
    /// Number and timestamp of each packet as a late receiver gets it.
    [[nodiscard]] std::vector<std::pair<std::int64_t, std::uint32_t>> past() const {
        std::vector<std::pair<std::int64_t, std::uint32_t>> list;
        for (const auto& p : group.compressed())
            list.emplace_back(p.packet->seq.value, p.timestamp.value);
        return list;
    }
    using Past = std::vector<std::pair<std::int64_t, std::uint32_t>>;

    rtp::PacketPool pool;
    PictureGroup group;
};

TEST_F(PictureGroupTest, BeginsWithAKeyFrameAndEachKeyFrameBeginsItAnew) {
    add(1, 3000);
    EXPECT_TRUE(group.empty());
    add(2, 6000, true);
    add(3, 9000);
    EXPECT_EQ(past(), (Past{{2, 8910}, {3, 9000}}));
    add(4, 12000, true);
    EXPECT_EQ(past(), (Past{{4, 12000}}));
    EXPECT_EQ(group.bytes(), 100u);
    EXPECT_TRUE(group.find(ExtSeqNum{4}));
    EXPECT_FALSE(group.find(ExtSeqNum{3}));
}

TEST_F(PictureGroupTest, PacketsOfOnePictureStayTogetherAcrossRepairAndWrap) {
    add(1, 0xfffffe00, true);
    add(3, 0x00000900);  // of the second picture; 2 comes late
    add(4, 0x00001400);
    add(2, 0x00000900);
    EXPECT_EQ(past(), (Past{{1, 5120 - 180}, {2, 5120 - 90}, {3, 5120 - 90}, {4, 5120}}));
}

TEST_F(PictureGroupTest, AKeyFrameThatBeganBeforeWhatIsThereKeepsIt) {
    add(1, 3000, true);
    add(2, 6000);
    add(12, 9000);  // of the key frame whose first packet comes late
    add(13, 9000);
    add(11, 9000, true);
    add(11, 9000, true);
    EXPECT_EQ(past(), (Past{{11, 9000}, {12, 9000}, {13, 9000}}));
    EXPECT_EQ(group.bytes(), 300u);
}

TEST_F(PictureGroupTest, AnOlderKeyFrameThatIsRepairedDoesNotEndTheGroup) {
    add(20, 6000, true);
    add(21, 9000);
    add(5, 3000, true);
    add(6, 3000);
    EXPECT_EQ(past(), (Past{{20, 8910}, {21, 9000}}));
    EXPECT_FALSE(group.find(ExtSeqNum{5}));
}

TEST_F(PictureGroupTest, AHoleIsOneWhenItIsTooOldToBeRepaired) {
    add(1, 3000, true, Time{10s});
    add(2, 6000, false, Time{10s});
    EXPECT_FALSE(group.has_holes(Time{20s}));
    add(4, 9000, false, Time{10s});
    EXPECT_FALSE(group.has_holes(Time{10400ms}));
    EXPECT_TRUE(group.has_holes(Time{10600ms}));
    add(3, 6000, false, Time{10600ms});
    EXPECT_FALSE(group.has_holes(Time{20s}));
}

TEST_F(PictureGroupTest, IsLetGoWhenItIsTooLongOrTooLarge) {
    add(1, 0, true, Time{10s});
    add(2, 90000, false, Time{11s});
    EXPECT_FALSE(group.empty());
    add(3, 90001, false, Time{11001ms});
    EXPECT_TRUE(group.empty());
    add(4, 90002, false, Time{11002ms});
    EXPECT_TRUE(group.empty()) << "a decoder cannot begin here";
    add(5, 90003, true, Time{11003ms});
    for (int i = 6; i < 15; ++i) add(i, 90003, false, Time{11003ms});
    EXPECT_FALSE(group.empty());
    add(15, 90003, false, Time{11003ms});
    EXPECT_TRUE(group.empty());
}

TEST_F(PictureGroupTest, HoldsReferencesAndNoCopies) {
    add(1, 0, true);
    add(2, 3000);
    const auto kept = group.find(ExtSeqNum{1});
    EXPECT_EQ(pool.in_use(), 2u);
    const auto past = group.compressed();
    EXPECT_EQ(past[0].packet.get(), kept.get());
    EXPECT_EQ(pool.in_use(), 2u) << "whoever comes late costs no packet";
}

/// What a late receiver is given.
class Late final : public Sink {
public:
    Late() : Sink{MediaType::video} {}
    std::vector<Acceptable> accepts() const override { return {Acceptable::rtp(Codec::vp8)}; }
    void on_packet(const rtp::PacketPtr& packet) override { live.push_back(packet->seq.value); }
    void on_past_packet(const rtp::PacketPtr& packet, RtpTimestamp, Time) override {
        past.push_back(packet->seq.value);
    }
    [[nodiscard]] bool takes_past(std::size_t bytes) const override { return bytes <= room; }
    std::vector<std::int64_t> live, past;
    std::size_t room = 1000;
};

class LateReceiverTest : public PictureGroupTest {
protected:
    LateReceiverTest() {
        gst::initialise();
        source.set_format({MediaType::video, Packing::rtp, Codec::vp8, {}, 1, false, {}});
    }
    ~LateReceiverTest() override { loop.run(); }
    void push(std::int64_t seq, bool key = false, std::uint8_t encoding = 0, Duration ago = 0ms) {
        auto p = graph.packets.make();
        p->seq = ExtSeqNum{seq};
        p->timestamp = RtpTimestamp{static_cast<std::uint32_t>(3000 * seq)};
        p->arrival = p->capture = Clock::now() - ago;
        p->starts_keyframe = key;
        p->encoding = encoding;
        p->set_payload(0, 100);
        source.push(p);
    }

    ManualLoop loop;
    Graph graph{loop};
    int asked = 0;
    Source source{graph, MediaType::video, {[this] { ++asked; }, {}, {}}};
    using Numbers = std::vector<std::int64_t>;
};

TEST_F(LateReceiverTest, StartsWithWhatWasKeptAndNobodyIsAsked) {
    push(1, true);
    push(2);
    Late late;
    source.attach(late);
    late.request_keyframe(true);
    push(3);
    EXPECT_EQ(late.past, (Numbers{1, 2}));
    EXPECT_EQ(late.live, (Numbers{3})) << "and nothing twice";
    EXPECT_EQ(asked, 0);
    late.request_keyframe();  // a decoder that lost its way is not helped by the past
    EXPECT_EQ(asked, 1);
}

TEST_F(LateReceiverTest, AsksWhenWhatWasKeptDoesNotSuitIt) {
    push(1, true, 0, 1100ms);
    Late late;
    source.attach(late);
    late.request_keyframe(true);
    EXPECT_EQ(asked, 1) << "it is from too long ago";
    push(2, true);
    late.room = 50;
    late.request_keyframe(true);
    EXPECT_EQ(asked, 2) << "it is too much for this receiver";
    late.room = 1000;
    graph.kept_picture_time = 0s;
    push(3, true);
    late.request_keyframe(true);
    EXPECT_EQ(asked, 3) << "it is turned off";
    EXPECT_EQ(late.past, Numbers{});
}

TEST_F(LateReceiverTest, GetsThePastOfItsEncoding) {
    source.set_encodings(2);
    push(1, true, 0);
    push(101, true, 1);
    push(2, false, 0);
    push(102, false, 1);
    Late late;
    source.attach(late);
    late.request_keyframe(true);
    EXPECT_EQ(late.past, (Numbers{101, 102}));
    EXPECT_EQ(asked, 0);
    EXPECT_TRUE(late.find_packet(ExtSeqNum{101}));
}

TEST_F(LateReceiverTest, ASourceThatIsSilentKeepsNothingThatCanBeHadAgain) {
    push(1, true, 0, 3s);
    push(2, false, 0, 3s);
    EXPECT_EQ(graph.packets.in_use(), 2u);
    loop.advance(FlowMonitor::kPeriod);
    loop.advance(FlowMonitor::kPeriod);
    EXPECT_EQ(graph.packets.in_use(), 0u);
    Late late;
    source.attach(late);
    late.request_keyframe(true);
    EXPECT_EQ(asked, 1);
}

TEST_F(LateReceiverTest, ThePastIsNotGivenWithAHoleThatNobodyRepairs) {
    push(1, true, 0, 900ms);
    push(3, false, 0, 900ms);
    push(4);
    Late late;
    source.attach(late);
    late.request_keyframe(true);
    EXPECT_EQ(late.past, Numbers{});
    EXPECT_EQ(asked, 1);
}

TEST_F(LateReceiverTest, FindsPacketsThatTheRingForRepairsHasNoMore) {
    graph.kept_picture_bytes = 1'000'000;
    Late late;
    source.attach(late);
    push(1, true, 0, 900ms);
    for (int i = 2; i < 1500; ++i) push(i);
    EXPECT_TRUE(late.find_packet(ExtSeqNum{1}));
}

}  // namespace
}  // namespace rivero::media
