// SPDX-FileCopyrightText: The Rivero authors
// SPDX-License-Identifier: Apache-2.0
#include "send_track.hpp"

#include "extension_kinds.hpp"
#include "recorded_wire.hpp"
#include "rivero/base/clock.hpp"
#include "rivero/media/graph.hpp"
#include "rivero/media/source.hpp"
#include "rivero/rtp/extensions.hpp"
#include "rivero/rtp/header.hpp"
#include "turned_loop.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace rivero::webrtc {
namespace {

constexpr Ssrc kSsrc{0x1234}, kRtxSsrc{0x5678};

/// A source, a sender behind it, and what that puts on the wire.
struct SendTrackTest : testing::Test {
    SendTrackTest() {
        media::Format format;
        format.type = MediaType::video;
        format.packing = media::Packing::rtp;
        format.codec = Codec::vp8;
        source.set_format(format);
        track.configure(section(), &control);
        source.attach(track);
        track.set_connected(true);
    }
    ~SendTrackTest() override {
        track.leave();
        source.detach(track);
    }
    static sdp::NegotiatedSection section() {
        sdp::NegotiatedSection s;
        s.kind = MediaType::video;
        s.mid = "v";
        s.accepted = s.send = true;
        s.local_ssrc = kSsrc;
        sdp::NegotiatedCodec vp8;
        vp8.codec = Codec::vp8;
        vp8.payload_type = PayloadType{96};
        vp8.clock_rate = 90000;
        vp8.feedback.nack = true;
        s.codecs.push_back(vp8);
        s.extensions.push_back({sdp::HeaderExtension::mid, 4, true, true});
        return s;
    }
    void push(std::int64_t seq, bool key = false, std::size_t size = 100, Duration age = {}) {
        push(seq, key, size, age, source);
    }
    void keyframe(media::Source& from, std::int64_t seq, std::size_t size = 100) {
        push(seq, true, size, {}, from);
    }
    void push(std::int64_t seq, bool key, std::size_t size, Duration age, media::Source& from) {
        auto packet = graph.packets.make();
        packet->seq = ExtSeqNum{seq};
        packet->timestamp = RtpTimestamp{static_cast<std::uint32_t>(3000 * seq)};
        packet->arrival = packet->capture = Clock::now() - age;
        packet->marker = true;
        packet->starts_keyframe = key;
        packet->storage()[0] = 0x10;  // VP8 descriptor without ids
        packet->set_payload(0, size);
        from.push(packet);
    }
    void nack(std::vector<SeqNum> lost) {
        track.on_nack(Clock::now(), {Ssrc{1}, kSsrc, std::move(lost)});
    }
    static SeqNum seq_of(const std::vector<std::uint8_t>& packet) {
        return SeqNum{static_cast<std::uint16_t>(packet[2] << 8 | packet[3])};
    }
    static Ssrc ssrc_of(const std::vector<std::uint8_t>& packet) {
        return Ssrc{static_cast<std::uint32_t>(packet[8]) << 24 | packet[9] << 16u |
                    packet[10] << 8u | packet[11]};
    }

    TurnedLoop loop;
    media::Graph graph{loop};
    media::Source source{graph, MediaType::video, {}};
    Time now = Clock::now();
    RecordedWire outlet;
    std::vector<std::vector<std::uint8_t>>& wire = outlet.packets;
    SendControl control{loop, outlet};
    SendTrack track{MediaType::video, kSsrc, kRtxSsrc};
};

TEST_F(SendTrackTest, WhoIsNotConnectedOrDoesNotAnswerIsNotReachedAndIsAgainAtOnce) {
    EXPECT_TRUE(track.reaches_receiver());
    track.set_connected(false);
    EXPECT_FALSE(track.reaches_receiver());
    track.set_connected(true);
    track.set_silent(true);
    EXPECT_FALSE(track.reaches_receiver());
    push(1, true);
    EXPECT_EQ(wire.size(), 1u) << "he may hear us";
    track.set_silent(false);
    EXPECT_TRUE(track.reaches_receiver());
}

TEST_F(SendTrackTest, RepeatsAPacketByteForByteWhereThereIsNoRetransmissionStream) {
    push(1, true);
    push(2);
    ASSERT_EQ(wire.size(), 2u);
    nack({seq_of(wire[1])});
    ASSERT_EQ(wire.size(), 3u);
    EXPECT_EQ(wire[2], wire[1]);
}

TEST_F(SendTrackTest, NeverSendsOtherBytesUnderANumberThatWasUsed) {
    using Change = std::function<void(sdp::NegotiatedSection&)>;
    const std::vector<std::pair<std::string, Change>> changes{
        {"payload type", [](auto& s) { s.codecs[0].payload_type = PayloadType{100}; }},
        {"extension id", [](auto& s) { s.extensions[0].id = 9; }},
        {"mid", [](auto& s) { s.mid = "w"; }},
        {"an extension more",
         [](auto& s) {
             s.extensions.push_back({sdp::HeaderExtension::abs_send_time, 3, true, true});
         }},
        {"and back", [](auto&) {}},
    };
    std::int64_t next = 1;
    push(next++, true);
    for (const auto& [name, change] : changes) {
        SCOPED_TRACE(name);
        push(next++);
        const SeqNum before = seq_of(wire.back());
        auto changed = section();
        change(changed);
        track.configure(changed, &control);
        const std::size_t sent = wire.size();
        nack({before});
        EXPECT_EQ(wire.size(), sent) << "the same number with another header";
        push(next++);
        ASSERT_EQ(wire.size(), sent + 1) << "the stream goes on";
        EXPECT_EQ(distance(before, seq_of(wire.back())), 1);
        nack({seq_of(wire.back())});
        ASSERT_EQ(wire.size(), sent + 2) << "what is new can be repeated";
        EXPECT_EQ(wire[sent + 1], wire[sent]);
    }
    std::map<std::uint16_t, std::vector<std::uint8_t>> by_number;
    for (const auto& packet : wire)
        EXPECT_EQ(by_number.emplace(seq_of(packet).value, packet).first->second, packet);
}

TEST_F(SendTrackTest, ARetransmissionStreamRepeatsWhatWasSentBeforeTheChange) {
    push(1, true);
    const SeqNum before = seq_of(wire.back());
    auto changed = section();
    changed.codecs[0].rtx = PayloadType{97};
    changed.codecs[0].feedback.transport_cc = true;
    changed.mid = "w";
    track.configure(changed, &control);
    nack({before});
    ASSERT_EQ(wire.size(), 2u);
    EXPECT_EQ(ssrc_of(wire[1]), kRtxSsrc);
}

TEST_F(SendTrackTest, TheSendTimeOfARetransmissionIsItsOwn) {
    auto timed = section();
    timed.codecs[0].rtx = PayloadType{97};
    timed.extensions = {{sdp::HeaderExtension::abs_send_time, 3, true, true}};
    track.configure(timed, &control);
    const Time before = Clock::now();
    push(1, true, 100, 500ms);
    nack({seq_of(wire.back())});
    ASSERT_EQ(wire.size(), 2u);
    rtp::ExtensionMap map;
    map.add(rtp::ExtensionKind::abs_send_time, 3);
    for (const auto& packet : wire) {
        const auto header = rtp::parse_header(packet);
        ASSERT_TRUE(header);
        const auto sent = rtp::read_extensions(*header, map).abs_send_time;
        ASSERT_TRUE(sent);
        const auto late = (*sent - rtp::to_abs_send_time(before)) & 0xffffffU;
        EXPECT_LT(late, 1U << 23U) << "not before it was sent";
    }
}

TEST_F(SendTrackTest, AChangeThatTheWireDoesNotShowLosesNothing) {
    push(1, true);
    track.configure(section(), &control);
    nack({seq_of(wire[0])});
    ASSERT_EQ(wire.size(), 2u);
    EXPECT_EQ(wire[1], wire[0]);
}

TEST_F(SendTrackTest, ResendsThatWaitForTheirTurnAreForgottenWithTheHeaderTheyWereMadeFor) {
    // A link that was measured: more than its rate waits.
    auto measured = section();
    measured.codecs[0].feedback.transport_cc = true;
    measured.codecs[0].rtx = PayloadType{97};
    measured.extensions.push_back({sdp::HeaderExtension::transport_cc, 5, true, true});
    control.configure(true);
    track.configure(measured, &control);
    push(1, true);
    push(2);
    rtcp::TransportFeedback feedback;
    feedback.base = SeqNum{1};
    feedback.count = 2;
    feedback.received = {{SeqNum{1}, 0us}, {SeqNum{2}, 1000us}};
    control.on_feedback(Clock::now(), feedback);
    ASSERT_TRUE(control.measured());

    auto plain = measured;
    plain.codecs[0].rtx.reset();
    track.configure(plain, &control);
    std::size_t first = wire.size();
    for (int i = 3; i < 30; ++i) push(i, false, 1000);
    ASSERT_GT(wire.size(), first) << "some leave at once";
    ASSERT_LT(wire.size(), first + 27) << "most wait";
    nack({seq_of(wire[first])});
    plain.mid = "w";
    track.configure(plain, &control);
    // Without feedback there is no rate to keep, either: all leaves.
    control.configure(false);
    EXPECT_FALSE(control.measured());
    ASSERT_EQ(wire.size(), first + 27);
    std::map<std::uint16_t, std::vector<std::uint8_t>> by_number;
    for (const auto& packet : wire)
        EXPECT_EQ(by_number.emplace(seq_of(packet).value, packet).first->second, packet);
}

TEST_F(SendTrackTest, AChangeOfTheSpatialLayerChangesWhichPacketEndsAPicture) {
    auto layered = [&](std::int64_t seq, std::uint8_t spatial, bool last, bool key) {
        auto packet = graph.packets.make();
        packet->seq = ExtSeqNum{seq};
        packet->timestamp = RtpTimestamp{static_cast<std::uint32_t>(3000 * (seq / 2))};
        packet->arrival = packet->capture = now += 20ms;
        packet->layered = true;
        packet->spatial_id = spatial;
        packet->ends_layer_frame = true;
        packet->marker = last;
        packet->starts_keyframe = key;
        packet->storage()[0] = 0x10;
        packet->set_payload(0, 1000);
        source.push(packet);
    };
    for (int i = 0; i < 100; ++i) {
        layered(2 * i, 0, false, i == 0);
        layered(2 * i + 1, 1, true, false);
    }
    const auto marked = [&](std::size_t from_the_end) {
        return (wire[wire.size() - from_the_end][1] & 0x80) != 0;
    };
    ASSERT_TRUE(marked(1));
    ASSERT_FALSE(marked(2)) << "the picture goes on with the other layer";
    track.set_receive_limit(Bitrate::kbps(250));
    for (std::int64_t seq = 200; seq < 400 && !(marked(1) && marked(2)); seq += 2) {
        layered(seq, 0, false, false);
        layered(seq + 1, 1, true, false);
    }
    ASSERT_TRUE(marked(1) && marked(2)) << "only one layer is left, and it ends the picture";
    ASSERT_FALSE(marked(3));
    const auto base = wire[wire.size() - 3];
    nack({seq_of(base)});
    for (const auto& packet : wire) {
        if (seq_of(packet) == seq_of(base)) {
            EXPECT_EQ(packet, base);
        }
    }
}

/// Of a source that can be asked for key frames, and that others may watch, too.
struct SharedSourceTest : SendTrackTest {
    SharedSourceTest() {
        shared.set_format(*source.format());
        source.detach(track);
        shared.attach(track);
    }
    ~SharedSourceTest() override { shared.detach(track); }
    int asked = 0;
    media::Source shared{graph, MediaType::video, {[this] { ++asked; }, {}, {}}};
};

TEST_F(SharedSourceTest, AReceiverThatAsksForKeyFramesAllTheTimeDoesNotGetOneEachTime) {
    std::int64_t seq = 0;
    keyframe(shared, ++seq);
    asked = 0;
    for (int i = 0; i < 100; ++i, now += 10ms) {
        track.on_keyframe_request(now + 1s, SendTrack::KeyframeRequest::pli);
        keyframe(shared, ++seq);
    }
    EXPECT_LE(asked, 7);
    EXPECT_GE(asked, 6);
    EXPECT_EQ(track.counters().plis, 100u);
    EXPECT_EQ(track.counters().keyframes_refused, static_cast<std::uint64_t>(100 - asked));
}

TEST_F(SendTrackTest, WhatAPeerSaysThatItTakesIsAllThatItGets) {
    control.configure(false);
    control.on_remb(Bitrate::kbps(500));
    push(1, true, 1000);
    for (int seq = 2; seq <= 40; ++seq) push(seq, false, 1000);
    EXPECT_LT(wire.size(), 5u) << "a burst is spread";
    EXPECT_FALSE(control.full());
    for (int seq = 41; seq <= 300; ++seq) push(seq, false, 1000);
    EXPECT_GT(control.queue_delay(), 900ms);
    EXPECT_LT(control.queue_delay(), 2700ms) << "and what is too much is left out";
    EXPECT_GT(track.counters().held_back, 100u);
    control.on_remb(Bitrate::kbps(50'000));
    EXPECT_LT(control.queue_delay(), 100ms);
}

TEST_F(SendTrackTest, APeerThatSaysItTakesNothingIsNotSentEverything) {
    control.configure(false);
    control.on_remb(Bitrate{0});
    push(1, true, 1000);
    for (int seq = 2; seq <= 100; ++seq) push(seq, false, 1000);
    EXPECT_LT(wire.size(), 3u);
    EXPECT_TRUE(control.full());
}

TEST_F(SharedSourceTest, APictureThatIsMissedBeforeTheKeyFrameIsThereIsNotAskedForAgain) {
    keyframe(shared, 1);
    asked = 0;
    track.on_keyframe_request(Clock::now(), SendTrack::KeyframeRequest::pli);
    EXPECT_EQ(asked, 0) << "it left before the key frame came";
    track.on_keyframe_request(Clock::now() + 1s, SendTrack::KeyframeRequest::pli);
    EXPECT_EQ(asked, 1);
}

TEST_F(SharedSourceTest, WhoIsSentNothingDoesNotGetAKeyFrameForTheAskingEither) {
    control.configure(false);
    control.on_remb(Bitrate::kbps(30));
    std::int64_t seq = 0;
    keyframe(shared, ++seq, 1000);
    while (!control.full()) {
        push(++seq, false, 1000, {}, shared);
        ASSERT_LT(seq, 1000);
    }
    asked = 0;
    for (int i = 0; i < 100; ++i, now += 10ms) {
        track.on_keyframe_request(now + 1s, SendTrack::KeyframeRequest::pli);
        keyframe(shared, ++seq, 1000);
    }
    EXPECT_TRUE(control.full());
    EXPECT_LE(asked, 7);
}

TEST_F(SendTrackTest, AKeyFrameWhoseFirstPacketHadToBeRepairedIsSentWhole) {
    push(11);  // of the key frame, whose first packet was lost
    push(12);
    push(10, true);  // sent again
    push(13);
    ASSERT_EQ(wire.size(), 4u);
    for (int i = 0; i < 4; ++i) EXPECT_EQ(distance(seq_of(wire[0]), seq_of(wire[i])), i);
}

TEST_F(SendTrackTest, AnotherEncodingIsSentWholeWhoseKeyFrameHadToBeRepaired) {
    source.detach(track);
    source.set_encodings(2);
    source.attach(track);
    const auto encoded = [&](std::int64_t seq, std::uint8_t encoding, bool key = false) {
        auto packet = graph.packets.make();
        packet->seq = ExtSeqNum{seq};
        packet->timestamp = RtpTimestamp{static_cast<std::uint32_t>(3000 * (seq % 1000))};
        packet->arrival = packet->capture = now;
        packet->marker = true;
        packet->starts_keyframe = key;
        packet->encoding = encoding;
        packet->storage()[0] = 0x10;
        packet->set_payload(0, 100);
        source.push(packet);
    };
    track.set_receive_limit(Bitrate::kbps(50));
    for (int i = 0; i < 100; ++i) {
        now += 20ms;
        encoded(i, 0, i == 0);
        for (int n = 0; n < 3; ++n) encoded(1000 + 3 * i + n, 1, i == 0 && n == 0);
    }
    ASSERT_EQ(track.selection().current, 0);
    track.set_receive_limit({});
    ASSERT_EQ(track.selection().wanted, 1);
    const auto before = wire.size();
    encoded(1302, 1);
    encoded(1303, 1);
    encoded(1301, 1, true);
    encoded(1304, 1);
    ASSERT_EQ(track.selection().current, 1);
    ASSERT_EQ(wire.size(), before + 4);
    for (std::size_t i = 0; i < 4; ++i)
        EXPECT_EQ(distance(seq_of(wire[before]), seq_of(wire[before + i])), static_cast<int>(i));
}

TEST_F(SendTrackTest, ThePastOfAKeyFrameWhoseFirstPacketHadToBeRepairedIsWhole) {
    source.detach(track);
    push(11);  // nothing was kept before it
    push(12);
    push(10, true);
    push(13);
    source.attach(track);
    ASSERT_EQ(wire.size(), 4u);
    for (int i = 0; i < 4; ++i) EXPECT_EQ(distance(seq_of(wire[0]), seq_of(wire[i])), i);
}

TEST_F(SendTrackTest, ALatePacketOfALayerThatIsLeftOutStillFillsItsNumber) {
    const auto layer = [&](std::int64_t seq, std::uint8_t temporal) {
        auto packet = graph.packets.make();
        packet->seq = ExtSeqNum{seq};
        packet->timestamp = RtpTimestamp{static_cast<std::uint32_t>(3000 * seq)};
        packet->arrival = packet->capture = now + seq * 20ms;
        packet->marker = true;
        packet->starts_keyframe = seq == 0;
        packet->layered = true;
        packet->temporal_id = temporal;
        packet->layer_sync = temporal != 0;
        packet->storage()[0] = 0x10;
        packet->set_payload(0, 1000);
        source.push(packet);
    };
    track.set_receive_limit(Bitrate::kbps(250));
    for (int i = 0; i < 200; ++i) layer(i, static_cast<std::uint8_t>(i % 2));
    const auto sent = wire.size();
    layer(200, 0);
    layer(202, 0);  // 201, of the upper layer, is late
    ASSERT_EQ(wire.size(), sent + 2) << "only the lower layer goes out";
    ASSERT_EQ(distance(seq_of(wire[sent]), seq_of(wire[sent + 1])), 2);
    layer(201, 1);
    ASSERT_EQ(wire.size(), sent + 3);
    EXPECT_EQ(distance(seq_of(wire[sent]), seq_of(wire[sent + 2])), 1);
    EXPECT_LT(wire[sent + 2].size(), 30u) << "with nothing in it";
    nack({seq_of(wire[sent + 2])});
    ASSERT_EQ(wire.size(), sent + 4);
    EXPECT_EQ(wire[sent + 3], wire[sent + 2]) << "nor when it is sent again";
}

TEST_F(SendTrackTest, ThePeersSizeOfTheCodecInUseAndTheApplicationsCountTheStricterOne) {
    auto agreed = section();
    agreed.codecs[0].largest = area(640, 360);
    auto other = agreed.codecs[0];
    other.codec = Codec::vp9;
    other.payload_type = PayloadType{98};
    other.largest = area(320, 180);
    agreed.codecs.push_back(other);
    track.configure(agreed, &control);
    EXPECT_EQ(track.size_limit(), area(640, 360)) << "VP8 is what comes";
    track.set_largest(area(1280, 720));
    EXPECT_EQ(track.size_limit(), area(640, 360));
    track.set_largest(area(160, 90));
    EXPECT_EQ(track.size_limit(), area(160, 90));
    agreed.codecs[0].largest.reset();
    track.configure(agreed, &control);
    EXPECT_EQ(track.size_limit(), area(160, 90)) << "negotiations change nothing in that";
    track.set_largest(std::nullopt);
    EXPECT_EQ(track.size_limit(), std::nullopt);
    source.clear_format();
    track.configure(agreed, &control);
    EXPECT_EQ(track.size_limit(), area(320, 180)) << "the strictest until it is known";
    media::Format format;
    format.type = MediaType::video;
    format.packing = media::Packing::rtp;
    format.codec = Codec::vp8;
    source.set_format(format);
    EXPECT_EQ(track.size_limit(), std::nullopt);
}

TEST_F(SendTrackTest, OneNackForEverythingStaysWithinTheBudget) {
    push(1, true);
    for (int i = 2; i <= 900; ++i) push(i, false, 1000);
    std::vector<SeqNum> all;
    for (const auto& packet : wire) all.push_back(seq_of(packet));
    const std::size_t sent = wire.size();
    nack(all);
    std::size_t again = 0;
    for (std::size_t i = sent; i < wire.size(); ++i) again += wire[i].size();
    EXPECT_GT(again, 0u);
    EXPECT_LE(again, 300u * 1024);
}

TEST_F(SendTrackTest, HoweverOftenEverythingIsAskedForEachTenthOfASecondHasItsBudget) {
    push(1, true);
    for (int i = 2; i <= 900; ++i) push(i, false, 1000);
    std::vector<SeqNum> all;
    for (const auto& packet : wire) all.push_back(seq_of(packet));
    // The shortest round trip that reports can claim, and a NACK for all in each millisecond.
    track.on_report_block(Clock::now(), {.ssrc = kSsrc});
    std::size_t before = wire.size();
    const Time start = Clock::now();
    for (int i = 0; i < 300; ++i) track.on_nack(start + i * 1ms, {Ssrc{1}, kSsrc, all});
    std::size_t again = 0;
    for (; before < wire.size(); ++before) again += wire[before].size();
    EXPECT_GT(again, 0u);
    EXPECT_LE(again, 4 * 300u * 1024);
}

TEST_F(SendTrackTest, OfNumbersThatWereNeverSentFewAreLookedUpInATenthOfASecond) {
    push(1, true);
    std::vector<SeqNum> never;
    for (std::uint16_t i = 0; i < 1500; ++i)
        never.emplace_back(static_cast<std::uint16_t>(seq_of(wire[0]).value + 10'000 + i));
    const Time start = Clock::now();
    const auto looked_up = [&](Time at) {
        const auto before = track.counters().not_found;
        for (int i = 0; i < 3; ++i) track.on_nack(at, {Ssrc{1}, kSsrc, never});
        return track.counters().not_found - before;
    };
    EXPECT_EQ(looked_up(start), 2048u);
    EXPECT_EQ(looked_up(start + 100ms), 0u);
    EXPECT_EQ(looked_up(start + 101ms), 2048u);
    EXPECT_EQ(track.counters().nacked, 9u * never.size()) << "the statistics tell what was asked";
}

TEST_F(SendTrackTest, FeedbackThatSpeaksOfMorePacketsThanAPeerReceivesIsIgnored) {
    control.configure(true);
    rtcp::TransportFeedback feedback;
    feedback.count = 32'768;
    const Time start = Clock::now();
    for (int i = 0; i < 5; ++i) control.on_feedback(start, feedback);
    EXPECT_EQ(control.feedback_ignored(), 3u) << "65,536 are looked up";
    control.on_feedback(start + 100ms, feedback);
    EXPECT_EQ(control.feedback_ignored(), 4u);
    control.on_feedback(start + 101ms, feedback);
    EXPECT_EQ(control.feedback_ignored(), 4u) << "another tenth of a second";
}

/// Three spatial layers, each built on the one below, by dependency descriptors; a packet for each.
struct LayeredSendTrackTest : SendTrackTest {
    /// @param last of its picture, as far as the sender knows
    void layer(std::uint8_t spatial, bool last, bool key = false) {
        if (spatial == 0) ++picture_;
        auto packet = graph.packets.make();
        packet->seq = ExtSeqNum{++seq_};
        packet->timestamp = RtpTimestamp{9000 * picture_};
        packet->arrival = packet->capture = now += 10ms;
        packet->layered = packet->ends_layer_frame = true;
        packet->spatial_id = spatial;
        packet->starts_keyframe = key;
        packet->marker = last;
        auto& frame = packet->dependencies;
        frame.targets = targets_;
        frame.frame_number = number_++;
        frame.begins_structure = key;
        if (key) frame.active = 0b111;
        // Discardable by no target in which it is: required or a switch.
        for (unsigned target = spatial; target < 3; ++target)
            frame.indications |= std::uint64_t{key || spatial == 0 ? 2u : 3u} << 2 * target;
        packet->storage()[0] = 0x10;
        packet->set_payload(0, 1000);
        source.push(packet);
    }
    void key_picture() {
        layer(0, false, true);
        layer(1, false, true);
        layer(2, true, true);
    }
    /// What was sent since the last call: `0` for a packet, `1` for one with the marker.
    std::string sent() {
        std::string markers;
        for (; seen_ < wire.size(); ++seen_) markers += (wire[seen_][1] & 0x80) != 0 ? '1' : '0';
        return markers;
    }

private:
    const rtp::SharedTargets targets_{
        rtp::DecodeTargets{{{0, 0, 0b001}, {1, 0, 0b011}, {2, 0, 0b111}}}};
    std::int64_t seq_ = 0;
    std::uint32_t picture_ = 0;
    std::uint16_t number_ = 1;
    std::size_t seen_ = 0;
};

TEST_F(LayeredSendTrackTest, APacketBehindWhichItsPictureMayEndWaitsForTheNext) {
    layer(0, false, true);
    EXPECT_EQ(sent(), "") << "an upper layer may follow";
    layer(1, false, true);
    EXPECT_EQ(sent(), "0") << "it did";
    layer(2, true, true);
    EXPECT_EQ(sent(), "01") << "the highest ends the picture";

    layer(0, false);
    EXPECT_EQ(sent(), "");
    layer(0, false);
    EXPECT_EQ(sent(), "1") << "the next picture came: the one before was over";
    layer(1, false);
    EXPECT_EQ(sent(), "0");
    layer(2, true);
    EXPECT_EQ(sent(), "01");
}

TEST_F(LayeredSendTrackTest, WhatWaitsIsGoneWithTheTransport) {
    key_picture();
    layer(0, false);
    static_cast<void>(sent());
    track.leave();
    track.configure(section(), &control);
    layer(1, true);
    EXPECT_EQ(sent(), "1") << "what comes now, and nothing of before";
}

TEST_F(LayeredSendTrackTest, WhatWaitsEndsItsPictureWhenTheTransportIsFull) {
    auto measured = section();
    measured.codecs[0].feedback.transport_cc = true;
    measured.codecs[0].rtx = PayloadType{97};
    measured.extensions.push_back({sdp::HeaderExtension::transport_cc, 5, true, true});
    control.configure(true);
    track.configure(measured, &control);
    key_picture();
    rtcp::TransportFeedback feedback;
    feedback.base = SeqNum{1};
    feedback.count = 2;
    feedback.received = {{SeqNum{1}, 0us}, {SeqNum{2}, 1000us}};
    control.on_feedback(Clock::now(), feedback);
    ASSERT_TRUE(control.measured());
    layer(0, false);
    static_cast<void>(sent());

    SendTrack other{MediaType::video, Ssrc{1}, Ssrc{2}};
    Outgoing large;
    large.packet = graph.packets.make();
    large.packet->set_payload(0, 1000);
    while (!control.full()) ASSERT_TRUE(control.send(now, other, bwe::Priority::video, large));
    layer(1, false);
    control.configure(false);  // all leaves
    EXPECT_EQ(sent(), "1") << "it ends there, and nothing follows";
    control.forget(other);
}

}  // namespace
}  // namespace rivero::webrtc
